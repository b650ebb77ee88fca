// The index of texts and reasons, kept beside the tables and brought up to date by whoever searches: only what is new is read.
// Invariants: I1 what a question finds follows from the tables as they are when it is asked (counted-rows.ts); an index that is behind finds less, never
// something else, and says how many documents it lacks. I2 a process builds one segment at a time; two processes that build the same waste work and harm
// nothing. I3 held in memory are 21 bytes of an entry and 33 of a row, and of words every 64th; local copies of the lists lie in a folder of this process
// and go with it (temporary-folder.ts). What is held stays while neither the tables nor the index change: then a question makes none of it.
// I4 a segment with a text of an erased document goes at the next look, whoever wrote it and when.
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, SluiceError } from '../errors.ts';
import type { DeltaTable } from '../lake/delta/table.ts';
import { FileCache } from '../lake/file-cache.ts';
import { PLACED_LATEST, PLACED_RESULTS } from '../lake/latest-results.ts';
import { LakeQueries, type TimedView } from '../lake/query.ts';
import type { Pace } from '../pace.ts';
import { searchPaths } from '../paths.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { clearLeftFoldersOnce, newTemporaryPath } from '../temporary-folder.ts';
import { CountedRows } from './counted-rows.ts';
import { readEntryColumns } from './entry-file.ts';
import { DOCUMENT_KEY, HAS_TEXT, REASON_KEY, SEARCHED, TEXT_KEY } from './mark-keys.ts';
import type { OpenSegment } from './match.ts';
import { PostingFile } from './posting-file.ts';
import { readEntries, type Wanted } from './read-entries.ts';
import { RowKeys } from './row-keys.ts';
import { mergeSegments, SEGMENT_ENTRIES, type Segment, writeSegment } from './segment.ts';
import { changeSegments, dropSegments, readSegments } from './segment-list.ts';

/** Copies on this machine; a lake whose index is larger is searched with files fetched again and again. */
const LOCAL_BYTES = 4 * 1024 ** 3;
/** So many segments of about one size become one. */
const MERGED_AT_ONCE = 8;
/** A merged segment is no larger: an erasure rebuilds no more than this. */
const MAX_MERGED_WORDS = 8_000_000;
/** Nor of more entries: 25 MB while they are merged. */
const MAX_MERGED_ENTRIES = 250_000;
/** Entries that are planned together: about 15 MB of ids and objects. */
const MAX_PLANNED = 16_000;
/** Filters whose rows are kept: a bit for each row, or the rows of a run. */
const MAX_FILTERS = 16;
const MAX_RUNS = 2;

/** Another question of the same moment is answered by the same look. */
export interface SearchState {
  view: TimedView;
  segments: readonly OpenSegment[];
  /** The decisions that count, of all documents. */
  counted: CountedRows;
  /** Documents that are searched, and those whose text or reasons wait to be indexed. */
  indexed: number;
  waiting: number;
}

type IndexServices = Pick<PipelineServices, 'lake' | 'parquet' | 'clock' | 'logger'>;

/** What is held of the tables and the index while neither changes. */
interface Held {
  version: string;
  segments: readonly OpenSegment[];
  counted: CountedRows;
  /** By condition: which of the rows that count fulfil it. */
  filters: Map<string, Uint8Array>;
  /** By condition: rows of a run. */
  runs: Map<string, CountedRows>;
}

export class SearchIndex {
  readonly #services: IndexServices;
  readonly #folder: string;
  readonly #cache: FileCache;
  readonly #queries: LakeQueries;
  readonly #rowKeys: RowKeys;
  /** Segments whose copies are here. */
  #open = new Map<string, OpenSegment>();
  #held: Held | undefined;
  /** Ends when what is held has been looked at: one at a time. */
  #looking: Promise<unknown> = Promise.resolve();
  #building: Promise<void> | undefined;
  #isClosed = false;

  constructor(services: IndexServices, tables: readonly DeltaTable[], pace: Pace) {
    this.#services = services;
    this.#folder = newTemporaryPath();
    this.#cache = new FileCache(join(this.#folder, 'segments'), LOCAL_BYTES);
    this.#queries = new LakeQueries(tables, pace);
    const results = tables.find(({ schema }) => schema.name === 'results');
    if (results === undefined) throw new SluiceError('internal', 'search needs the results');
    this.#rowKeys = new RowKeys(results);
  }

