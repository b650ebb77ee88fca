// Numbers, money, shares and times as the viewer's browser writes them.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const dayOnly = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

/** 12,345 */
export const count = (value: number): string => whole.format(value);

/** 12.3K, for axes */
export const short = (value: number): string => compact.format(value);

/** Dollars with as many places as the amount needs: $0.0021, $1.25, $12,345. @param value  USD */
export function money(value: number): string {
  const size = Math.abs(value);
  const places = size === 0 || size >= 1000 ? 0 : size >= 1 ? 2 : size >= 0.01 ? 3 : size >= 0.0001 ? 4 : 6;
  return new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: Math.min(places, 2),
    maximumFractionDigits: places,
  }).format(value);
}

/** A share as percent: 0.9731 → 97.3 %. @param digits  after the point */
export const percent = (share: number, digits = 0): string =>
  new Intl.NumberFormat(undefined, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share);

/** Date and time in the viewer's zone. @param iso  ISO 8601 */
export const when = (iso: string): string => dateTime.format(new Date(iso));

/** Time of day in the viewer's zone. */
export const clockTime = (iso: string): string => timeOnly.format(new Date(iso));

/** A UTC date as the tables keep it: '2025-05-03' → 3 May. */
export const day = (date: string): string => dayOnly.format(new Date(`${date}T00:00:00Z`));

const STEPS: readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** 3 minutes ago. @param nowMs  epoch ms */
export function ago(iso: string, nowMs: number = Date.now()): string {
  const seconds = (new Date(iso).getTime() - nowMs) / 1000;
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return relative.format(Math.min(0, Math.trunc(seconds)), 'second');
}

/** 42 s, 3 min 5 s, 2 h 10 min. @param seconds  0 or more */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  if (all < 60) return seconds > 0 && seconds < 10 ? `${Math.round(seconds * 10) / 10} s` : `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min ${all % 60} s`;
  return `${Math.floor(all / 3600)} h ${Math.floor((all % 3600) / 60)} min`;
}

/** 1.4 MB */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, size < 1 ? 0 : Math.floor(Math.log10(size) / 3));
  return `${Math.round((size / 1000 ** step) * 10) / 10} ${units[step]}`;
}

/** Path and member as one text: `a.zip ▸ inner.txt`. */
export const fullPath = (path: string, archivePath: string): string =>
  archivePath === '' ? path : `${path} ▸ ${archivePath.replaceAll('!/', ' ▸ ')}`;
