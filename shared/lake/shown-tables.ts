// The lake's tables as views of a database: one per table, and `latest_results`; narrow columns of the results from memory where that serves.
// Invariant: S1 views follow the version they are shown at, or stay at a later one; one call at a time.
import type { DuckDBConnection } from '@duckdb/node-api';
import { type AddFile, decodePath } from './delta/actions.ts';
import { sqlRelation } from './delta/read.ts';
import type { Snapshot } from './delta/snapshot.ts';
import type { DeltaTable } from './delta/table.ts';
import { sqlName } from './duckdb.ts';
import { HeldColumns, type HoldLimits, type ShownResults } from './held-columns.ts';
import { keepLatest, PLACED_RESULTS, showLatest } from './latest-results.ts';
import { namedColumns } from './named-columns.ts';
import { treeOf } from './statement-check.ts';
import type { Column } from './tables.ts';

export type Snapshots = ReadonlyMap<string, Snapshot | undefined>;

/** Statements whose columns are not all named: they need not be looked into. */
const NAMES_NOT_ALL = /^\W*explain\b|(?:\bselect|\bdistinct|[.,])\s*\*/i;

/** Of one database. */
export class ShownTables {
  readonly #tables: ReadonlyMap<string, DeltaTable>;
  /** Versions of the views that stand in the database; undefined: of an empty table. */
  readonly #versions = new Map<string, number | undefined>();
  /** The results that are shown are not those of which it is kept what counts. */
  #isLatestOld = true;
  #results: (ShownResults & { columns: ReadonlySet<string> }) | undefined;
  /** Of each data file of the results: what was called so once is never called otherwise. */
  readonly fileNumbers = new Map<string, number>();
  readonly #heldColumns: HeldColumns;

  /** @param tables  by the names of their views */
  constructor(tables: ReadonlyMap<string, DeltaTable>, limits?: HoldLimits) {
    this.#tables = tables;
    this.#heldColumns = new HeldColumns(limits);
  }

  /** Make the views of tables that have moved on. Never back: who asks of an older version sees a later one (Q2). */
  async show(connection: DuckDBConnection, snapshots: Snapshots, sql: string): Promise<void> {
    for (const [name, snapshot] of snapshots) {
      const table = this.#tables.get(name);
      const version = snapshot?.version;
      if (table === undefined || (this.#versions.has(name) && (this.#versions.get(name) ?? -1) >= (version ?? -1)))
        continue;
      const columns = withLater(snapshot?.columns ?? [], table.schema.columns);
      const fileNumbers = name === 'results' ? this.fileNumbers : undefined;
      const relation = await relationOf(table, snapshot, columns, { fileNumbers });
      if (name === 'results') {
        const names = columns.map((column) => sqlName(column.name)).join(', ');
        await connection.run(`CREATE OR REPLACE VIEW ${PLACED_RESULTS} AS ${relation}`);
        await connection.run(`CREATE OR REPLACE VIEW results AS SELECT ${names} FROM ${PLACED_RESULTS}`);
        await showLatest(connection, columns);
        this.#isLatestOld = true;
        const files = [...(snapshot?.files.values() ?? [])];
        this.#results = {
          version,
          paths: files.map(({ path }) => path),
          bytes: files.reduce((sum, { size }) => sum + size, 0),
          relation: (from) => relationOf(table, snapshot, columns, { fileNumbers, files: files.slice(from) }),
          latest: undefined,
          columns: new Set(columns.map((column) => column.name.toLowerCase())),
        };
        await this.#heldColumns.forgetLost(connection, this.#results);
      } else await connection.run(`CREATE OR REPLACE VIEW ${sqlName(name)} AS ${relation}`);
      this.#versions.set(name, version);
    }
    if (!this.#isLatestOld || !snapshots.has('results') || !/latest_(?:results|rows)/i.test(sql)) return;
    const latest = await keepLatest(connection);
    if (this.#results !== undefined) this.#results.latest = latest;
    this.#isLatestOld = false;
  }

  /**
   * Let a statement that needs only narrow columns of the results read them from memory.
   * @param tree  of the statement, if it is known
   * @returns  does it?
   */
  async showNarrow(connection: DuckDBConnection, sql: string, tree: unknown): Promise<boolean> {
    const results = this.#results;
    if (results === undefined || !this.#heldColumns.isWorth(results)) return false;
    if (!/results/i.test(sql) || NAMES_NOT_ALL.test(sql)) return false;
    const named = namedColumns(tree ?? (await treeOf(connection, sql)), results.columns);
    return named !== undefined && (await this.#heldColumns.show(connection, named, results));
  }

  /** Take back what showNarrow() gave the connection. */
  async hideNarrow(connection: DuckDBConnection): Promise<void> {
    await this.#heldColumns.hide(connection);
  }

  /** Views are made anew when they are next asked for. */
  forget(): void {
    this.#versions.clear();
  }

  /** The database is gone. */
  clear(): void {
    this.#versions.clear();
    this.#heldColumns.clear();
  }
}

/** @param fileNumbers  given on: a number for each file, for rows that tell where they lie */
export async function relationOf(
  table: DeltaTable,
  snapshot: Snapshot | undefined,
  columns: readonly Column[],
  {
    files = [...(snapshot?.files.values() ?? [])],
    fileNumbers,
  }: { files?: readonly AddFile[]; fileNumbers?: Map<string, number> | undefined } = {},
): Promise<string> {
  const paths = files.map((file) => `${table.path}/${decodePath(file.path)}`);
  const local = await table.cache.fetch(table.store, paths);
  const partitionColumns = snapshot?.metadata.partitionColumns ?? table.schema.partitionColumns;
  if (fileNumbers === undefined) return sqlRelation(columns, partitionColumns, files, local);
  const numbers = paths.map((path) => {
    const number = fileNumbers.get(path) ?? nextNumber(fileNumbers);
    fileNumbers.set(path, number);
    return number;
  });
  return sqlRelation(columns, partitionColumns, files, local, numbers);
}

const nextNumber = (numbers: ReadonlyMap<string, number>): number => numbers.size;

/** The table's columns, and those that a later version of ours has and no commit has written yet: they read as null. */
export function withLater(written: readonly Column[], known: readonly Column[]): readonly Column[] {
  const names = new Set(written.map(({ name }) => name));
  return [...written, ...known.filter(({ name }) => !names.has(name))];
}
