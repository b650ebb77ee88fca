// Measures the cold start of the deployed package in the real Node worker: `npm run cold-start -- [--app dist/package] [--node <node>]* [--repeats 5]`.
// Two ways, as Azure has both. `plain`: from the start of the process to the answer with all functions. `placeholder`: the worker has started and waits
// with an empty folder; from the reload of the environment to that answer. Ways, apps and Nodes take turns, so that a busy minute hits all alike.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LOADABLE_ENV } from '../../bench/startup.ts';
import { WORKER, WorkerHost } from './worker-host.ts';

const { values } = parseArgs({
  options: {
    app: { type: 'string', multiple: true, default: ['dist/package'] },
    node: { type: 'string', multiple: true, default: [process.execPath] },
    repeats: { type: 'string', default: '5' },
  },
});
if (WORKER === undefined) throw new Error('FUNCTIONS_WORKER names no worker: see test/real-worker/worker-host.ts');
const worker = resolve(WORKER);
const empty = mkdtempSync(join(tmpdir(), 'sluice-placeholder-'));

interface Start {
  wallMs: number;
  cpuMs: number;
  functions: number;
}

async function plain(node: string, app: string): Promise<Start> {
  const began = performance.now();
  const host = await WorkerHost.start(worker, { node, env: LOADABLE_ENV });
  try {
    await host.init(app);
    const functions = await host.index(app);
    return { wallMs: performance.now() - began, cpuMs: host.cpuMs(), functions: functions.length };
  } finally {
    await host.stop();
  }
}

async function placeholder(node: string, app: string): Promise<Start> {
  const host = await WorkerHost.start(worker, { node });
  try {
    await host.init(empty);
    const [began, cpuBefore] = [performance.now(), host.cpuMs()];
    await host.reload(app, { PATH: process.env.PATH ?? '', ...LOADABLE_ENV });
    const functions = await host.index(app);
    return { wallMs: performance.now() - began, cpuMs: host.cpuMs() - cpuBefore, functions: functions.length };
  } finally {
    await host.stop();
  }
}

const median = (numbers: readonly number[]): number =>
  Math.round([...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN);

const series = values.node.flatMap((node) =>
  values.app.flatMap((app) =>
    [plain, placeholder].map((way) => ({ node, app: resolve(app), way, starts: [] as Start[] })),
  ),
);
try {
  for (let round = 0; round <= Number(values.repeats); round++)
    for (const { node, app, way, starts } of series) {
      const start = await way(node, app);
      if (round > 0) starts.push(start); // the first fills the file cache
    }
  for (const { node, app, way, starts } of series) {
    const walls = starts.map(({ wallMs }) => wallMs);
    const report = {
      node,
      app,
      way: way.name,
      functions: starts[0]?.functions,
      wallMs: median(walls),
      fastestMs: Math.round(Math.min(...walls)),
      cpuMs: median(starts.map(({ cpuMs }) => cpuMs)),
    };
    console.log(JSON.stringify(report));
  }
} finally {
  rmSync(empty, { recursive: true });
}
