// WordLists of words of several segments made one: word by word, in order, entries numbered anew.
// Invariant: G1 in memory are one word's lists, and of each segment some hundred words and some megabytes of lists.
import { type FileHandle, open } from 'node:fs/promises';
import { ByteWriter } from './byte-writer.ts';
import { PostingFile, PostingWriter, type WordLists } from './posting-file.ts';
import { decodeInto, type Postings, PostingsEncoder, skipPlaces } from './posting-list.ts';

/** @param numbers  of each segment's entries their number in the new one, ascending over all; -1: left out */
export async function mergePostings(
  paths: readonly string[],
  numbers: readonly Int32Array[],
  into: string,
): Promise<void> {
  const files: FileHandle[] = [];
  const writer = await PostingWriter.create(into);
  try {
    const streams: AsyncGenerator<WordLists>[] = [];
    for (const path of paths) {
      const postings = await PostingFile.open(path);
      const file = await open(path, 'r');
      files.push(file);
      streams.push(listsOf(postings, file));
    }
    const heads = await Promise.all(
      streams.map(async (stream) => (await stream.next()).value as WordLists | undefined),
    ); // a generator without a result
    const [entries, places] = [new ByteWriter(), new ByteWriter()];
    for (;;) {
      const least = leastOf(heads);
      if (least === undefined) break;
      entries.clear();
      places.clear();
      const list = new PostingsEncoder(entries, places);
      for (const [i, head] of heads.entries()) {
        if (head?.word.term !== least) continue;
        add(list, head, numbers[i] ?? new Int32Array());
        heads[i] = (await streams[i]?.next())?.value as WordLists | undefined; // as above
      }
      if (list.size > 0) await writer.add(least, list.size, entries.view(), places.view());
    }
    await writer.end();
  } finally {
    await writer.close();
    for (const file of files) await file.close();
  }
}

function leastOf(heads: readonly (WordLists | undefined)[]): string | undefined {
  let least: string | undefined;
  for (const head of heads)
    if (head !== undefined && (least === undefined || head.word.term < least)) least = head.word.term;
  return least;
}

async function* listsOf(postings: PostingFile, file: FileHandle): AsyncGenerator<WordLists> {
  for await (const words of postings.all(file)) for await (const lists of postings.lists(file, words)) yield* lists;
}

/** Long enough for every word so far; nothing waits while they are in use. */
let scratch: Postings = { docs: new Int32Array(4096), counts: new Int32Array(4096) };

function add(list: PostingsEncoder, { word, entries, places }: WordLists, numbers: Int32Array): void {
  const size = word.entries;
  if (size > scratch.docs.length) scratch = { docs: new Int32Array(2 * size), counts: new Int32Array(2 * size) };
  const { docs, counts } = decodeInto(scratch, entries, size);
  let from = 0;
  for (let i = 0; i < size; i++) {
    const count = counts[i] ?? 0;
    const to = skipPlaces(places, from, count);
    const number = numbers[docs[i] ?? 0] ?? -1;
    if (number >= 0) list.copy(number, count, { places, from, to });
    from = to;
  }
}
