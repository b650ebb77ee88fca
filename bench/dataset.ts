// Benchmark of the host over a data set: planning, batches and the commit of short texts, all in one process against real storage in another. CPU of that
// process and of its readers for each document, and its HTTP requests for each batch: what Azure bills for.
// `npm run bench dataset -- [--json] [--rows 2000,12000] [--against <built checkout>]`; each build makes its lake and model by its own `start`.
// Method: a new process for each size, no language model; the cost of a document is the slope between the smallest and the largest size.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startAzurite } from '../local/emulators/azurite.ts';
import { startDfs } from '../local/emulators/dfs.ts';
import { openLakeStore } from '../shared/lake/store.ts';
import type { DatasetAnswer, DatasetOrder } from './library/dataset-process.ts';

interface Side {
  checkout: string;
  runs: DatasetAnswer[];
  /** Of the host's process; 0.25 is wanted. */
  cpuMsPerDocument: number;
  /** Of the processes that read the texts for it. */
  readersCpuMsPerDocument: number;
  /** 20 are wanted. */
  requestsPerBatch: number;
}

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rows: { type: 'string', default: '2000,12000' }, against: { type: 'string' } },
  });
  const sizes = values.rows.split(',').map(Number);
  const here = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../..' : '..', import.meta.url));
  const sides: Side[] = [];
  for (const checkout of [here, ...(values.against === undefined ? [] : [resolve(values.against)])])
    sides.push(await measure(checkout, sizes, here));
  const result = { benchmark: 'dataset', node: process.version, sides };
  process.stdout.write(`${JSON.stringify(result, null, json ? undefined : 2)}\n`);
}

async function measure(checkout: string, sizes: readonly number[], here: string): Promise<Side> {
  const data = mkdtempSync(join(tmpdir(), 'sluice-bench-dataset-'));
  try {
    const start = ['dist/cli/sluice.js', 'start', '--once', '--no-llm', '--json', '--port', '0', '--data', data];
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...start], {
      cwd: checkout,
      stdio: 'ignore',
    });
    const azurite = await startAzurite({ folder: join(data, 'azurite'), ports: { blob: 0, queue: 0, table: 0 } });
    const dfs = await startDfs(azurite);
    try {
      const runs: DatasetAnswer[] = [];
      for (const rows of sizes) {
        const imports = openLakeStore({ kind: 'connection-string', connectionString: dfs.connectionString }, 'imports');
        await imports.ensureContainer();
        await imports.write(`bench/rows-${rows}.jsonl`, dataSet(rows, join(here, 'samples/training.jsonl')));
        runs.push(
          await ordered({ checkout, connectionString: dfs.connectionString, path: `bench/rows-${rows}.jsonl` }),
        );
      }
      const [least, most] = [runs[0]!, runs.at(-1)!]; // --rows names at least one
      const per = (more: number, of: number) => Math.round((1000 * more) / Math.max(1, of)) / 1000;
      return {
        checkout: checkout === here ? 'this' : 'other',
        runs,
        cpuMsPerDocument: per(most.cpuMs - least.cpuMs, most.documents - least.documents),
        readersCpuMsPerDocument: per(
          (most.readersCpuMs ?? 0) - (least.readersCpuMs ?? 0),
          most.documents - least.documents,
        ),
        requestsPerBatch: per(most.requests - least.requests, most.batches - least.batches),
      };
    } finally {
      await dfs.close();
      await azurite.close();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** Texts of the samples, each with a number of its own. */
function dataSet(rows: number, training: string): string {
  const texts = readFileSync(training, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text); // our own samples
  const lines = Array.from({ length: rows }, (_, i) =>
    JSON.stringify({ text: `${texts[i % texts.length]} Reference ${i} of ${rows}.` }),
  );
  return `${lines.join('\n')}\n`;
}

async function ordered(order: DatasetOrder): Promise<DatasetAnswer> {
  const child = fork(join(import.meta.dirname, `library/dataset-process${extname(import.meta.filename)}`));
  const exited = once(child, 'exit');
  child.send(order);
  const [answer] = (await Promise.race([once(child, 'message'), exited.then(() => [])])) as [DatasetAnswer?]; // our own process
  await exited;
  if (answer === undefined) throw new Error(`bench: no data set was worked on by ${order.checkout}`);
  return answer;
}
