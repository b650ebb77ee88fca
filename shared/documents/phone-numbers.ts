// Telephone numbers in running text and tables: shapes in which people write them, then the numbering plan of the country.
// Invariants: N1 a date, an amount, a tax number or a plain number is no telephone number because its digits happen to fit a plan.
// N2 each shape looks at a bounded stretch, and the plan is asked at most MAX_TRIES times for one: time is linear in the text.
import type { CountryCode } from 'libphonenumber-js';

export interface NumberSpan {
  start: number;
  end: number;
}

export interface PhoneScan {
  spans: NumberSpan[];
  /** How often the numbering plan was asked. */
  checks: number;
}

const MAX_TRIES = 4;
/** Digits of a number with its area code: fewer are extensions, codes and accounts. */
const LEAST_DIGITS = 9;
const LEAST_DIGITS_BY_WORD = 7;
const TOLD_CHARS = 64;

const WORD = /\b(?:t[ée]l|phone|fon|fax|mobil|cell|handy|call|gsm|hotline|durchwahl|whatsapp)/gi;
/** What may stand between the beginning of that word and its number: `ephone (office): `. */
const BETWEEN = /^\p{L}{0,14}[^\p{L}\d\n]{0,8}(?:\p{L}{1,8}[^\p{L}\d\n]{1,4}){0,2}$/u;
const COLUMN =
  /(?:^|[;,\t|"])[ _]*(?:[\p{L}]+[ _-])?(?:tel|telefon\p{L}*|telephone\p{L}*|t[ée]l[ée]phone|phone\p{L}*|fax|telefax|mobil\p{L}*|cell|handy)(?:[ _.-]?[\p{L}]*)[ ]*(?=[;,\t|"\n]|$)/iu;
const HEADER_CHARS = 2048;

