// SQL over the lake's Delta tables: one DuckDB per process on local copies of the active files, one view per table, and `latest_results`.
// Invariants: Q1 read-only: one SELECT (or EXPLAIN), no files but the copies, no settings. Q2 an answer shows each table at the version of the
// view it was asked of, or a later one. Q3 a table nobody has written yet is an empty view with its columns. Q4 the same question of the same
// versions is worked out once and kept for a while; those who ask at the same time share the work.
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import pLimit from 'p-limit';
import { codeOf, SluiceError, TerminalError } from '../errors.ts';
import { Pace, PacedLook } from '../pace.ts';
import { systemClock } from '../ports.ts';
import { decodePath } from './delta/actions.ts';
import { sqlRelation } from './delta/read.ts';
import type { Snapshot } from './delta/snapshot.ts';
import type { DeltaTable } from './delta/table.ts';
import { createDatabase, loadDuckDb, sqlName, sqlText, streamRows } from './duckdb.ts';
import { KeptAnswers } from './kept-answers.ts';
import type { Column, Row } from './tables.ts';

export interface QueryResult {
  columns: string[];
  rows: Row[];
}

/** A question to the tables. @param maxRows  rows returned at most; default 100,000 */
export type QueryLake = (sql: string, maxRows?: number) => Promise<QueryResult>;

/** Some tables at one moment. */
export interface LakeView {
  /** Another text whenever one of the tables has changed. */
  version: string;
  /** @throws {TerminalError} query.invalid; {SluiceError} internal for a table the view was not asked for */
  query: QueryLake;
}

/** A view that may be asked with an end. */
export interface TimedView extends LakeView {
  /** @throws {TerminalError} query.timeout from the question */
  within(timeoutMs: number): QueryLake;
}

const DEFAULT_MAX_ROWS = 100_000;
const INTERRUPT_AGAIN_MS = 50;
/** Questions worked on at the same time. */
const AT_ONCE = 2;

export class LakeQueries {
  readonly #tables: ReadonlyMap<string, DeltaTable>;
  readonly #pace: Pace;
  readonly #looks: ReadonlyMap<string, PacedLook<Snapshot | undefined>>;
  readonly #answers = new KeptAnswers<QueryResult>();
  readonly #limit = pLimit(AT_ONCE);
  /** Versions of the views that stand in the database; undefined: of an empty table. */
  readonly #shown = new Map<string, number | undefined>();
  #opening: Promise<DuckDBInstance> | undefined;
  readonly #alsoReads: readonly string[];
  readonly #keepsLatest: boolean;
  /** Ends when views and the statement that reads them are made: one at a time. */
  #making: Promise<unknown> = Promise.resolve();

  /**
   * Each table is visible under its schema's name.
   * @param options.alsoReads  folders with Parquet files that statements may name
   * @param options.keepsLatest  which rows count is worked out once for each version of the results, not with each question
   */
  constructor(
    tables: readonly DeltaTable[],
    pace: Pace = new Pace(systemClock),
    { alsoReads = [], keepsLatest = false }: { alsoReads?: readonly string[]; keepsLatest?: boolean } = {},
  ) {
    this.#keepsLatest = keepsLatest;
    this.#alsoReads = alsoReads;
    this.#tables = new Map(tables.map((table) => [table.schema.name, table]));
    this.#pace = pace;
    this.#looks = new Map(tables.map((table) => [table.schema.name, new PacedLook(() => table.snapshot(), pace)]));
  }

