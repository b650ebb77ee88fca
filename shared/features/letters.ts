// What a character is to the lexical profile: part of a word, a word of its own, or what lies between words.
// Source: Unicode general categories L, M and N; scripts that put no space between words are cut into their characters.

export const SEPARATOR = 0;
export const LETTER = 1;
/** A character that is a word: Han, kana, Thai and the like. */
export const ALONE = 2;

const WORD = /^[\p{L}\p{M}\p{N}]$/u;
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const BASIC_PLANE = 0x10000;

let basicPlane: Uint8Array | undefined;

/** Kinds of the code points below 0x10000; made at the first use. */
export function letterTable(): Uint8Array {
  basicPlane ??= Uint8Array.from({ length: BASIC_PLANE }, (_, point) => kindOf(point));
  return basicPlane;
}

/** Kind of any code point. */
export function kindOf(point: number): number {
  if (point >= 0xd800 && point < 0xe000) return SEPARATOR; // half a pair
  const character = String.fromCodePoint(point);
  if (!WORD.test(character)) return SEPARATOR;
  return UNSPACED.test(character) ? ALONE : LETTER;
}
