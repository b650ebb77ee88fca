// A workbook cell as a person reads it: dates in ISO whatever their format, integers with all digits, other numbers as the cell shows them.
// Trap: the library writes a serial number for formats it does not know, dd.mm.yyyy among them, and 2/3/34 for the short date of any country.
// Source: ECMA-376 part 1, 18.8.30 and 18.8.31 (number formats), 18.17.4.1 (serial numbers of dates).

import { symbolsIn } from './drawing-text.ts';
import { TagScan, toScan } from './tag-scan.ts';
import { isSymbolFont } from './word-styles.ts';

export interface Cell {
  /** As the library displays it. */
  w?: string;
  v?: unknown;
  t?: string;
  /** Number format. */
  z?: string | number;
  c?: { t?: string }[];
  /** Rich text, as XML. */
  r?: string;
}

/** Text of a cell with its comments; '' when it shows nothing. */
export function cellText(cell: Cell | undefined | null, is1904: boolean): string {
  if (cell === undefined || cell === null) return '';
  const shown = shownValue(cell, is1904).replace(/\s+/g, ' ').trim();
  if (cell.c === undefined) return shown;
  const comments = cell.c.map((comment) => ofThread(comment.t ?? '')).filter((text) => text !== '');
  return [shown, ...comments].filter((text) => text !== '').join(' ');
}

/** A comment of a thread as a note of old: what Excel says of it in the language of the writer, a link, a word, the comment. */
export const ofThread = (note: string) => /linkid=870924\s+[^:\n]{1,40}:\s*([\s\S]*)$/.exec(note)?.[1]?.trim() ?? note;

/** Text of a rich text, as XML, whose letters may be signs. */
export function withSigns(rich: string): string {
  let [text, font, isRun] = ['', '', false];
  for (const scan = new TagScan(toScan(Buffer.from(rich))); scan.next(); )
    if (scan.is('r')) {
      isRun = !scan.isEnd && !scan.isEmpty;
      font = '';
    } else if (scan.isEnd || !isRun) continue;
    else if (scan.is('rFont')) font = scan.attribute('val') ?? '';
    else if (scan.is('t') && !scan.isEmpty && scan.next()) {
      const words = scan.text();
      text += isSymbolFont(font) ? symbolsIn(font, words) : words;
    }
  return text;
}

function shownValue(cell: Cell, is1904: boolean): string {
  const { v, w, z } = cell;
  if (v instanceof Date) return isoOfDate(v);
  if (typeof v === 'number') return shownNumber(v, typeof z === 'string' ? z : 'General', w, is1904);
  if (cell.r !== undefined && /(wing|web)dings/i.test(cell.r)) return withSigns(cell.r);
  return w ?? (v === undefined || v === null ? '' : String(v));
}

/** @param shown  as a library displays it; undefined where it cannot */
export function shownNumber(value: number, format: string, shown: string | undefined, is1904: boolean): string {
  const kind = kindOfFormat(format);
  if (kind !== 'number') return dateText(value, format, kind, shown, is1904) ?? shown ?? String(value);
  // The usual format shortens long numbers, a format of powers is what somebody wants to see: both are told.
  if (Number.isInteger(value) && /E[+-]?\d/i.test(shown ?? 'E1') && Math.abs(value) < 1e21)
    return shown !== undefined && /0E[+-]0/i.test(format) ? `${value} (${shown.trim()})` : String(value);
  // A name of a format (Excel's XML has them) that the library does not know shows nothing; a format that hides has parts.
  return shown === undefined || (shown === '' && !format.includes(';')) ? String(value) : shown;
}

type FormatKind = 'number' | 'date' | 'time' | 'elapsed';
const kinds = new Map<string, FormatKind>();
const MAX_FORMATS = 5000;

export function kindOfFormat(format: string): FormatKind {
  const known = kinds.get(format);
  if (known !== undefined) return known;
  const kind = findKind(format);
  if (kinds.size < MAX_FORMATS) kinds.set(format, kind);
  return kind;
}

