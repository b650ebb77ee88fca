// A question over the lists of the segments: which entries fit, and how well.
// Invariants: M1 who asks waits for one segment at most before others get a turn, and is told when the time is over. M2 in memory are the lists of one
// segment, and of all what fits.
import { type FileHandle, open } from 'node:fs/promises';
import type { EntryColumns } from './entry-file.ts';
import type { PostingFile, WordPlace } from './posting-file.ts';
import { addCounts, decodePlaces, decodePostings, type Postings } from './posting-list.ts';
import type { LocalSegment, Segment } from './segment.ts';
import type { Clause, TextQuery } from './text-query.ts';

/** Okapi BM25 (Robertson & Walker 1994). */
const K1 = 1.2;
const B = 0.75;
/** A word that only begins as was asked counts half of one that is the same. */
const BEGINNING_WORTH = 0.5;
/** More than a text has words (MAX_INDEXED_CHARS). */
const PLACES = 2 ** 20;

/** A segment whose local copies are there. */
export interface OpenSegment extends Segment {
  local: LocalSegment;
  columns: EntryColumns;
  postings: PostingFile;
}

/** Which of the two kinds of text is searched. */
export type SearchedIn = 'text' | 'reasons' | undefined;

/** Entries of a segment that fit, ascending, whether they count or not. */
export interface Fitting {
  docs: Int32Array;
  scores: Float64Array;
}

/** Called between segments. @throws when the time is over */
export type Turn = () => Promise<void>;

/** Entries, and how often each holds what was meant. */
interface Found {
  docs: Int32Array;
  counts: Float64Array;
}

/** Entries that hold all that must be there and nothing that must not. */
interface Together {
  docs: Int32Array;
  counts: Float64Array[];
}

/** @returns of each segment, in their order */
export async function matchQuery(
  query: TextQuery,
  segments: readonly OpenSegment[],
  where: SearchedIn,
  turn: Turn,
): Promise<Fitting[]> {
  const holding = query.must.map(() => 0);
  const found: Together[] = [];
  for (const segment of segments) {
    await turn();
    const file = await open(segment.local.postings, 'r');
    try {
      found.push(await together(query, { segment, file }, holding));
    } finally {
      await file.close();
    }
  }
  const entries = segments.reduce((sum, segment) => sum + segment.columns.count, 0);
  const words = segments.reduce((sum, segment) => sum + segment.words, 0);
  const meanWords = Math.max(1, words / Math.max(1, entries));
  const rareness = holding.map((n) => Math.log(1 + (entries - n + 0.5) / (n + 0.5)));
  return found.map(({ docs, counts }, i) => {
    const columns = segments[i]?.columns;
    const scores = new Float64Array(docs.length);
    for (let at = 0; at < docs.length; at++) {
      const length = 1 - B + (B * (columns?.words[docs[at] ?? 0] ?? 0)) / meanWords;
      let score = 0;
      for (let clause = 0; clause < counts.length; clause++) {
        const tf = counts[clause]?.[at] ?? 0;
        score += ((rareness[clause] ?? 0) * tf * (K1 + 1)) / (tf + K1 * length);
      }
      scores[at] = score;
    }
    const isWanted = (doc: number) => where === undefined || (columns?.isReason[doc] === 1) === (where === 'reasons');
    return only({ docs, scores }, isWanted);
  });
}

function only({ docs, scores }: Fitting, isWanted: (doc: number) => boolean): Fitting {
  let kept = 0;
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i] ?? 0;
    if (!isWanted(doc)) continue;
    docs[kept] = doc;
    scores[kept++] = scores[i] ?? 0;
  }
  return { docs: docs.subarray(0, kept), scores: scores.subarray(0, kept) };
}

/** A word that makes a text what it is, and how rare it is. */
export interface Weighed {
  term: string;
  weight: number;
}

/** Texts that hold words of another, scored by those they hold. */
export async function matchLike(
  words: readonly Weighed[],
  segments: readonly OpenSegment[],
  turn: Turn,
): Promise<Fitting[]> {
  const found: Fitting[] = [];
  for (const { local, postings, columns } of segments) {
    await turn();
    const scores = new Float64Array(columns.count);
    const file = await open(local.postings, 'r');
    try {
      for (const { term, weight } of words) {
        const word = await postings.find(file, term);
        if (word === undefined) continue;
        const { docs, counts } = decodePostings(await postings.entriesOf(file, word), word.entries);
        for (let i = 0; i < docs.length; i++) scores[docs[i] ?? 0]! += weighed(weight, counts[i] ?? 0);
      }
    } finally {
      await file.close();
    }
    for (let doc = 0; doc < scores.length; doc++) if (columns.isReason[doc] === 1) scores[doc] = 0;
    const { docs, counts } = held(scores);
    found.push({ docs, scores: counts });
  }
  return found;
}

const weighed = (weight: number, count: number): number => (weight * count) / (count + K1);

/** What a text scores by its own words, as `matchLike` scores it. */
export const ownScore = (words: readonly Weighed[], counts: ReadonlyMap<string, number>): number =>
  words.reduce((sum, { term, weight }) => sum + weighed(weight, counts.get(term) ?? 0), 0);

/** In how many entries each word stands. */
export async function countEntries(
  terms: readonly string[],
  segments: readonly OpenSegment[],
  turn: Turn,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { local, postings } of segments) {
    await turn();
    const file = await open(local.postings, 'r');
    try {
      for (const term of terms) {
        const word = await postings.find(file, term);
        if (word !== undefined) counts.set(term, (counts.get(term) ?? 0) + word.entries);
      }
    } finally {
      await file.close();
    }
  }
  return counts;
}

