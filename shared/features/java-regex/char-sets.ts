// Sets of code points, and those that Java's regular expressions name: \p{…}, \w and the like, as JDK 17 has them (Unicode 13).
// Why not JavaScript's own: \p{Lower} and \p{Punct} are ASCII in Java, and a class must not change with the Unicode version of Node.
// Source: java.util.regex.{Pattern, CharPredicates}; char-tables.ts.
import {
  BLOCKS,
  CATEGORY_RUNS,
  IDEOGRAPHIC,
  OTHER_ALPHABETIC,
  OTHER_LOWERCASE,
  OTHER_UPPERCASE,
  SCRIPT_CODES,
  SCRIPTS,
} from './char-tables.ts';

/** Ranges [first, last], ascending, apart from each other. */
export type CharSet = readonly (readonly [number, number])[];

const LAST = 0x10ffff;

export function union(...sets: readonly CharSet[]): CharSet {
  const ranges = sets.flat().sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function complement(set: CharSet): CharSet {
  const rest: [number, number][] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) rest.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) rest.push([next, LAST]);
  return rest;
}

export const intersection = (a: CharSet, b: CharSet): CharSet => complement(union(complement(a), complement(b)));

/** The code points of a string, each on its own. */
const of = (chars: string): CharSet => union(Array.from(chars, (c) => [c.codePointAt(0)!, c.codePointAt(0)!] as const));
const range = (from: string, to: string): CharSet => [[from.codePointAt(0)!, to.codePointAt(0)!]];

const ascii: CharSet = [[0, 0x7f]];
const lower = range('a', 'z');
const upper = range('A', 'Z');
const digit = range('0', '9');
const alnum = union(lower, upper, digit);
const graph = range('!', '~');

/** \d, \w, \s, \h, \v without UNICODE_CHARACTER_CLASS. */
export const escapeSets = {
  d: digit,
  w: union(alnum, of('_')),
  s: of(' \t\n\v\f\r'),
  h: union(of(' \t\u00a0\u1680\u180e\u202f\u205f\u3000'), range('\u2000', '\u200a')),
  v: of('\n\v\f\r\u0085\u2028\u2029'),
} as const satisfies Record<string, CharSet>;

/** POSIX names without UNICODE_CHARACTER_CLASS: ASCII only. */
const posix: Readonly<Record<string, CharSet>> = {
  ASCII: ascii,
  Lower: lower,
  Upper: upper,
  Alpha: union(lower, upper),
  Digit: digit,
  Alnum: alnum,
  Punct: intersection(graph, complement(alnum)),
  Graph: graph,
  Print: range(' ', '~'),
  Blank: of(' \t'),
  Cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  XDigit: union(digit, range('a', 'f'), range('A', 'F')),
  Space: escapeSets.s,
};

let categories: ReadonlyMap<string, CharSet> | undefined;

/** General category by its one or two letters. */
function category(name: string): CharSet | undefined {
  if (categories === undefined) {
    const found = new Map<string, [number, number][]>();
    let at = 0;
    for (const [, code, length] of CATEGORY_RUNS.matchAll(/([A-Z][a-z])([0-9a-z]+)/g)) {
      const end = at + Number.parseInt(length!, 36);
      for (const key of [code!, code![0]!]) {
        if (!found.has(key)) found.set(key, []);
        found.get(key)!.push([at, end - 1]);
      }
      at = end;
    }
    categories = new Map([...found].map(([code, ranges]) => [code, union(ranges)]));
  }
  return categories.get(name);
}

const must = (name: string): CharSet => category(name)!;

function readRanges(text: string): CharSet {
  const numbers = text.split(' ').map((number) => Number.parseInt(number, 36));
  const ranges: [number, number][] = [];
  let at = 0;
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const from = at + numbers[i]!;
    at = from + numbers[i + 1]!;
    ranges.push([from, at - 1]);
  }
  return ranges;
}

