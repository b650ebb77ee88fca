// Cells of one column → Parquet's PLAIN bytes with definition levels, and their bounds.
// Invariant: bounds are exact or absent; texts are compared as UTF-8, in the form they are written (a lone surrogate becomes U+FFFD).
import { TerminalError } from '../errors.ts';
import { isoTimestamp, microsOf } from './duckdb.ts';
import type { Column, Row } from './tables.ts';

export interface Bounds {
  min: string | number;
  max: string | number;
}

const MS_PER_DAY = 86_400_000;
const LOW_WORD = 2 ** 32;
const SHORT_TEXT = 16; // up to here a loop is faster than a call into native code
const SURE_TEXT = 4096; // longer texts are measured before room for them is made

/** The cells of a column since the last {@link clear}; what is counted is of all. */
export abstract class Cells {
  readonly column: Column;
  /** Cells with a value, of all pages. */
  present = 0;
  protected bytes = Buffer.allocUnsafe(64);
  protected view = viewOf(this.bytes);
  protected end = 0;
  #levels = new Uint8Array(8);
  #rows = 0;
  #filled = 0;

  constructor(column: Column) {
    this.column = column;
  }

  /** @returns bytes of its value, levels not counted @throws {TerminalError} internal when it does not fit the column */
  add(value: Row[string] | undefined): number {
    const row = this.#rows++;
    if ((row & 7) === 0) this.#beginLevels(row >> 3);
    if (value === null || value === undefined) return 0;
    this.#levels[row >> 3]! |= 1 << (row & 7);
    this.#filled++;
    this.present++;
    const before = this.end;
    this.put(value);
    return this.end - before;
  }

  /** Definition levels and values of a data page V1. They are valid until the next call. */
  page(): [levels: Uint8Array, values: Uint8Array] {
    return [this.#encodedLevels(), this.bytes.subarray(0, this.end)];
  }

  /** Forget the cells, not what is known of them. */
  clear(): void {
    this.end = 0;
    this.#rows = 0;
    this.#filled = 0;
  }

  abstract bounds(): Bounds | undefined;

  protected abstract put(value: string | number | boolean): void;

  protected refuse(value: unknown): never {
    throw new TerminalError(
      'internal',
      `Column ${this.column.name} needs a ${this.column.type}; have ${typeof value}`,
      { ids: { column: this.column.name } },
    );
  }

  protected reserve(bytes: number): void {
    if (this.end + bytes <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.end + bytes));
    this.bytes.copy(grown, 0, 0, this.end);
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  protected putInt64(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / LOW_WORD);
    this.view.setUint32(this.end, value - high * LOW_WORD, true);
    this.view.setInt32(this.end + 4, high, true);
    this.end += 8;
  }

  protected putInt32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.end, value, true);
    this.end += 4;
  }

  #beginLevels(index: number): void {
    if (index >= this.#levels.length) {
      const grown = new Uint8Array(2 * this.#levels.length);
      grown.set(this.#levels);
      this.#levels = grown;
    }
    this.#levels[index] = 0;
  }

  /** Their length in four bytes, then one run: of equal levels, or of bits. */
  #encodedLevels(): Uint8Array {
    const isEven = this.#filled === 0 || this.#filled === this.#rows;
    const bits = isEven ? Uint8Array.of(this.#filled === 0 ? 0 : 1) : this.#levels.subarray(0, (this.#rows + 7) >> 3);
    const count = isEven ? this.#rows * 2 : bits.length * 2 + 1;
    const head: number[] = [];
    let rest = count;
    for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
    head.push(rest);
    const encoded = Buffer.allocUnsafe(4 + head.length + bits.length);
    encoded.writeUInt32LE(head.length + bits.length);
    encoded.set(head, 4);
    encoded.set(bits, 4 + head.length);
    return encoded;
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

class TextCells extends Cells {
  #min: string | undefined;
  #max = '';
  #last: string | undefined;
  #isAscii = true;

  bounds(): Bounds | undefined {
    return this.#min === undefined ? undefined : { min: this.#min, max: this.#max };
  }

  protected put(value: string | number | boolean): void {
    if (typeof value !== 'string') this.refuse(value);
    const { length } = value;
    this.reserve(4 + (length > SURE_TEXT ? Buffer.byteLength(value) : 3 * length));
    const start = this.end + 4;
    const written = (length <= SHORT_TEXT && this.#putAscii(value, start)) || this.bytes.write(value, start);
    this.view.setUint32(this.end, written, true);
    this.end = start + written;
    if (value !== this.#last) this.#see(value, written === length);
  }

  /** @returns bytes written; 0 when it is empty or more than ASCII */
  #putAscii(value: string, start: number): number {
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) return 0;
      this.bytes[start + index] = unit;
    }
    return value.length;
  }

  #see(value: string, isAscii: boolean): void {
    this.#last = value;
    if (!isAscii) this.#isAscii = false;
    const shown = isAscii ? value : value.toWellFormed();
    if (this.#min === undefined) {
      this.#min = shown;
      this.#max = shown;
    } else if (this.#isAscii ? shown < this.#min : isBefore(shown, this.#min)) this.#min = shown;
    else if (this.#isAscii ? shown > this.#max : isBefore(this.#max, shown)) this.#max = shown;
  }
}

/** In the order of UTF-8, which is that of code points: in UTF-16 surrogates stand before U+E000 to U+FFFF, which are smaller. */
function isBefore(left: string, right: string): boolean {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (a !== b) return lifted(a) < lifted(b);
  }
  return left.length < right.length;
}

const lifted = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

/** Numbers and whatever is stored as one. */
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
  protected put(value: string | number | boolean): void {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) this.refuse(value);
    this.putInt64(value);
    this.see(value + 0); // -0 is 0
  }
}

