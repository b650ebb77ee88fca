// Compact and clean the Delta tables of an environment by hand: merge small files, checkpoint, forget old log entries and files.
// Changes no row and may run beside the app (shared/lake/delta/maintenance.ts).
import { DefaultAzureCredential } from '@azure/identity';
import { type MaintenanceReport, maintain } from '../../shared/lake/delta/maintenance.ts';
import { DeltaTable } from '../../shared/lake/delta/table.ts';
import { openLakeStore } from '../../shared/lake/store.ts';
import { lakeTables } from '../../shared/lake/tables.ts';
import { tablePath } from '../../shared/paths.ts';
import { type LakeStore, seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { type HookDeps, runAsProgram } from './cli.ts';

/** Maintain every table; tables that do not exist yet are passed over. */
export async function maintainTables(store: LakeStore): Promise<MaintenanceReport[]> {
  const reports: MaintenanceReport[] = [];
  for (const schema of lakeTables) {
    const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger };
    const report = await maintain(DeltaTable.open(store, tablePath(schema.name), schema, deps));
    if (report !== undefined) reports.push(report);
  }
  return reports;
}

async function main({ env, say }: HookDeps): Promise<number> {
  const {
    LAKE_DFS_ENDPOINT: dfsUrl = '',
    LAKE__blobServiceUri: blobUrl = '',
    SLUICE_LAKE_CONTAINER: container = '',
  } = env;
  if (dfsUrl === '' || blobUrl === '' || container === '')
    throw new Error('the lake is not in the environment. Run: set -a; eval "$(azd env get-values)"; set +a');
  const store = openLakeStore(
    { kind: 'identity', dfsUrl, blobUrl, credential: new DefaultAzureCredential() },
    container,
  );
  for (const { table, merged, into, filesDeleted, logEntriesDeleted } of await maintainTables(store))
    say(
      `${table}: ${merged} files merged into ${into}, ${filesDeleted} old files and ${logEntriesDeleted} log entries removed`,
    );
  return 0;
}

runAsProgram(import.meta.url, main);
