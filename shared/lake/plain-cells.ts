// Numbers and whatever is stored as one → Parquet's PLAIN bytes, and their bounds.
// Invariant: bounds are exact or absent.
import { TerminalError } from '../errors.ts';
import { type Bounds, type Cell, Cells } from './cells.ts';
import { isoTimestamp, microsOf } from './duckdb.ts';
import type { Column } from './tables.ts';
import { TextCells } from './text-cells.ts';

const MS_PER_DAY = 86_400_000;
const MINUTE = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:$/;

abstract class NumberCells extends Cells {
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** Something was seen that has no bound. */
  protected isOdd = false;

  bounds(): Bounds | undefined {
    if (this.present === 0 || this.isOdd) return undefined;
    return { min: this.shown(this.#min), max: this.shown(this.#max) };
  }

  /** As rows have it. */
  protected shown(value: number): string | number {
    return value;
  }

  protected see(value: number): void {
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }
}

class LongCells extends NumberCells {
  protected put(values: readonly Cell[], count: number): void {
    this.reserve(8 * count);
    this.weight += 8 * count;
    for (let index = 0; index < count; index++) {
      const value = values[index];
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) this.refuse(value);
      this.putInt64(value);
      this.see(value + 0); // -0 is 0
    }
  }
}

class IntegerCells extends NumberCells {
  protected put(values: readonly Cell[], count: number): void {
    this.reserve(4 * count);
    this.weight += 4 * count;
    for (let index = 0; index < count; index++) {
      const value = values[index];
      if (typeof value !== 'number' || (value | 0) !== value) this.refuse(value);
      this.putInt32(value);
      this.see(value + 0); // -0 is 0
    }
  }
}

class DoubleCells extends NumberCells {
  protected put(values: readonly Cell[], count: number): void {
    this.reserve(8 * count);
    this.weight += 8 * count;
    for (let index = 0; index < count; index++) {
      const value = values[index];
      if (typeof value !== 'number') this.refuse(value);
      this.view.setFloat64(this.end, value, true);
      this.end += 8;
      if (Number.isFinite(value)) this.see(value);
      else this.isOdd = true;
    }
  }
}

/** Days since the epoch. */
class DateCells extends NumberCells {
  protected override shown(days: number): string {
    return isoDate(days);
  }

  protected put(values: readonly Cell[], count: number): void {
    this.reserve(4 * count);
    this.weight += 4 * count;
    for (let index = 0; index < count; index++) {
      const days = daysOf(values[index]);
      if (days === undefined) this.refuse(values[index]);
      this.putInt32(days);
      this.see(days);
    }
  }
}

/** Microseconds since the epoch, beyond 2^53 too. */
class TimestampCells extends Cells {
  #min: number | bigint | undefined;
  #max: number | bigint = 0;
  readonly #minute = new Minute();

  bounds(): Bounds | undefined {
    if (this.#min === undefined) return undefined;
    return { min: isoTimestamp(BigInt(this.#min)), max: isoTimestamp(BigInt(this.#max)) };
  }

  protected put(values: readonly Cell[], count: number): void {
    this.reserve(8 * count);
    this.weight += 8 * count;
    for (let index = 0; index < count; index++) {
      const value = values[index]!;
      const micros = this.#minute.microsOf(value) ?? this.#anyMicros(value);
      if (typeof micros === 'number') this.putInt64(micros);
      else {
        this.view.setBigInt64(this.end, micros, true);
        this.end += 8;
      }
      this.#see(micros);
    }
  }

  #anyMicros(value: Cell): bigint {
    if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) this.refuse(value);
    return microsOf(value);
  }

  #see(micros: number | bigint): void {
    if (this.#min === undefined) {
      this.#min = micros;
      this.#max = micros;
    } else if (micros < this.#min) this.#min = micros;
    else if (micros > this.#max) this.#max = micros;
  }
}

/** The minute of the last timestamp: of the next one, which is mostly of the same, only the seconds are read. */
class Minute {
  #text = 'none';
  #micros = 0;

  /** Of `2026-11-23T10:00:00.123Z`, which nearly all are; undefined of anything else and of what is beyond 2^53. */
  microsOf(value: Cell): number | undefined {
    if (typeof value !== 'string' || value.length !== 24 || value[19] !== '.' || value[23] !== 'Z') return undefined;
    if (!value.startsWith(this.#text) && !this.#begin(value)) return undefined;
    const seconds = numberAt(value, 17, 19);
    const ms = numberAt(value, 20, 23);
    return seconds < 60 && ms >= 0 ? this.#micros + (seconds * 1000 + ms) * 1000 : undefined;
  }

  #begin(value: string): boolean {
    const text = value.slice(0, 17);
    if (!MINUTE.test(text)) return false;
    const micros = Date.parse(`${text}00.000Z`) * 1000;
    if (!Number.isSafeInteger(micros + MS_PER_DAY * 1000)) return false;
    this.#text = text;
    this.#micros = micros;
    return true;
  }
}

/** Of digits; NaN when there is something else. */
function numberAt(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = 10 * number + digit;
  }
  return number;
}

class BooleanCells extends Cells {
  bounds(): undefined {
    return undefined;
  }

  /** A bit each. */
  protected put(values: readonly Cell[], count: number): void {
    const before = this.end;
    this.reserve((count >> 3) + 1);
    for (let index = 0; index < count; index++) {
      const value = values[index];
      if (typeof value !== 'boolean') this.refuse(value);
      const bit = (this.written + index) & 7;
      if (bit === 0) this.bytes[this.end++] = 0;
      if (value) this.bytes[this.end - 1]! |= 1 << bit;
    }
    this.weight += this.end - before;
  }
}

function daysOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms / MS_PER_DAY;
}

const isoDate = (days: number): string => new Date(days * MS_PER_DAY).toISOString().slice(0, 10);

/**
 * A date as it is written: the day that a text of digits stands for, 2026-03-02 for 2026-02-30.
 * @throws {TerminalError} internal when it is none
 */
export function writtenDate(column: Column, value: string): string {
  const days = daysOf(value);
  if (days !== undefined) return isoDate(days);
  throw new TerminalError('internal', `Column ${column.name} needs a date; have other text`, {
    ids: { column: column.name },
  });
}

/** For the cells of a column. */
export function cells(column: Column): Cells {
  switch (column.type) {
    case 'string':
      return new TextCells(column);
    case 'long':
      return new LongCells(column);
    case 'integer':
      return new IntegerCells(column);
    case 'double':
      return new DoubleCells(column);
    case 'boolean':
      return new BooleanCells(column);
    case 'date':
      return new DateCells(column);
    case 'timestamp':
      return new TimestampCells(column);
  }
}
