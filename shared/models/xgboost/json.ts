// Reader of the JSON that XGBoost writes: lists of numbers stay text until somebody asks for them (packed-numbers.ts), so that a file of
// hundreds of megabytes becomes neither one string nor a list of objects.
// Invariants: N1 what is read equals what JSON.parse reads; bare NaN, Infinity and -Infinity, which XGBoost writes, are numbers too.
// N2 whatever the bytes are, reading ends with a value or with model.corrupt.
import { TerminalError } from '../../errors.ts';
import { type NumberTarget, PackedNumbers } from './packed-numbers.ts';
import type { JsonValue } from './ubjson.ts';

const MAX_DEPTH = 64;
/** Digits whose integer a double holds exactly, and powers of ten that it holds exactly: their product or quotient is rounded once. */
const EXACT_DIGITS = 15;
const POWERS = Float64Array.from({ length: 23 }, (_, e) => Number(`1e${e}`));
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LITERALS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

const [QUOTE, COMMA, MINUS, DOT, ZERO, NINE, COLON, OPEN, BACKSLASH, CLOSE, BRACE, END_BRACE] = Array.from(
  '",-.09:[\\]{}',
  (c) => c.charCodeAt(0),
) as [number, number, number, number, number, number, number, number, number, number, number, number]; // twelve characters

/** @throws {TerminalError} model.corrupt */
export function readJson(bytes: Uint8Array): JsonValue {
  const reader = new JsonReader(bytes);
  const value = reader.value(0);
  reader.end();
  return value;
}

class JsonReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw corrupt();
    const first = this.#next();
    if (first === BRACE) return this.#object(depth);
    if (first === OPEN) return this.#array(depth);
    return first === QUOTE ? this.#string() : this.#word();
  }

  end(): void {
    if (this.#next() !== -1) throw corrupt();
  }

  /** The next byte that is no white space; -1 at the end. It is not taken. */
  #next(): number {
    const bytes = this.#bytes;
    while (isSpace(bytes[this.#at])) this.#at++;
    return bytes[this.#at] ?? -1;
  }

  #take(byte: number): void {
    if (this.#next() !== byte) throw corrupt();
    this.#at++;
  }

  #object(depth: number): JsonValue {
    const entries: [string, JsonValue][] = [];
    this.#at++;
    if (this.#next() === END_BRACE) {
      this.#at++;
      return {};
    }
    for (;;) {
      if (this.#next() !== QUOTE) throw corrupt();
      const key = this.#string();
      this.#take(COLON);
      entries.push([key, this.value(depth + 1)]);
      if (this.#next() !== COMMA) break;
      this.#at++;
    }
    this.#take(END_BRACE);
    return Object.fromEntries(entries);
  }

  #array(depth: number): JsonValue {
    this.#at++;
    if (this.#next() === CLOSE) {
      this.#at++;
      return [];
    }
    const numbers = this.#numbers();
    if (numbers !== undefined) return numbers;
    const values: JsonValue[] = [];
    for (;;) {
      values.push(this.value(depth + 1));
      if (this.#next() !== COMMA) break;
      this.#at++;
    }
    this.#take(CLOSE);
    return values;
  }

  /** A list of nothing but digits and what belongs to numbers; undefined, with nothing taken, for another list. */
  #numbers(): PackedNumbers | undefined {
    const bytes = this.#bytes;
    let length = 1;
    let at = this.#at;
    for (let c = bytes[at]; c !== CLOSE; c = bytes[++at]) {
      if (c === COMMA) length++;
      else if (c === undefined || !(OF_NUMBERS[c] === 1)) return undefined;
    }
    const numbers = new TextNumbers(bytes, this.#at, at, length);
    this.#at = at + 1;
    return numbers;
  }

  #string(): string {
    const bytes = this.#bytes;
    const from = this.#at++;
    for (let c = bytes[this.#at]; c !== QUOTE; c = bytes[++this.#at]) {
      if (c === undefined) throw corrupt();
      if (c === BACKSLASH) this.#at++;
    }
    this.#at++;
    try {
      return JSON.parse(textOf(bytes, from, this.#at)) as string; // it begins and ends with a quote
    } catch (cause) {
      throw corrupt(cause);
    }
  }

  #word(): JsonValue {
    const from = this.#at;
    for (let c = this.#bytes[this.#at]; c !== undefined && !isSpace(c) && !isPunctuation(c); )
      c = this.#bytes[++this.#at];
    const word = textOf(this.#bytes, from, this.#at);
    const literal = LITERALS.get(word);
    if (literal !== undefined) return literal;
    if (!NUMBER.test(word)) throw corrupt();
    return Number(word);
  }
}

const isSpace = (c: number | undefined): boolean => c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
const isPunctuation = (c: number): boolean => c === COMMA || c === CLOSE || c === END_BRACE || c === COLON;

const OF_NUMBERS = new Uint8Array(256);
for (const c of '0123456789+-.eE \n\r\t') OF_NUMBERS[c.charCodeAt(0)] = 1;

const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');

/** Numbers as text, separated by commas. */
class TextNumbers extends PackedNumbers {
  readonly #bytes: Uint8Array;
  readonly #from: number;
  readonly #to: number;

  constructor(bytes: Uint8Array, from: number, to: number, length: number) {
    super(length);
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
  }

  override copyTo(target: NumberTarget, at: number): void {
    const bytes = this.#bytes;
    let from = this.#from;
    for (let i = 0; i < this.length; i++) {
      let to = from;
      while (to < this.#to && bytes[to] !== COMMA) to++;
      target[at + i] = numberOf(bytes, from, to);
      from = to + 1;
    }
  }
}

/** Of bytes [from, to): Number() of them, the usual ones without making a string. */
function numberOf(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  const first = bytes[at] ?? 0;
  let digits = 0;
  let shift = 0;
  let whole = 0;
  for (; at < to; at++) {
    const c = bytes[at]!;
    if (c < ZERO || c > NINE) break;
    whole = whole * 10 + (c - ZERO);
    digits++;
  }
  const wholeDigits = digits;
  if (at < to && bytes[at] === DOT) {
    for (at++; at < to; at++) {
      const c = bytes[at]!;
      if (c < ZERO || c > NINE) break;
      whole = whole * 10 + (c - ZERO);
      digits++;
      shift--;
    }
    if (shift === 0) return slowly(bytes, from, to);
  }
  if (at < to && (bytes[at]! | 0x20) === 0x65) {
    let exponent = 0;
    let exponentDigits = 0;
    const sign = bytes[at + 1];
    at += sign === MINUS || sign === 0x2b ? 2 : 1;
    for (; at < to; at++, exponentDigits++) {
      const c = bytes[at]!;
      if (c < ZERO || c > NINE) break;
      exponent = exponent * 10 + (c - ZERO);
    }
    if (exponentDigits === 0 || exponentDigits > 3) return slowly(bytes, from, to);
    shift += sign === MINUS ? -exponent : exponent;
  }
  const isUsual =
    at === to &&
    digits <= EXACT_DIGITS &&
    wholeDigits > 0 &&
    !(wholeDigits > 1 && first === ZERO) &&
    shift >= -22 &&
    shift <= 22;
  if (!isUsual) return slowly(bytes, from, to);
  const value = shift < 0 ? whole / POWERS[-shift]! : whole * POWERS[shift]!;
  return isNegative ? -value : value;
}

function slowly(bytes: Uint8Array, from: number, to: number): number {
  const word = textOf(bytes, from, to).replace(/^[ \n\r\t]+|[ \n\r\t]+$/g, '');
  if (!NUMBER.test(word)) throw corrupt();
  return Number(word);
}

const corrupt = (cause?: unknown): TerminalError =>
  new TerminalError(
    'model.corrupt',
    'XGBoost model cannot be read: it is neither JSON nor UBJSON, or it is cut; save a model of the old binary form as .json or .ubj',
    { cause },
  );
