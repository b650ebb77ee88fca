// Thrift's compact protocol, as far as Parquet's headers need it: structs of integers, texts, true, and lists of these.
// Fields are written in the order of their numbers. Protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

const TRUE = 1;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

export class ThriftWriter {
  readonly #bytes: number[] = [];
  #lastField = 0;

  /** Field of 32 bits; not negative. */
  int(field: number, value: number): this {
    return this.#field(field, I32).#varint(value * 2);
  }

  /** Field of 64 bits; not negative, below 2^52. */
  long(field: number, value: number): this {
    return this.#field(field, I64).#varint(value * 2);
  }

  yes(field: number): this {
    return this.#field(field, TRUE);
  }

  text(field: number, value: string): this {
    this.#field(field, BINARY);
    this.#text(value);
    return this;
  }

  ints(field: number, values: readonly number[]): this {
    this.#list(field, I32, values.length);
    for (const value of values) this.#varint(value * 2);
    return this;
  }

  texts(field: number, values: readonly string[]): this {
    this.#list(field, BINARY, values.length);
    for (const value of values) this.#text(value);
    return this;
  }

  struct(field: number, write: () => unknown): this {
    return this.#field(field, STRUCT).#struct(write);
  }

  structs<T>(field: number, items: readonly T[], write: (item: T, index: number) => unknown): this {
    this.#list(field, STRUCT, items.length);
    for (const [index, item] of items.entries()) this.#struct(() => write(item, index));
    return this;
  }

  /** The whole struct. */
  end(): Uint8Array {
    this.#bytes.push(0);
    return Uint8Array.from(this.#bytes);
  }

  #struct(write: () => unknown): this {
    const outer = this.#lastField;
    this.#lastField = 0;
    write();
    this.#bytes.push(0);
    this.#lastField = outer;
    return this;
  }

  #field(field: number, type: number): this {
    this.#bytes.push(((field - this.#lastField) << 4) | type); // Parquet's fields are less than 16 apart
    this.#lastField = field;
    return this;
  }

  #list(field: number, type: number, length: number): void {
    this.#field(field, LIST);
    if (length < 15) this.#bytes.push((length << 4) | type);
    else {
      this.#bytes.push(0xf0 | type);
      this.#varint(length);
    }
  }

  #varint(value: number): this {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes.push((rest % 0x80) | 0x80);
    this.#bytes.push(rest);
    return this;
  }

  #text(value: string): void {
    const bytes = Buffer.from(value);
    this.#varint(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
  }
}
