// The model "Unigram": of all ways to cut a text into pieces of the vocabulary, the likeliest one.
// Invariant: U1 sums are made and compared in the order in which the Rust library makes them: of two ways that are equally likely it takes the
// same one. Nothing is kept but the vocabulary: a piece is looked up by its text, no longer than a known piece with the same beginning is.
import type { Part } from './part.ts';

/** How much less likely than the least likely piece a character is that no piece has. */
const UNKNOWN_PENALTY = 10;

/** @throws {Error} for a vocabulary that is none */
export function readUnigram(part: Part): (piece: string) => number[] {
  const { vocab, unk_id: unknown } = part;
  if (!Array.isArray(vocab)) throw new Error('the model "Unigram" has no vocabulary');
  if (typeof unknown !== 'number') throw new Error('the model "Unigram" has no token for what it does not know');
  const ids = new Map<string, number>();
  const scores = new Float64Array(vocab.length);
  /** Most characters of pieces by what they begin with. */
  const longest = new Map<string, number>();
  vocab.forEach((entry: unknown, id) => {
    const [piece, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof piece !== 'string' || typeof score !== 'number')
      throw new Error('the model "Unigram" has a piece without a score');
    ids.set(piece, id);
    scores[id] = asRead(score);
    const start = piece.slice(0, 2);
    longest.set(start, Math.max(longest.get(start) ?? 0, piece.length));
  });
  const unknownScore =
    scores.reduce((least, score) => Math.min(least, score), Number.POSITIVE_INFINITY) - UNKNOWN_PENALTY;
  const cut = (text: string) => cutBest(text, { ids, scores, longest, unknown, unknownScore });
  const bytes = part.byte_fallback === true ? byteIds(ids) : undefined;
  return (text) =>
    cut(text).flatMap(
      (piece) =>
        ids.get(piece) ?? (bytes === undefined ? unknown : Array.from(Buffer.from(piece), (byte) => bytes[byte]!)),
    );
}

/** A score as the Rust library reads its digits: all of them as one number, then divided. It may be the next number beside it, and ties show that. */
function asRead(score: number): number {
  const [, sign, whole, rest] = /^(-?)(\d+)\.(\d+)$/.exec(String(score)) ?? [];
  if (rest === undefined) return score;
  const size = Number(`${whole}${rest}`) / Number(`1e${rest.length}`);
  return sign === '-' ? -size : size;
}

interface Vocabulary {
  ids: ReadonlyMap<string, number>;
  scores: Float64Array;
  longest: ReadonlyMap<string, number>;
  unknown: number;
  unknownScore: number;
}

/** Pieces of the best way; unknown characters beside each other are one piece. */
function cutBest(text: string, { ids, scores, longest, unknown, unknownScore }: Vocabulary): string[] {
  const size = text.length;
  const best = new Float64Array(size + 1);
  const from = new Int32Array(size + 1).fill(-1);
  const idAt = new Int32Array(size + 1);
  const offer = (at: number, end: number, score: number, id: number) => {
    if (from[end] !== -1 && score <= best[end]!) return;
    best[end] = score;
    from[end] = at;
    idAt[end] = id;
  };
  for (let at = 0; at < size; ) {
    const next = at + (text.codePointAt(at)! > 0xffff ? 2 : 1);
    const till = best[at]!;
    const most = Math.max(longest.get(text.slice(at, at + 2)) ?? 0, longest.get(text.charAt(at)) ?? 0);
    for (let end = at + 1; end <= Math.min(size, at + most); end++) {
      const id = ids.get(text.slice(at, end));
      if (id !== undefined) offer(at, end, scores[id]! + till, id);
    }
    if (!ids.has(text.slice(at, next))) offer(at, next, unknownScore + till, unknown);
    at = next;
  }
  const pieces: string[] = [];
  let isUnknown = false;
  for (let end = size; end > 0; end = from[end]!) {
    const piece = text.slice(from[end], end);
    if (isUnknown && idAt[end] === unknown) pieces.push(piece + pieces.pop()!);
    else pieces.push(piece);
    isUnknown = idAt[end] === unknown;
  }
  return pieces.reverse();
}

/** Ids of the 256 bytes; undefined where one is missing. */
function byteIds(ids: ReadonlyMap<string, number>): readonly number[] | undefined {
  const found = Array.from({ length: 256 }, (_, byte) =>
    ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
  return found.every((id) => id !== undefined) ? found : undefined;
}
