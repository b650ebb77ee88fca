// Parts of a translated pattern: their JavaScript source, and what must be known of them to put them together.
import { type CharSet, complement, intersection } from './char-sets.ts';

/** A translated part. */
export interface Part {
  source: string;
  /** It can match the empty string. */
  isNullable: boolean;
  /** A quantifier needs no group around it. */
  isAtom?: boolean;
  /** Characters of the longest match; 0: it only looks. */
  most: number;
  /** It matches one character, which is one of these. */
  chars?: CharSet;
  /** It consumes characters that may lie outside the BMP. */
  isWide?: boolean;
  /** It consumes \R, of which Java takes \r\n whole in a repetition. */
  hasLineEnd?: boolean;
}

export const LINE_END: CharSet = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x85, 0x85],
  [0x2028, 0x2029],
];
export const BMP: CharSet = [[0, 0xffff]];
export const SURROGATES: CharSet = [[0xd800, 0xdfff]];
export const LOW_SURROGATES: CharSet = [[0xdc00, 0xdfff]];
/** Some of `all`, and not the others. */
export const holdsSome = (set: CharSet, all: CharSet): boolean => {
  const held = intersection(set, all);
  return held.length > 0 && intersection(all, complement(held)).length > 0;
};
export const LINE_BREAK = '(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])';
export const START = '^'; // without the flag m: not (?<![^]), which V8 finds between the halves of a pair
export const END = '$';
export const LAST_LINE_END = '(?:$|(?=\\r\\n$)|(?=[\\r\\u0085\\u2028\\u2029]$)|(?<!\\r)(?=\\n$))';
export const MULTILINE_START = '(?:(?!$)(?:^|(?<=[\\n\\u0085\\u2028\\u2029])|(?<=\\r)(?!\\n)))';
export const MULTILINE_END = '(?:$|(?=[\\r\\u0085\\u2028\\u2029])|(?<!\\r)(?=\\n))';

/** What holds of a part because it holds of one inside. */
export const together = (parts: readonly Part[]): Pick<Part, 'isWide' | 'hasLineEnd'> => ({
  isWide: parts.some(({ isWide }) => isWide === true),
  hasLineEnd: parts.some(({ hasLineEnd }) => hasLineEnd === true),
});

export const assertion = (source: string): Part => ({ source, isNullable: true, most: 0 });

export const partOf = (set: CharSet): Part => ({
  source: classSource(set),
  isNullable: false,
  isAtom: true,
  most: 1,
  chars: set,
  isWide: isAstral(set),
});

/** Does Java look at code points to decide? It does for surrogates and for what lies above them. */
export const isAstral = (set: CharSet): boolean =>
  set.some(([from, to]) => to > 0xffff || (from <= 0xdfff && to >= 0xd800));

export function classSource(set: CharSet): string {
  const write = (codePoint: number): string =>
    codePoint > 0xffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)
      ? `\\u{${codePoint.toString(16)}}`
      : `\\u${codePoint.toString(16).padStart(4, '0')}`;
  return `[${set.map(([from, to]) => (from === to ? write(from) : `${write(from)}-${write(to)}`)).join('')}]`;
}
