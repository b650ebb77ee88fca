// Benchmark of redaction: MB/s over ledgers and lists, and how long it keeps the event loop, in a run over ten tables of 8 MB.
// `npm run bench redact -- [--json] [--megabytes 8] [--tables 10] [--region DE] [--against <built checkout>]`; with the last the redaction of both
// builds is measured in turns (an older one may need minutes for 8 MB: --megabytes 0.8 --tables 1).
// MB/s are of processor time (user and system): cores that other work keeps busy do not count. One round warms up, the best of three counts.
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { inspectConfig } from '../shared/config.ts';
import { redact } from '../shared/documents/redact.ts';
import { shownText } from '../shared/pipeline/ask-documents.ts';

const ROUNDS = 3;

/** Tables as exports make them; `people` has an identifier of three kinds in every row, a ledger in every 50th. */
const TABLES = {
  ledger: (bytes: number) => table(bytes, (i) => (i % 50 === 0 ? payment(i) : booking(i))),
  'digit groups': (bytes: number) => table(bytes, (i) => `${1000 + (i % 9000)} ${1000 + ((i * 7) % 9000)} `),
  people: (bytes: number) => table(bytes, payment),
};

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      megabytes: { type: 'string', default: '8' },
      tables: { type: 'string', default: '10' },
      region: { type: 'string', default: 'DE' },
      against: { type: 'string' },
    },
  });
  const bytes = Number(values.megabytes) * 1e6;
  const before = values.against === undefined ? undefined : await redactOf(values.against);
  const throughput: Record<string, number> = {};
  const throughputBefore: Record<string, number> = {};
  for (const [name, make] of Object.entries(TABLES)) {
    const text = make(name === 'ledger' ? bytes : bytes / 8);
    if (before !== undefined) throughputBefore[name] = await mbPerSecond(before, text, values.region);
    throughput[name] = await mbPerSecond(redact, text, values.region);
  }
  const count = Number(values.tables);
  const texts = Array.from({ length: count }, () => TABLES.ledger(bytes));
  const { config } = inspectConfig({ LAKE: 'UseDevelopmentStorage=true', REDACT_REGION: values.region });
  if (config === undefined) throw new Error('the settings of the benchmark are wrong');
  const all = (redactText: Redact) =>
    stall(async () => {
      for (const text of texts) await redactText(text, { region: values.region });
    });
  const wholeBefore = before === undefined ? undefined : await all(before);
  const whole = await all(redact);
  const shown = await stall(async () => {
    for (const text of texts) await shownText(config, text);
  });
  const result = {
    megabytes: bytes / 1e6,
    tables: count,
    mbPerCpuSecond: throughput,
    whole,
    shown,
    ...(before === undefined ? {} : { before: { mbPerCpuSecond: throughputBefore, whole: wholeBefore } }),
  };
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    for (const [name, rate] of Object.entries(throughput))
      process.stdout.write(
        `${name.padEnd(16)}${rate} MB/s${before === undefined ? '' : `, before ${throughputBefore[name]}`}\n`,
      );
    process.stdout.write(
      `${count} tables, all of them redacted   longest stall ${whole.longestStallMs} ms, ${whole.cpuSeconds} s of processor time${wholeBefore === undefined ? '' : `, before ${wholeBefore.longestStallMs} ms, ${wholeBefore.cpuSeconds} s`}\n` +
        `${count} tables, as a run shows them    longest stall ${shown.longestStallMs} ms, ${shown.cpuSeconds} s of processor time\n`,
    );
  }
}

type Redact = (text: string, options: { region: string }) => Promise<unknown>;

async function redactOf(app: string): Promise<Redact> {
  const module = pathToFileURL(join(resolve(app), 'dist/shared/documents/redact.js')).href;
  return ((await import(module)) as { redact: Redact }).redact; // `as`: another build of the same module
}

async function mbPerSecond(redactText: Redact, text: string, region: string): Promise<number> {
  await redactText(text, { region });
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await redactText(text, { region });
    best = Math.min(best, cpuSeconds(before));
  }
  return Math.round(text.length / 1e5 / best) / 10;
}

interface Stall {
  longestStallMs: number;
  cpuSeconds: number;
  seconds: number;
}

async function stall(work: () => Promise<void>): Promise<Stall> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  await setTimeout(100); // what came before is over
  delay.enable();
  await setTimeout(20);
  const before = process.cpuUsage();
  const began = performance.now();
  await work();
  await setTimeout(20); // the last turn is measured too
  delay.disable();
  return {
    longestStallMs: Math.round(delay.max / 1e6),
    cpuSeconds: Math.round(cpuSeconds(before) * 100) / 100,
    seconds: Math.round((performance.now() - began) / 10) / 100,
  };
}

function cpuSeconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function table(bytes: number, row: (i: number) => string): string {
  const rows: string[] = [];
  let length = 0;
  for (let i = 0; length < bytes; i++) {
    const made = row(i);
    rows.push(made);
    length += made.length;
  }
  return rows.join('');
}

const day = (i: number) => `${two((i % 28) + 1)}.${two((i % 12) + 1)}.2024`;
const two = (n: number) => String(n).padStart(2, '0');
const amount = (i: number) => `${((i * 37) % 900) + 1}.${String((i * 7) % 1000).padStart(3, '0')},${two(i % 100)}`;
const booking = (i: number) =>
  `${day(i)};${4400 + (i % 600)};${String(1200 + (i % 90)).padStart(6, '0')};${amount(i)};EUR;Invoice ${2024100000 + i} of 2024-${two((i % 12) + 1)}-${two((i % 28) + 1)};Supplier GmbH ${i % 50};RE-${100000 + i}\n`;
const payment = (i: number) =>
  `${day(i)};4400;1200;${amount(i)};EUR;Payment to DE89 3704 0044 0532 0130 00;mail a${i}@example.com;call +49 30 123456\n`;
