// The pipeline's file ports on the lake: Parquet through local temporary files, results and ledger as Delta tables.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddFile } from '../lake/delta/actions.ts';
import { type DeltaDeps, DeltaTable } from '../lake/delta/table.ts';
import { readParquet, writeParquet } from '../lake/parquet.ts';
import { lakeTables, type Row } from '../lake/tables.ts';
import { tablePath } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import type { ParquetFiles, Tables } from './services.ts';

const withLocalFile = async <T>(work: (file: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-parquet-'));
  try {
    return await work(join(folder, 'file.parquet'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
    async append(name, { runId, attempt }, rows: readonly Row[]) {
      await table(name).append(rows, { appId: runId, appVersion: attempt });
    },
  };
}
