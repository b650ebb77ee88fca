// The part of a text around what was found, with the found words apart.

export interface Piece {
  text: string;
  isFound: boolean;
}

const WORD = /[\p{L}\p{N}]+/gu;
const BEFORE = 50;

/**
 * Invariant: the pieces joined are the text, or a part of it between ellipses.
 * @param words  lower case, as the index has them
 * @param most   characters shown
 */
export function excerpt(text: string, words: ReadonlySet<string>, most: number): Piece[] {
  const found = [...text.matchAll(WORD)].filter(([word]) => words.has(word.toLowerCase()));
  const first = found[0]?.index ?? 0;
  const isWhole = text.length <= most;
  const from = isWhole ? 0 : wordStart(text, Math.max(0, Math.min(first - BEFORE, text.length - most)));
  const to = isWhole ? text.length : wordEnd(text, from, Math.min(text.length, from + most));
  const pieces: Piece[] = [];
  const push = (piece: string, isFound: boolean) => {
    if (piece !== '') pieces.push({ text: piece, isFound });
  };
  let at = from;
  if (from > 0) push('… ', false);
  for (const { 0: word, index } of found) {
    if (index < at || index + word.length > to) continue;
    push(text.slice(at, index), false);
    push(word, true);
    at = index + word.length;
  }
  push(text.slice(at, to), false);
  if (to < text.length) push(' …', false);
  return pieces;
}

/** Not in the middle of a word, unless it is the only one. */
function wordEnd(text: string, from: number, to: number): number {
  if (to === text.length) return to;
  const blank = text.lastIndexOf(' ', to);
  return blank > from ? blank : to;
}

/** Not in the middle of a word. */
function wordStart(text: string, from: number): number {
  if (from === 0) return 0;
  const blank = text.indexOf(' ', from - 1);
  return blank < 0 || blank > from + BEFORE ? from : blank + 1;
}
