// Finds in a text what a decision names: its evidence terms and the quote of the LLM.
// Invariants: H1 the parts put together are the text, character by character. H2 a term is marked where the model counted it: as a whole token
// between white space, in any case; a term found nowhere as one is looked for between word boundaries, as models with other tokenizers split: its words
// within a sentence first, and only where they never stand so across punctuation.
import type { Evidence } from '../../shared/api/answers.ts';

/** Whom a term speaks for. */
export type Side = 'label' | 'runner-up';

export interface TextPart {
  text: string;
  side?: Side;
  isQuote?: true;
}

interface Span {
  from: number;
  to: number;
  side: Side;
}

// Spark's Tokenizer splits at these alone.
const TOKEN = /[^ \t\n\v\f\r]+/g;

export const sideOf = ({ weight, runnerUpWeight }: Evidence): Side =>
  weight >= runnerUpWeight ? 'label' : 'runner-up';

/** @param quote  null or '' when there is none to look for */
export function planHighlights(text: string, evidence: readonly Evidence[], quote: string | null = null): TextPart[] {
  const sides = new Map(evidence.map((one) => [one.term.toLowerCase(), sideOf(one)]));
  sides.delete('');
  const terms = findTerms(text, sides);
  const quoted = quote === null ? undefined : findQuote(text, quote);
  const edges = new Set([0, text.length]);
  for (const { from, to } of terms) edges.add(from).add(to);
  if (quoted !== undefined) edges.add(quoted.from).add(quoted.to);
  const sorted = [...edges].sort((a, b) => a - b);
  let next = 0;
  return sorted.slice(1).map((to, i) => {
    const from = sorted[i] ?? 0;
    while ((terms[next]?.to ?? Number.POSITIVE_INFINITY) <= from) next++;
    const term = terms[next];
    const isQuote = quoted !== undefined && from >= quoted.from && to <= quoted.to;
    return {
      text: text.slice(from, to),
      ...(term !== undefined && term.from <= from ? { side: term.side } : {}),
      ...(isQuote ? { isQuote } : {}),
    };
  });
}

/** Spans in text order, without overlaps. */
function findTerms(text: string, sides: ReadonlyMap<string, Side>): Span[] {
  if (sides.size === 0) return [];
  const longest = Math.max(...[...sides.keys()].map((term) => term.split(' ').length));
  const tokens = [...text.matchAll(TOKEN)].map((m) => ({
    word: m[0].toLowerCase(),
    from: m.index,
    to: m.index + m[0].length,
  }));
  const seen = new Set<string>();
  const spans: Span[] = [];
  for (let i = 0; i < tokens.length; i++) {
    for (let n = Math.min(longest, tokens.length - i); n >= 1; n--) {
      const run = tokens.slice(i, i + n);
      const term = n === 1 ? (run[0]?.word ?? '') : run.map(({ word }) => word).join(' ');
      const side = sides.get(term);
      if (side === undefined) continue;
      seen.add(term);
      spans.push({ from: tokens[i]?.from ?? 0, to: run.at(-1)?.to ?? 0, side });
      i += n - 1;
      break;
    }
  }
  for (const between of [WITHIN_A_SENTENCE, ANYWHERE]) {
    const missing = [...sides.keys()].filter((term) => !seen.has(term));
    if (missing.length === 0) break;
    for (const { term, from, to } of findWords(text, missing, between)) {
      seen.add(term);
      spans.push({ from, to, side: sides.get(term) ?? 'label' });
    }
  }
  return withoutOverlaps(spans);
}

/** What may stand between two words of a term. */
const WITHIN_A_SENTENCE = '[^\\p{L}\\p{N}.!?;:…|]+';
const ANYWHERE = '[\\W_]+';

function findWords(
  text: string,
  terms: readonly string[],
  between: string,
): { term: string; from: number; to: number }[] {
  const longestFirst = [...terms].sort((a, b) => b.length - a.length);
  const known = new Set(terms);
  const any = longestFirst.map((term) => term.split(' ').map(escaped).join(between)).join('|');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${any})(?![\\p{L}\\p{N}])`, 'giu');
  return [...text.matchAll(pattern)].map((m) => {
    const plain = m[0]
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .join(' ');
    return { term: known.has(plain) ? plain : m[0].toLowerCase(), from: m.index, to: m.index + m[0].length };
  });
}

function withoutOverlaps(spans: Span[]): Span[] {
  let end = 0;
  return spans
    .sort((a, b) => a.from - b.from || b.to - a.to)
    .filter(({ from, to }) => {
      const isFree = from >= end;
      if (isFree) end = to;
      return isFree;
    });
}

/** Where a quote stands, whatever the white space, the case, the quotation marks and the dashes. */
function findQuote(text: string, quote: string): { from: number; to: number } | undefined {
  const words = quote.replace(/^[\s"'“”„…]+|[\s"'“”„…]+$/g, '').match(/\S+/g);
  if (words === null) return undefined;
  const found = new RegExp(words.map((word) => lenient(escaped(word))).join('\\s+'), 'iu').exec(text);
  return found === null ? undefined : { from: found.index, to: found.index + found[0].length };
}

// After escaping, so none of these stands inside a class already.
const lenient = (pattern: string): string =>
  pattern
    .replace(/['‘’‚′`´]/g, "['‘’‚′`´]")
    .replace(/["“”„«»]/g, '["“”„«»]')
    .replace(/\\x2d|[\u2010-\u2015\u2212]/g, '[-\\u2010-\\u2015\\u2212]');

/** For a pattern with the u flag, which allows an escape where it is needed only. */
const escaped = (word: string): string => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/-/g, '\\x2d');
