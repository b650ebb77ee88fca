// Bytes as the characters that byte-level vocabularies write them with.

/** Bytes that are their own character; all others follow from U+0100 in their order. */
const isItself = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

const CHARS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isItself(byte) ? byte : next++));
})();

/** Each byte of the text in UTF-8 as its character. */
export function bytesAsText(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text)) out += CHARS[byte]!;
  return out;
}