  /** Answer one SQL statement at the newest state of all tables. @throws {TerminalError} query.invalid with DuckDB's words */
  async query(sql: string, maxRows?: number): Promise<QueryResult> {
    return (await this.newest([...this.#tables.keys()])).query(sql, maxRows);
  }

  /**
   * The same for a statement of somebody's own: it is given up when `timeoutMs` have passed, and its answer is not kept.
   * @throws {TerminalError} query.timeout, query.invalid
   */
  async queryWithin(timeoutMs: number, sql: string, maxRows: number = DEFAULT_MAX_ROWS): Promise<QueryResult> {
    const names = [...this.#tables.keys()];
    const snapshots = new Map(
      await Promise.all(names.map(async (name) => [name, await this.#looks.get(name)?.take()] as const)),
    );
    return await this.#limit(() => this.#answer(snapshots, sql, maxRows, { timeoutMs }));
  }

  /** The newest state of some tables, seen after the call. Questions to it look no further. */
  async newest(names: readonly string[]): Promise<TimedView> {
    const snapshots = new Map(
      await Promise.all(names.map(async (name) => [name, await this.#looks.get(name)?.take()] as const)),
    );
    const version = names.map((name) => `${name} ${snapshots.get(name)?.version ?? 'none'}`).join(', ');
    const asking =
      (timeout: { timeoutMs?: number }): QueryLake =>
      (sql, maxRows = DEFAULT_MAX_ROWS) => {
        const words = sql.replace(/'(?:[^']|'')*'/g, "''"); // what somebody looks for may be called like a table
        for (const name of this.#tables.keys())
          if (!snapshots.has(name) && words.includes(name))
            throw new SluiceError('internal', `a question to ${version} names table ${name}`);
        return this.#answers.get(`${version}\n${maxRows}\n${sql}`, () =>
          this.#limit(() => this.#pace.spare(() => this.#answer(snapshots, sql, maxRows, timeout))),
        );
      };
    return { version, query: asking({}), within: (timeoutMs) => asking({ timeoutMs }) };
  }

  close(): void {
    this.#opening?.then(
      (database) => database.closeSync(),
      () => undefined, // never opened
    );
    this.#opening = undefined;
    this.#shown.clear();
  }

  async #answer(
    snapshots: ReadonlyMap<string, Snapshot | undefined>,
    sql: string,
    maxRows: number,
    { isAgain = false, timeoutMs }: { isAgain?: boolean; timeoutMs?: number } = {},
  ): Promise<QueryResult> {
    const database = await this.#database();
    const connection = await database.connect();
    let isLate = false;
    // Again and again: an interruption before the statement runs is forgotten by it.
    const giveUp = () => {
      isLate = true;
      connection.interrupt();
      timer = setTimeout(giveUp, INTERRUPT_AGAIN_MS);
    };
    let timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs);
    try {
      const statement = await this.#alone(async () => {
        await this.#show(connection, snapshots);
        return await prepare(connection, sql);
      });
      if (isLate) throw new Error('given up while the tables were fetched');
      const result = await statement.stream();
      const columns = result.deduplicatedColumnNames();
      const rows: Row[] = [];
      for await (const chunk of streamRows(result, await loadDuckDb())) {
        rows.push(...chunk.slice(0, maxRows - rows.length));
        if (rows.length >= maxRows) break;
      }
      return { columns, rows };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (isLate)
        throw new TerminalError('query.timeout', `no answer within ${(timeoutMs ?? 0) / 1000} s`, { cause: error });
      // A local copy was trimmed, or its file erased, after the snapshot was taken or the view was made.
      if (!isAgain && (/^IO Error/.test(message) || codeOf(error) === 'lake.corrupt-table')) {
        this.#shown.clear();
        return await this.#answer(await this.#again(snapshots), sql, maxRows, {
          isAgain: true,
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
        });
      }
      if (error instanceof SluiceError) throw error;
      await this.#blameFile(message, error);
      throw new TerminalError('query.invalid', message, { cause: error });
    } finally {
      clearTimeout(timer);
      connection.closeSync();
    }
  }

  /** A statement that fails on a file of the lake is not wrong. @throws {TerminalError} lake.corrupt-table naming the file */
  async #blameFile(message: string, cause: unknown): Promise<void> {
    for (const { cache } of this.#tables.values()) {
      const path = await cache.disown(message);
      if (path === undefined) continue;
      this.#shown.clear(); // the views name the copy that is gone
      throw new TerminalError('lake.corrupt-table', `The file ${path} of a table cannot be read`, { cause });
    }
  }

  async #again(snapshots: ReadonlyMap<string, unknown>): Promise<Map<string, Snapshot | undefined>> {
    const names = [...snapshots.keys()];
    return new Map(
      await Promise.all(names.map(async (name) => [name, await this.#tables.get(name)?.snapshot()] as const)),
    );
  }

  /** Make the views of tables that have moved on. Never back: who asks of an older version sees a later one (Q2). */
  async #show(connection: DuckDBConnection, snapshots: ReadonlyMap<string, Snapshot | undefined>): Promise<void> {
    for (const [name, snapshot] of snapshots) {
      const table = this.#tables.get(name);
      const version = snapshot?.version;
      if (table === undefined || (this.#shown.has(name) && (this.#shown.get(name) ?? -1) >= (version ?? -1))) continue;
      await connection.run(await viewOf(table, snapshot));
      if (name === 'results') await this.#showLatest(connection);
      this.#shown.set(name, version);
    }
  }

  async #showLatest(connection: DuckDBConnection): Promise<void> {
    const counted = this.#keepsLatest ? await connection.runAndReadAll('SELECT count(*) FROM results') : undefined;
    const isKept = counted !== undefined && Number(counted.getRows()[0]?.[0] ?? 0) <= MAX_KEPT_KEYS;
    if (isKept) await connection.run(`CREATE OR REPLACE TABLE latest_keys AS ${LATEST_KEYS}`);
    await connection.run(isKept ? latestOf('latest_keys') : LATEST_RESULTS);
  }

  /** One at a time, in the order of asking. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#making.then(work);
    this.#making = done.catch(() => undefined); // told to its caller
    return done;
  }

  #database(): Promise<DuckDBInstance> {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined; // the next question tries again
      throw error;
    });
    return this.#opening;
  }

  /** Q1: read-only is the statement's kind; what a statement may reach is closed here for good. */
  async #open(): Promise<DuckDBInstance> {
    const database = await createDatabase();
    const connection = await database.connect();
    const folders = new Set([...[...this.#tables.values()].map((table) => table.cache.folder), ...this.#alsoReads]);
    try {
      await connection.run("SET GLOBAL TimeZone = 'UTC'");
      await connection.run('SET parquet_metadata_cache = true'); // a data file never changes
      await connection.run(
        `SET allowed_directories = [${[...folders].map((folder) => sqlText(`${folder}/`)).join(', ')}]`,
      );
      await connection.run('SET enable_external_access = false');
      await connection.run('SET lock_configuration = true');
    } finally {
      connection.closeSync();
    }
    return database;
  }
}

async function prepare(connection: DuckDBConnection, sql: string) {
  const duckdb = await loadDuckDb();
  const statements = await connection.extractStatements(sql).catch((error: Error) => {
    throw new Error(error.message.replace(/^Failed to extract statements: /, ''), { cause: error });
  });
  if (statements.count !== 1) throw new Error(`Need one statement; have ${statements.count}`);
  const statement = await statements.prepare(0);
  const { SELECT, EXPLAIN } = duckdb.StatementType;
  if (![SELECT, EXPLAIN].includes(statement.statementType)) throw new Error('Only statements that read are answered');
  return statement;
}

/**
 * The decision on each document that counts: the newest, or what a person said about the same content under the same labels, even if a run
 * decided in the same moment. Found on narrow columns, so that wide ones need not be held.
 */
const LATEST_KEYS = `WITH newest AS (
    SELECT document_id, run_id, processed_at, taxonomy_version, coalesce(content_sha256, source_etag) AS content FROM results
    QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY processed_at DESC, run_id DESC) = 1
  ), said AS (
    SELECT document_id, taxonomy_version, coalesce(content_sha256, source_etag) AS content,
      arg_max(run_id, processed_at) AS run_id, max(processed_at) AS processed_at
    FROM results WHERE decided_by = 'human' GROUP BY ALL
  ), counts AS (
    SELECT newest.document_id, CASE WHEN said.document_id IS NULL THEN newest.run_id ELSE said.run_id END AS run_id,
      coalesce(said.processed_at, newest.processed_at) AS processed_at
    FROM newest LEFT JOIN said ON newest.document_id = said.document_id AND newest.content IS NOT DISTINCT FROM said.content
      AND newest.taxonomy_version IS NOT DISTINCT FROM said.taxonomy_version
  )
  SELECT document_id, run_id, processed_at FROM counts`;
const latestOf = (keys: string): string => `CREATE OR REPLACE VIEW latest_results AS
  SELECT results.* FROM results SEMI JOIN ${keys} counts ON results.document_id = counts.document_id
    AND results.run_id IS NOT DISTINCT FROM counts.run_id
    AND results.processed_at IS NOT DISTINCT FROM counts.processed_at`;
const LATEST_RESULTS = latestOf(`(${LATEST_KEYS})`);
/** Rows up to which the keys of what counts are kept in memory, where that is wanted: about 60 MB. */
const MAX_KEPT_KEYS = 500_000;

async function viewOf(table: DeltaTable, snapshot: Snapshot | undefined): Promise<string> {
  const files = [...(snapshot?.files.values() ?? [])];
  const paths = files.map((file) => `${table.path}/${decodePath(file.path)}`);
  const local = await table.cache.fetch(table.store, paths);
  const columns = withLater(snapshot?.columns ?? [], table.schema.columns);
  const partitionColumns = snapshot?.metadata.partitionColumns ?? table.schema.partitionColumns;
  return `CREATE OR REPLACE VIEW ${sqlName(table.schema.name)} AS ${sqlRelation(columns, partitionColumns, files, local)}`;
}

/** The table's columns, and those that a later version of ours has and no commit has written yet: they read as null. */
function withLater(written: readonly Column[], known: readonly Column[]): readonly Column[] {
  const names = new Set(written.map(({ name }) => name));
  return [...written, ...known.filter(({ name }) => !names.has(name))];
}
