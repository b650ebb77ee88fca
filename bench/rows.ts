// Result rows → data files of a table, CPU per call: `npm run bench rows -- [--json] [--rows 1,250,1000,16000] [--rounds 12] [--against <built checkout>]`.
// With --against both builds take turns in this process. Nothing is uploaded.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { stageRows } from '../shared/lake/delta/stage.ts';
import { resultsTable } from '../shared/lake/tables.ts';
import { resultRows } from './library/result-rows.ts';

interface RowsCost {
  rows: number;
  /** Medians of a call. */
  ms: number;
  beforeMs?: number;
  /** Of the sums of all rounds but the first. */
  ratio?: number;
}

type Stage = typeof stageRows;

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '1,250,1000,16000' },
      rounds: { type: 'string', default: '12' },
      against: { type: 'string' },
    },
  });
  const before = values.against === undefined ? undefined : await stageOf(resolve(values.against));
  const found: RowsCost[] = [];
  for (const rows of values.rows.split(',').map(Number)) found.push(await costOf(rows, Number(values.rounds), before));
  if (json) process.stdout.write(`${JSON.stringify({ bench: 'rows', found })}\n`);
  else
    for (const { rows, ms, beforeMs, ratio } of found) {
      const compared = beforeMs === undefined ? '' : `  before ${beforeMs} ms: ratio ${ratio}`;
      process.stdout.write(`${String(rows).padStart(7)} rows ${String(ms).padStart(8)} ms${compared}\n`);
    }
}

async function stageOf(checkout: string): Promise<Stage> {
  const module = await import(pathToFileURL(join(checkout, 'dist/shared/lake/delta/stage.js')).href);
  return (module as { stageRows: Stage }).stageRows; // `as`: another build of the same module
}

async function costOf(count: number, rounds: number, before: Stage | undefined): Promise<RowsCost> {
  const rows = [...resultRows(count, 1)];
  const times = new Map<Stage, number[]>();
  for (let round = -1; round < rounds; round++) {
    const turns = before === undefined ? [stageRows] : round % 2 === 0 ? [before, stageRows] : [stageRows, before];
    for (const stage of turns) {
      const from = process.cpuUsage();
      await stage(resultsTable, rows, true, async () => undefined);
      const { user, system } = process.cpuUsage(from);
      if (round >= 0) times.set(stage, [...(times.get(stage) ?? []), (user + system) / 1000]);
    }
  }
  const [now, old] = [times.get(stageRows) ?? [], before === undefined ? undefined : times.get(before)];
  if (old === undefined) return { rows: count, ms: median(now) };
  return { rows: count, ms: median(now), beforeMs: median(old), ratio: rounded(sum(now) / sum(old)) };
}

const rounded = (value: number) => Number(value.toPrecision(3));
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
const median = (values: readonly number[]) => rounded(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
