// Strings of the workbooks of Excel 97 to 2003: in one or two bytes a character, shared ones over the borders of records.
// Source: [MS-XLS] 2.4.265 (SST), 2.5.240 (ShortXLUnicodeString), 2.5.293 (XLUnicodeRichExtendedString), 2.5.294 (XLUnicodeString).

/** Count of two bytes, a flag, one or two bytes a character. */
export function wideText(body: Buffer, at: number): string {
  return characters(body, at + 3, body.readUInt16LE(at), body[at + 2] ?? 0);
}

/** The same, going on in the records behind it, each with a flag of its own. */
export function continuedText(body: Buffer, more: Iterable<Buffer>): string {
  const count = body.readUInt16LE(0);
  let text = wideText(body, 0);
  if (text.length < count)
    for (const piece of more) {
      text += characters(piece, 1, count - text.length, piece[0] ?? 0);
      if (text.length >= count) break;
    }
  return text;
}

/** The same with a count of one byte. */
export function shortText(body: Buffer, at: number): string {
  return characters(body, at + 2, body[at] ?? 0, body[at + 1] ?? 0);
}

/** @param flags  bit 0: two bytes a character */
export function characters(body: Buffer, from: number, count: number, flags: number): string {
  return (flags & 1) === 0
    ? body.toString('latin1', from, from + count)
    : body.toString('utf16le', from, from + 2 * count);
}

/** @param pieces  of the record and those that continue it */
export function readStrings(pieces: readonly Buffer[]): string[] {
  const strings: string[] = [];
  const reader = new Pieces(pieces);
  const count = reader.skip(4) && reader.has(4) ? reader.uint32() : 0;
  while (strings.length < count && reader.has(3)) strings.push(onOneLine(reader.text()));
  return strings;
}

/** Bytes over the borders of records: characters that go on in the next begin with a flag there, all else does not. */
class Pieces {
  readonly #pieces: readonly Buffer[];
  #piece = 0;
  #at = 0;

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces;
  }

  /** Moves on where a piece is at its end. */
  has(bytes: number): boolean {
    for (;;) {
      const piece = this.#pieces[this.#piece];
      if (piece === undefined) return false;
      if (this.#at + bytes <= piece.length) return true;
      if (this.#at < piece.length) return false; // headers are not divided
      this.#piece += 1;
      this.#at = 0;
    }
  }

  uint16(): number {
    this.#at += 2;
    return this.#pieces[this.#piece]!.readUInt16LE(this.#at - 2); // callers ask has()
  }

  uint32(): number {
    this.#at += 4;
    return this.#pieces[this.#piece]!.readUInt32LE(this.#at - 4); // callers ask has()
  }

  skip(bytes: number): boolean {
    for (let left = bytes; left > 0; ) {
      const piece = this.#pieces[this.#piece];
      if (piece === undefined) return false;
      const taken = Math.min(left, piece.length - this.#at);
      left -= taken;
      this.#at += taken;
      if (left > 0) {
        this.#piece += 1;
        this.#at = 0;
      }
    }
    return true;
  }

  /** A string with runs and phonetic data behind it. */
  text(): string {
    const count = this.uint16();
    let flags = this.#pieces[this.#piece]![this.#at++]!; // has(3)
    const runs = (flags & 8) !== 0 && this.has(2) ? this.uint16() : 0;
    const more = (flags & 4) !== 0 && this.has(4) ? this.uint32() : 0;
    let text = '';
    for (let left = count; left > 0; ) {
      let piece = this.#pieces[this.#piece];
      if (piece !== undefined && this.#at >= piece.length) {
        this.#piece += 1;
        piece = this.#pieces[this.#piece];
        flags = piece?.[0] ?? 0;
        this.#at = 1;
      }
      if (piece === undefined) break;
      const width = (flags & 1) + 1;
      const taken = Math.min(left, Math.max(0, Math.floor((piece.length - this.#at) / width)));
      text += characters(piece, this.#at, taken, flags);
      this.#at = taken === 0 ? piece.length : this.#at + taken * width;
      left -= taken;
    }
    this.skip(runs * 4 + more);
    return text;
  }
}

export const onOneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
