// UTF-16 and UTF-32 without a byte order mark, in any script.
// Invariant: text in a charset of 8 bits or of several is never taken for it: it has no bytes 0, 1 and 2, which blanks, line ends and the stops of the
// far East (U+3001, U+3002) bring into UTF-16.

export type Wide = 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be';

const LOOKED_AT_BYTES = 4096;

/** By where the NUL bytes are, or by the scripts of the characters. */
export function guessWide(bytes: Uint8Array): Wide | undefined {
  const n = Math.min(bytes.length, LOOKED_AT_BYTES) & ~3;
  if (n >= 4) {
    const nul = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) if (bytes[i] === 0) nul[i & 3]! += 1;
    const [s0, s1, s2, s3] = nul.map((count) => count / (n / 4)) as [number, number, number, number];
    if (s0 > 0.9 && s1 > 0.9 && s3 < 0.2) return 'utf-32be';
    if (s3 > 0.9 && s2 > 0.9 && s0 < 0.2) return 'utf-32le';
    if (s0 > 0.4 && s2 > 0.4 && s1 < 0.1 && s3 < 0.1) return 'utf-16be';
    if (s1 > 0.4 && s3 > 0.4 && s0 < 0.1 && s2 < 0.1) return 'utf-16le';
  }
  return guessByScript(bytes.subarray(0, LOOKED_AT_BYTES));
}

const MIN_BYTES = 8;
const MIN_SHARE = 0.97;
const MIN_LETTERS = 0.5;

function guessByScript(head: Uint8Array): Wide | undefined {
  if (head.length < MIN_BYTES || !(head.includes(0) || head.includes(1) || head.includes(2))) return undefined;
  const little = shareOfScript(head, true);
  const big = shareOfScript(head, false);
  if (Math.max(little, big) < MIN_SHARE) return undefined;
  return little >= big ? 'utf-16le' : 'utf-16be';
}

/** Share of the characters that one script and what goes with any script make up; 0 when there are few letters, or signs that no text has. */
function shareOfScript(head: Uint8Array, isLittle: boolean): number {
  const counts = new Map<string, number>();
  const units = head.length >> 1;
  let common = 0;
  for (let i = 0; i < units; i++) {
    const unit = isLittle ? head[2 * i]! | (head[2 * i + 1]! << 8) : (head[2 * i]! << 8) | head[2 * i + 1]!; // 2i + 1 < length
    const script = scriptOf(unit);
    if (script === undefined) return 0;
    if (script === '') common += 1;
    else counts.set(script, (counts.get(script) ?? 0) + 1);
  }
  const letters = Math.max(0, ...counts.values());
  const latin = counts.get('latin') ?? 0; // names, units and addresses stand in every script
  return letters < units * MIN_LETTERS ? 0 : ((latin === letters ? 0 : latin) + letters + common) / units;
}

/** First unit of each range, ascending, with its script; '' goes with any script, undefined is in no text. */
const RANGES: readonly (readonly [number, string | undefined])[] = [
  [0x00, undefined],
  [0x09, ''],
  [0x0b, undefined],
  [0x0c, ''],
  [0x0e, undefined],
  [0x20, ''],
  [0x41, 'latin'],
  [0x5b, ''],
  [0x61, 'latin'],
  [0x7b, ''],
  [0x7f, undefined],
  [0xa0, ''],
  [0xc0, 'latin'],
  [0x250, ''],
  [0x370, 'greek'],
  [0x400, 'cyrillic'],
  [0x530, 'armenian'],
  [0x590, 'hebrew'],
  [0x600, 'arabic'],
  [0x700, 'syriac'],
  [0x780, 'thaana'],
  [0x7c0, 'nko'],
  [0x800, 'old'],
  [0x8a0, 'arabic'],
  [0x900, 'devanagari'],
  [0x980, 'bengali'],
  [0xa00, 'gurmukhi'],
  [0xa80, 'gujarati'],
  [0xb00, 'oriya'],
  [0xb80, 'tamil'],
  [0xc00, 'telugu'],
  [0xc80, 'kannada'],
  [0xd00, 'malayalam'],
  [0xd80, 'sinhala'],
  [0xe00, 'thai'],
  [0xe80, 'lao'],
  [0xf00, 'tibetan'],
  [0x1000, 'myanmar'],
  [0x10a0, 'georgian'],
  [0x1100, 'east'],
  [0x1200, 'ethiopic'],
  [0x13a0, 'cherokee'],
  [0x1400, 'canadian'],
  [0x1680, 'old'],
  [0x1780, 'khmer'],
  [0x1800, 'mongolian'],
  [0x18b0, 'canadian'],
  [0x1900, 'old'],
  [0x1c80, 'cyrillic'],
  [0x1c90, 'georgian'],
  [0x1cc0, 'old'],
  [0x1e00, 'latin'],
  [0x1f00, 'greek'],
  [0x2000, 'old'], // a blank, its bytes swapped
  [0x2001, ''],
  [0x2c00, 'old'],
  [0x2e00, ''],
  [0x2e80, 'east'],
  [0x3000, ''],
  [0x3040, 'east'],
  [0xa000, 'old'],
  [0xac00, 'east'],
  [0xd7b0, 'old'],
  [0xd800, ''], // halves of characters beyond the basic plane
  [0xe000, undefined],
  [0xf900, 'east'],
  [0xfb00, ''],
  [0xfb1d, 'hebrew'],
  [0xfb50, 'arabic'],
  [0xfe00, ''],
  [0xfe70, 'arabic'],
  [0xfeff, ''],
  [0xff66, 'east'],
  [0xffe0, ''],
  [0xfff0, undefined],
];

function scriptOf(unit: number): string | undefined {
  let low = 0;
  for (let high = RANGES.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (RANGES[middle]![0] <= unit)
      low = middle; // middle < length
    else high = middle;
  }
  return RANGES[low]![1]; // the first range begins at 0
}
