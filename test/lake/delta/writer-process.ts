// One of several processes that append to the same table: node writer-process.ts <connection string> <container> <writer> <commits>
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeltaTable } from '../../../shared/lake/delta/table.ts';
import { FileCache } from '../../../shared/lake/file-cache.ts';
import { openLakeStore } from '../../../shared/lake/store.ts';
import { runsTable } from '../../../shared/lake/tables.ts';
import { seededRandom, silentLogger, systemClock } from '../../../shared/ports.ts';

const [connectionString = '', container = '', writer = '', commits = ''] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'sluice-writer-'));
const store = openLakeStore({ kind: 'connection-string', connectionString }, container);
const table = DeltaTable.open(store, 'tables/runs', runsTable, {
  clock: systemClock,
  random: seededRandom(Number(writer)),
  logger: silentLogger,
  cache: new FileCache(folder),
});
for (let index = 0; index < Number(commits); index++) {
  const runId = `w${writer}-${index}`;
  const row = { run_id: runId, documents: index, run_date: '2026-11-23' };
  await table.append([row], { appId: runId, appVersion: 0 });
  // Every third one is delivered twice.
  if (index % 3 === 0) await table.append([row], { appId: runId, appVersion: 0 });
}
await rm(folder, { recursive: true, force: true });
