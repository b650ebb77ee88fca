// Where a word stands, as bytes: in which entries how often (a few bytes an entry, so that a question without a phrase reads no more), and beside it at
// which places.
// Format: an entry is the varint of (gap to the entry before) * 2 + (1 if the word stands there once), else followed by how often; its places are varints
// of the gaps between them, entry after entry.
import type { ByteWriter } from './byte-writer.ts';

/** Entries that hold a word, ascending, and how often each does. */
export interface Postings {
  docs: Int32Array;
  counts: Int32Array;
}

/** Numbers of lists are below 2^31; behind the end of a damaged list everything is 0. */
export function decodePostings(bytes: Uint8Array, size: number): Postings {
  return decodeInto({ docs: new Int32Array(size), counts: new Int32Array(size) }, bytes, size);
}

/** The same into arrays that are long enough. */
export function decodeInto({ docs, counts }: Postings, bytes: Uint8Array, size: number): Postings {
  let [at, doc] = [0, 0];
  for (let i = 0; i < size; i++) {
    let byte = bytes[at++] ?? 0;
    let head = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[at++] ?? 0;
      head |= (byte & 0x7f) << shift;
    }
    doc += head >>> 1;
    docs[i] = doc;
    if ((head & 1) === 1) {
      counts[i] = 1;
      continue;
    }
    byte = bytes[at++] ?? 0;
    let count = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[at++] ?? 0;
      count |= (byte & 0x7f) << shift;
    }
    counts[i] = count;
  }
  return { docs, counts };
}

/** Add how often a word stands in entries to a number of each, times `worth`; those that are not there are left out. */
export function addCounts(bytes: Uint8Array, size: number, worth: number, into: Float64Array): void {
  let [at, doc] = [0, 0];
  for (let i = 0; i < size; i++) {
    let byte = bytes[at++] ?? 0;
    let head = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[at++] ?? 0;
      head |= (byte & 0x7f) << shift;
    }
    doc += head >>> 1;
    let count = 1;
    if ((head & 1) === 0) {
      byte = bytes[at++] ?? 0;
      count = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[at++] ?? 0;
        count |= (byte & 0x7f) << shift;
      }
    }
    if (doc < into.length) into[doc]! += count * worth;
  }
}

/** Adds entries in ascending order to the two lists of a word. */
export class PostingsEncoder {
  readonly #documents: ByteWriter;
  readonly #places: ByteWriter;
  #before = 0;
  size = 0;

  constructor(documents: ByteWriter, places: ByteWriter) {
    this.#documents = documents;
    this.#places = places;
  }

  /** @param places  ascending, from an origin that is taken off */
  add(doc: number, places: Int32Array, { from, to, origin }: { from: number; to: number; origin: number }): void {
    this.#head(doc, to - from);
    let before = origin;
    for (let i = from; i < to; i++) {
      const place = places[i] ?? 0;
      this.#places.varint(place - before);
      before = place;
    }
  }

  /** The same with places that are encoded already. */
  copy(doc: number, count: number, { places, from, to }: { places: Uint8Array; from: number; to: number }): void {
    this.#head(doc, count);
    this.#places.copy(places, from, to);
  }

  #head(doc: number, count: number): void {
    this.#documents.varint((doc - this.#before) * 2 + (count === 1 ? 1 : 0));
    if (count !== 1) this.#documents.varint(count);
    this.#before = doc;
    this.size++;
  }
}

/**
 * Places of a word in the entries that are wanted, as `doc * perEntry + place - before`, ascending; those that would be negative are left out.
 * @param isWanted  of each entry whether it is: `wanted`
 */
export function decodePlaces(
  { docs, counts }: Postings,
  bytes: Uint8Array,
  { isWanted, wanted, perEntry, before }: { isWanted: Uint8Array; wanted: number; perEntry: number; before: number },
): Float64Array {
  let most = 0;
  for (let i = 0; i < docs.length; i++) if (isWanted[docs[i] ?? 0] === wanted) most += counts[i] ?? 0;
  const places = new Float64Array(Math.min(most, bytes.length));
  let [at, size] = [0, 0];
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i] ?? 0;
    const count = counts[i] ?? 0;
    if (isWanted[doc] !== wanted) {
      at = skipPlaces(bytes, at, count);
      continue;
    }
    const from = doc * perEntry - before;
    let place = 0;
    for (let n = 0; n < count && at < bytes.length; n++) {
      let byte = bytes[at++] ?? 0;
      let gap = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[at++] ?? 0;
        gap |= (byte & 0x7f) << shift;
      }
      place += gap;
      if (place >= before) places[size++] = from + place;
    }
  }
  return places.subarray(0, size);
}

/** @returns where the places of the next entry begin */
export function skipPlaces(bytes: Uint8Array, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0 && at < bytes.length; at++) if ((bytes[at] ?? 0) < 0x80) left--;
  return at;
}
