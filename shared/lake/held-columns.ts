// Narrow columns of the results in memory, compressed, for statements that need no others: as views of the same names that only the
// connection of the statement has.
// Invariants: M1 they hold the rows of all data files of the version that is shown, in its order, or are not used. M2 a column is held when a second statement
// names it, so that one question costs no more; at most MAX_CELLS values are held, at most 8 bytes each beside a dictionary. M3 small tables are not held.
// M4 what a statement that was given up has left half done is not used and let go. M5 rows of a file that a version has lost are let go with it, whatever is asked.
// M6 a statement that memory cannot answer is answered by the files.
import type { DuckDBConnection } from '@duckdb/node-api';
import { countRows, sqlName } from './duckdb.ts';
import { resultsTable } from './tables.ts';

/** What is different in nearly each row, or long: it would be as large in memory as in its file. */
const WIDE: ReadonlySet<string> = new Set([
  ...['batch_id', 'document_id', 'source_path', 'archive_path', 'source_etag', 'content_sha256', 'top_labels_json'],
  ...['evidence_json', 'llm_quote', 'failure_message', 'duplicate_of', 'warnings_json', 'source_name', 'source_url'],
]);
const NARROW: ReadonlySet<string> = new Set(
  resultsTable.columns.map(({ name }) => name).filter((name) => !WIDE.has(name)),
);
const PLACE = ['file_no', 'row_no'];
/** Statements that have named a column before it is held. */
const ASKED = 2;
const MAX_CELLS = 10_000_000;
const MIN_BYTES = 4_000_000;

export interface HoldLimits {
  /** Of the data files. */
  minBytes: number;
  maxCells: number;
}

/** The results as they are shown. */
export interface ShownResults {
  version: number | undefined;
  /** Data files in the lake, in the order of the rows. */
  paths: readonly string[];
  bytes: number;
  /** A SELECT of the rows of the files from one on, with their places. */
  relation(from: number): Promise<string>;
  /** What follows a table with places, to have the rows that count; undefined: not worked out. */
  latest: string | undefined;
}

interface Held {
  database: string;
  columns: readonly string[];
  /** As in ShownResults. */
  paths: readonly string[];
  version: number | undefined;
}

/** Of one database; one call at a time. */
export class HeldColumns {
  readonly #limits: HoldLimits;
  /** How many statements have named each. */
  readonly #asked = new Map<string, number>();
  #held: Held | undefined;
  /** Databases that nobody is to read any more. */
  #left: string[] = [];
  #made = 0;
  /** A version of which so many columns are too much. */
  #refused: { version: number | undefined; columns: number } | undefined;

  constructor(limits: HoldLimits = { minBytes: MIN_BYTES, maxCells: MAX_CELLS }) {
    this.#limits = limits;
  }

  /** Is it worth to look into statements about them? */
  isWorth(results: ShownResults): boolean {
    return results.bytes >= this.#limits.minBytes;
  }

