// The n-grams of eld's database, read out of the text of its module. As JavaScript it is an object with 49,555 objects in it, which cost every reader
// process 130 ms and 86 MB before its first language; here it stays the text it is, with a table of where each n-gram stands.
// Invariant: N1 what is found is what the module's object holds (a test compares all of it).

const [QUOTE, APOSTROPHE, COMMA, COLON, BACKSLASH, CLOSE] = [34, 39, 44, 58, 92, 125];
const [ZERO, NINE] = [48, 57];
const BEGIN = 'ngrams:{';
const SLOTS = 1 << 17;
const FACTOR = 31;

export class NgramTable {
  /** By number. */
  readonly languages: readonly string[];
  /** Of n-grams. */
  readonly size: number;
  readonly #source: string;
  /** Where an n-gram begins, by its hash; 0 is none. */
  readonly #slots = new Int32Array(SLOTS);

  /** @param source  the module `ngrams/extrasmall` as text @throws {Error} when it is not written as its known versions are */
  constructor(source: string) {
    this.#source = source;
    const languages = /languages:\{([^}]*)\}/.exec(source)?.[1];
    const begin = source.indexOf(BEGIN);
    if (languages === undefined || begin < 0) throw new Error('language: the database of n-grams has another form');
    this.languages = [...languages.matchAll(/\d+:'(\w+)'/g)].map(([, language]) => language ?? '');
    this.size = fill(source, begin + BEGIN.length, this.#slots);
  }

  /** Language and score in turn; undefined for an n-gram that is not in it. */
  scoresOf(ngram: string): Uint8Array | undefined {
    let hash = 0;
    for (let i = 0; i < ngram.length; i++) hash = (Math.imul(hash, FACTOR) + ngram.charCodeAt(i)) | 0;
    let slot = hash & (SLOTS - 1);
    for (let key = this.#slots[slot]!; key !== 0; key = this.#slots[slot]!) {
      const end = this.#endOf(key, ngram);
      if (end > 0) return this.#numbers(end);
      slot = (slot + 1) & (SLOTS - 1); // a slot again
    }
    return undefined;
  }

  /** Behind a key when it is this n-gram; 0 elsewhere. */
  #endOf(key: number, ngram: string): number {
    const source = this.#source;
    const ending = endingOf(source.charCodeAt(key));
    let at = ending === COLON ? key : key + 1;
    for (let i = 0; i < ngram.length; i++) {
      let code = source.charCodeAt(at);
      if (code === ending) return 0;
      if (code === BACKSLASH) code = source.charCodeAt(++at);
      if (code !== ngram.charCodeAt(i)) return 0;
      at += 1;
    }
    return source.charCodeAt(at) === ending ? at + 1 : 0;
  }

  /** The numbers from here to the next brace. */
  #numbers(from: number): Uint8Array {
    const numbers: number[] = [];
    let number = -1;
    for (let at = from; ; at++) {
      const code = this.#source.charCodeAt(at);
      if (code >= ZERO && code <= NINE) number = Math.max(0, number) * 10 + code - ZERO;
      else {
        if (number >= 0) numbers.push(number);
        number = -1;
        if (code === CLOSE) return Uint8Array.from(numbers);
      }
    }
  }
}

/** What ends a key that begins with this char. */
const endingOf = (first: number) => (first === QUOTE || first === APOSTROPHE ? first : COLON);

/** A function by itself: it runs once, and the compiler gets hold of its loop earlier than of one over private fields. @returns how many there are */
function fill(source: string, begin: number, slots: Int32Array): number {
  let size = 0;
  for (let at = begin; source.charCodeAt(at) !== CLOSE; size++) {
    const key = at;
    const ending = endingOf(source.charCodeAt(at));
    let hash = 0;
    if (ending !== COLON) at += 1;
    for (let code = source.charCodeAt(at); code !== ending; code = source.charCodeAt(at)) {
      if (code === BACKSLASH) code = source.charCodeAt(++at);
      if (Number.isNaN(code)) throw new Error('language: the database of n-grams has no end');
      hash = (Math.imul(hash, FACTOR) + code) | 0;
      at += 1;
    }
    let slot = hash & (SLOTS - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    slots[slot] = key;
    at = source.indexOf('}', at) + 1;
    if (source.charCodeAt(at) === COMMA) at += 1;
  }
  return size;
}
