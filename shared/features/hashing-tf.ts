// Text → bucket counts: Spark's Tokenizer and HashingTF in one pass over UTF-8 bytes.
// Invariants: H1 equal to hashing each token of tokenizer.ts on its own. H2 no string, object or array per token on the whitespace path.
// Source: org.apache.spark.ml.feature.HashingTF.
import {
  bucketOf,
  checkNumFeatures,
  finishTail,
  mix,
  murmur3,
  murmur3Legacy,
  SPARK_SEED,
  toWellFormed,
} from './murmur3.ts';
import { RowBuilder } from './row-builder.ts';
import type { Csr } from './sparse.ts';
import { createTermLister, type FeatureSpec, isPlain } from './spec.ts';
import { columnsOf, requireVocabulary } from './vocabulary.ts';

const SPACE = 32;
/** Lower case of ASCII, one code for Java's six white spaces; bytes of longer UTF-8 sequences stay. */
const FOLD = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 65 && byte <= 90) return byte | 32;
  return byte >= 9 && byte <= 13 ? SPACE : byte;
});

/**
 * Counts terms per bucket. One instance holds the scratch memory and serves one thread.
 * @throws {TerminalError} request.invalid when numFeatures is no integer of 1 … 2^26
 */
export class TermHasher {
  readonly spec: FeatureSpec;
  readonly #hash: (bytes: Uint8Array, from: number, to: number) => number;
  readonly #terms: ((text: string) => string[]) | undefined;
  readonly #columns: ReadonlyMap<string, number> | undefined;
  readonly #counts: Uint32Array;
  /** numFeatures - 1 when that is a power of two: then `&` equals the non-negative remainder. */
  readonly #mask: number;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #emptyBucket: number;
  #bytes = new Uint8Array(1 << 16);
  #touched = new Int32Array(1 << 12);
  #distinct = 0;
  #termsSeen = 0;

  /**
   * @param vocabulary  terms by column, where the spec counts those of a list
   * @throws {TerminalError} model.corrupt when the list is not the spec's
   */
  constructor(spec: FeatureSpec, vocabulary?: readonly string[]) {
    const { numFeatures } = spec;
    checkNumFeatures(numFeatures);
    if (spec.vocabulary !== undefined) this.#columns = columnsOf(requireVocabulary(spec.vocabulary, vocabulary));
    this.spec = spec;
    this.#hash = spec.hash === 'spark3' ? murmur3 : murmur3Legacy;
    this.#terms = isPlain(spec) ? undefined : createTermLister(spec);
    this.#counts = new Uint32Array(numFeatures);
    this.#mask = (numFeatures & (numFeatures - 1)) === 0 ? numFeatures - 1 : -1;
    this.#emptyBucket = bucketOf(this.#hash(this.#bytes, 0, 0), numFeatures);
  }

  /** Term frequencies [texts, numFeatures]. */
  count(texts: Iterable<string>): Csr {
    const rows = new RowBuilder(this.spec.numFeatures);
    for (const text of texts) this.countInto(text, rows);
    return rows.build();
  }