/** Binary properties, by upper-case name: \p{IsAlphabetic}, and POSIX names under UNICODE_CHARACTER_CLASS. */
const properties: Readonly<Record<string, () => CharSet>> = {
  ALPHABETIC: () => union(must('L'), must('Nl'), readRanges(OTHER_ALPHABETIC)),
  LETTER: () => must('L'),
  IDEOGRAPHIC: () => readRanges(IDEOGRAPHIC),
  LOWERCASE: () => union(must('Ll'), readRanges(OTHER_LOWERCASE)),
  UPPERCASE: () => union(must('Lu'), readRanges(OTHER_UPPERCASE)),
  TITLECASE: () => must('Lt'),
  WHITE_SPACE: () => union(must('Z'), [[9, 0xd]], [[0x85, 0x85]]),
  CONTROL: () => must('Cc'),
  PUNCTUATION: () => must('P'),
  HEX_DIGIT: () =>
    union(must('Nd'), posix.XDigit!, range('\uff10', '\uff19'), range('\uff21', '\uff26'), range('\uff41', '\uff46')),
  ASSIGNED: () => complement(must('Cn')),
  NONCHARACTER_CODE_POINT: () =>
    union(
      [[0xfdd0, 0xfdef]],
      Array.from({ length: 17 }, (_, plane) => [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff] as const),
    ),
  DIGIT: () => must('Nd'),
  ALNUM: () => union(properties.ALPHABETIC!(), must('Nd')),
  BLANK: () => union(must('Zs'), of('\t')),
  GRAPH: () => complement(union(must('Z'), must('Cc'), must('Cs'), must('Cn'))),
  PRINT: () => intersection(union(properties.GRAPH!(), properties.BLANK!()), complement(must('Cc'))),
  JOIN_CONTROL: () => range('\u200c', '\u200d'),
  WORD: () => union(properties.ALPHABETIC!(), must('M'), must('Nd'), must('Pc'), range('\u200c', '\u200d')),
};
const PROPERTY_ALIASES: Readonly<Record<string, string>> = {
  WHITESPACE: 'WHITE_SPACE',
  HEXDIGIT: 'HEX_DIGIT',
  NONCHARACTERCODEPOINT: 'NONCHARACTER_CODE_POINT',
  JOINCONTROL: 'JOIN_CONTROL',
};
/** POSIX names under UNICODE_CHARACTER_CLASS. */
const UNICODE_POSIX: Readonly<Record<string, string>> = {
  ALPHA: 'ALPHABETIC',
  LOWER: 'LOWERCASE',
  UPPER: 'UPPERCASE',
  SPACE: 'WHITE_SPACE',
  PUNCT: 'PUNCTUATION',
  XDIGIT: 'HEX_DIGIT',
  ALNUM: 'ALNUM',
  CNTRL: 'CONTROL',
  DIGIT: 'DIGIT',
  BLANK: 'BLANK',
  GRAPH: 'GRAPH',
  PRINT: 'PRINT',
};

/** Classes by methods of java.lang.Character. */
const javaNames: Readonly<Record<string, () => CharSet>> = {
  javaLowerCase: () => properties.LOWERCASE!(),
  javaUpperCase: () => properties.UPPERCASE!(),
  javaAlphabetic: () => properties.ALPHABETIC!(),
  javaIdeographic: () => properties.IDEOGRAPHIC!(),
  javaTitleCase: () => must('Lt'),
  javaDigit: () => must('Nd'),
  javaDefined: () => complement(must('Cn')),
  javaLetter: () => must('L'),
  javaLetterOrDigit: () => union(must('L'), must('Nd')),
  javaSpaceChar: () => must('Z'),
  javaWhitespace: () =>
    union(intersection(must('Z'), complement(of('\u00a0\u2007\u202f'))), [[9, 0xd]], [[0x1c, 0x1f]]),
  javaISOControl: () => must('Cc'),
};

