// A process that is the host of one run over a data set, by the code of one build: plan, each batch, commit. It says what that cost.
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync } from 'node:fs';
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
  /** Of the processes that read documents, their start included; null where the system does not tell. */
  readersCpuMs: number | null;
  /** HTTP, to the lake and its state. */
  requests: number;
  peakRssMb: number;
}

const MS_PER_TICK = 10; // of Linux

/** CPU of the processes that this one has started. */
function cpuOfChildren(): number | null {
  const listed = `/proc/self/task/${process.pid}/children`;
  if (!existsSync(listed)) return null;
  // from the third field on: state, parent, … own time in the 14th and 15th, that of children which have ended in the two after them
  const timesOf = (pid: string) => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  };
  const sumOf = (times: readonly number[], from: number) => (times[from] ?? 0) + (times[from + 1] ?? 0);
  const living = readFileSync(listed, 'utf8').split(' ').filter(Boolean);
  const ticks = living.reduce((sum, pid) => sum + sumOf(timesOf(pid), 11), sumOf(timesOf('self'), 13));
  return ticks * MS_PER_TICK;
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
  const readersCpuMs = cpuOfChildren();
  const spent = requests;
  const peakKb = process.resourceUsage().maxRSS; // the question below goes over all runs of the lake
  const counted = await app.query(`SELECT count(*) AS n FROM results WHERE run_id = '${runId}'`);
  const answer: DatasetAnswer = {
    documents: Number(counted.rows[0]?.n),
    batches,
    cpuMs: Math.round((user + system) / 1000),
    readersCpuMs,
    requests: spent,
    peakRssMb: Math.round(peakKb / 1024),
  };
  process.send?.(answer, () => process.exit(0));
});
