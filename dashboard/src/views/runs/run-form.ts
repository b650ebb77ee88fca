// The form that starts a run: what is typed, and what is asked of the API for it. Pure.
// Invariant: S1 a field left empty is left out of the request, so that the host's own setting holds.

import type { QuoteRequest } from '../../../../shared/api/insights.ts';
import type { RunRequest } from '../../../../shared/api/runs.ts';
import { words } from '../../words/runs.ts';

export type SourceKind = RunRequest['source']['kind'];
export type Container = RunRequest['source']['container'];

/** All as typed. */
export interface RunForm {
  kind: SourceKind;
  container: Container;
  prefix: string;
  /** One path a line. */
  paths: string;
  dataset: string;
  textColumn: string;
  idColumn: string;
  taxonomyVersion: string;
  modelVersion: string;
  acceptThreshold: string;
  useLlm: boolean;
  maxCostUsd: string;
  mode: 'auto' | 'live' | 'batch';
  deadlineHours: string;
  /** Make another run even if the same was asked for before. */
  isAgain: boolean;
}

export const EMPTY_FORM: RunForm = {
  kind: 'prefix',
  container: 'imports',
  prefix: '',
  paths: '',
  dataset: '',
  textColumn: '',
  idColumn: '',
  taxonomyVersion: '',
  modelVersion: '',
  acceptThreshold: '',
  useLlm: true,
  maxCostUsd: '',
  mode: 'auto',
  deadlineHours: '',
  isAgain: false,
};

/** What was quoted, as the run keeps it. */
export type QuotedMoney = NonNullable<RunRequest['quote']>;

/**
 * Body of POST /api/runs.
 * @param quote      shown before, or undefined when nobody asked
 * @param requestId  makes a run of its own of a request that is not the first of its kind
 */
export function runRequestOf(form: RunForm, quote?: QuotedMoney, requestId?: string): RunRequest {
  const { usd, usdLow, usdHigh } = quote ?? {};
  return {
    source: sourceOf(form),
    ...text('taxonomyVersion', form.taxonomyVersion),
    ...text('modelVersion', form.modelVersion),
    ...number('acceptThreshold', form.acceptThreshold),
    ...(form.useLlm ? {} : { llm: false }),
    ...(form.useLlm ? number('maxCostUsd', form.maxCostUsd) : {}),
    ...(form.useLlm ? { mode: form.mode } : {}),
    ...(form.useLlm ? number('deadlineHours', form.deadlineHours) : {}),
    ...(usd === undefined || usdLow === undefined || usdHigh === undefined ? {} : { quote: { usd, usdLow, usdHigh } }),
    ...(form.isAgain && requestId !== undefined ? { requestId } : {}),
  };
}

/** Body of POST /api/quotes, without a size of its own: the host's default holds. */
export function quoteRequestOf(form: RunForm): Omit<QuoteRequest, 'sampleSize'> {
  return {
    source: sourceOf(form),
    ...text('taxonomyVersion', form.taxonomyVersion),
    mode: form.mode,
    ...number('deadlineHours', form.deadlineHours),
  };
}

/** Two forms with the same key have the same quote. */
export const quoteKey = (form: RunForm): string => JSON.stringify(quoteRequestOf(form));

function sourceOf(form: RunForm): RunRequest['source'] {
  const { kind, container } = form;
  switch (kind) {
    case 'prefix':
      return { kind, container, prefix: form.prefix.trim() };
    case 'paths':
      return { kind, container, paths: linesOf(form.paths) };
    case 'dataset':
      return {
        kind,
        container,
        path: form.dataset.trim(),
        textColumn: form.textColumn.trim() || 'text',
        ...text('idColumn', form.idColumn),
      };
  }
}

export const linesOf = (typed: string): string[] =>
  typed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const text = <K extends string>(name: K, typed: string): Partial<Record<K, string>> =>
  (typed.trim() === '' ? {} : { [name]: typed.trim() }) as Partial<Record<K, string>>; // one key or none

/** A decimal comma is taken too; what is no number is sent as typed, so that the API names the field. */
const number = <K extends string>(name: K, typed: string): Partial<Record<K, number>> =>
  (typed.trim() === '' ? {} : { [name]: numberOf(typed) }) as Partial<Record<K, number>>; // as above

function numberOf(typed: string): number | string {
  const value = Number(typed.trim().replace(',', '.'));
  return Number.isFinite(value) ? value : typed.trim();
}

/** Fields of the API and the inputs that hold them. */
const INPUT_OF: readonly (readonly [field: RegExp, input: keyof RunForm])[] = [
  [/^source\.prefix$/, 'prefix'],
  [/^source\.paths(\.|$)/, 'paths'],
  [/^source\.path$/, 'dataset'],
  [/^source\.textColumn$/, 'textColumn'],
  [/^source\.idColumn$/, 'idColumn'],
  [/^source\.container$/, 'container'],
  [/^source(\.kind)?$/, 'kind'],
];

export interface FieldErrors {
  /** Messages by input. */
  byInput: ReadonlyMap<keyof RunForm, string>;
  /** Those no input shows. */
  rest: readonly { field: string; message: string }[];
}

/** Where each problem of the API's answer is shown. */
export function fieldErrors(fields: readonly { field: string; message: string }[]): FieldErrors {
  const byInput = new Map<keyof RunForm, string>();
  const rest: { field: string; message: string }[] = [];
  for (const { field, message } of fields) {
    const input =
      INPUT_OF.find(([pattern]) => pattern.test(field))?.[1] ??
      (Object.hasOwn(EMPTY_FORM, field) ? (field as keyof RunForm) : undefined); // just checked
    if (input === undefined) rest.push({ field, message });
    else byInput.set(input, [byInput.get(input), lineOf(field) + message].filter(Boolean).join('; '));
  }
  return { byInput, rest };
}

/** `source.paths.3` is the fourth line. */
function lineOf(field: string): string {
  const index = /^source\.paths\.(\d+)/.exec(field)?.[1];
  return index === undefined ? '' : words.line(Number(index) + 1);
}

/** What a budget does to a quoted run. @returns null when the budget covers the whole range */
export function budgetWarning(maxCostUsd: number | null, quote: QuotedMoney): 'below' | 'within' | null {
  if (maxCostUsd === null || maxCostUsd >= quote.usdHigh) return null;
  return maxCostUsd < quote.usdLow ? 'below' : 'within';
}

/** The number typed, or null for none. */
export function typedNumber(typed: string): number | null {
  const value = typed.trim() === '' ? null : numberOf(typed);
  return typeof value === 'number' ? value : null;
}