/** `+49 30 123456`, `0049 30 123456`. */
const INTERNATIONAL = /(?<![\w+])(?:\+ ?|00(?=[1-9]\d{1,2}[ ./(-]))[1-9](?:[ \u00a0./()-]{0,3}\d){6,14}/g;
/** `(212) 736-5000`, `212-736-5000`, `1 212 736 5000`. */
const NORTH_AMERICAN =
  /(?<![\w+.,(/-])(?:1[ .-])?(?:\([2-9]\d\d\)[ \u00a0.-]?|[2-9]\d\d[ \u00a0.-])[2-9]\d\d[ \u00a0.-]\d{4}(?![\w]|[.,/-]\d)/g;
/** `(030) 123456`, `030/123456`, `0171 1234567`, `01 23 45 67 89`. */
const WITH_TRUNK_ZERO =
  /(?<![\w+.,(/-])\(?0[1-9]\d{0,4}(?:\)[ \u00a0]?|[ \u00a0][/-][ \u00a0]|[ \u00a0./-])\d(?:[ \u00a0./-]?\d){3,10}/g;
/** Any digits: believed after a telling word or in a table with a column of that name only. */
const PLAIN = /(?<![\w+.,(/-])\(?\d{1,5}\)?(?:[ \u00a0./-]{0,2}\d){5,13}/g;
const FIRST_PLAIN = /(?<![\w+.,/-])\(?\d{1,5}\)?(?:[ \u00a0./-]{0,2}\d){5,13}/;

const DATE =
  /(?<!\d)(?:[0-3]?\d[./-][01]?\d[./-](?:\d{4}|\d\d)|(?:19|20)\d\d[./-][01]\d[./-][0-3]\d)(?!\d)|(?<!\d)(?:19|20)\d\d[01]\d[0-3]\d(?!\d)/;
/** Thousands in groups of three, `1 250 000`, `1.234.567`; German and other tax numbers, `21/815/08150`. */
const AMOUNT = /^[1-9]\d{0,2}([ \u00a0.])\d{3}(?:\1\d{3})*$/;
/** Other digits and then an amount with cents: `01 10 000.00`. */
const AMOUNT_AT_END = /[ \u00a0]\d{1,3}(?:[ \u00a0]\d{3})+[.,]\d\d$/;
const TAX_NUMBER = /^\d{2,3}\/\d{3,4}\/\d{4,5}$/;
/** What follows shows that the digits are an amount, or go on. */
const GOES_ON = /^(?:\w|[.,/-]\d|[ \u00a0]?(?:[€$£%]|EUR|USD|CHF|GBP)(?![\p{L}]))/u;
const CURRENCY_BEFORE = /(?:[€$£]|EUR|USD|CHF|GBP)[ \u00a0]?$/;

/** Does a table have a column of telephone numbers? Looks at the beginning of a text. */
export function hasPhoneColumn(text: string): boolean {
  const header = text.slice(0, HEADER_CHARS).split('\n', 3);
  return header.some((line) => /[;,\t|].*[;,\t|]/.test(line) && COLUMN.test(line));
}

/** Finds telephone numbers as a region writes them. @param region  ISO 3166, of numbers without a country code */
export async function phoneFinder(region: string): Promise<(text: string, isPhoneTable: boolean) => PhoneScan> {
  const { default: parse, isSupportedCountry, getCountryCallingCode } = await import('libphonenumber-js');
  const country: CountryCode | undefined = isSupportedCountry(region) ? region : undefined;
  const national =
    country === undefined ? [] : getCountryCallingCode(country) === '1' ? [NORTH_AMERICAN] : [WITH_TRUNK_ZERO];

  return (text, isPhoneTable) => {
    const spans: NumberSpan[] = [];
    let checks = 0;
    const look = (match: string, index: number, least: number, isTold: boolean) => {
      if (CURRENCY_BEFORE.test(text.slice(Math.max(0, index - 4), index))) return;
      const end = index + match.length;
      for (const part of ends(match, least, isTold, text.slice(end, end + 6))) {
        checks++;
        if (parse(part, country === undefined ? {} : { defaultCountry: country })?.isValid() !== true) continue;
        spans.push({ start: index, end: index + part.length });
        return;
      }
    };
    const lookAll = (pattern: RegExp, least: number, isTold = false) => {
      for (const match of text.matchAll(pattern)) look(match[0], match.index, least, isTold);
    };
    lookAll(INTERNATIONAL, LEAST_DIGITS_BY_WORD);
    for (const pattern of national) lookAll(pattern, LEAST_DIGITS);
    if (country === undefined) return { spans, checks };
    if (isPhoneTable) lookAll(PLAIN, LEAST_DIGITS_BY_WORD, true);
    else
      for (const word of text.matchAll(WORD)) {
        const from = word.index + word[0].length;
        const told = FIRST_PLAIN.exec(text.slice(from, from + TOLD_CHARS));
        if (told !== null && BETWEEN.test(text.slice(from, from + told.index)))
          look(told[0], from + told.index, LEAST_DIGITS_BY_WORD, true);
      }
    return { spans, checks };
  };
}

/** The match and its beginnings that end with a group of digits, longest first: numbers may be followed by other numbers. */
function* ends(match: string, least: number, isTold: boolean, rest: string): Generator<string> {
  let part = match;
  let after = rest;
  for (let tries = 0; tries < MAX_TRIES && digitsIn(part) >= least; tries++) {
    if (isPhoneLike(part, isTold) && !GOES_ON.test(after)) yield part;
    const shorter = /^(.*\d\)?)[^\d]+\d+$/s.exec(part)?.[1];
    if (shorter === undefined) return;
    after = match.slice(shorter.length) + rest;
    part = shorter;
  }
}

/** A telling word says that groups of three are no amount. */
const isPhoneLike = (part: string, isTold: boolean): boolean =>
  !DATE.test(part) &&
  (isTold || !(AMOUNT.test(part) || AMOUNT_AT_END.test(part))) &&
  !TAX_NUMBER.test(part) &&
  hasPairs(part);

/** Brackets that are opened and closed. */
const hasPairs = (part: string): boolean => part.split('(').length === part.split(')').length;

const digitsIn = (text: string): number => {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) count++;
  }
  return count;
};
