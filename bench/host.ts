// Benchmark of the local host: start-up, overhead per activity over 10,000 no-op activities in sub-orchestrations, peak memory.
// Method: the app's only activity notes the time of its start. Activities start in groups of up to CONCURRENCY, so the overhead of one
// (history, transaction, replay, dispatch) is the time in which CONCURRENCY of them start, divided by CONCURRENCY.
// `chain` is the latency of one activity after the other.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const ACTIVITIES = 10_000;
const PER_SUB_ORCHESTRATION = 500;
const CHAIN_LENGTH = 200;
const STARTS = 5;
const CONCURRENCY = 20;

const APP = `
import { app } from '@azure/functions';
import * as df from 'durable-functions';
const times = [];
df.app.activity('noop', { handler: () => { times.push(performance.now()); return 1; } });
df.app.orchestration('fan', function* (context) {
  const tasks = Array.from({ length: context.df.getInput() }, (_, i) => context.df.callActivity('noop', { i }));
  return (yield context.df.Task.all(tasks)).length;
});
df.app.orchestration('all', function* (context) {
  const { activities, size } = context.df.getInput();
  const children = Array.from({ length: activities / size }, () => context.df.callSubOrchestrator('fan', size));
  return (yield context.df.Task.all(children)).reduce((a, b) => a + b, 0);
});
df.app.orchestration('chain', function* (context) {
  for (let i = 0; i < context.df.getInput(); i++) yield context.df.callActivity('noop', { i });
});
app.http('take', { handler: () => ({ jsonBody: { times: times.splice(0), peakRssMb: process.resourceUsage().maxRSS / 1024 } }) });
`;

interface RunningHost {
  child: ChildProcess;
  url: string;
  startMs: number;
}

/** Measure and print; `json` prints one JSON document on stdout. */
export async function run(options: { json: boolean; args: string[] }): Promise<void> {
  const root = resolve('.local');
  mkdirSync(root, { recursive: true });
  const folder = mkdtempSync(join(root, 'bench-host-')); // inside the project: the app finds node_modules
  try {
    mkdirSync(join(folder, 'functions'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module","main":"functions/*.js"}');
    writeFileSync(
      join(folder, 'host.json'),
      `{"version":"2.0","extensions":{"durableTask":{"maxConcurrentActivityFunctions":${CONCURRENCY}}}}`,
    );
    writeFileSync(join(folder, 'functions', 'app.js'), APP);
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i++) {
      const host = await startHost(folder, `start-${i}.sqlite`);
      starts.push(host.startMs);
      await end(host);
    }
    const host = await startHost(folder, 'run.sqlite');
    await complete(host, 'chain', CHAIN_LENGTH);
    const chain = intervals((await take(host)).times, 1);
    const begun = performance.now();
    await complete(host, 'all', { activities: ACTIVITIES, size: PER_SUB_ORCHESTRATION });
    const totalMs = performance.now() - begun;
    const { times, peakRssMb } = await take(host);
    await end(host);
    if (times.length !== ACTIVITIES) throw new Error(`${times.length} activities ran, ${ACTIVITIES} expected.`);
    const overhead = intervals(times, CONCURRENCY);
    const result = {
      benchmark: 'host',
      node: process.version,
      startMs: { median: round(quantile(starts, 0.5)), max: round(Math.max(...starts)) },
      activities: ACTIVITIES,
      perSubOrchestration: PER_SUB_ORCHESTRATION,
      totalSeconds: round(totalMs / 1000),
      overheadPerActivityMs: {
        mean: round(totalMs / ACTIVITIES),
        median: round(quantile(overhead, 0.5)),
        p99: round(quantile(overhead, 0.99)),
      },
      chainMsPerActivity: { median: round(quantile(chain, 0.5)), p99: round(quantile(chain, 0.99)) },
      peakRssMb: Math.round(peakRssMb),
    };
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startHost(appDir: string, hub: string): Promise<RunningHost> {
  const entry = join(import.meta.dirname, `../local/host/main${extname(import.meta.filename)}`);
  const begun = performance.now();
  const flags = ['--app-dir', appDir, '--port', '0', '--hub', join(appDir, hub)];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const line = await new Promise<string>((fulfil, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) fulfil(text);
    });
    child.once('exit', (code) => reject(new Error(`The host ended with code ${code}: ${text}`)));
  });
  const ready = JSON.parse(line) as { ready: boolean; port: number; error?: string }; // `as`: the ready line of main.ts
  if (!ready.ready) throw new Error(ready.error);
  return { child, url: `http://127.0.0.1:${ready.port}`, startMs: performance.now() - begun };
}

async function complete(host: RunningHost, name: string, input: unknown): Promise<void> {
  const base = `${host.url}/runtime/webhooks/durabletask`;
  const started = await fetch(`${base}/orchestrators/${name}`, { method: 'POST', body: JSON.stringify(input) });
  const { id } = (await started.json()) as { id: string }; // `as`: the management API's answer
  for (;;) {
    const status = (await (await fetch(`${base}/instances/${id}`)).json()) as { runtimeStatus: string }; // `as`: likewise
    if (status.runtimeStatus === 'Completed') return;
    if (status.runtimeStatus === 'Failed') throw new Error(`${name} failed`);
    await setTimeout(50);
  }
}

async function take(host: RunningHost): Promise<{ times: number[]; peakRssMb: number }> {
  return (await (await fetch(`${host.url}/api/take`)).json()) as { times: number[]; peakRssMb: number }; // `as`: the app above
}

function end(host: RunningHost): Promise<void> {
  return new Promise((fulfil) => {
    host.child.once('exit', () => fulfil());
    host.child.kill('SIGTERM');
  });
}

/** Milliseconds per activity between each start and the start `span` places later. */
function intervals(times: readonly number[], span: number): number[] {
  return times.slice(span).map((time, i) => (time - (times[i] ?? time)) / span);
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
