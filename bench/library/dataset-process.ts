// A process that is the host of one run over a data set, by the code of one build: plan, each batch, commit. It says what that cost.
import { subscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { createApp } from '../../shared/compose.ts';
import type { loadConfig } from '../../shared/config.ts';
import type { batchId } from '../../shared/ids.ts';
import type { activityHandlers } from '../../shared/pipeline/activities.ts';
import type { createRun } from '../../shared/pipeline/start-run.ts';

export interface DatasetOrder {
  checkout: string;
  connectionString: string;
  /** Of the data set in container imports. */
  path: string;
}

export interface DatasetAnswer {
  documents: number;
  batches: number;
  cpuMs: number;
  /** HTTP, to the lake and its state. */
  requests: number;
  peakRssMb: number;
}

type Handlers = ReturnType<typeof activityHandlers>;
/** What earlier builds had in place of workBatch. */
const STEPS = ['extractBatch', 'featurizeBatch', 'scoreBatch', 'classifyBatch', 'decideBatch'] as const;

process.once('message', async ({ checkout, connectionString, path }: DatasetOrder) => {
  const load = (name: string) => import(pathToFileURL(join(checkout, 'dist/shared', name)).href);
  // `as`: other builds of the same modules; until b455fe6 app.js put everything together.
  const composed = (await load('compose.js').catch(() => load('app.js'))) as { createApp: typeof createApp };
  const configs = (await load('config.js')) as { loadConfig: typeof loadConfig };
  const ids = (await load('ids.js')) as { batchId: typeof batchId };
  const activities = (await load('pipeline/activities.js')) as { activityHandlers: typeof activityHandlers };
  const starts = (await load('pipeline/start-run.js').catch(() => load('pipeline/start.js'))) as {
    createRun: typeof createRun;
  };
  const app = composed.createApp(configs.loadConfig({ LAKE: connectionString, LOG_LEVEL: 'error' }));
  await app.ensureContainers();
  let requests = 0;
  subscribe('http.client.request.start', () => {
    requests += 1;
  });
  const begun = process.cpuUsage();
  const { runId } = await starts.createRun(app.services, {
    source: { kind: 'dataset', container: 'imports', path, textColumn: 'text' },
    llm: false,
  });
  const handlers = activities.activityHandlers(async () => app.services);
  const done = async (name: keyof Handlers, input: object): Promise<unknown> => {
    const answer = (await handlers[name]({ runId, attempt: 0, ...input })) as { kind: string; outcome?: unknown };
    if (answer.kind !== 'done') throw new Error(`bench: ${name} waits`);
    return answer.outcome;
  };
  const { batches } = (await done('planRun', {})) as { batches: number };
  for (let i = 0; i < batches; i++)
    for (const name of 'workBatch' in handlers ? (['workBatch'] as const) : STEPS)
      await done(name, { batchId: ids.batchId(i), phase: 'all' });
  await done('commitRun', {});
  const { user, system } = process.cpuUsage(begun);
  const spent = requests;
  const peakKb = process.resourceUsage().maxRSS; // the question below goes over all runs of the lake
  const counted = await app.query(`SELECT count(*) AS n FROM results WHERE run_id = '${runId}'`);
  const answer: DatasetAnswer = {
    documents: Number(counted.rows[0]?.n),
    batches,
    cpuMs: Math.round((user + system) / 1000),
    requests: spent,
    peakRssMb: Math.round(peakKb / 1024),
  };
  process.send?.(answer, () => process.exit(0));
});
