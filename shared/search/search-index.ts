// The index of texts and reasons, kept beside the tables and brought up to date by whoever searches: only what is new is read.
// Invariants: I1 what a question finds follows from the tables as they are when it is asked (match-sql.ts); an index that is behind finds less, never
// something else, and says how many documents it lacks. I2 a process builds one segment at a time; two processes that build the same waste work and harm
// nothing. I3 nothing is held in memory but the words of one segment; the copies that SQL reads lie in a folder of this process and go with it.
// I4 a segment with a text of an erased document goes at the next look, whoever wrote it and when.
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, SluiceError } from '../errors.ts';
import type { DeltaTable } from '../lake/delta/table.ts';
import { sqlReadParquet } from '../lake/duckdb.ts';
import { FileCache } from '../lake/file-cache.ts';
import { LakeQueries, type LakeView, type TimedView } from '../lake/query.ts';
import type { Pace } from '../pace.ts';
import { searchPaths } from '../paths.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { type OpenIndex, REASON_MARK, TEXT_MARK } from './match-sql.ts';
import { readEntries, type Wanted } from './read-entries.ts';
import { mergeSegments, SEGMENT_ENTRIES, type Segment, writeSegment } from './segment.ts';
import { changeSegments, dropSegments, readSegments } from './segment-list.ts';

/** Copies on this machine; a lake whose index is larger is searched with files fetched again and again. */
const LOCAL_BYTES = 4 * 1024 ** 3;
/** So many segments of about one size become one. */
const MERGED_AT_ONCE = 8;
/** A merged segment is no larger: an erasure rebuilds no more than this. */
const MAX_MERGED_WORDS = 8_000_000;
/** More entries than so many words have: empty ones are many. */
const MAX_MERGED_ENTRIES = 1_000_000;
/** Entries that are planned together: about 10 MB of ids. */
const MAX_PLANNED = 40_000;

/** Another question of the same moment is answered by the same look. */
export interface SearchState {
  view: TimedView;
  index: OpenIndex;
  /** Documents that are searched, and those whose text or reasons wait to be indexed. */
  indexed: number;
  waiting: number;
}

type IndexServices = Pick<PipelineServices, 'lake' | 'parquet' | 'clock' | 'logger'>;

/** Rows whose texts and reasons are searched. */
const SEARCHED = "failure_code IS DISTINCT FROM 'document.erased'";

export class SearchIndex {
  readonly #services: IndexServices;
  readonly #folder: string;
  readonly #cache: FileCache;
  readonly #queries: LakeQueries;
  /** Of the segments that this process has looked at. */
  #known = new Set<string>();
  #building: Promise<void> | undefined;
  #isClosed = false;

  constructor(services: IndexServices, tables: readonly DeltaTable[], pace: Pace) {
    this.#services = services;
    this.#folder = join(tmpdir(), `sluice-search-${process.pid}-${randomUUID().slice(0, 8)}`);
    this.#cache = new FileCache(join(this.#folder, 'segments'), LOCAL_BYTES);
    this.#queries = new LakeQueries(tables, pace, {
      alsoReads: [this.#folder],
      keepsLatest: true,
    });
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
      building.finally(() => ended.abort()),
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

  async #look(): Promise<SearchState> {
    for (let isAgain = false; ; isAgain = true) {
      const { segments } = await readSegments(this.#services.lake);
      try {
        const index = await this.#fetch(segments);
        const view = await this.#queries.newest(['results', 'feedback']);
        const { rows } = await view.query(`SELECT
          (SELECT count(*) FROM latest_results WHERE ${SEARCHED}) AS documents,
          (SELECT count(DISTINCT document_id) FROM (${missingSql(index)})) AS waiting,
          ${erasedSql(index)} AS erased`);
        const erased = JSON.parse(String(rows[0]?.erased ?? '[]')) as string[]; // ids of segments
        if (erased.length > 0) {
          await dropSegments(this.#services.lake, new Set(erased)); // I4
          continue;
        }
        const [documents, waiting] = [Number(rows[0]?.documents ?? 0), Number(rows[0]?.waiting ?? 0)];
        return { view, index, indexed: documents - waiting, waiting };
      } catch (error) {
        // Merged or dropped by somebody else since the list was read (L1 of segment-list.ts); what stays away is no segment.
        if (codeOf(error) !== 'lake.corrupt-table' || this.#isClosed) throw error;
        if (isAgain) await this.#dropMissing(segments);
      }
    }
  }

  async #fetch(segments: readonly Segment[]): Promise<OpenIndex> {
    const { lake } = this.#services;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const ids = new Set(segments.map(({ id }) => id));
    const gone = [...this.#known].filter((id) => !ids.has(id));
    await this.#cache.drop(
      lake,
      gone.flatMap((id) => [searchPaths.entries(id), searchPaths.postings(id)]),
    );
    this.#known = ids;
    const fetched = await this.#cache.fetch(
      lake,
      segments.flatMap(({ id }) => [searchPaths.entries(id), searchPaths.postings(id)]),
    );
    const local = segments.map((_, i) => ({ entries: fetched[2 * i] ?? '', postings: fetched[2 * i + 1] ?? '' }));
    return { segments, local };
  }

