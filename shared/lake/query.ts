// SQL over the lake's Delta tables: one DuckDB per process on local copies of the active files, one view per table, and `latest_results`.
// Invariants: Q1 read-only: one SELECT (or EXPLAIN of one), no files, no settings; what somebody wrote is looked into (statement-check.ts). Q2 an answer shows each table at the version of the
// view it was asked of, or a later one; the views stay while no version has moved. Q3 a table nobody has written yet is an empty view with its columns. Q4 the same question of the same
// versions is worked out once and kept for a while; those who ask at the same time share the work.
import type {
  DuckDBConnection,
  DuckDBExtractedStatements,
  DuckDBInstance,
  DuckDBPreparedStatement,
  DuckDBResult,
} from '@duckdb/node-api';
import pLimit from 'p-limit';
import { codeOf, SluiceError, TerminalError } from '../errors.ts';
import { Pace, PacedLook } from '../pace.ts';
import { systemClock } from '../ports.ts';
import { decodePath } from './delta/actions.ts';
import type { Snapshot } from './delta/snapshot.ts';
import type { DeltaTable } from './delta/table.ts';
import { createDatabase, loadDuckDb, sqlText, streamRows } from './duckdb.ts';
import type { HoldLimits } from './held-columns.ts';
import { type HeldNumbers, HeldTables } from './held-tables.ts';
import { KeptAnswers } from './kept-answers.ts';
import type { PLACED_LATEST, PLACED_RESULTS } from './latest-results.ts';
import { placesOf, type RowPlaces, readPlaces } from './row-places.ts';
import { relationOf, ShownTables, type Snapshots, withLater } from './shown-tables.ts';
import { requireReading } from './statement-check.ts';
import type { Row } from './tables.ts';

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
  /** The same with a table more. */
  holding(held: HeldNumbers): TimedView;
  /** Rows that fulfil a condition of ours, of a view with the results. */
  places(relation: typeof PLACED_RESULTS | typeof PLACED_LATEST, condition?: string): Promise<RowPlaces>;
  /** Rows of some data files of the results, without those that are no longer the table's. @param paths  in the lake */
  ofFiles(paths: readonly string[], condition: string): Promise<Row[]>;
}

interface Asked {
  timeoutMs?: number | undefined;
  held?: HeldNumbers | undefined;
  /** Somebody wrote it: it is looked into, and its answer has an end. */
  isForeign?: boolean;
}

const DEFAULT_MAX_ROWS = 100_000;
/** Of the texts in an answer to a statement of somebody's own. */
const MAX_ANSWER_CHARS = 64 * 1024 * 1024;
const INTERRUPT_AGAIN_MS = 50;
/** Questions worked on at the same time. */
const AT_ONCE = 2;

export class LakeQueries {
  readonly #tables: ReadonlyMap<string, DeltaTable>;
  readonly #pace: Pace;
  readonly #looks: ReadonlyMap<string, PacedLook<Snapshot | undefined>>;
  readonly #answers = new KeptAnswers<QueryResult>();
  readonly #limit = pLimit(AT_ONCE);
  readonly #held = new HeldTables();
  readonly #shown: ShownTables;
  #opening: Promise<DuckDBInstance> | undefined;
  /** Ends when views and the statement that reads them are made: one at a time. */
  #making: Promise<unknown> = Promise.resolve();

  /** Each table is visible under its schema's name. */
  constructor(tables: readonly DeltaTable[], pace: Pace = new Pace(systemClock), limits?: HoldLimits) {
    this.#tables = new Map(tables.map((table) => [table.schema.name, table]));
    this.#shown = new ShownTables(this.#tables, limits);
    this.#pace = pace;
    this.#looks = new Map(tables.map((table) => [table.schema.name, new PacedLook(() => table.snapshot(), pace)]));
  }

