// The text of a table as spreadsheets save it.

/** UTF-8, or UTF-16 where a byte order mark says so; what is neither is Windows-1252, as Excel saves a CSV in Western Europe. Without the mark. */
export function textOfTable(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes); // knows every byte
  }
}
