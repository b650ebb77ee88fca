// A segment of the index: what some documents say, and what was said of them, as three files that never change.
// `postings.parquet` (term, doc, positions) in the order of terms, so that a question reads the few row groups it needs; `entries.parquet`, one row an
// entry; `texts.bin`, the texts deflated one by one, of which what is shown is read by its place.
// Invariants: S1 an entry's number is its own in the whole index, so segments are merged without changing one. S2 memory is bounded: by the words of
// one segment while it is made, by DuckDB's limit while some are merged.
import { randomInt } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { beginning } from '../insight/document-text.ts';
import { selectRows, sqlReadParquet, sqlText, withConnection } from '../lake/duckdb.ts';
import { searchPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { wordsOf } from './words.ts';

/** What is indexed of one text; a book is found by what it begins with. */
export const MAX_INDEXED_CHARS = 300_000;
/** Words after which a segment is full: about 200 MB of DuckDB's while it is made. */
export const SEGMENT_WORDS = 1_000_000;
/** Entries of one numbering. */
export const SEGMENT_ENTRIES = 4096;

/** A text that is searched: a document's own, or the reasons and quotes of its decision. */
export interface Entry {
  documentId: string;
  kind: 'text' | 'reason';
  /** What it was read from: it counts while the document's decision says the same. */
  mark: string;
  /** Whose reading it is; '' of reasons. */
  runId: string;
  text: string;
}

/** A segment in the list. */
export interface Segment {
  id: string;
  entries: number;
  words: number;
  bytes: number;
}

const POSTINGS = '(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 40960)';
const ENTRIES = '(FORMAT parquet, COMPRESSION zstd)';
/** Entries after which others get a turn. */
const TURN = 32;
const FILES = ['entries', 'postings', 'texts'] as const;

/** Write entries as a segment; SEGMENT_ENTRIES at most. @param folder  local, for its files until they are stored */
export async function writeSegment(lake: LakeStore, entries: readonly Entry[], folder: string): Promise<Segment> {
  const id = newId();
  // 2^32 segments of 2^20 entries fit into an exact number (S1).
  const first = Number.parseInt(id, 16) * 2 ** 20;
  const local = localFiles(folder, id);
  try {
    const words = await withConnection(async (connection) => {
      await connection.run('CREATE TEMP TABLE folded (doc BIGINT, terms VARCHAR)');
      await connection.run(
        'CREATE TEMP TABLE entry (doc BIGINT, document_id VARCHAR, kind VARCHAR, mark VARCHAR, run_id VARCHAR, words INTEGER, text_at BIGINT, text_bytes INTEGER)',
      );
      const folded = await connection.createAppender('folded');
      const rows = await connection.createAppender('entry');
      const texts = await open(local.texts, 'w');
      let [total, at] = [0, 0];
      try {
        for (const [index, entry] of entries.entries()) {
          const text = beginning(entry.text, MAX_INDEXED_CHARS);
          const terms = [...wordsOf(text)].map(({ term }) => term);
          const bytes = text === '' ? Buffer.alloc(0) : deflateRawSync(text, { level: 4 });
          await texts.write(bytes);
          if (terms.length > 0) {
            folded.appendBigInt(BigInt(first + index));
            folded.appendVarchar(terms.join(' '));
            folded.endRow();
          }
          rows.appendBigInt(BigInt(first + index));
          for (const value of [entry.documentId, entry.kind, entry.mark, entry.runId]) rows.appendVarchar(value);
          rows.appendInteger(terms.length);
          rows.appendBigInt(BigInt(at));
          rows.appendInteger(bytes.length);
          rows.endRow();
          total += terms.length;
          at += bytes.length;
          if (index % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        await texts.close();
      }
      folded.closeSync();
      rows.closeSync();
      const places = `SELECT doc, unnest(string_split(terms, ' ')) AS term, unnest(range(len(string_split(terms, ' '))))::INTEGER AS position FROM folded`;
      await connection.run(
        `COPY (SELECT term, doc, list(position) AS positions FROM (${places}) GROUP BY term, doc ORDER BY term, doc)
          TO ${sqlText(local.postings)} ${POSTINGS}`,
      );
      await connection.run(
        `COPY (SELECT ${sqlText(id)} AS segment, * FROM entry ORDER BY doc) TO ${sqlText(local.entries)} ${ENTRIES}`,
      );
      return total;
    });
    return await store(lake, local, { id, entries: entries.length, words });
  } finally {
    for (const name of FILES) await rm(local[name], { force: true });
  }
}

/** One segment of several. @param live  SQL that selects the numbers `doc` of the entries that are kept, from `entries` */
export async function mergeSegments(
  lake: LakeStore,
  segments: readonly Segment[],
  { local: files, isKept, folder }: { local: readonly LocalSegment[]; isKept: ReadonlySet<number>; folder: string },
): Promise<Segment> {
  const id = newId();
  const local = localFiles(folder, id);
  const part = join(folder, `${id}.part`);
  try {
    const counts = await withConnection(async (connection) => {
      await connection.run('CREATE TEMP TABLE entry (doc BIGINT, text_at BIGINT)');
      const rows = await connection.createAppender('entry');
      const texts = await open(local.texts, 'w');
      let at = 0;
      try {
        for (const [index, segment] of segments.entries()) {
          await lake.download(searchPaths.texts(segment.id), part);
          const source = await open(part, 'r');
          try {
            const places = await selectRows(
              connection,
              `SELECT doc, text_at, text_bytes FROM ${sqlReadParquet([files[index]?.entries ?? ''])} ORDER BY doc`,
            );
            for (const place of places) {
              const doc = Number(place.doc);
              if (!isKept.has(doc)) continue;
              const bytes = Buffer.alloc(Number(place.text_bytes));
              await source.read(bytes, 0, bytes.length, Number(place.text_at));
              await texts.write(bytes);
              rows.appendBigInt(BigInt(doc));
              rows.appendBigInt(BigInt(at));
              rows.endRow();
              at += bytes.length;
            }
          } finally {
            await source.close();
          }
        }
      } finally {
        await texts.close();
      }
      rows.closeSync();
      const postings = sqlReadParquet(files.map((file) => file.postings));
      await connection.run(
        `COPY (SELECT p.* FROM ${postings} p SEMI JOIN entry USING (doc) ORDER BY term, doc) TO ${sqlText(local.postings)} ${POSTINGS}`,
      );
      await connection.run(
        `COPY (SELECT e.* REPLACE (${sqlText(id)} AS segment, entry.text_at AS text_at)
          FROM ${sqlReadParquet(files.map((file) => file.entries))} e JOIN entry USING (doc) ORDER BY doc)
          TO ${sqlText(local.entries)} ${ENTRIES}`,
      );
      const [row] = await selectRows(
        connection,
        `SELECT count(*) AS entries, coalesce(sum(words), 0)::BIGINT AS words FROM ${sqlReadParquet([local.entries])}`,
      );
      return { entries: Number(row?.entries), words: Number(row?.words) };
    });
    return await store(lake, local, { id, ...counts });
  } finally {
    for (const file of [...FILES.map((name) => local[name]), part]) await rm(file, { force: true });
  }
}

/** Local copies that SQL reads. */
export interface LocalSegment {
  entries: string;
  postings: string;
}

/** The text of an entry. */
export async function readEntryText(
  lake: LakeStore,
  { segment, at, bytes }: { segment: string; at: number; bytes: number },
): Promise<string> {
  if (bytes === 0) return '';
  const limit = { maxOutputLength: MAX_INDEXED_CHARS * 4 };
  return inflateRawSync(await lake.readPart(searchPaths.texts(segment), at, bytes), limit).toString('utf8');
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