  /** Answer one SQL statement at the newest state of all tables. @throws {TerminalError} query.invalid with DuckDB's words */
  async query(sql: string, maxRows?: number): Promise<QueryResult> {
    return await (await this.#newest([...this.#tables.keys()], true)).query(sql, maxRows);
  }

  /**
   * The same for a statement of somebody's own: it is given up when `timeoutMs` have passed, and its answer is not kept.
   * @throws {TerminalError} query.timeout, query.invalid
   */
  async queryWithin(timeoutMs: number, sql: string, maxRows: number = DEFAULT_MAX_ROWS): Promise<QueryResult> {
    const snapshots = await this.#look([...this.#tables.keys()]);
    return await this.#limit(() => this.#answer(snapshots, sql, maxRows, { timeoutMs, isForeign: true }));
  }

  /** The newest state of some tables, seen after the call. Questions to it look no further. */
  async newest(names: readonly string[]): Promise<TimedView> {
    return await this.#newest(names, false);
  }

  async #newest(names: readonly string[], isForeign: boolean): Promise<TimedView> {
    const snapshots = await this.#look(names);
    const version = names.map((name) => `${name} ${snapshots.get(name)?.version ?? 'none'}`).join(', ');
    const asking =
      (asked: Asked): QueryLake =>
      (sql, maxRows = DEFAULT_MAX_ROWS) => {
        const words = sql.replace(/'(?:[^']|'')*'/g, "''"); // what somebody looks for may be called like a table
        for (const name of this.#tables.keys())
          if (!snapshots.has(name) && words.includes(name))
            throw new SluiceError('internal', `a question to ${version} names table ${name}`);
        return this.#answers.get(`${version}\n${maxRows}\n${sql}`, () =>
          this.#limit(() => this.#pace.spare(() => this.#answer(snapshots, sql, maxRows, asked))),
        );
      };
    const viewOf = (held?: HeldNumbers): TimedView => ({
      version,
      query: asking({ held, isForeign }),
      within: (timeoutMs) => asking({ timeoutMs, held, isForeign }),
      holding: viewOf,
      places: (relation, condition = 'true') =>
        this.#limit(() =>
          this.#pace.spare(() => this.#places(snapshots, `SELECT file_no, row_no FROM ${relation} WHERE ${condition}`)),
        ),
      ofFiles: (paths, condition) =>
        this.#limit(() => this.#pace.spare(() => this.#ofFiles(snapshots.get('results'), paths, condition))),
    });
    return viewOf();
  }

  async #look(names: readonly string[]): Promise<Snapshots> {
    return new Map(await Promise.all(names.map(async (name) => [name, await this.#looks.get(name)?.take()] as const)));
  }

  close(): void {
    this.#opening?.then(
      (database) => database.closeSync(),
      () => undefined, // never opened
    );
    this.#opening = undefined;
    this.#shown.clear();
    this.#held.clear();
  }

  async #answer(snapshots: Snapshots, sql: string, maxRows: number, asked: Asked): Promise<QueryResult> {
    return await this.#ask(snapshots, sql, asked, async (result) => {
      const columns = result.deduplicatedColumnNames();
      const rows: Row[] = [];
      let chars = 0;
      for await (const chunk of streamRows(result, await loadDuckDb())) {
        if (asked.isForeign === true) chars += charsOf(chunk);
        if (chars > MAX_ANSWER_CHARS) throw new Error('The answer is larger than 64 MB: ask for fewer rows or columns');
        rows.push(...chunk.slice(0, maxRows - rows.length));
        if (rows.length >= maxRows) break;
      }
      return { columns, rows };
    });
  }

  async #places(snapshots: Snapshots, sql: string): Promise<RowPlaces> {
    return placesOf(await this.#ask(snapshots, sql, {}, readPlaces), this.#shown.fileNumbers);
  }

  async #ofFiles(results: Snapshot | undefined, paths: readonly string[], condition: string): Promise<Row[]> {
    const table = this.#tables.get('results');
    if (table === undefined || results === undefined) return [];
    const wanted = new Set(paths);
    const files = [...results.files.values()].filter((file) => wanted.has(`${table.path}/${decodePath(file.path)}`));
    const columns = withLater(results.columns, table.schema.columns);
    const relation = await relationOf(table, results, columns, { files });
    const { rows } = await this.#answer(
      new Map(),
      `SELECT * FROM (${relation}) WHERE ${condition}`,
      DEFAULT_MAX_ROWS,
      {},
    );
    return rows;
  }

  async #ask<T>(
    snapshots: Snapshots,
    sql: string,
    asked: Asked,
    read: (result: DuckDBResult) => Promise<T>,
    isAgain = false,
  ): Promise<T> {
    const { timeoutMs, held, isForeign = false } = asked;
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
    let isHolding = false;
    let isBegun = false;
    try {
      const statements = await parse(connection, sql);
      const tree = isForeign ? await requireReading(connection, sql) : undefined;
      const statement = await this.#alone(async () => {
        await this.#shown.show(connection, snapshots, sql);
        const isNarrow = await this.#shown.showNarrow(connection, sql, tree);
        if (held !== undefined) {
          await this.#held.hold(connection, held);
          isHolding = true;
        }
        // A statement is bound again when it runs: it shall meet these views, not half of the next ones.
        await connection.run('BEGIN TRANSACTION READ ONLY');
        isBegun = true;
        if (!isNarrow) return await prepare(statements);
        return await prepare(statements).catch(async () => {
          await connection.run('ROLLBACK');
          await this.#shown.hideNarrow(connection);
          await connection.run('BEGIN TRANSACTION READ ONLY');
          return await prepare(await parse(connection, sql)); // an error is about the whole table then
        });
      });
      if (isLate) throw new Error('given up while the tables were fetched');
      return await read(await statement.stream());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (isLate)
        throw new TerminalError('query.timeout', `no answer within ${(timeoutMs ?? 0) / 1000} s`, { cause: error });
      // A local copy was trimmed, or its file erased, after the snapshot was taken or the view was made.
      if (!isAgain && (/^IO Error/.test(message) || codeOf(error) === 'lake.corrupt-table')) {
        this.#shown.forget();
        return await this.#ask(await this.#again(snapshots), sql, asked, read, true);
      }
      if (error instanceof SluiceError) throw error;
      await this.#blameFile(message, error);
      throw new TerminalError('query.invalid', message, { cause: error });
    } finally {
      clearTimeout(timer);
      if (isBegun) await letGo(connection);
      if (isHolding && held !== undefined) this.#held.release(held);
      connection.closeSync();
    }
  }

  /** A statement that fails on a file of the lake is not wrong. @throws {TerminalError} lake.corrupt-table naming the file */
  async #blameFile(message: string, cause: unknown): Promise<void> {
    for (const { cache } of this.#tables.values()) {
      const path = await cache.disown(message);
      if (path === undefined) continue;
      this.#shown.forget(); // the views name the copy that is gone
      throw new TerminalError('lake.corrupt-table', `The file ${path} of a table cannot be read`, { cause });
    }
  }

  async #again(snapshots: Snapshots): Promise<Snapshots> {
    const names = [...snapshots.keys()];
    return new Map(
      await Promise.all(names.map(async (name) => [name, await this.#tables.get(name)?.snapshot()] as const)),
    );
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
    const folders = new Set([...this.#tables.values()].map((table) => table.cache.folder));
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

/** @returns  one statement */
async function parse(connection: DuckDBConnection, sql: string): Promise<DuckDBExtractedStatements> {
  const statements = await connection.extractStatements(sql).catch((error: Error) => {
    throw new Error(error.message.replace(/^Failed to extract statements: /, ''), { cause: error });
  });
  if (statements.count !== 1) throw new Error(`Need one statement; have ${statements.count}`);
  return statements;
}

async function prepare(statements: DuckDBExtractedStatements): Promise<DuckDBPreparedStatement> {
  const duckdb = await loadDuckDb();
  const statement = await statements.prepare(0);
  const { SELECT, EXPLAIN } = duckdb.StatementType;
  if (![SELECT, EXPLAIN].includes(statement.statementType)) throw new Error('Only statements that read are answered');
  return statement;
}

/** An answer that was not read to its end keeps its memory until JavaScript collects it, which knows nothing of that memory; a closed connection alone does not free it. */
async function letGo(connection: DuckDBConnection): Promise<void> {
  try {
    await connection.run('ROLLBACK');
  } catch {
    // The statement's own error has ended the transaction, and is told.
  }
}

/** Of the texts in some rows. */
function charsOf(rows: readonly Row[]): number {
  let chars = 0;
  for (const row of rows) for (const cell of Object.values(row)) if (typeof cell === 'string') chars += cell.length;
  return chars;
}
