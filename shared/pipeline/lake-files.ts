import { join } from 'node:path';
import type { AddFile } from '../lake/delta/actions.ts';
import { readFiles } from '../lake/delta/read.ts';
import { type DeltaDeps, DeltaTable } from '../lake/delta/table.ts';
import { readParquet, writeParquet } from '../lake/parquet.ts';
import { lakeTables, type Row } from '../lake/tables.ts';
import { tablePath } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { withTemporaryFolder } from '../temporary-folder.ts';
import { PEOPLE_COLUMNS } from './people-decisions.ts';
import type { ParquetFiles, Tables } from './services.ts';

const withLocalFile = async <T>(work: (file: string) => Promise<T>): Promise<T> => {
  return await withTemporaryFolder(async (folder) => {
    return await work(join(folder, 'file.parquet'));
  });
};

/** Parquet files of the lake, each passing through a temporary file of its own. */
export function parquetFiles(lake: LakeStore): ParquetFiles {
  return {
    write: (path, columns, rows) =>
      withLocalFile(async (file) => {
        await writeParquet(file, columns, rows);
        await lake.upload(path, file);
      }),
    read: (path, columns) =>
      withLocalFile(async (file) => {
        await lake.download(path, file);
        return readParquet(file, columns);
      }),
  };
}

/** All Delta tables of the lake, by name. */
export function openTables(lake: LakeStore, deps: DeltaDeps): Map<string, DeltaTable> {
  return new Map(
    lakeTables.map((schema) => [schema.name, DeltaTable.open(lake, tablePath(schema.name), schema, deps)]),
  );
}

/** Versions of the tables that hold decisions: another text whenever one is stored. */
export async function decisionsVersion(tables: ReadonlyMap<string, DeltaTable>): Promise<string> {
  const snapshots = await Promise.all(['results', 'feedback'].map((name) => tables.get(name)?.snapshot()));
  return snapshots.map((snapshot) => snapshot?.version ?? 'none').join('/');
}

/** The pipeline's view of the tables. */
export function runTables(tables: ReadonlyMap<string, DeltaTable>): Tables {
  const feedback = new FeedbackRows(tables);
  const table = (name: string): DeltaTable => {
    const found = tables.get(name);
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  };
  return {
    async stageResults(rows) {
      const results = table('results');
      const [staged, ...more] = await results.stage(rows);
      if (staged === undefined || more.length > 0) throw new Error('a batch has one run date, so one part file');
      return { path: `${results.path}/${decodeURIComponent(staged.add.path)}`, add: staged.add };
    },
    async commitResults(runId, parts) {
      const files = parts.map(({ add }) => ({ add: add as AddFile })); // made by stageResults
      await table('results').append({ files }, { appId: runId, appVersion: 0 });
    },
    readResults: (runId, batchId, columns) =>
      table('results').scan({
        columns,
        where: [
          { column: 'run_id', op: '=', value: runId },
          { column: 'batch_id', op: '=', value: batchId },
        ],
      }),
    readFeedback: () => feedback.read(),
    async append(name, { runId, attempt }, rows: readonly Row[]) {
      await table(name).append(rows, { appId: runId, appVersion: attempt });
    },
  };
}

/** The rows of table `feedback`, kept in memory: each look reads only files that are new, all of them after a compaction or an erasure. */
class FeedbackRows {
  readonly #tables: ReadonlyMap<string, DeltaTable>;
  #files: ReadonlySet<string> = new Set();
  #rows: readonly Row[] = [];
  #reading: Promise<readonly Row[]> | undefined;

  constructor(tables: ReadonlyMap<string, DeltaTable>) {
    this.#tables = tables;
  }

  /** Everything decided before the call; looks at the same time share one that begins after them. */
  async read(): Promise<readonly Row[]> {
    await this.#reading?.catch(() => undefined); // it may have begun before a decision that we must see; whoever asked for it is told
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    return await this.#reading;
  }

  async #refresh(): Promise<readonly Row[]> {
    const table = this.#tables.get('feedback');
    const snapshot = await table?.snapshot();
    if (table === undefined || snapshot === undefined) return this.#rows;
    const live = [...snapshot.files.values()];
    const isGrown = [...this.#files].every((path) => snapshot.files.has(path));
    const wanted = isGrown ? live.filter(({ path }) => !this.#files.has(path)) : live;
    if (isGrown && wanted.length === 0) return this.#rows;
    // Tables of earlier versions lack the columns that say what was decided about.
    const columns = PEOPLE_COLUMNS.filter((name) => snapshot.columns.some((column) => column.name === name));
    const fresh = await this.#complete(await readFiles(table, snapshot, wanted, { columns }));
    this.#rows = isGrown ? [...this.#rows, ...fresh] : fresh;
    this.#files = new Set(snapshot.files.keys());
    return this.#rows;
  }

  /** Rows of earlier versions do not say which content was decided about; the rows of `results` that they became do. */
  async #complete(rows: readonly Row[]): Promise<Row[]> {
    const isOpen = (row: Row) => typeof row.content_sha256 !== 'string' && typeof row.source_etag !== 'string';
    const runs = [
      ...new Set(rows.filter(isOpen).flatMap(({ run_id }) => (typeof run_id === 'string' ? [run_id] : []))),
    ];
    if (runs.length === 0) return [...rows];
    const decided = await this.#tables.get('results')?.scan({
      columns: ['document_id', 'run_id', 'content_sha256', 'source_etag'],
      where: [
        { column: 'decided_by', op: '=', value: 'human' },
        { column: 'run_id', op: 'in', values: runs },
      ],
    });
    const byPlace = new Map((decided ?? []).map((row) => [`${row.run_id} ${row.document_id}`, row]));
    return rows.map((row) => {
      const found = isOpen(row) ? byPlace.get(`${row.run_id} ${row.document_id}`) : undefined;
      return found === undefined
        ? row
        : { ...row, content_sha256: found.content_sha256 ?? null, source_etag: found.source_etag ?? null };
    });
  }
}