  /** Append one text's counts as a row. */
  countInto(text: string, rows: RowBuilder): void {
    if (this.#terms === undefined) this.#countText(text);
    else this.#countTerms(this.#terms(text));
    const touched = this.#touched.subarray(0, this.#distinct).sort();
    rows.append(this.#frequentEnough(touched), this.#counts, this.spec.binary);
    for (let i = 0; i < touched.length; i++) this.#counts[touched[i]!] = 0;
    this.#distinct = 0;
  }

  #countTerms(terms: readonly string[]): void {
    this.#termsSeen = terms.length;
    for (const term of terms) {
      const bucket = this.bucket(term);
      if (bucket >= 0) this.#add(bucket, 1);
    }
  }

  /** Columns whose counts reach a vocabulary's minimum. */
  #frequentEnough(columns: Int32Array): Int32Array {
    const minTf = this.spec.vocabulary?.minTf ?? 0;
    const least = minTf >= 1 ? minTf : minTf * this.#termsSeen;
    return least <= 1 ? columns : columns.filter((column) => this.#counts[column]! >= least);
  }

  /** The bucket of one term; -1 for a term that is not in the vocabulary. */
  bucket(term: string): number {
    if (this.#columns !== undefined) return this.#columns.get(term) ?? -1;
    const written = this.#encode(toWellFormed(term));
    return bucketOf(this.#hash(this.#bytes, 0, written), this.spec.numFeatures);
  }

  /** The terms of a text that fall into the wanted buckets, with their counts. */
  termsIn(text: string, wanted: ReadonlySet<number>): Map<number, Map<string, number>> {
    const found = new Map<number, Map<string, number>>();
    const add = (bucket: number, term: string, count: number) => {
      const terms = found.get(bucket) ?? new Map<string, number>();
      found.set(bucket, terms.set(term, (terms.get(term) ?? 0) + count));
    };
    if (this.#terms === undefined) {
      const empties = this.#scan(this.#lowerCaseBytes(text), (from, to) => {
        const bucket = bucketOf(this.#hash(this.#bytes, from, to), this.spec.numFeatures);
        if (wanted.has(bucket)) add(bucket, this.#decoder.decode(this.#bytes.subarray(from, to)), 1);
      });
      if (empties > 0 && wanted.has(this.#emptyBucket)) add(this.#emptyBucket, '', empties);
    } else {
      for (const term of this.#terms(text)) {
        const bucket = this.bucket(term);
        if (wanted.has(bucket)) add(bucket, term, 1);
      }
    }
    return found;
  }

  /** Fill the byte buffer with the lower-cased text; its length in bytes. */
  #lowerCaseBytes(text: string): number {
    const written = this.#encode(text);
    if (written === text.length) {
      // one byte per UTF-16 unit: ASCII
      const bytes = this.#bytes;
      for (let i = 0; i < written; i++) {
        const c = bytes[i]!;
        if (c >= 65 && c <= 90) bytes[i] = c | 32;
      }
      return written;
    }
    return this.#encode(toWellFormed(text).toLowerCase());
  }

  #encode(text: string): number {
    const most = text.length * 3; // a UTF-16 unit needs at most three bytes
    if (this.#bytes.length < most) this.#bytes = new Uint8Array(most * 2);
    return this.#encoder.encodeInto(text, this.#bytes).written;
  }

  #countText(text: string): void {
    if (this.spec.hash === 'spark2' || text === '') {
      const empties = this.#scan(this.#lowerCaseBytes(text), (from, to) =>
        this.#add(bucketOf(murmur3Legacy(this.#bytes, from, to), this.spec.numFeatures), 1),
      );
      if (empties > 0) this.#add(this.#emptyBucket, empties);
      return;
    }
    const written = this.#encode(text);
    const isAscii = written === text.length;
    this.#countTokens(isAscii ? written : this.#encode(toWellFormed(text).toLowerCase()));
  }

  // One pass: a token is folded and hashed while its end is looked for. Every call and every second look at a byte would show.
  #countTokens(length: number): void {
    const bytes = this.#bytes;
    const { numFeatures } = this.spec;
    const mask = this.#mask;
    let empties = 0;
    for (let at = 0; at < length; at++) {
      const start = at;
      let h = SPARK_SEED;
      let word = 0;
      let shift = 0;
      for (; at < length; at++) {
        const byte = FOLD[bytes[at]!]!;
        if (byte === SPACE) break;
        word |= byte << shift;
        shift += 8;
        if (shift === 32) {
          h = mix(h, word);
          word = 0;
          shift = 0;
        }
      }
      if (at === start) {
        empties++; // counts only when a word follows: Java drops trailing ones
        continue;
      }
      if (empties > 0) this.#add(this.#emptyBucket, empties);
      empties = 0;
      const hash = finishTail(h, word, at - start);
      this.#add(mask >= 0 ? hash & mask : bucketOf(hash, numFeatures), 1);
    }
  }

  /** Call `visit` per non-empty token; the number of empty ones that count. */
  #scan(length: number, visit: (from: number, to: number) => void): number {
    let empties = length === 0 ? 1 : 0;
    let pending = 0;
    let start = 0;
    for (let i = 0; i <= length; i++) {
      const c = i < length ? this.#bytes[i]! : 32;
      if (c !== 32 && (c < 9 || c > 13)) continue;
      if (i === start) pending++;
      else {
        empties += pending; // empty tokens count only when a word follows: Java drops trailing ones
        pending = 0;
        visit(start, i);
      }
      start = i + 1;
    }
    return empties;
  }

  #add(bucket: number, count: number): void {
    const before = this.#counts[bucket]!;
    this.#counts[bucket] = before + count;
    if (before !== 0) return;
    if (this.#distinct === this.#touched.length) {
      const larger = new Int32Array(this.#touched.length * 2);
      larger.set(this.#touched);
      this.#touched = larger;
    }
    this.#touched[this.#distinct++] = bucket;
  }
}
