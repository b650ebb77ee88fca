// A segment of the index: what some documents say, and what was said of them, as three files that never change: `postings.bin` (words and where they
// stand), `entries.bin` (one entry a text, or the reasons of a decision), and `texts.bin`, the texts deflated one by one, of which what is shown is read by
// its place.
// Invariant: S1 memory is bounded: by the words of one segment while it is made, by the entries and one word of some while they are merged.
import { randomInt } from 'node:crypto';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { beginning } from '../insight/document-text.ts';
import { searchPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { damagedIndex, decodeEntries, type EntryRecord, encodeEntries } from './entry-file.ts';
import { mergePostings } from './merge-postings.ts';
import { PostingWriter } from './posting-file.ts';
import { WordPlaces } from './word-places.ts';
import { wordsOf } from './words.ts';

/** What is indexed of one text; a book is found by what it begins with. */
export const MAX_INDEXED_CHARS = 300_000;
/** Words after which a segment is full: about 30 MB while it is made. */
export const SEGMENT_WORDS = 1_000_000;
/** Entries of a segment that is made. */
export const SEGMENT_ENTRIES = 4096;

/** A text that is searched: a document's own, or the reasons and quotes of its decision. */
export interface Entry extends Pick<EntryRecord, 'documentId' | 'key' | 'documentKey' | 'kind' | 'runId'> {
  text: string;
}

/** A segment in the list. */
export interface Segment {
  id: string;
  entries: number;
  words: number;
  bytes: number;
}

/** Entries after which others get a turn. */
const TURN = 32;
const BEHIND_THE_END = 416;
const FILES = ['entries', 'postings', 'texts'] as const;

/** Write entries as a segment; SEGMENT_ENTRIES at most. @param folder  local, for its files until they are stored */
export async function writeSegment(lake: LakeStore, entries: readonly Entry[], folder: string): Promise<Segment> {
  const id = newId();
  const local = localFiles(folder, id);
  try {
    const places = new WordPlaces();
    const records: EntryRecord[] = [];
    const texts = await open(local.texts, 'w');
    try {
      let at = 0;
      for (const [index, { text: whole, ...entry }] of entries.entries()) {
        const text = beginning(whole, MAX_INDEXED_CHARS);
        const words = places.add(wordsOf(text));
        const bytes = text === '' ? Buffer.alloc(0) : deflated(text);
        await texts.writeFile(bytes);
        records.push({ ...entry, words, textAt: at, textBytes: bytes.length });
        at += bytes.length;
        if (index % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      await texts.close();
    }
    const postings = await PostingWriter.create(local.postings);
    try {
      await places.write(postings);
      await postings.end();
    } finally {
      await postings.close();
    }
    await writeFile(local.entries, encodeEntries(records));
    return await store(lake, local, { id, entries: records.length, words: places.count });
  } finally {
    for (const name of FILES) await rm(local[name], { force: true });
  }
}

/** Into a buffer of about its size: the default of 16 kB stays behind each short text until the next collection. */
const deflated = (text: string): Buffer =>
  deflateRawSync(text, { level: 4, chunkSize: Math.max(256, Math.min(65_536, text.length >> 1)) });

/** One segment of several. @param isKept  entries that stay, by segment and place */
export async function mergeSegments(
  lake: LakeStore,
  segments: readonly Segment[],
  {
    local: files,
    isKept,
    folder,
  }: { local: readonly LocalSegment[]; isKept: (segment: number, entry: number) => boolean; folder: string },
): Promise<Segment> {
  const id = newId();
  const local = localFiles(folder, id);
  const part = join(folder, `${id}.part`);
  try {
    const kept: EntryRecord[] = [];
    const numbers: Int32Array[] = [];
    const texts = await open(local.texts, 'w');
    try {
      let at = 0;
      for (const [index, segment] of segments.entries()) {
        const path = files[index]?.entries ?? '';
        const entries = decodeEntries(await readFile(path), path);
        const number = new Int32Array(entries.length).fill(-1);
        await lake.download(searchPaths.texts(segment.id), part);
        const source = await open(part, 'r');
        try {
          for (const [i, entry] of entries.entries()) {
            if (!isKept(index, i)) continue;
            const bytes = Buffer.alloc(entry.textBytes);
            const { bytesRead } = await source.read(bytes, 0, bytes.length, entry.textAt);
            if (bytesRead !== bytes.length) throw damagedIndex(path);
            await texts.writeFile(bytes);
            number[i] = kept.length;
            kept.push({ ...entry, textAt: at });
            at += bytes.length;
          }
        } finally {
          await source.close();
        }
        numbers.push(number);
      }
    } finally {
      await texts.close();
    }
    await mergePostings(
      files.map((file) => file.postings),
      numbers,
      local.postings,
    );
    await writeFile(local.entries, encodeEntries(kept));
    const words = kept.reduce((sum, entry) => sum + entry.words, 0);
    return await store(lake, local, { id, entries: kept.length, words });
  } finally {
    for (const file of [...FILES.map((name) => local[name]), part]) await rm(file, { force: true });
  }
}

/** Local copies. */
export interface LocalSegment {
  entries: string;
  postings: string;
}

/** The text of an entry. @throws {TerminalError} lake.corrupt-table for bytes that are none of ours, or not whole */
export async function readEntryText(
  lake: LakeStore,
  { segment, at, bytes }: { segment: string; at: number; bytes: number },
): Promise<string> {
  if (bytes === 0) return '';
  const path = searchPaths.texts(segment);
  const stored = await lake.readPart(path, at, bytes).catch((error: unknown) => {
    throw (error as { statusCode?: unknown }).statusCode === BEHIND_THE_END ? damagedIndex(path, error) : error;
  });
  try {
    return inflateRawSync(stored, { maxOutputLength: MAX_INDEXED_CHARS * 4 }).toString('utf8');
  } catch (error) {
    throw damagedIndex(path, error);
  }
}

const newId = (): string =>
  randomInt(1, 2 ** 32)
    .toString(16)
    .padStart(8, '0');

const localFiles = (folder: string, id: string): Record<(typeof FILES)[number], string> => ({
  entries: join(folder, `${id}.entries`),
  postings: join(folder, `${id}.postings`),
  texts: join(folder, `${id}.texts`),
});

async function store(
  lake: LakeStore,
  local: ReturnType<typeof localFiles>,
  segment: Omit<Segment, 'bytes'>,
): Promise<Segment> {
  let bytes = 0;
  for (const name of FILES) {
    await lake.upload(searchPaths[name](segment.id), local[name]);
    bytes += (await lake.stat(searchPaths[name](segment.id)))?.sizeBytes ?? 0;
  }
  return { ...segment, bytes };
}
