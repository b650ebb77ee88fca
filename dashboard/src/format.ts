// Numbers, money, shares, times and lists as the chosen language writes them, in the viewer's zone.
// Invariant: F1 nothing else of the page writes a number, a time or a list by itself.
import { computed } from '@preact/signals-core';
import { wholePercent } from '../../shared/whole-percent.ts';
import { locale } from './language/language.ts';

/** Formats of one locale, made when they are first needed: making one costs a thousand times using it. */
const formats = computed(() => {
  const made = new Map<string, Intl.NumberFormat>();
  const dates = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale.value, options);
  return {
    number(options: Intl.NumberFormatOptions): Intl.NumberFormat {
      const key = JSON.stringify(options);
      const format = made.get(key) ?? new Intl.NumberFormat(locale.value, options);
      made.set(key, format);
      return format;
    },
    dateTime: dates({ day: 'numeric', month: 'short', year: 'numeric', hour: 'numeric', minute: '2-digit' }),
    dateTimeOfYear: dates({ day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' }),
    time: dates({ timeStyle: 'medium' }),
    day: dates({ day: 'numeric', month: 'short', timeZone: 'UTC' }),
    relative: new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }),
    list: new Intl.ListFormat(locale.value),
    language: new Intl.DisplayNames(locale.value, { type: 'language' }),
  };
});

const number = (value: number, options: Intl.NumberFormatOptions): string =>
  formats.value.number(options).format(value);

/** 12,345 */
export const count = (value: number): string => number(value, { maximumFractionDigits: 0 });

/** 12.3K, for axes */
export const short = (value: number): string => number(value, { notation: 'compact', maximumFractionDigits: 1 });

/** 0.93: as many places as there are, at most `digits`. */
export const decimal = (value: number, digits = 2): string => number(value, { maximumFractionDigits: digits });

/** 0.930: always `digits` places. */
export const fixed = (value: number, digits: number): string =>
  number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** 1,200 or 0.0012: the first `digits` that count. */
export const significant = (value: number, digits = 2): string => number(value, { maximumSignificantDigits: digits });

/** +0.12, −3.00, 0.00 */
export const signed = (value: number, digits: number): string =>
  number(value, { signDisplay: 'exceptZero', minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Dollars with as many places as the amount needs: $0.0021, $1.25, $12,345. @param value  USD */
export function money(value: number): string {
  const size = Math.abs(value);
  const places = size === 0 || size >= 1000 ? 0 : size >= 1 ? 2 : size >= 0.01 ? 3 : size >= 0.0001 ? 4 : 6;
  return number(value, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol', // en-GB and de-CH would write US$ and USD
    minimumFractionDigits: Math.min(places, 2),
    maximumFractionDigits: places,
  });
}

/** A confidence as whole percent, downwards, as the terminal says it: 0.999 → 99 %. */
export const sure = (confidence: number): string => percent(wholePercent(confidence) / 100);

/** A share as percent: 0.9731 → 97.3 %. @param digits  after the point */
export const percent = (share: number, digits = 0): string =>
  number(share, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Date and time in the viewer's zone. @param iso  ISO 8601 */
export const when = (iso: string): string => formats.value.dateTime.format(new Date(iso));

/** The same without the year. */
export const whenThisYear = (iso: string): string => formats.value.dateTimeOfYear.format(new Date(iso));

/** Time of day in the viewer's zone. */
export const clockTime = (iso: string): string => formats.value.time.format(new Date(iso));

/** A UTC date as the tables keep it: '2025-05-03' → 3 May. */
export const day = (date: string): string => formats.value.day.format(new Date(`${date}T00:00:00Z`));

/** German, Deutsch. @param code  ISO 639-1 */
export const languageName = (code: string): string => formats.value.language.of(code) ?? code;

/** a, b and c */
export const list = (parts: readonly string[]): string => formats.value.list.format(parts);

const STEPS: readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** 3 minutes ago. @param nowMs  epoch ms */
export function ago(iso: string, nowMs: number = Date.now()): string {
  const seconds = (new Date(iso).getTime() - nowMs) / 1000;
  const { relative } = formats.value;
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return relative.format(Math.min(0, Math.trunc(seconds)), 'second');
}

/** 42 s, 3 min 5 s, 2 h 10 min: symbols that are the same in every language. @param seconds  0 or more */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  if (all < 60) return `${seconds > 0 && seconds < 10 ? decimal(seconds, 1) : all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min ${all % 60} s`;
  return `${count(Math.floor(all / 3600))} h ${Math.floor((all % 3600) / 60)} min`;
}

/** 1.4 MB */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, size < 1 ? 0 : Math.floor(Math.log10(size) / 3));
  return `${decimal(size / 1000 ** step, 1)} ${units[step]}`;
}

/** Path and member as one text: `a.zip ▸ inner.txt`. */
export const fullPath = (path: string, archivePath: string): string =>
  archivePath === '' ? path : `${path} ▸ ${archivePath.replaceAll('!/', ' ▸ ')}`;
