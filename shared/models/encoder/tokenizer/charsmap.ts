// The table of replacements that a SentencePiece model brings along (`precompiled_charsmap`), read as the Rust library reads it.
// Layout: length of a trie in bytes, the trie (a double array of 32-bit units over UTF-8), then the replacements, each ended by NUL.
// Invariant: C1 a grapheme of fewer than six bytes is looked up as a whole first, and the shortest key that begins it replaces all of it; what that
// does not find is looked up character by character. That is odd for a letter with a mark behind it, and models are trained with it.

/** Characters that are graphemes of their own wherever no other kind stands beside them. */
const ALONE =
  '\\t\\n\\x20-\\x7e\\xa0-\\xac\\xae-\\u02ff\\u0370-\\u0482\\u048a-\\u0588\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20bf\\u2100-\\u2bff\\u3000-\\u3029\\u3041-\\u3096\\u309b-\\u30ff\\u3400-\\u9fff\\uff01-\\uff9d';
/** Runs in which graphemes must be found, with a neighbour on either side: it may belong to one. */
const JOINED = new RegExp(`[${ALONE}]?(?:[^${ALONE}]+[${ALONE}]?)+`, 'gu');
const MOST_WHOLE_BYTES = 5;

/** @param base64  the table @throws {Error} where it is none */
export function readCharsmap(base64: string): (text: string) => string {
  const find = openTable(Buffer.from(base64, 'base64'));
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const known = new Map<string, string>();
  const ofChar = (char: string): string => {
    let found = known.get(char);
    if (found === undefined) {
      found = find(Buffer.from(char)) ?? char;
      known.set(char, found);
    }
    return found;
  };
  const ofGrapheme = (grapheme: string): string => {
    const whole = Buffer.from(grapheme);
    return (whole.length <= MOST_WHOLE_BYTES ? find(whole) : undefined) ?? Array.from(grapheme, ofChar).join('');
  };
  return (text) => {
    let out = '';
    let done = 0;
    for (const { 0: run, index } of text.matchAll(JOINED)) {
      for (const char of text.slice(done, index)) out += ofChar(char);
      for (const { segment } of graphemes.segment(run)) out += ofGrapheme(segment);
      done = index + run.length;
    }
    for (const char of text.slice(done)) out += ofChar(char);
    return out;
  };
}

/** @returns what the shortest key that begins a piece is replaced by */
function openTable(bytes: Buffer): (piece: Uint8Array) => string | undefined {
  const size = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  if (size === 0 || size % 4 !== 0 || 4 + size > bytes.length) throw new Error('precompiled_charsmap is no table');
  const unitAt = (at: number): number => (4 * at < size ? bytes.readUInt32LE(4 + 4 * at) : 0);
  const texts = bytes.subarray(4 + size);
  const root = offsetOf(unitAt(0));
  return (piece) => {
    let at = root;
    for (const byte of piece) {
      at ^= byte;
      const unit = unitAt(at);
      if (byte === 0 || (unit & LABEL) >>> 0 !== byte) return undefined;
      at ^= offsetOf(unit);
      if ((unit & HAS_VALUE) === 0) continue;
      const from = unitAt(at) & 0x7fff_ffff;
      const end = texts.indexOf(0, from);
      return texts.toString('utf8', from, end < 0 ? texts.length : end);
    }
    return undefined;
  };
}

const LABEL = 0x8000_00ff;
const HAS_VALUE = 0x100;
const offsetOf = (unit: number): number => ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
