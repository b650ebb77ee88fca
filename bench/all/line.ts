// What the parts of `npm run bench all` share: a line of the table, and how a benchmark of a build is run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Line {
  benchmark: string;
  what: string;
  unit: string;
  before: number | null;
  after: number;
  /** After by before. */
  ratio: number | null;
}

/** What was not measured, and why. */
export interface Skipped {
  benchmark: string;
  what: string;
  skipped: string;
}

export type Told = Line | Skipped;

export interface Options {
  /** Another built checkout. */
  against: string | undefined;
  /** Of the readers. */
  rounds: string;
  /** Sizes of folders, ascending. */
  files: string;
  /** Sizes of the folders whose memory is looked at. */
  memory: string;
  /** Documents of the search. */
  documents: string;
  /** Folder with the data sets and documents that are no part of the project. */
  data: string;
}

export type Part = (options: Options) => Told[];

export const rounded = (value: number): number => Number(value.toPrecision(3));

export function line(benchmark: string, what: string, unit: string, after: number, before: number | undefined): Line {
  const known = before === undefined ? null : rounded(before);
  return {
    benchmark,
    what,
    unit,
    before: known,
    after: rounded(after),
    ratio: before ? rounded(after / before) : null,
  };
}

/** One benchmark of a build, as JSON. */
export function measured(checkout: string, name: string, args: readonly string[]): unknown {
  const entry = join(checkout, 'dist/bench/run.js');
  const told = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', entry, name, ...args, '--json'],
    {
      cwd: checkout,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return JSON.parse(told.trim().split('\n').at(-1) ?? '');
}

/** The checkout of this build. */
export const here = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../..' : '../..', import.meta.url));

export const other = (against: string | undefined): string[] => (against === undefined ? [] : ['--against', against]);

/** Seconds of CPU of a command and of all it waited for, by the shell's own count. @param args  as the shell's $1, $2 … */
export function cpuSecondsOf(cwd: string, command: string, ...args: string[]): { cpu: number; wall: number } {
  const begun = performance.now();
  const told = execFileSync('sh', ['-c', `${command} && times`, 'sh', ...args], { cwd, encoding: 'utf8' });
  const wall = (performance.now() - begun) / 1000;
  const children = told.trim().split('\n').at(-1) ?? '';
  const cpu = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
  return { cpu, wall };
}

/** Work with a temporary folder. */
export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-all-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
