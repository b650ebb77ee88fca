export function DocumentView() {
  return <h1>DocumentView</h1>;
}