class IntegerCells extends NumberCells {
  protected put(value: string | number | boolean): void {
    if (typeof value !== 'number' || (value | 0) !== value) this.refuse(value);
    this.putInt32(value);
    this.see(value + 0); // -0 is 0
  }
}

class DoubleCells extends NumberCells {
  protected put(value: string | number | boolean): void {
    if (typeof value !== 'number') this.refuse(value);
    this.reserve(8);
    this.view.setFloat64(this.end, value, true);
    this.end += 8;
    if (Number.isFinite(value)) this.see(value);
    else this.isOdd = true;
  }
}

/** Days since the epoch. */
class DateCells extends NumberCells {
  protected override shown(days: number): string {
    return isoDate(days);
  }

  protected put(value: string | number | boolean): void {
    const days = daysOf(value);
    if (days === undefined) this.refuse(value);
    this.putInt32(days);
    this.see(days);
  }
}

/** Microseconds since the epoch, beyond 2^53 too. */
class TimestampCells extends Cells {
  #min: number | bigint | undefined;
  #max: number | bigint = 0;

  bounds(): Bounds | undefined {
    if (this.#min === undefined) return undefined;
    return { min: isoTimestamp(BigInt(this.#min)), max: isoTimestamp(BigInt(this.#max)) };
  }

  protected put(value: string | number | boolean): void {
    const micros = usualMicros(value) ?? this.#anyMicros(value);
    if (typeof micros === 'number') this.putInt64(micros);
    else {
      this.reserve(8);
      this.view.setBigInt64(this.end, micros, true);
      this.end += 8;
    }
    if (this.#min === undefined) {
      this.#min = micros;
      this.#max = micros;
    } else if (micros < this.#min) this.#min = micros;
    else if (micros > this.#max) this.#max = micros;
  }

  #anyMicros(value: string | number | boolean): bigint {
    if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) this.refuse(value);
    return microsOf(value);
  }
}

/** Of `2026-11-23T10:00:00.123Z`, which nearly all are; undefined of anything else and of what is beyond 2^53. */
function usualMicros(value: string | number | boolean): number | undefined {
  if (typeof value !== 'string' || value.length !== 24 || value[19] !== '.' || value[23] !== 'Z') return undefined;
  if (value[4] !== '-' || value[10] !== 'T') return undefined;
  const micros = Date.parse(value) * 1000;
  return Number.isSafeInteger(micros) ? micros : undefined;
}

class BooleanCells extends Cells {
  #count = 0;

  bounds(): undefined {
    return undefined;
  }

  override clear(): void {
    super.clear();
    this.#count = 0;
  }

  /** A bit each. */
  protected put(value: string | number | boolean): void {
    if (typeof value !== 'boolean') this.refuse(value);
    const bit = this.#count++ & 7;
    if (bit === 0) {
      this.reserve(1);
      this.bytes[this.end++] = 0;
    }
    if (value) this.bytes[this.end - 1]! |= 1 << bit;
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
