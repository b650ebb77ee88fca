// Which documents are shown. The filter lives in the address, in the words of the API, so that a link is a list.

import type { ResultSort } from '../../../../shared/api/decisions.ts';
import { decimal } from '../../format.ts';
import { queryOf } from '../../links.ts';
import { words } from '../../words/documents.ts';
import { words as partsWords } from '../../words/parts.ts';

export const FIELDS = [
  'search',
  'text',
  'like',
  'similarity',
  'run',
  'label',
  'status',
  'code',
  'decidedBy',
  'mediaType',
  'path',
  'from',
  'to',
  'minConfidence',
  'maxConfidence',
] as const;
export type Field = (typeof FIELDS)[number];

/** `select` is set while many documents are chosen and decided, `sort` is the order of the list: no document more or less is shown for them. */
const MODES = ['select', 'sort'] as const;
type Mode = (typeof MODES)[number];

/** Orders of the list, the usual one first, in the words of the API. */
export const SORTS = ['newest', 'oldest', 'unsure', 'sure', 'label', 'path'] as const satisfies readonly ResultSort[];
export const sortOf = ({ sort }: Filter): ResultSort => SORTS.find((one) => one === sort) ?? 'newest';

/** Values as the API takes them, and the mode; fields that are not set are missing. */
export type Filter = Partial<Record<Field | Mode, string>>;

/** The filter in an address; what is no field of ours is left out. */
export function readFilter(query: Readonly<Record<string, string>>): Filter {
  const filter: Filter = {};
  for (const field of [...FIELDS, ...MODES] as const) {
    const value = query[field];
    if (value !== undefined && value !== '') filter[field] = value;
  }
  return filter.like === undefined ? withoutLikeness(filter) : filter;
}

/** The filter with a field set, or without it for undefined and ''. */
export function withField(filter: Filter, field: Field | Mode, value: string | undefined): Filter {
  const { [field]: _, ...rest } = field === 'like' ? withoutLikeness(filter) : filter;
  return value === undefined || value === '' ? rest : { ...rest, [field]: value };
}

/** How alike means nothing without to what. */
const withoutLikeness = ({ similarity: _, ...filter }: Filter): Filter => filter;

/** The same fields in the same order, whatever the order they were set in: two equal filters have one text. */
export const apiQuery = (filter: Filter, more: Readonly<Record<string, string | number>> = {}): string =>
  queryOf({ ...Object.fromEntries(FIELDS.map((field) => [field, filter[field]])), ...more });

export interface Chip {
  field: Field;
  name: string;
  value: string;
}

/** What is set, in words. @param show  how times are written */
export function chipsOf(filter: Filter, show: (iso: string) => string): Chip[] {
  return FIELDS.flatMap((field) => {
    const value = filter[field];
    if (value === undefined) return [];
    return [{ field, name: words.fields[field], value: saidOf(field, value, show) }];
  });
}

function saidOf(field: Field, value: string, show: (iso: string) => string): string {
  if (field === 'minConfidence' || field === 'maxConfidence' || field === 'similarity')
    return `${decimal(Number(value) * 100, 1)} %`;
  if (field === 'from' || field === 'to') return Number.isNaN(Date.parse(value)) ? value : show(value);
  if (field === 'status') return partsWords.status[value] ?? value;
  if (field === 'decidedBy') return partsWords.deciders[value] ?? value;
  return value;
}

/** A day of the viewer as a moment. @param date  'YYYY-MM-DD', '' for none @param dayOffset  1: the end of the day */
export function momentOf(date: string, dayOffset: 0 | 1): string | undefined {
  const [year, month, day] = date.split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  return new Date(year, month - 1, day + dayOffset).toISOString();
}

/** The viewer's day of a moment, for a date field. */
export function dateOf(iso: string | undefined, dayOffset: 0 | 1): string {
  if (iso === undefined || Number.isNaN(Date.parse(iso))) return '';
  const at = new Date(iso);
  const day = new Date(at.getFullYear(), at.getMonth(), at.getDate() - dayOffset);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** A percentage of a field as a share for the API; undefined for '' and for what is no number. */
export function shareOf(percent: string): string | undefined {
  const value = Number(percent.replace(',', '.'));
  if (percent.trim() === '' || !Number.isFinite(value)) return undefined;
  return String(Math.min(100, Math.max(0, value)) / 100);
}