/** Codes of the first section, without literals, colours, conditions and locales. */
function codesOf(format: string): string {
  return (format.replace(/"[^"]*"|\\.|_.|\*./g, '').split(';')[0] ?? '').replace(/\[(?!(h+|m+|s+)\])[^\]]*\]/gi, '');
}

/** A name in place of a format, as Excel's XML has them: the library knows those of dates. */
const isName = (format: string) => /^[a-z]+( [a-z]+)*$/i.test(format) && /[^ydmhsgebap ]/i.test(format);

function findKind(format: string): FormatKind {
  if (isName(format)) return 'number';
  const codes = codesOf(format).toLowerCase();
  if (/general|[#?0@](?![^;]*[ydhs])/.test(codes) && !/[yd]|h+:?m|m+:?s/.test(codes)) return 'number';
  if (/\[(h+|m+|s+)\]/.test(codes)) return 'elapsed';
  if (/[yd]|(^|[^a-z])[ge]+([^a-z+-]|$)|b{2,}/.test(codes)) return 'date';
  if (/[hs]|am\/pm|a\/p/.test(codes)) return 'time';
  return /^[^a-z]*m{1,5}[^a-z]*$/.test(codes) && !/[#0?]/.test(codes) ? 'date' : 'number';
}

const DAY_MS = 86_400_000;
const LAST_SERIAL = 2_958_466; // 9999-12-31

/** ISO, and the form the cell shows where it differs and names a whole year: both are searched for. */
function dateText(
  serial: number,
  format: string,
  kind: FormatKind,
  shown: string | undefined,
  is1904: boolean,
): string | undefined {
  if (kind === 'elapsed' || serial < 0 || serial >= LAST_SERIAL) return undefined;
  // Serial 60 is the 29 February 1900 that never was; 1 March 1900 is 61.
  const days = is1904 ? serial + 1462 : serial < 60 ? serial + 1 : serial;
  const time = new Date(Date.UTC(1899, 11, 30) + Math.round((days * DAY_MS) / 1000) * 1000);
  const clock = time.toISOString().slice(11, 19).replace(/:00$/, '');
  if (kind === 'time') return shown ?? clock;
  const day = time.toISOString().slice(0, 10);
  const iso = /[hs]/i.test(codesOf(format)) ? `${day} ${clock}` : day;
  const form = shown ?? numericForm(format, time);
  return form === undefined ||
    form.trim() === iso ||
    !/\b\d{4}\b/.test(form) ||
    /^\d+(\.\d+)?$/.test(form.trim()) ||
    isIso(form)
    ? iso
    : `${iso} (${form.trim()})`;
}

const isIso = (form: string) => /^\s*\d{4}-\d\d-\d\d/.test(form);

function isoOfDate(date: Date): string {
  if (Number.isNaN(date.getTime())) return '';
  const text = date.toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.slice(0, 16).replace('T', ' ');
}

/** A format of numbers and signs only, applied; undefined when it names months or days. */
function numericForm(format: string, time: Date): string | undefined {
  const plain = format
    .split(';')[0]!
    .replace(/"([^"]*)"/g, '$1')
    .replace(/\\(.)/g, '$1')
    .replace(/\[[^\]]*\]|_.|\*./g, '');
  if (/m{3,}|d{3,}|am\/pm|[gebn]/i.test(plain)) return undefined;
  const pad = (n: number, width: number) => String(n).padStart(width, '0');
  let isAfterHour = false;
  return plain.replace(/y+|m+|d+|h+|s+(\.0+)?/gi, (code) => {
    const width = code.length;
    switch (code[0]!.toLowerCase()) {
      case 'y':
        return width > 2 ? pad(time.getUTCFullYear(), 4) : pad(time.getUTCFullYear() % 100, 2);
      case 'd':
        return pad(time.getUTCDate(), width);
      case 'h':
        isAfterHour = true;
        return pad(time.getUTCHours(), width);
      case 's':
        return pad(time.getUTCSeconds(), Math.min(2, width));
      default:
        return pad(isAfterHour ? time.getUTCMinutes() : time.getUTCMonth() + 1, width);
    }
  });
}