  async #dropMissing(segments: readonly Segment[]): Promise<void> {
    const { lake } = this.#services;
    const missing = new Set<string>();
    for (const { id } of segments)
      for (const path of [searchPaths.entries(id), searchPaths.postings(id)])
        if ((await lake.stat(path)) === undefined) missing.add(id);
    await dropSegments(lake, missing);
  }

  /** Segment by segment, until nothing is missing. */
  async #build(): Promise<void> {
    const { lake, logger } = this.#services;
    let before = '';
    for (;;) {
      const { view, index } = await this.#look();
      const wanted = await missing(view, index);
      const [first] = wanted;
      if (first === undefined) break;
      const mark = `${first.documentId} ${first.mark}`;
      if (mark === before) throw new SluiceError('internal', 'an entry that was indexed is missing still');
      before = mark;
      for (let from = 0; from < wanted.length; ) {
        if (this.#isClosed) return;
        const entries = await readEntries(this.#services, view, wanted.slice(from, from + SEGMENT_ENTRIES));
        from += entries.length;
        const segment = await writeSegment(lake, entries, this.#folder);
        await changeSegments(lake, (segments) => [...segments, segment]);
        logger.info('search.indexed', { entries: segment.entries, words: segment.words, sizeBytes: segment.bytes });
        await this.#merge();
      }
      if (wanted.length < MAX_PLANNED) break;
    }
  }

  async #merge(): Promise<void> {
    const { lake, logger } = this.#services;
    if (toMerge((await readSegments(lake)).segments).length === 0) return;
    const { view, index } = await this.#look();
    const chosen = toMerge(index.segments);
    if (chosen.length === 0) return;
    const ids = new Set(chosen.map(({ id }) => id));
    const local = index.local.filter((_, i) => ids.has(index.segments[i]?.id ?? ''));
    const isKept = await keptEntries(
      view,
      local.map(({ entries }) => entries),
    );
    const inOrder = index.segments.filter(({ id }) => ids.has(id));
    const merged = await mergeSegments(lake, inOrder, { local, isKept, folder: this.#folder });
    let isTaken = false;
    await changeSegments(lake, (segments) => {
      isTaken = inOrder.some(({ id }) => !segments.some((each) => each.id === id));
      return isTaken ? undefined : [...segments.filter(({ id }) => !ids.has(id)), merged];
    });
    for (const id of isTaken ? [merged.id] : ids) await lake.deleteFolder(searchPaths.segment(id));
    if (!isTaken)
      logger.info('search.merged', { segments: ids.size, entries: merged.entries, sizeBytes: merged.bytes });
  }
}

/** The first group of segments of one size that is full. */
export function toMerge(segments: readonly Segment[]): Segment[] {
  const sizeOf = ({ words }: Segment) => Math.floor(Math.log(Math.max(1, words)) / Math.log(MERGED_AT_ONCE));
  for (const group of Map.groupBy(segments, sizeOf).values()) {
    const chosen = group.slice(0, MERGED_AT_ONCE);
    const words = chosen.reduce((sum, segment) => sum + segment.words, 0);
    if (chosen.length === MERGED_AT_ONCE && words <= MAX_MERGED_WORDS) return chosen;
  }
  return [];
}

const WANTED = `SELECT document_id, run_id, batch_id, 'text' AS kind, ${TEXT_MARK} AS mark FROM latest_results WHERE ${SEARCHED} AND chars > 0
  UNION ALL SELECT document_id, run_id, batch_id, 'reason', ${REASON_MARK} FROM latest_results WHERE ${SEARCHED}`;

const missingSql = ({ local }: OpenIndex): string =>
  local.length === 0
    ? WANTED
    : `SELECT * FROM (${WANTED}) ANTI JOIN ${sqlReadParquet(local.map((file) => file.entries))} USING (document_id, mark)`;

/** A value: segments with an entry of an erased document. */
const erasedSql = ({ local }: OpenIndex): string =>
  local.length === 0
    ? 'NULL'
    : `(SELECT list(DISTINCT segment) FROM ${sqlReadParquet(local.map((file) => file.entries))}
        SEMI JOIN (SELECT document_id FROM latest_results WHERE NOT (${SEARCHED})) USING (document_id))`;

async function missing(view: LakeView, index: OpenIndex): Promise<Wanted[]> {
  const sql = `${missingSql(index)} ORDER BY run_id DESC, batch_id, document_id, kind LIMIT ${MAX_PLANNED}`;
  const { rows } = await view.query(sql, MAX_PLANNED);
  return rows.map((row) => ({
    documentId: String(row.document_id),
    runId: String(row.run_id),
    batchId: String(row.batch_id),
    kind: row.kind === 'text' ? 'text' : 'reason',
    mark: String(row.mark),
  }));
}

/** Numbers of the entries that say what is decided now; of two that say the same, one. */
async function keptEntries(view: LakeView, files: readonly string[]): Promise<Set<number>> {
  const sql = `SELECT min(doc) AS doc FROM ${sqlReadParquet(files)} SEMI JOIN (${WANTED}) USING (document_id, mark)
    GROUP BY document_id, mark`;
  const { rows } = await view.query(sql, MAX_MERGED_ENTRIES);
  return new Set(rows.map((row) => Number(row.doc)));
}
