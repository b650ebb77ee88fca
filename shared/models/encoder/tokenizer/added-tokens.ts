// Tokens that stand in a text as they are: cut out before a model sees the rest.
import type { Normalize } from './normalizer.ts';
import { partsOf } from './part.ts';
import { escapeText } from './split.ts';

/** A part of a text: the id of a token, or what lies between tokens. */
export type Section = { id: number } | { text: string };

interface AddedToken {
  id: number;
  content: string;
  isNormalized: boolean;
  isSingleWord: boolean;
  /** White space before and after is taken with it. */
  takesLeft: boolean;
  takesRight: boolean;
}

/** Cuts a text. */
type Cut = (text: string) => Section[];

/**
 * The tokens of a file.
 * @returns texts → tokens, and normalized texts between them; some tokens are found before and some after a text is normalized
 */
export function readAddedTokens(file: Readonly<Record<string, unknown>>, normalize: Normalize): Cut {
  const tokens =
    file.added_tokens === undefined
      ? []
      : partsOf({ ...file, type: 'tokenizer.json' }, 'added_tokens', 'token').map(tokenOf);
  const cutRaw = cutAt(tokens.filter(({ isNormalized }) => !isNormalized));
  const cutNormalized = cutAt(
    tokens.filter(({ isNormalized }) => isNormalized).map((token) => ({ ...token, content: normalize(token.content) })),
  );
  return (text) =>
    cutRaw(text).flatMap((section) => ('id' in section ? [section] : cutNormalized(normalize(section.text))));
}

function tokenOf(token: Readonly<Record<string, unknown>>): AddedToken {
  const { id, content } = token;
  if (typeof id !== 'number' || typeof content !== 'string') throw new Error('an added token has no id or no content');
  return {
    id,
    content,
    isNormalized: typeof token.normalized === 'boolean' ? token.normalized : token.special !== true,
    isSingleWord: token.single_word === true,
    takesLeft: token.lstrip === true,
    takesRight: token.rstrip === true,
  };
}

const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d]';
const ENDS_WORD = new RegExp(`${WORD}$`, 'u');
const BEGINS_WORD = new RegExp(`^${WORD}`, 'u');

/** The leftmost token, of several the longest. */
function cutAt(tokens: readonly AddedToken[]): Cut {
  const byContent = new Map(tokens.filter(({ content }) => content !== '').map((token) => [token.content, token]));
  const contents = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = contents.length === 0 ? undefined : new RegExp(contents.map(escapeText).join('|'), 'gu');
  return (text) => {
    if (text === '') return [];
    if (pattern === undefined) return [{ text }];
    const sections: Section[] = [];
    let done = 0;
    const addText = (to: number) => {
      if (to > done) sections.push({ text: text.slice(done, to) });
    };
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const token = byContent.get(content)!;
      const end = index + content.length;
      if (token.isSingleWord && isInWord(text, index, end)) continue;
      addText(token.takesLeft ? spacesBefore(text, index) : index);
      sections.push({ id: token.id });
      done = token.takesRight ? spacesAfter(text, end) : end;
    }
    addText(text.length);
    return sections;
  };
}

const isInWord = (text: string, from: number, to: number): boolean =>
  ENDS_WORD.test(text.slice(Math.max(0, from - 2), from)) || BEGINS_WORD.test(text.slice(to, to + 2));

const isSpace = (char: string): boolean => /^\p{White_Space}$/u.test(char);

function spacesBefore(text: string, at: number): number {
  let from = at;
  while (from > 0 && isSpace(text.charAt(from - 1))) from--;
  return from;
}

function spacesAfter(text: string, at: number): number {
  let to = at;
  while (to < text.length && isSpace(text.charAt(to))) to++;
  return to;
}
