// Result rows that are made already → data files of a table, CPU and wall per call: `npm run bench rows -- [--json] [--rows 1,250,1000,16000]
// [--appended 100000] [--rounds 12] [--against <built checkout>]`. Those of --rows become one file as a batch of a run does, those of --appended a file
// per 16,384 rows. With --against both builds take turns in this process. Nothing is uploaded.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { stageRows } from '../shared/lake/delta/stage.ts';
import { resultsTable } from '../shared/lake/tables.ts';
import { resultRows } from './library/result-rows.ts';

interface RowsCost {
  rows: number;
  isAppend: boolean;
  /** CPU, medians of a call. */
  ms: number;
  beforeMs?: number;
  /** Of the sums of all rounds but the first. */
  ratio?: number;
  /** Least of the rounds: on busy cores the others say how busy they were. */
  wallMs: number;
  beforeWallMs?: number;
}

interface Times {
  cpuMs: number[];
  wallMs: number[];
}

type Stage = typeof stageRows;

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '1,250,1000,16000' },
      appended: { type: 'string', default: '' },
      rounds: { type: 'string', default: '12' },
      against: { type: 'string' },
    },
  });
  const before = values.against === undefined ? undefined : await stageOf(resolve(values.against));
  const found: RowsCost[] = [];
  const numbers = (list: string) => list.split(',').filter(Boolean).map(Number);
  for (const rows of numbers(values.rows)) found.push(await costOf(rows, false, Number(values.rounds), before));
  for (const rows of numbers(values.appended)) found.push(await costOf(rows, true, Number(values.rounds), before));
  if (json) process.stdout.write(`${JSON.stringify({ bench: 'rows', found })}\n`);
  else
    for (const { rows, isAppend, ms, beforeMs, ratio, wallMs, beforeWallMs } of found) {
      const compared = beforeMs === undefined ? '' : `  before ${beforeMs} ms: ratio ${ratio}`;
      const wall = `  wall ${wallMs} ms${beforeWallMs === undefined ? '' : `  before ${beforeWallMs} ms`}`;
      const what = `${String(rows).padStart(7)} rows${isAppend ? ' appended' : ''}`;
      process.stdout.write(`${what} ${String(ms).padStart(8)} ms${compared}${wall}\n`);
    }
}

async function stageOf(checkout: string): Promise<Stage> {
  const module = await import(pathToFileURL(join(checkout, 'dist/shared/lake/delta/stage.js')).href);
  return (module as { stageRows: Stage }).stageRows; // `as`: another build of the same module
}

async function costOf(count: number, isAppend: boolean, rounds: number, before: Stage | undefined): Promise<RowsCost> {
  const rows = [...resultRows(count, 1)];
  const times = new Map<Stage, Times>();
  for (let round = -1; round < rounds; round++) {
    const turns = before === undefined ? [stageRows] : round % 2 === 0 ? [before, stageRows] : [stageRows, before];
    for (const stage of turns) {
      const [from, start] = [process.cpuUsage(), performance.now()];
      await stage(resultsTable, rows, !isAppend, async () => undefined);
      const { user, system } = process.cpuUsage(from);
      const { cpuMs, wallMs } = times.get(stage) ?? { cpuMs: [], wallMs: [] };
      if (round < 0) continue;
      const more = { cpuMs: [...cpuMs, (user + system) / 1000], wallMs: [...wallMs, performance.now() - start] };
      times.set(stage, more);
    }
  }
  const now = costs(times.get(stageRows));
  const cost = { rows: count, isAppend, ms: now.median, wallMs: now.leastWall };
  if (before === undefined) return cost;
  const old = costs(times.get(before));
  return { ...cost, beforeMs: old.median, ratio: rounded(now.sum / old.sum), beforeWallMs: old.leastWall };
}

function costs(times: Times = { cpuMs: [], wallMs: [] }) {
  const { cpuMs, wallMs } = times;
  return { median: median(cpuMs), sum: sum(cpuMs), leastWall: rounded(Math.min(...wallMs)) };
}

const rounded = (value: number) => Number(value.toPrecision(3));
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
const median = (values: readonly number[]) => rounded(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
