// Whatever record of the lake is damaged, others are listed, watched, swept and decided: one case for each kind of file that runs leave.
import { expect, test } from 'vitest';
import { runRequestSchema } from '../../shared/api/runs.ts';
import { codeOf } from '../../shared/errors.ts';
import { batchId, documentId } from '../../shared/ids.ts';
import { ProgressReader } from '../../shared/insight/progress.ts';
import { reconcileUploads } from '../../shared/intake/reconcile.ts';
import { takeInUpload } from '../../shared/intake/uploads.ts';
import { runPaths } from '../../shared/paths.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { commitRun } from '../../shared/pipeline/commit-run.ts';
import { decideBatch } from '../../shared/pipeline/decide-batch.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { runTables } from '../../shared/pipeline/lake-files.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { Watchdog } from '../../shared/upkeep/watchdog.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables } from '../fakes/tables.ts';

test('a damaged record of any kind holds up neither lists, watchdog, sweep nor another run; only the taxonomy is needed by all', async () => {
  const { services, lake: files, imports } = await fakeWorld();
  let now = Date.UTC(2026, 10, 23);
  const clock = { now: () => now++, sleep: async () => {} };
  const store = openTestTables(files, clock);
  const world = { ...services, clock, tables: runTables(store.tables) };
  const lake = { services: world, query: store.query, tables: store.tables };
  const started: string[] = [];
  const runs = { start: async ({ runId }: { runId: string }) => void started.push(runId) };
  const finish = async (runId: string) => {
    await planRun(world, runId);
    for (const step of [extractBatch, featurizeBatch, scoreBatch, classifyBatch, decideBatch])
      await step(world, { runId, batchId: batchId(0) });
    await commitRun(world, runId);
  };
  let requests = 0;
  const run = async (prefix: string) => {
    const source = { kind: 'prefix', container: 'imports', prefix };
    const { runId } = await createRun(world, runRequestSchema.parse({ source, requestId: `r${requests++}` }));
    await finish(runId);
    return runId;
  };
  for (const [name, text] of [
    ['in/0.txt', 'hard 0'],
    ['in/1.txt', 'ask 0.6'],
    ['other/x.txt', 'ask 0.7'],
  ] as const)
    await imports.write(name, text);
  await run('in');
  await giveFeedback(lake, { documentId: documentId('imports', 'in/0.txt', ''), label: 'VAT' }, 'ann');
  await world.sources.landing.write('u.txt', 'hard u');
  await takeInUpload(world, runs, 'u.txt');
  await finish(String(started[0]));

  const kindOf = (path: string) => path.replace(/[0-9a-f]{8,}|b\d{5}|\d{8}T\d+Z?-\d+s|-[0-9a-f]{4}(?=-)/g, '#');
  const kinds = new Map(
    files
      .paths()
      .filter((path) => !path.startsWith('tables/'))
      .map((path) => [kindOf(path), path]),
  );
  expect(kinds.size).toBeGreaterThan(30);
  const broken: [string, string][] = [];
  for (const path of kinds.values()) {
    const bytes = await files.read(path);
    await files.write(path, '');
    now += 3_600_000; // kept answers of before are old
    await new ProgressReader(world).list(50);
    await new Watchdog(world).watch(runs);
    await reconcileUploads(lake, runs);
    try {
      expect(await files.stat(runPaths.summary(await run('other')))).toBeDefined();
    } catch (error) {
      broken.push([path.replace(/-[0-9a-f]{8}\./, '-#.'), codeOf(error)]);
    }
    await files.write(path, bytes);
  }
  expect(broken).toEqual([
    ['taxonomies/current.json', 'lake.corrupt-record'],
    ['taxonomies/t-#.json', 'lake.corrupt-record'],
  ]);
  store.close();
});
