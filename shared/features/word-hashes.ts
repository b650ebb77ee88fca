// Hashes of the words of a text, each by FNV-1a over its UTF-16 units: letters and digits count, case and punctuation do not.

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * Characters that stay one unit by themselves: Latin, Greek and Cyrillic letters, general punctuation and currencies. Marks that join what stands before them
 * lie outside.
 */
const PLAIN = [
  [0, 0x2ff],
  [0x370, 0x3ff],
  [0x400, 0x482],
  [0x48a, 0x52f],
  [0x1e00, 0x1eff],
  [0x2000, 0x206f],
  [0x20a0, 0x20cf],
] as const;
const NOT_PLAIN = 0xffff;
/** Its small letter depends on what stands around it. */
const SIGMA = 'Σ';

let plain: Uint16Array | undefined;

/** Of each character below 0x20d0 the unit in NFKC and small letters, 0 for what is neither letter nor digit; NOT_PLAIN where the text must be looked at. */
function plainUnits(): Uint16Array {
  const units = new Uint16Array(0x20d0).fill(NOT_PLAIN);
  for (const [from, to] of PLAIN)
    for (let code = from; code <= to; code++) {
      const char = String.fromCharCode(code).normalize('NFKC');
      if (char === SIGMA) continue;
      const small = char.toLowerCase();
      if (!/[\p{L}\p{N}\p{M}]/u.test(small)) units[code] = 0;
      else if (small.length === 1 && /[\p{L}\p{N}]/u.test(small)) units[code] = small.charCodeAt(0);
    }
  return units;
}

/** Signed 32-bit hashes, in the order of the words. */
export function wordHashes(text: string): number[] {
  return (
    plainWordHashes(text) ??
    (
      text
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) ?? []
    ).map(hashWord)
  );
}

function hashWord(word: string): number {
  let hash = BASIS;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), PRIME);
  return hash | 0;
}

/** The same without a string for each word; undefined where a character is not plain. */
function plainWordHashes(text: string): number[] | undefined {
  plain ??= plainUnits();
  const units = plain;
  const hashes: number[] = [];
  let hash = BASIS;
  let isInWord = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= units.length) return undefined;
    const unit = units[code]!;
    if (unit === NOT_PLAIN) return undefined;
    if (unit !== 0) {
      hash = Math.imul(hash ^ unit, PRIME);
      isInWord = true;
    } else if (isInWord) {
      hashes.push(hash | 0);
      hash = BASIS;
      isInWord = false;
    }
  }
  if (isInWord) hashes.push(hash | 0);
  return hashes;
}
