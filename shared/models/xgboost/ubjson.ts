// Reader of the UBJSON dialect that XGBoost writes: big-endian, lengths and keys as int64, counted arrays without a closing bracket.
// Counted arrays stay in the file's bytes until somebody asks for them (packed-numbers.ts).
// Invariant: U1 whatever the bytes are, reading ends with a value or with model.corrupt, within memory proportional to the file.
// Source: dmlc/xgboost src/common/json.cc (UBJReader); https://ubjson.org.
import { TerminalError } from '../../errors.ts';
import { type NumberTarget, PackedNumbers } from './packed-numbers.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | PackedNumbers | { [key: string]: JsonValue };
const MAX_DEPTH = 64;
const SIZES: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };

/** @throws {TerminalError} model.corrupt */
export function readUbjson(bytes: Uint8Array): JsonValue {
  const reader = new UbjReader(bytes);
  try {
    return reader.readValue(reader.readMarker(), 0);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw corrupt(`it is cut at ${bytes.length} bytes`, cause); // DataView reads past the end
  }
}

class UbjReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  readMarker(): string {
    let marker = 'N';
    while (marker === 'N') marker = String.fromCharCode(this.#view.getUint8(this.#at++)); // N: no-op
    return marker;
  }

  readValue(marker: string, depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw corrupt('it is nested too deeply');
    switch (marker) {
      case '{':
        return this.#readObject(depth);
      case '[':
        return this.#readArray(depth);
      case 'S':
        return this.#readString();
      case 'C':
        return String.fromCharCode(this.#view.getUint8(this.#at++));
      case 'T':
        return true;
      case 'F':
        return false;
      case 'Z':
        return null;
      default:
        return this.#readNumber(marker);
    }
  }

  #readNumber(marker: string): number {
    const size = SIZES[marker];
    if (size === undefined) throw corrupt(`type "${marker}" at byte ${this.#at - 1} is unknown`);
    const at = this.#at;
    this.#at += size;
    const view = this.#view;
    switch (marker) {
      case 'i':
        return view.getInt8(at);
      case 'U':
        return view.getUint8(at);
      case 'I':
        return view.getInt16(at);
      case 'l':
        return view.getInt32(at);
      case 'L':
        return Number(view.getBigInt64(at));
      case 'd':
        return view.getFloat32(at);
      default:
        return view.getFloat64(at);
    }
  }

  #readLength(): number {
    const length = this.#readNumber(this.readMarker());
    if (!Number.isInteger(length) || length < 0 || length > this.#bytes.length - this.#at)
      throw corrupt(`length ${length} at byte ${this.#at} does not fit the file`);
    return length;
  }

  #readString(): string {
    const length = this.#readLength();
    const text = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length)).toString('utf8');
    this.#at += length;
    return text;
  }

  #readObject(depth: number): JsonValue {
    const entries: [string, JsonValue][] = [];
    for (;;) {
      const marker = this.readMarker();
      if (marker === '}') return Object.fromEntries(entries);
      // the key's length follows its type marker, which has just been read
      this.#at--;
      const key = this.#readString();
      entries.push([key, this.readValue(this.readMarker(), depth + 1)]);
    }
  }

  #readArray(depth: number): JsonValue {
    const type = this.#peek() === '$' ? this.#take(2).charAt(1) : undefined;
    const isCounted = this.#peek() === '#';
    if (isCounted) this.#at++;
    if (type !== undefined) {
      if (!isCounted) throw corrupt(`the typed array at byte ${this.#at} has no length`);
      const length = this.#readLength();
      const size = SIZES[type];
      if (size === undefined) throw corrupt(`arrays of type "${type}" are unknown`);
      if (length * size > this.#bytes.length - this.#at)
        throw corrupt(`the array at byte ${this.#at} ends outside the file`);
      const from = this.#at;
      this.#at += length * size;
      return new BinaryNumbers(type, length, this.#view, from);
    }
    const values: JsonValue[] = [];
    if (isCounted) {
      const length = this.#readLength();
      for (let i = 0; i < length; i++) values.push(this.readValue(this.readMarker(), depth + 1));
      return values;
    }
    for (;;) {
      const marker = this.readMarker();
      if (marker === ']') return values;
      values.push(this.readValue(marker, depth + 1));
    }
  }

  #peek(): string {
    return String.fromCharCode(this.#view.getUint8(this.#at));
  }

  #take(count: number): string {
    const text = String.fromCharCode(...this.#bytes.subarray(this.#at, this.#at + count));
    this.#at += count;
    return text;
  }
}

/** Big-endian numbers of one type. */
class BinaryNumbers extends PackedNumbers {
  readonly #type: string;
  readonly #view: DataView;
  readonly #from: number;

  /** @param view  of the file; it holds all of the array from `from` on */
  constructor(type: string, length: number, view: DataView, from: number) {
    super(length);
    this.#type = type;
    this.#view = view;
    this.#from = from;
  }

  override copyTo(target: NumberTarget, at: number): void {
    const { length } = this;
    const view = this.#view;
    const from = this.#from;
    // a loop per type: a choice per number would take longer than the number
    switch (this.#type) {
      case 'i':
        for (let i = 0; i < length; i++) target[at + i] = view.getInt8(from + i);
        return;
      case 'U':
        for (let i = 0; i < length; i++) target[at + i] = view.getUint8(from + i);
        return;
      case 'I':
        for (let i = 0; i < length; i++) target[at + i] = view.getInt16(from + 2 * i);
        return;
      case 'l':
        if (target instanceof Int32Array) swapInto(view, from, length, target, at);
        else for (let i = 0; i < length; i++) target[at + i] = view.getInt32(from + 4 * i);
        return;
      case 'd':
        if (target instanceof Float32Array) swapInto(view, from, length, target, at);
        else for (let i = 0; i < length; i++) target[at + i] = view.getFloat32(from + 4 * i);
        return;
      case 'D':
        for (let i = 0; i < length; i++) target[at + i] = view.getFloat64(from + 8 * i);
        return;
      default:
        for (let i = 0; i < length; i++) target[at + i] = Number(view.getBigInt64(from + 8 * i));
    }
  }

  override get isByte(): boolean {
    return this.#type === 'U';
  }

  override get isInt32(): boolean {
    return 'iUIl'.includes(this.#type);
  }
}

/** The numbers that a booster is made of are of the target's own type: their bytes are copied, and turned round in place. */
function swapInto(view: DataView, from: number, length: number, target: Float32Array | Int32Array, at: number): void {
  const own = Buffer.from(target.buffer, target.byteOffset + at * 4, length * 4);
  own.set(new Uint8Array(view.buffer, view.byteOffset + from, length * 4));
  if (IS_LITTLE_ENDIAN) own.swap32();
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const corrupt = (why: string, cause?: unknown): TerminalError =>
  new TerminalError('model.corrupt', `XGBoost model cannot be read: ${why}`, { cause });
