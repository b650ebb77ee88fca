// Benchmark of `sluice start FOLDER --once`: small files from the disk to decisions, everything on this machine. CPU of all processes, wall time.
// Method: each size runs in a data folder of its own. The smallest run holds what starting costs (storage, host, the demo model), so the cost of a
// document is the slope between the smallest and the largest. CPU is what the shell's `times` says of all its children, readers that were ended included.
// `--against <checkout>` runs another built checkout in turns with this one and prints the ratios.
// `--memory 20000,100000`: of this build alone, the peak of each process at these sizes, and whether each file is decided once (Linux).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peaksOf } from './library/process-peaks.ts';

const RUN_LIMIT_MS = 1_800_000;
const FILES_PER_FOLDER = 500;

interface Measured {
  files: number;
  cpuSeconds: number;
  wallSeconds: number;
}

/** Measure and print; `json` prints one JSON document on stdout. */
export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      /** Sizes, ascending. */
      files: { type: 'string', default: '500,8000' },
      against: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      memory: { type: 'string', default: '' },
    },
  });
  const numbers = (text: string) => text.split(',').filter(Boolean).map(Number);
  const sizes = numbers(values.files);
  const here = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../..' : '..', import.meta.url));
  const checkouts = [here, ...(values.against === undefined ? [] : [resolve(values.against)])];
  const work = mkdtempSync(join(tmpdir(), 'sluice-bench-folder-'));
  try {
    const measured = checkouts.map((): Measured[] => []);
    for (let round = 0; round < Number(values.rounds); round++)
      for (const files of sizes) {
        const folder = join(work, `files-${files}`);
        if (round === 0) writeFiles(folder, files, join(here, 'samples', 'training.jsonl'));
        for (const [i, checkout] of checkouts.entries()) measured[i]?.push(runOnce(checkout, folder, files, work));
      }
    const sides = measured.map((runs, i) => ({
      checkout: i === 0 ? 'this' : 'other',
      runs,
      perDocumentMs: slope(runs),
    }));
    const [mine, other] = sides;
    const ratio =
      mine === undefined || other === undefined
        ? {}
        : {
            ratio: {
              cpu: round(mine.perDocumentMs.cpu / other.perDocumentMs.cpu),
              wall: round(mine.perDocumentMs.wall / other.perDocumentMs.wall),
            },
          };
    const memory: Memory[] = [];
    for (const files of numbers(values.memory)) {
      const folder = join(work, `files-${files}`);
      if (!sizes.includes(files)) writeFiles(folder, files, join(here, 'samples', 'training.jsonl'));
      memory.push(await memoryOf(here, folder, files, work));
    }
    const result = { benchmark: 'folder', node: process.version, sides, ...ratio, memory };
    process.stdout.write(`${JSON.stringify(result, null, json ? undefined : 2)}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Texts of the samples, each with a number of its own, so that none is a copy. */
function writeFiles(folder: string, files: number, training: string): void {
  const texts = readFileSync(training, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text); // our own samples
  for (let i = 0; i < files; i++) {
    const place = join(folder, `d${Math.floor(i / FILES_PER_FOLDER)}`);
    if (i % FILES_PER_FOLDER === 0) mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, `f${i}.txt`),
      `${texts[i % texts.length]} Reference ${i} of ${(i * 2_654_435_761) % 2 ** 32}.`,
    );
  }
}

function runOnce(checkout: string, folder: string, files: number, work: string): Measured {
  const data = mkdtempSync(join(work, 'data-'));
  const script =
    'node --disable-warning=ExperimentalWarning dist/cli/sluice.js start "$1" --once --json --port 0 --data "$2" >"$2.out" 2>"$2.err" && times';
  const begun = performance.now();
  const printed = execFileSync('sh', ['-c', script, 'sh', folder, data], {
    cwd: checkout,
    encoding: 'utf8',
    timeout: RUN_LIMIT_MS,
  });
  const wallSeconds = round((performance.now() - begun) / 1000);
  const children = printed.trim().split('\n').at(-1) ?? '';
  const cpuSeconds = round(
    [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0),
  );
  rmSync(data, { recursive: true, force: true });
  return { files, cpuSeconds, wallSeconds };
}

interface Memory {
  files: number;
  /** Files that have a decision in the answer. */
  decided: number;
  cpuMsPerDocument: number;
  peaks: { process: string; peakMb: number }[];
}

/** What the processes of a run are, by what stands in their command lines; the command line itself is what is left. */
const PROCESSES: readonly (readonly [mark: string, process: string])[] = [
  ['local/host/main', 'the host'],
  ['azurite-child', 'the storage'],
  ['emulators/main', 'the DFS part of the storage'],
  ['openai-main', 'the simulator'],
  ['max-old-space-size', 'a reader'],
];

async function memoryOf(checkout: string, folder: string, files: number, work: string): Promise<Memory> {
  const data = mkdtempSync(join(work, 'data-'));
  const [out, log] = [`${data}.out`, `${data}.err`];
  const args = ['dist/cli/sluice.js', 'start', folder, '--once', '--json', '--port', '0', '--data', data];
  const found = await peaksOf(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: checkout,
    stdio: ['ignore', openSync(out, 'w'), openSync(log, 'w')],
  });
  const { results } = JSON.parse(readFileSync(out, 'utf8')) as { results: { source_path: string }[] }; // the command's own
  rmSync(data, { recursive: true, force: true });
  const peaks = new Map<string, number>();
  for (const { command, peakMb } of found) {
    const name = PROCESSES.find(([mark]) => command.includes(mark))?.[1] ?? 'the command line';
    peaks.set(name, Math.max(peaks.get(name) ?? 0, Math.round(peakMb)));
  }
  const decided = new Set(results.map(({ source_path }) => source_path)).size;
  if (results.length !== files || decided !== files)
    throw new Error(`bench: ${files} files gave ${results.length} decisions on ${decided} of them`);
  const cpuSeconds = found.reduce((sum, each) => sum + each.cpuSeconds, 0);
  return {
    files,
    decided,
    cpuMsPerDocument: round((1000 * cpuSeconds) / files),
    peaks: [...peaks].map(([name, peakMb]) => ({ process: name, peakMb })),
  };
}

/** Milliseconds per document between the smallest and the largest size, medians of the rounds. */
function slope(runs: readonly Measured[]): { cpu: number; wall: number } {
  const sizes = runs.map(({ files }) => files);
  if (runs.length === 0) return { cpu: 0, wall: 0 };
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const of = (files: number, what: 'cpuSeconds' | 'wallSeconds') => {
    const found = runs.filter((each) => each.files === files).map((each) => each[what]);
    return found.sort((a, b) => a - b)[Math.floor(found.length / 2)] ?? 0;
  };
  const per = (what: 'cpuSeconds' | 'wallSeconds') =>
    round((1000 * (of(most, what) - of(least, what))) / Math.max(1, most - least));
  return { cpu: per('cpuSeconds'), wall: per('wallSeconds') };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
