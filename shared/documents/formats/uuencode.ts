// Files that a text carries in uuencoded form: `begin 644 name`, lines of length and 6-bit characters, `end` (POSIX).
export interface EncodedFile {
  name: string;
  bytes: Uint8Array;
}

const MAX_FILES = 1000;

/** The text without its uuencoded files, and these. A block that does not hold to the form stays as it is. */
export function takeUuencoded(text: string): { text: string; files: EncodedFile[] } {
  if (!/^begin [0-7]{3,4} \S/m.test(text)) return { text, files: [] };
  const files: EncodedFile[] = [];
  const rest = text.replace(
    /^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n((?:[\x20-\x60]{1,90}[ \t]*\r?\n)+?)(?:`?[ \t]*\r?\n)?end[ \t]*$/gm,
    (whole, name: string, body: string) => {
      const bytes = files.length < MAX_FILES ? decodeLines(body) : undefined;
      if (bytes === undefined) return whole;
      files.push({ name: name.trim(), bytes });
      return '';
    },
  );
  return { text: rest, files };
}

function decodeLines(body: string): Uint8Array | undefined {
  const pieces: Buffer[] = [];
  for (const line of body.split(/\r?\n/)) {
    if (line.trim() === '' || line.trim() === '`') continue;
    const count = (line.charCodeAt(0) - 32) & 63;
    // Trailing blanks, which stand for zeros, are lost on the way.
    const need = Math.ceil(count / 3) * 4;
    if (count === 0 || line.length > need + 3) return undefined;
    const codes = line.slice(1, 1 + need).padEnd(need, ' ');
    const decoded = Buffer.alloc((need / 4) * 3);
    for (let i = 0, out = 0; i < need; i += 4, out += 3) {
      const [a, b, c, d] = [0, 1, 2, 3].map((n) => (codes.charCodeAt(i + n) - 32) & 63) as [
        number,
        number,
        number,
        number,
      ];
      decoded[out] = (a << 2) | (b >> 4);
      decoded[out + 1] = ((b & 15) << 4) | (c >> 2);
      decoded[out + 2] = ((c & 3) << 6) | d;
    }
    pieces.push(decoded.subarray(0, count));
  }
  return pieces.length === 0 ? undefined : Buffer.concat(pieces);
}
