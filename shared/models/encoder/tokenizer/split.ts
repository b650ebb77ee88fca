// Texts cut at what a pattern finds.
import { SplitPreTokenizer } from './library.ts';
import type { Part } from './part.ts';

/** What becomes of that which the pattern finds. */
const BEHAVIORS = ['Removed', 'Isolated', 'Contiguous', 'MergedWithPrevious', 'MergedWithNext'] as const;
export type Behavior = (typeof BEHAVIORS)[number];

/** @throws {Error} */
export function behaviorOf(part: Part, fallback?: Behavior): Behavior {
  const named = part.behavior ?? fallback;
  const known = BEHAVIORS.find((behavior) => behavior === named);
  if (known === undefined)
    throw new Error(`${String(part.type)}: the behavior ${JSON.stringify(named)} is not understood`);
  return known;
}

/** The pattern of a part, a text or a regular expression as Oniguruma has it. @throws {Error} */
export function patternOf({ type, pattern }: Part): RegExp {
  const { String: text, Regex: source } = (pattern ?? {}) as { String?: unknown; Regex?: unknown };
  if (typeof text === 'string') return new RegExp(escapeText(text), 'gu');
  if (typeof source !== 'string') throw new Error(`${String(type)}: the pattern is not understood`);
  const { pattern: found } = new SplitPreTokenizer({
    type: 'Split',
    pattern: { Regex: source },
    behavior: 'Isolated',
    invert: true,
  });
  if (found === null) throw new Error(`${String(type)}: the pattern is not understood`);
  return found;
}

export const escapeText = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** @param isInverted  what the pattern does not find is what is cut at */
export function splitBy(text: string, pattern: RegExp, behavior: Behavior, isInverted = false): string[] {
  const spans: { piece: string; isMatch: boolean }[] = [];
  const add = (piece: string, isMatch: boolean) => {
    if (piece !== '') spans.push({ piece, isMatch: isMatch !== isInverted });
  };
  let done = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    add(text.slice(done, index), false);
    add(found, true);
    done = index + found.length;
  }
  add(text.slice(done), false);
  if (behavior === 'Removed') return spans.filter(({ isMatch }) => !isMatch).map(({ piece }) => piece);
  if (behavior === 'Isolated') return spans.map(({ piece }) => piece);
  const out: string[] = [];
  let before: boolean | undefined;
  for (const { piece, isMatch } of behavior === 'MergedWithNext' ? spans.reverse() : spans) {
    const last = out.length - 1;
    const isMerged = behavior === 'Contiguous' ? isMatch === before : isMatch && before === false;
    if (!isMerged) out.push(piece);
    else out[last] = behavior === 'MergedWithNext' ? piece + out[last]! : out[last]! + piece;
    before = isMatch;
  }
  return behavior === 'MergedWithNext' ? out.reverse() : out;
}
