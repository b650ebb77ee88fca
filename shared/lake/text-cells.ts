// Texts → a page of Parquet: PLAIN, or places in a dictionary when they repeat, which is what most columns of a table do.
// Invariant: bounds are exact; texts are compared as UTF-8, in the form they are written (a lone surrogate becomes U+FFFD).
import { type Bounds, type Cell, Cells, type CellsPage, varint } from './cells.ts';

const SHORT_TEXT = 16; // up to here a loop is faster than a call into native code
const SURE_TEXT = 4096; // longer texts are measured before room for them is made
const REPEATS = 4; // times that texts are there in the middle, from where a dictionary is worth it

export class TextCells extends Cells {
  #min: string | undefined;
  #max = '';
  #last: string | undefined;
  #isAscii = true;
  #dictionary: Dictionary | undefined;

  bounds(): Bounds | undefined {
    return this.#min === undefined ? undefined : { min: this.#min, max: this.#max };
  }

  override page(rows: number): CellsPage {
    const page = super.page(rows);
    if (this.#dictionary === undefined) return page;
    const { levels, values: bytes } = page;
    return { levels, values: this.#dictionary.encoded(), dictionary: { bytes, count: this.#dictionary.size } };
  }

  override clear(): void {
    super.clear();
    this.#dictionary = undefined;
  }

  /** What begins a page says whether it has a dictionary. */
  protected put(values: readonly Cell[], count: number): void {
    if (this.written === 0 && isRepeating(values, count)) this.#dictionary = new Dictionary();
    const dictionary = this.#dictionary;
    const before = this.end;
    for (let index = 0; index < count; index++) {
      const value = values[index];
      if (typeof value !== 'string') this.refuse(value);
      if (dictionary === undefined) this.#putText(value);
      else if (!dictionary.add(value)) dictionary.addNew(value, this.#putText(value));
    }
    this.weight += dictionary === undefined ? this.end - before : dictionary.takeWeight();
  }

  /** @returns bytes it needs */
  #putText(value: string): number {
    const { length } = value;
    this.reserve(4 + (length > SURE_TEXT ? Buffer.byteLength(value) : 3 * length));
    const start = this.end + 4;
    const written = (length <= SHORT_TEXT && this.#putAscii(value, start)) || this.bytes.write(value, start);
    this.view.setUint32(this.end, written, true);
    this.end = start + written;
    if (value !== this.#last) this.#see(value, written === length);
    return 4 + written;
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

/** The texts of a page, each once; and which of them the page has, in order, as runs of equal ones. */
class Dictionary {
  readonly #places = new Map<string, number>();
  readonly #weights: number[] = [];
  /** How often, then where: two numbers a run. */
  readonly #runs: number[] = [];
  #last: string | undefined;
  #place = 0;
  #run = 0;
  #weight = 0;

  get size(): number {
    return this.#places.size;
  }

  /** The next text. @returns false when it is not known; then it was not added */
  add(text: string): boolean {
    if (text !== this.#last) {
      const place = this.#places.get(text);
      if (place === undefined) return false;
      this.#begin(text, place);
    }
    this.#run++;
    this.#weight += this.#weights[this.#place]!;
    return true;
  }

  /** The next text, which is new. @param weight  bytes it needs */
  addNew(text: string, weight: number): void {
    const place = this.#places.size;
    this.#places.set(text, place);
    this.#weights.push(weight);
    this.#begin(text, place);
    this.#run = 1;
    this.#weight += weight;
  }

  /** What the texts weigh one by one that were added since the last time. */
  takeWeight(): number {
    const weight = this.#weight;
    this.#weight = 0;
    return weight;
  }

  /** RLE: the width of a place in bits, then the runs. */
  encoded(): Uint8Array {
    this.#begin(undefined, 0);
    const width = Math.max(1, 32 - Math.clz32(this.size - 1));
    const bytes = [width];
    for (let index = 0; index < this.#runs.length; index += 2) {
      bytes.push(...varint(this.#runs[index]! * 2));
      const place = this.#runs[index + 1]!;
      bytes.push(place & 0xff);
      if (width > 8) bytes.push(place >> 8);
    }
    return Uint8Array.from(bytes);
  }

  #begin(text: string | undefined, place: number): void {
    if (this.#run > 0) this.#runs.push(this.#run, this.#place);
    this.#last = text;
    this.#place = place;
    this.#run = 0;
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

function isRepeating(values: readonly Cell[], count: number): boolean {
  const different = new Set<Cell>();
  for (let index = 0; index < count && different.size * REPEATS <= count; index++) different.add(values[index]!);
  return different.size * REPEATS <= count;
}