  /**
   * Let statements of the connection read from memory, if that is to be had.
   * @param wanted  every column of the results they may use
   * @returns  was it to be had?
   */
  async show(connection: DuckDBConnection, wanted: ReadonlySet<string>, results: ShownResults): Promise<boolean> {
    if (wanted.size === 0 || ![...wanted].every((name) => NARROW.has(name))) return false;
    for (const name of wanted) this.#asked.set(name, (this.#asked.get(name) ?? 0) + 1);
    try {
      await this.#follow(connection, results);
      if (!this.#covers(wanted)) await this.#hold(connection, wanted, results);
    } catch (error) {
      // The statement itself may do with less: it reads the files.
      if (!(error instanceof Error && /^Out of Memory Error/.test(error.message))) throw error;
      this.#refused = { version: results.version, columns: 0 };
    }
    await this.#letGo(connection);
    if (this.#held === undefined || !this.#covers(wanted)) return false;
    const names = this.#held.columns.map(sqlName).join(', ');
    const rows = `SELECT ${names} FROM ${this.#held.database}.hot`;
    await connection.run(`CREATE TEMP VIEW results AS ${rows}`);
    if (results.latest !== undefined)
      await connection.run(`CREATE TEMP VIEW latest_results AS ${rows} ${results.latest}`);
    return true;
  }

  /** Take back what was shown to the connection (M6). */
  async hide(connection: DuckDBConnection): Promise<void> {
    for (const name of ['results', 'latest_results']) await connection.run(`DROP VIEW IF EXISTS temp.main.${name}`);
  }

  /** Let go what a version that is shown from now on no longer has (M5). */
  async forgetLost(connection: DuckDBConnection, results: ShownResults): Promise<void> {
    if (this.#held !== undefined && !(this.isWorth(results) && isContinued(this.#held.paths, results.paths))) {
      this.#left.push(this.#held.database);
      this.#held = undefined;
      this.#asked.clear();
    }
    await this.#letGo(connection);
  }

  /** The database is gone. */
  clear(): void {
    this.#held = undefined;
    this.#left = [];
    this.#refused = undefined;
  }

  #covers(wanted: ReadonlySet<string>): boolean {
    return [...wanted].every((name) => this.#held?.columns.includes(name));
  }

  /** Take in what a later version has added; what lost files is let go (M1). */
  async #follow(connection: DuckDBConnection, results: ShownResults): Promise<void> {
    const held = this.#held;
    if (held === undefined || held.version === results.version) return;
    this.#held = undefined; // until it is whole again (M4)
    this.#left.push(held.database);
    const fits =
      isContinued(held.paths, results.paths) && this.#fits(await countRows(connection, 'results_rows'), held.columns);
    if (!fits) return this.#asked.clear();
    if (results.paths.length > held.paths.length) {
      const added = await results.relation(held.paths.length);
      await connection.run(`INSERT INTO ${held.database}.hot SELECT ${selected(held.columns)} FROM (${added})`);
      await compress(connection, held.database);
    }
    this.#left.pop();
    this.#held = { ...held, paths: results.paths, version: results.version };
  }

  /** Hold what is wanted, and what was held as far as it fits. */
  async #hold(
    connection: DuckDBConnection,
    wanted: ReadonlySet<string>,
    { version, paths }: ShownResults,
  ): Promise<void> {
    if ([...wanted].some((name) => (this.#asked.get(name) ?? 0) < ASKED)) return;
    if (this.#refused?.version === version && wanted.size >= (this.#refused?.columns ?? 0)) return;
    const rows = await countRows(connection, 'results_rows');
    const all = [...new Set([...wanted, ...(this.#held?.columns ?? [])])];
    const columns = this.#fits(rows, all) ? all : [...wanted];
    if (!this.#fits(rows, columns)) {
      this.#refused = { version, columns: wanted.size };
      return;
    }
    const database = `held${++this.#made}`;
    this.#left.push(database); // until it is whole (M4)
    await connection.run(`ATTACH ':memory:' AS ${database} (COMPRESS)`);
    await connection.run(`CREATE TABLE ${database}.hot AS SELECT ${selected(columns)} FROM results_rows`);
    await compress(connection, database);
    this.#left.pop();
    if (this.#held !== undefined) this.#left.push(this.#held.database);
    this.#held = { database, columns, paths, version };
  }

  #fits(rows: number, columns: readonly string[]): boolean {
    return rows * (columns.length + PLACE.length) <= this.#limits.maxCells;
  }

  /** Statements that read one of them still have it. */
  async #letGo(connection: DuckDBConnection): Promise<void> {
    for (let last = this.#left.at(-1); last !== undefined; last = this.#left.at(-1)) {
      await connection.run(`DETACH DATABASE IF EXISTS ${last}`);
      this.#left.pop();
    }
  }
}

const isContinued = (paths: readonly string[], later: readonly string[]): boolean =>
  paths.every((path, i) => path === later[i]);

const selected = (columns: readonly string[]): string => [...columns, ...PLACE].map(sqlName).join(', ');

/** DuckDB compresses at a checkpoint; while a statement reads what was replaced it has none, and the next one does it. */
async function compress(connection: DuckDBConnection, database: string): Promise<void> {
  try {
    await connection.run(`CHECKPOINT ${database}`);
  } catch (error) {
    if (!(error instanceof Error && /^TransactionContext Error: Cannot CHECKPOINT/.test(error.message))) throw error;
  }
}
