export function ReviewView() {
  return <h1>ReviewView</h1>;
}
