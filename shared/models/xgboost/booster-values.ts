// Values of a booster's document, of which nothing is known to be as it should: each is the kind that is asked for, or model.corrupt.
import { TerminalError } from '../../errors.ts';
import { PackedNumbers } from './packed-numbers.ts';
import type { JsonValue } from './ubjson.ts';

export type JsonObject = Record<string, JsonValue | undefined>;

/** Whole numbers are text in JSON and UBJSON alike. */
export function count(value: JsonValue | undefined): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 0x7fffffff) throw corrupt(`"${String(value)}" is no count`);
  return number;
}

export function asObject(value: JsonValue | undefined, name: string): JsonObject {
  if (
    value === undefined ||
    value === null ||
    typeof value !== 'object' ||
    Array.isArray(value) ||
    value instanceof PackedNumbers
  )
    throw corrupt(`${name} is missing`);
  return value;
}

export function asList(value: JsonValue | undefined, name: string): JsonValue[] {
  if (!Array.isArray(value)) throw corrupt(`${name} is missing`);
  return value;
}

/** Of an array in text, or one still packed. */
export const numbersIn = (value: JsonValue | undefined, name: string): PackedNumbers | JsonValue[] =>
  value instanceof PackedNumbers ? value : asList(value, name);

/** What is no number is NaN. */
export function asNumbers(value: JsonValue | undefined, name: string): Float64Array {
  if (value instanceof PackedNumbers) return value.toArray();
  return Float64Array.from(asList(value, name), (item) => (typeof item === 'object' ? Number.NaN : Number(item)));
}

export const corrupt = (why: string, cause?: unknown): TerminalError =>
  new TerminalError('model.corrupt', `XGBoost model cannot be read: ${why}`, { cause });
