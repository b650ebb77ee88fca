export function RunView() {
  return <h1>RunView</h1>;
}
