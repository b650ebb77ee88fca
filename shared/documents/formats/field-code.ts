// Fields of Word whose code is what the page shows: equations (EQ) and signs (SYMBOL) hold no result, and phonetic guides of Chinese and Japanese are
// written as equations.
// Source: ECMA-376 part 1, 17.16.5.17 (EQ); switches \f fraction, \o overstrike, \r radical, \s raised, \l list, \b brackets …

import { symbolText } from './choices.ts';

/** Longest code that is looked at, characters. */
export const MAX_FIELD_CODE = 2000;

/** `\o\al(\s\up 10(kana),letters)`: the letters are the text, the kana above them say how to read them. */
const PHONETIC = /\\o\s*(?:\\a[a-z]\s*)?\(\s*\\s\s*\\up\s*\d*\s*\([^()]*\)\s*[,;]([\s\S]*)\)\s*$/i;

/** What an equation shows, its parts apart; undefined for other fields. */
export function equationText(code: string): string | undefined {
  const body = /^\s*EQ\s([\s\S]*)$/i.exec(code)?.[1];
  if (body === undefined) return undefined;
  const letters = PHONETIC.exec(body)?.[1];
  if (letters !== undefined) return letters.trim();
  return body
    .replace(/\\\*\s*("[^"]*"|[\w-]+)/g, ' ') // \* formats
    .replace(/\\f\s*\(([^(),;]*)[,;]([^(),;]*)\)/gi, '$1/$2')
    .replace(/\\([,;()\\])/g, '$1\u0001') // an escaped sign is a sign
    .replace(/\\[a-z]{1,3}\s*\d*/gi, ' ')
    .replace(/[(),;](?!\u0001)/g, ' ')
    .replaceAll('\u0001', '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The sign that a field SYMBOL shows: `SYMBOL 254 \\f "Wingdings"`; undefined for other fields. ECMA-376 part 1, 17.16.5.61. */
export function symbolOfField(code: string): string | undefined {
  const match = /^\s*SYMBOL\s+(0x[0-9a-f]{1,5}|\d{1,6})\b([\s\S]*)$/i.exec(code);
  if (match === null) return undefined;
  const [, number = '', switches = ''] = match;
  const font = /\\f\s*"?([^"\\]{1,64})"?/i.exec(switches)?.[1]?.trim() ?? '';
  return symbolText(font, Number(number).toString(16));
}

/** What a field without a result shows. */
export const fieldText = (code: string) => equationText(code) ?? symbolOfField(code);
