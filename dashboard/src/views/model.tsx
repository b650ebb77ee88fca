export function ModelView() {
  return <h1>ModelView</h1>;
}