  /** The index and the tables as they are now, brought up to date as far as `waitMs` allows; the rest goes on behind. */
  async open(waitMs: number): Promise<SearchState> {
    const state = await this.#look();
    if (state.waiting === 0) return state;
    this.#building ??= this.#build().finally(() => {
      this.#building = undefined;
    });
    const building = this.#building;
    building.catch((error: unknown) => this.#services.logger.error('search.index-failed', { code: codeOf(error) }));
    const ended = new AbortController();
    await Promise.race([
      building.catch(() => undefined).finally(() => ended.abort()), // told above; what there is answers
      this.#services.clock.sleep(waitMs, ended.signal).catch(() => undefined), // the build was faster
    ]);
    return await this.#look();
  }

  /** Bring it up to date, however long it takes, where somebody has searched before. */
  async keepUp(): Promise<void> {
    if ((await readSegments(this.#services.lake)).segments.length > 0) await this.refresh();
  }

  /** Bring it up to date, however long it takes. */
  async refresh(): Promise<void> {
    this.#building ??= this.#build().finally(() => {
      this.#building = undefined;
    });
    await this.#building;
    await this.#look(); // I4: an erasure may have passed while a text was in hand
  }

  close(): void {
    this.#isClosed = true;
    this.#queries.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Rows of a run that fulfil a condition, and which entries say what they say. */
  async rowsOfRun({ view, segments, counted }: SearchState, condition: string): Promise<CountedRows> {
    const held = this.#held?.counted === counted ? this.#held.runs : new Map<string, CountedRows>();
    return await kept(held, MAX_RUNS, condition, async () => {
      const places = await view.places(PLACED_RESULTS, condition);
      return new CountedRows(places, await this.#rowKeys.take(places.paths, { areAll: false }), segments);
    });
  }

  /** Which of the decisions that count fulfil a condition: 1 at their numbers. */
  async filtered({ view, counted }: SearchState, condition: string): Promise<Uint8Array> {
    const held = this.#held?.counted === counted ? this.#held.filters : new Map<string, Uint8Array>();
    return await kept(held, MAX_FILTERS, condition, async () =>
      counted.among(await view.places(PLACED_RESULTS, condition)),
    );
  }

  /** A segment that could not be read: it goes, and its documents are indexed again. */
  async discard(path: string): Promise<void> {
    const damaged = [...this.#open.values()].filter(({ id, local }) =>
      [local.entries, local.postings, searchPaths.texts(id)].includes(path),
    );
    await dropSegments(this.#services.lake, new Set(damaged.map(({ id }) => id)));
  }

  /** Somebody has cleared the temporary folder: copies are fetched anew. */
  fetchAgain(): void {
    this.#open.clear();
    this.#held = undefined;
  }

  #look(): Promise<SearchState> {
    const look = this.#looking.then(() => this.#lookNow());
    this.#looking = look.catch(() => undefined); // told to its caller
    return look;
  }

  async #lookNow(): Promise<SearchState> {
    for (let isAgain = false; ; isAgain = true) {
      const { segments } = await readSegments(this.#services.lake);
      try {
        const view = await this.#queries.newest(['results', 'feedback']);
        const held = await this.#hold(view, segments);
        const erased = erasedSegments(held);
        if (erased.size > 0) {
          await dropSegments(this.#services.lake, erased); // I4
          continue;
        }
        const { documents, waiting } = held.counted.counts();
        return { view, segments: held.segments, counted: held.counted, indexed: documents - waiting, waiting };
      } catch (error) {
        // Merged or dropped by somebody else since the list was read (L1 of segment-list.ts); what stays away is no segment.
        if (codeOf(error) !== 'lake.corrupt-table' || this.#isClosed) throw error;
        if (isAgain) await this.#dropMissing(segments);
      }
    }
  }

  async #hold(view: TimedView, segments: readonly Segment[]): Promise<Held> {
    const version = `${view.version}, ${segments.map(({ id }) => id).join(' ')}`;
    if (this.#held?.version === version) return this.#held;
    const open = await this.#fetch(segments);
    const places = await view.places(PLACED_LATEST);
    const counted = new CountedRows(places, await this.#rowKeys.take(places.paths, { areAll: true }), open);
    this.#held = { version, segments: open, counted, filters: new Map(), runs: new Map() };
    return this.#held;
  }

  async #fetch(segments: readonly Segment[]): Promise<OpenSegment[]> {
    const { lake } = this.#services;
    await clearLeftFoldersOnce();
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const ids = new Set(segments.map(({ id }) => id));
    const gone = [...this.#open.keys()].filter((id) => !ids.has(id));
    await this.#cache.drop(
      lake,
      gone.flatMap((id) => [searchPaths.entries(id), searchPaths.postings(id)]),
    );
    const fetched = await this.#cache.fetch(
      lake,
      segments.flatMap(({ id }) => [searchPaths.entries(id), searchPaths.postings(id)]),
    );
    const open: OpenSegment[] = [];
    for (const [i, segment] of segments.entries()) {
      const local = { entries: fetched[2 * i] ?? '', postings: fetched[2 * i + 1] ?? '' };
      open.push(this.#open.get(segment.id) ?? (await this.#openSegment(segment, local)));
    }
    this.#open = new Map(open.map((segment) => [segment.id, segment]));
    return open;
  }

  async #openSegment(segment: Segment, local: OpenSegment['local']): Promise<OpenSegment> {
    try {
      return {
        ...segment,
        local,
        columns: await readEntryColumns(local.entries),
        postings: await PostingFile.open(local.postings),
      };
    } catch (error) {
      if (codeOf(error) === 'lake.corrupt-table') await dropSegments(this.#services.lake, new Set([segment.id]));
      throw error;
    }
  }

  async #dropMissing(segments: readonly Segment[]): Promise<void> {
    const { lake } = this.#services;
    const missing = new Set<string>();
    for (const { id } of segments)
      for (const path of [searchPaths.entries(id), searchPaths.postings(id), searchPaths.texts(id)])
        if ((await lake.stat(path)) === undefined) missing.add(id);
    await dropSegments(lake, missing);
  }

  /** Segment by segment, until nothing is missing. */
  async #build(): Promise<void> {
    const { lake, logger } = this.#services;
    let before: bigint | undefined;
    for (;;) {
      const { view, counted } = await this.#look();
      const wanted = await missing(view, counted.missingKeys(MAX_PLANNED));
      const [first] = wanted;
      if (first === undefined) break;
      if (first.key === before) throw new SluiceError('internal', 'an entry that was indexed is missing still');
      before = first.key;
      for (let from = 0; from < wanted.length; ) {
        if (this.#isClosed) return;
        const entries = await readEntries(this.#services, view, wanted.slice(from, from + SEGMENT_ENTRIES));
        from += entries.length;
        const segment = await writeSegment(lake, entries, this.#folder);
        await changeSegments(lake, (segments) => [...segments, segment]);
        logger.info('search.indexed', { entries: segment.entries, words: segment.words, sizeBytes: segment.bytes });
        await this.#merge();
      }
    }
  }

  async #merge(): Promise<void> {
    const { lake, logger } = this.#services;
    if (toMerge((await readSegments(lake)).segments).length === 0) return;
    const { segments, counted } = await this.#look();
    const chosen = toMerge(segments);
    if (chosen.length === 0) return;
    const ids = new Set(chosen.map(({ id }) => id));
    const inOrder = segments.filter(({ id }) => ids.has(id));
    const merged = await mergeSegments(lake, inOrder, {
      local: inOrder.map(({ local }) => local),
      isKept: keptEntries(inOrder, segments, counted),
      folder: this.#folder,
    }).catch((error: unknown) => this.#leaveMerge(inOrder, error));
    if (merged === undefined) return;
    let isTaken = false;
    await changeSegments(lake, (segments) => {
      isTaken = inOrder.some(({ id }) => !segments.some((each) => each.id === id));
      return isTaken ? undefined : [...segments.filter(({ id }) => !ids.has(id)), merged];
    });
    for (const id of isTaken ? [merged.id] : ids) await lake.deleteFolder(searchPaths.segment(id));
    if (!isTaken)
      logger.info('search.merged', { segments: ids.size, entries: merged.entries, sizeBytes: merged.bytes });
  }

  /** I2: segments that are damaged, or that another process has merged meanwhile, are not merged here; what is lost is indexed again. */
  async #leaveMerge(segments: readonly Segment[], error: unknown): Promise<undefined> {
    if (error instanceof SluiceError && error.code === 'lake.corrupt-table') await this.discard(String(error.ids.path));
    else if (codeOf(error) === 'lake.not-found') await this.#dropMissing(segments);
    else if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.fetchAgain();
    else throw error;
  }
}

/** The first group of segments of one size that is full. */
export function toMerge<T extends Segment>(segments: readonly T[]): T[] {
  const sizeOf = ({ words }: Segment) => Math.floor(Math.log(Math.max(1, words)) / Math.log(MERGED_AT_ONCE));
  for (const group of Map.groupBy(segments, sizeOf).values()) {
    const chosen = group.slice(0, MERGED_AT_ONCE);
    const [words, entries] = [sum(chosen, 'words'), sum(chosen, 'entries')];
    if (chosen.length === MERGED_AT_ONCE && words <= MAX_MERGED_WORDS && entries <= MAX_MERGED_ENTRIES) return chosen;
  }
  return [];
}

const sum = (segments: readonly Segment[], of: 'words' | 'entries'): number =>
  segments.reduce((total, segment) => total + segment[of], 0);

/** Of what is kept by key, the longest unused first to go. */
async function kept<T>(all: Map<string, T>, most: number, key: string, make: () => Promise<T>): Promise<T> {
  const made = all.get(key) ?? (await make());
  all.delete(key);
  all.set(key, made);
  for (const oldest of all.keys()) {
    if (all.size <= most) break;
    all.delete(oldest);
  }
  return made;
}

const WANTED = `SELECT document_id, run_id, batch_id, 'text' AS kind, ${TEXT_KEY} AS key, ${DOCUMENT_KEY} AS document_key
    FROM latest_results WHERE ${SEARCHED} AND ${HAS_TEXT}
  UNION ALL SELECT document_id, run_id, batch_id, 'reason', ${REASON_KEY}, ${DOCUMENT_KEY} FROM latest_results WHERE ${SEARCHED}`;

async function missing(view: TimedView, keys: BigUint64Array): Promise<Wanted[]> {
  if (keys.length === 0) return [];
  const name = `missing_${randomUUID().replaceAll('-', '')}`;
  const sql = `SELECT * FROM (${WANTED}) WHERE key IN (SELECT n FROM ${name}) ORDER BY run_id DESC, batch_id, document_id, kind`;
  const { rows } = await view.holding({ name, numbers: keys }).query(sql, keys.length);
  return rows.map((row) => ({
    documentId: String(row.document_id),
    runId: String(row.run_id),
    batchId: String(row.batch_id),
    kind: row.kind === 'text' ? 'text' : 'reason',
    key: BigInt(String(row.key)),
    documentKey: Number(row.document_key),
  }));
}

function erasedSegments({ segments, counted }: Held): Set<string> {
  const documents = counted.erasedDocuments();
  if (documents.size === 0) return new Set();
  return new Set(
    segments.filter(({ columns }) => columns.documentKeys.some((key) => documents.has(key))).map(({ id }) => id),
  );
}

/** Entries that say what is decided now; of two that say the same, one. */
function keptEntries(
  chosen: readonly OpenSegment[],
  all: readonly OpenSegment[],
  counted: CountedRows,
): (segment: number, entry: number) => boolean {
  const places = chosen.map((segment) => all.indexOf(segment));
  const seen = new Set<string>();
  return (segment, entry) => {
    if (!counted.hasRow(places[segment] ?? -1, entry)) return false;
    const keys = chosen[segment]?.columns.keys;
    const key = `${keys?.[2 * entry]} ${keys?.[2 * entry + 1]}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  };
}
