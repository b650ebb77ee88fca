// The words of some texts in memory, turned into lists of where each stands.
// Invariant: W1 twelve bytes a word, and each different word once.
import { ByteWriter } from './byte-writer.ts';
import type { PostingWriter } from './posting-file.ts';
import { PostingsEncoder } from './posting-list.ts';
import type { Word } from './words.ts';

const FIRST_WORDS = 1 << 16;

export class WordPlaces {
  readonly #numbers = new Map<string, number>();
  /** Which word stands at each place of all texts in a row. */
  #stands = new Int32Array(FIRST_WORDS);
  /** Where in that row each text begins. */
  readonly #begins: number[] = [];
  count = 0;

  /** The next text. @returns how many words it has */
  add(words: Iterable<Word>): number {
    const before = this.count;
    this.#begins.push(before);
    for (const { term } of words) {
      let number = this.#numbers.get(term);
      if (number === undefined) {
        number = this.#numbers.size;
        this.#numbers.set(term, number);
      }
      if (this.count === this.#stands.length) {
        const grown = new Int32Array(this.#stands.length * 2);
        grown.set(this.#stands);
        this.#stands = grown;
      }
      this.#stands[this.count++] = number;
    }
    return this.count - before;
  }

  /** Write the words in their order. */
  async write(to: PostingWriter): Promise<void> {
    const { ends, spots } = this.#bySpot();
    const [entries, places] = [new ByteWriter(), new ByteWriter()];
    const terms = [...this.#numbers].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [term, number] of terms) {
      entries.clear();
      places.clear();
      const list = new PostingsEncoder(entries, places);
      const end = ends[number] ?? 0;
      let text = 0;
      for (let from = number === 0 ? 0 : (ends[number - 1] ?? 0); from < end; ) {
        text = this.#textAt(spots[from] ?? 0, text);
        const [begin, next] = [this.#begins[text] ?? 0, this.#begins[text + 1] ?? this.count];
        let until = from;
        while (until < end && (spots[until] ?? 0) < next) until++;
        list.add(text, spots, { from, to: until, origin: begin });
        from = until;
      }
      await to.add(term, list.size, entries.view(), places.view());
    }
  }

  /** Places in the row of all texts, word by word; `ends` tells where each word's end. */
  #bySpot(): { ends: Int32Array; spots: Int32Array } {
    const ends = new Int32Array(this.#numbers.size);
    const stands = this.#stands;
    for (let i = 0; i < this.count; i++) ends[stands[i] ?? 0]!++;
    let sum = 0;
    for (let number = 0; number < ends.length; number++) {
      const here = ends[number] ?? 0;
      ends[number] = sum; // where it begins, until the places are put there
      sum += here;
    }
    const spots = new Int32Array(this.count);
    for (let i = 0; i < this.count; i++) spots[ends[stands[i] ?? 0]!++] = i;
    return { ends, spots };
  }

  /** The text that holds a spot, not before `from`. */
  #textAt(spot: number, from: number): number {
    let [low, high] = [from, this.#begins.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#begins[middle] ?? 0) <= spot) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
