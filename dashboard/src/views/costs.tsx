export function CostsView() {
  return <h1>CostsView</h1>;
}
