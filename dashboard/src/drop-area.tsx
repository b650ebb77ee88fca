export function DropArea() {
  return null;
}