interface InFile {
  segment: OpenSegment;
  file: FileHandle;
}

/** @param holding  of each clause how many entries hold it; added to */
async function together({ must, not }: TextQuery, at: InFile, holding: number[]): Promise<Together> {
  const found: Found[] = [];
  for (const [i, clause] of must.entries()) {
    const here = await entriesWith(clause, at);
    holding[i] = (holding[i] ?? 0) + here.docs.length;
    found.push(here);
  }
  // How many of the clauses an entry holds, as long as it has held all before.
  const holds = new Uint8Array(at.segment.columns.count);
  for (const [i, { docs }] of found.entries()) countOn(holds, docs, i);
  for (const clause of not) {
    const { docs } = await entriesWith(clause, at);
    for (let i = 0; i < docs.length; i++) holds[docs[i] ?? 0] = 0;
  }
  const [first = NOTHING] = found;
  return {
    docs: chosen(first.docs, first.docs, holds, must.length),
    counts: found.map(({ docs, counts }) => chosen(counts, docs, holds, must.length)),
  };
}

/** One more for each of the entries that stand at `before`. */
function countOn(holds: Uint8Array, docs: Int32Array, before: number): void {
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i] ?? 0;
    if (holds[doc] === before) holds[doc] = before + 1;
  }
}

/** Of values beside entries those whose entry holds so many. */
function chosen<T extends Int32Array | Float64Array>(
  values: T,
  docs: Int32Array,
  holds: Uint8Array,
  wanted: number,
): T {
  const kept = values.slice();
  let size = 0;
  for (let i = 0; i < docs.length; i++) if (holds[docs[i] ?? 0] === wanted) kept[size++] = values[i] ?? 0;
  return kept.subarray(0, size) as T; // of the same kind
}

async function entriesWith({ terms, isBeginning }: Clause, at: InFile): Promise<Found> {
  const [term = ''] = terms;
  if (terms.length > 1) return await phrase(terms, isBeginning, at);
  if (isBeginning) return await beginningWith(term, at);
  const { segment, file } = at;
  const word = await segment.postings.find(file, term);
  if (word === undefined) return NOTHING;
  const { docs, counts } = decodePostings(await segment.postings.entriesOf(file, word), word.entries);
  return { docs, counts: new Float64Array(counts) };
}

const NOTHING: Found = { docs: new Int32Array(), counts: new Float64Array() };

async function beginningWith(beginning: string, { segment: { postings, columns }, file }: InFile): Promise<Found> {
  const counts = new Float64Array(columns.count);
  for await (const words of postings.beginningWith(file, beginning))
    for await (const lists of postings.lists(file, words))
      for (const { word, entries } of lists)
        addCounts(entries, word.entries, word.term === beginning ? 1 : BEGINNING_WORTH, counts);
  return held(counts);
}

/** Entries whose count is not 0. */
function held(counts: Float64Array): Found {
  const docs = new Int32Array(counts.length);
  const kept = new Float64Array(counts.length);
  let size = 0;
  for (let doc = 0; doc < counts.length; doc++) {
    const here = counts[doc] ?? 0;
    if (here <= 0) continue;
    docs[size] = doc;
    kept[size++] = here;
  }
  return { docs: docs.subarray(0, size), counts: kept.subarray(0, size) };
}

interface WordLists {
  postings: Postings;
  places: Uint8Array;
}

/** Words one after the other: entries that hold them all, then places. */
async function phrase(terms: readonly string[], isBeginning: boolean, at: InFile): Promise<Found> {
  const { columns } = at.segment;
  const words: WordLists[][] = [];
  const holds = new Uint8Array(columns.count);
  for (const [i, term] of terms.entries()) {
    const lists = await listsOf(term, isBeginning && i === terms.length - 1, at);
    words.push(lists);
    for (const { postings } of lists) countOn(holds, postings.docs, i);
  }
  let spots: Float64Array | undefined;
  for (const [i, lists] of words.entries()) {
    const wanted = { isWanted: holds, wanted: terms.length, perEntry: PLACES, before: i };
    const here = joined(lists.map(({ postings, places }) => decodePlaces(postings, places, wanted)));
    spots = spots === undefined ? here : inBoth(spots, here);
  }
  const counts = new Float64Array(columns.count);
  let before = -1;
  for (let i = 0; i < (spots?.length ?? 0); i++) {
    const spot = spots?.[i] ?? 0;
    if (spot !== before) counts[Math.floor(spot / PLACES)]!++;
    before = spot;
  }
  return held(counts);
}

async function listsOf(
  term: string,
  isBeginning: boolean,
  { segment: { postings }, file }: InFile,
): Promise<WordLists[]> {
  const lists: WordLists[] = [];
  const take = async (words: readonly WordPlace[]) => {
    for await (const some of postings.lists(file, words))
      for (const { word, entries, places } of some)
        lists.push({ postings: decodePostings(entries, word.entries), places });
  };
  if (isBeginning) for await (const words of postings.beginningWith(file, term)) await take(words);
  else {
    const word = await postings.find(file, term);
    if (word !== undefined) await take([word]);
  }
  return lists;
}

/** Several ascending rows as one. */
function joined(rows: readonly Float64Array[]): Float64Array {
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) return only;
  const all = new Float64Array(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all.sort();
}

/** Of two ascending rows what both hold. */
function inBoth(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(Math.min(a.length, b.length));
  let [i, j, size] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [left = 0, right = 0] = [a[i], b[j]];
    if (left === right) {
      both[size++] = left;
      j++;
    }
    if (left <= right) i++;
    else j++;
  }
  return both.subarray(0, size);
}
