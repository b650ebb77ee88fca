import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compact } from '../../../shared/lake/delta/maintenance.ts';
import { LakeQueries } from '../../../shared/lake/query.ts';
import { runsTable } from '../../../shared/lake/tables.ts';
import { systemClock } from '../../../shared/ports.ts';
import { type EmulatedLake, startEmulatedLake } from '../emulated-lake.ts';

const WRITERS = 8;
const COMMITS = 50;

let lake: EmulatedLake;
beforeAll(async () => {
  lake = await startEmulatedLake();
});
afterAll(() => lake.close());

test('writers: eight processes with 50 commits each lose and double nothing, beside a compactor', {
  timeout: 300_000,
}, async () => {
  const store = await lake.newStore();
  const table = lake.table(store, runsTable, systemClock);
  const script = join(import.meta.dirname, 'writer-process.ts');
  const children = Array.from({ length: WRITERS }, (_, writer) => {
    const args = [script, lake.connection.connectionString, store.container, String(writer), String(COMMITS)];
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  });
  let running = WRITERS;
  const exits = Promise.all(
    children.map(async (child) => {
      const [code] = (await once(child, 'exit')) as [number | null];
      running--;
      return code;
    }),
  );
  let compactions = 0;
  while (running > 0) {
    compactions += (await compact(table)).into;
    await Promise.race([exits, systemClock.sleep(3000)]);
  }
  expect(await exits).toEqual(Array(WRITERS).fill(0));

  const queries = new LakeQueries([table]);
  const { rows } = await queries.query('SELECT run_id FROM runs');
  queries.close();
  const expected = Array.from({ length: WRITERS }, (_, writer) =>
    Array.from({ length: COMMITS }, (_, index) => `w${writer}-${index}`),
  ).flat();
  expect(rows.map((row) => row.run_id).sort()).toEqual(expected.sort());

  const { commits } = await table.log.versions();
  expect(commits.map((entry) => entry.version)).toEqual(commits.map((_, index) => index));
  expect(commits.length).toBe(1 + WRITERS * COMMITS + compactions);
  expect(compactions).toBeGreaterThan(0);
});
