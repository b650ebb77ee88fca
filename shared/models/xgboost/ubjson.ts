// Reader of the UBJSON dialect that XGBoost writes: big-endian, lengths and keys as int64, counted arrays without a closing bracket.
// Invariant: U1 whatever the bytes are, reading ends with a value or with model.corrupt, within memory proportional to the file.
// Source: dmlc/xgboost src/common/json.cc (UBJReader); https://ubjson.org.
import { TerminalError } from '../../errors.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | NumberArray | { [key: string]: JsonValue };
export type NumberArray = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint8Array;

const MAX_DEPTH = 64;
const SIZES: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };

/**
 * @param unread  keys whose number arrays are passed over; they read as empty
 * @throws {TerminalError} model.corrupt
 */
export function readUbjson(bytes: Uint8Array, unread: ReadonlySet<string> = new Set()): JsonValue {
  const reader = new UbjReader(bytes, unread);
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
  readonly #unread: ReadonlySet<string>;
  #at = 0;

  constructor(bytes: Uint8Array, unread: ReadonlySet<string>) {
    this.#unread = unread;
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
      const isUnread = this.#unread.has(key);
      const opening = this.readMarker();
      entries.push([key, opening === '[' ? this.#readArray(depth + 1, isUnread) : this.readValue(opening, depth + 1)]);
    }
  }

  #readArray(depth: number, isUnread = false): JsonValue {
    if (depth > MAX_DEPTH) throw corrupt('it is nested too deeply');
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
      return isUnread ? new Uint8Array(0) : numbersOf(type, this.#bytes.subarray(from, this.#at));
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

/** Big-endian numbers in an array of their own type, in the machine's order. */
function numbersOf(type: string, bytes: Uint8Array): NumberArray {
  const own = Buffer.from(new Uint8Array(bytes).buffer); // a copy: it begins at an even place
  switch (type) {
    case 'i':
      return new Int8Array(own.buffer);
    case 'U':
      return new Uint8Array(own.buffer);
    case 'I':
      return new Int16Array(own.swap16().buffer);
    case 'l':
      return new Int32Array(own.swap32().buffer);
    case 'd':
      return new Float32Array(own.swap32().buffer);
    case 'D':
      return new Float64Array(own.swap64().buffer);
    default:
      return Float64Array.from(new BigInt64Array(own.swap64().buffer), Number);
  }
}

const corrupt = (why: string, cause?: unknown): TerminalError =>
  new TerminalError('model.corrupt', `XGBoost model cannot be read: ${why}`, { cause });
