export function DocumentsView() {
  return <h1>DocumentsView</h1>;
}