const unicodeProperty = (name: string): CharSet | undefined => {
  const upper = name.toUpperCase();
  const key = PROPERTY_ALIASES[upper] ?? UNICODE_POSIX[upper] ?? upper;
  return !Object.hasOwn(properties, key) ? undefined : properties[key]!();
};

/** What \p{name} means on its own. */
const plainProperty = (name: string): CharSet | undefined => {
  if (Object.hasOwn(posix, name)) return posix[name];
  if (Object.hasOwn(javaNames, name)) return javaNames[name]!();
  if (name === 'LC') return union(must('Lu'), must('Ll'), must('Lt'));
  if (name === 'LD') return union(must('L'), must('Nd'));
  if (name === 'L1') return [[0, 0xff]];
  if (name === 'all') return [[0, LAST]];
  return category(name);
};

/** Without UNICODE_CHARACTER_CLASS: Java knows of these that they hold nothing outside the BMP. */
export const isAsciiName = (name: string): boolean => Object.hasOwn(posix, name) || name === 'L1';

function script(name: string): CharSet | undefined {
  const key = name.toUpperCase();
  const found = new Map(SCRIPTS.split(',').map((entry) => entry.split(':') as [string, string]));
  const full = new Map(SCRIPT_CODES.split(',').map((entry) => entry.split(':') as [string, string])).get(key) ?? key;
  if (full === 'UNKNOWN' || full === 'ZZZZ') return complement(union(...[...found.values()].map(readRanges)));
  const ranges = found.get(full);
  return ranges === undefined ? undefined : readRanges(ranges);
}

function block(name: string): CharSet | undefined {
  const key = name.toUpperCase();
  for (const entry of BLOCKS.split(',')) {
    const [id = '', extent = ''] = entry.split(':');
    if (id !== key && id !== key.replaceAll(' ', '_') && id.replaceAll('_', '') !== key) continue;
    const [first = 0, length = 0] = extent.split(' ').map((number) => Number.parseInt(number, 36));
    return [[first, first + length - 1]];
  }
  return undefined;
}

/**
 * The class of \p{name}; undefined when the name is unknown, or is one that is not read.
 * @param isUnicode  UNICODE_CHARACTER_CLASS is on: POSIX names are Unicode properties
 */
export function namedSet(name: string, isUnicode: boolean): CharSet | undefined {
  const pair = /^([^=]*)=(.*)$/s.exec(name);
  if (pair !== null) {
    const value = pair[2]!;
    switch (pair[1]!.toLowerCase()) {
      case 'sc':
      case 'script':
        return script(value);
      case 'blk':
      case 'block':
        return block(value);
      case 'gc':
      case 'general_category':
        return plainProperty(value);
      default:
        return undefined;
    }
  }
  if (name.startsWith('In')) return block(name.slice(2));
  if (name.startsWith('Is'))
    return unicodeProperty(name.slice(2)) ?? plainProperty(name.slice(2)) ?? script(name.slice(2));
  const upper = name.toUpperCase();
  if (isUnicode && Object.hasOwn(UNICODE_POSIX, upper)) return properties[UNICODE_POSIX[upper]!]!();
  return plainProperty(name);
}

/** \d, \w and \s under UNICODE_CHARACTER_CLASS. */
export const unicodeEscape = (name: 'd' | 'w' | 's'): CharSet =>
  properties[{ d: 'DIGIT', w: 'WORD', s: 'WHITE_SPACE' }[name]]!();

/** Letters and digits: what \b of JDK 17 takes for a word, besides "_". */
export const letterOrDigit = (): CharSet => union(must('L'), must('Nd'));
export const nonSpacingMark = (): CharSet => must('Mn');

/** Add the other ASCII case of each ASCII letter: CASE_INSENSITIVE without UNICODE_CASE. */
export function withAsciiCases(set: CharSet): CharSet {
  const shift = (from: CharSet, by: number): CharSet =>
    intersection(set, from).map(([first, last]) => [first + by, last + by] as const);
  return union(set, shift(upper, 32), shift(lower, -32));
}
