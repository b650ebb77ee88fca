// What reader processes cost over the bare readers, and what a second one brings. The four cases take turns, so that other work on
// the machine meets all of them alike: wall times are compared within a round; CPU time is not lengthened by waiting for a core.
// Two bare processes with half the corpus each show what the machine itself gives for two.
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor } from '../shared/documents/extract.ts';
import { silentLogger } from '../shared/ports.ts';
import type { BarePass } from './bare-process.ts';
import type { CorpusFile } from './corpus.ts';

/** Seconds of one pass, which reads the corpus `copies` times. */
interface CaseResult {
  bestSeconds: number;
  medianSeconds: number;
  /** Mean of user and system time of all processes that took part. */
  cpuSeconds: number;
}

export interface IsolationResult {
  rounds: number;
  copies: number;
  cores: number;
  /** Processes that wanted a core in the minute before; about 0 on a machine without other work. */
  loadBefore: number;
  bare: CaseResult;
  twoBareProcesses: CaseResult;
  oneReader: CaseResult;
  twoReaders: CaseResult;
  /** One reader over bare: median of the rounds' ratios of wall time, and all CPU time. */
  isolationCostPercent: { wall: number; cpu: number };
  /** Median of the rounds' ratios: what slows a whole round down does not count. */
  twoReadersSpeedup: number;
  /** What the machine gives for two processes without queue or pipe. */
  twoBareProcessesSpeedup: number;
}

interface Pass {
  wallMs: number;
  cpuMs: number;
}

const WARM_PASSES = 4;
/** Times the corpus is read in one pass: a run is a stream, in which the wait for the last document of all does not count. */
const COPIES = 4;
// Starting and replacing reader processes is not measured: they live long.
const LASTING = { idleMs: 3_600_000, recycleAfter: Number.MAX_SAFE_INTEGER };

/** @param folder where `files` came from; the bare processes read it themselves */
export async function measureIsolation(
  files: readonly CorpusFile[],
  folder: string,
  rounds: number,
): Promise<IsolationResult> {
  const corpus = Array.from({ length: COPIES }, () => files).flat();
  const loadBefore = loadavg()[0] ?? 0;
  const bare = [startBare(folder), startBare(folder)] as const;
  const one = new Extractor({ logger: silentLogger, slots: 1, limits: LASTING });
  const two = new Extractor({ logger: silentLogger, slots: 2, limits: LASTING });
  try {
    const all = corpus.map((_, index) => index % files.length);
    let fileMs: number[] = [];
    for (let n = 0; n < WARM_PASSES; n++) {
      fileMs = (await ask(bare[0], all)).fileMs;
      await ask(bare[1], all);
      await readPooled(one, corpus);
      for (let half = 0; half < 2; half++) await readPooled(two, corpus); // each of two sees half a pass
    }
    const halves = halve(all, fileMs);
    const passes = await takeTurns(rounds, {
      bare: () => ask(bare[0], all),
      twoBareProcesses: async () => {
        const startedMs = performance.now();
        const both = await Promise.all([ask(bare[0], halves[0]), ask(bare[1], halves[1])]);
        return { wallMs: performance.now() - startedMs, cpuMs: both[0].cpuMs + both[1].cpuMs };
      },
      oneReader: () => readPooled(one, corpus),
      twoReaders: () => readPooled(two, corpus),
    });
    return {
      rounds,
      copies: COPIES,
      cores: availableParallelism(),
      loadBefore: round(loadBefore),
      ...summarize(passes),
    };
  } finally {
    for (const child of bare) child.kill();
    await Promise.all([one.close(), two.close()]);
  }
}

type Case = 'bare' | 'twoBareProcesses' | 'oneReader' | 'twoReaders';

/** Every round begins with another case, so that none always follows the same. */
async function takeTurns(rounds: number, cases: Record<Case, () => Promise<Pass>>): Promise<Record<Case, Pass[]>> {
  const passes: Record<Case, Pass[]> = { bare: [], twoBareProcesses: [], oneReader: [], twoReaders: [] };
  const names = Object.keys(cases) as Case[]; // exactly the keys of the record
  for (let n = 0; n < rounds; n++)
    for (let k = 0; k < names.length; k++) {
      const name = names[(n + k) % names.length]!; // modulo its length
      passes[name].push(await cases[name]());
    }
  return passes;
}

function summarize(passes: Record<Case, Pass[]>) {
  const [bare, twoBareProcesses, oneReader, twoReaders] = [
    summarizeCase(passes.bare),
    summarizeCase(passes.twoBareProcesses),
    summarizeCase(passes.oneReader),
    summarizeCase(passes.twoReaders),
  ];
  const percent = (ratio: number) => round((ratio - 1) * 100);
  return {
    bare,
    twoBareProcesses,
    oneReader,
    twoReaders,
    isolationCostPercent: {
      wall: percent(medianRatio(passes.oneReader, passes.bare)),
      cpu: percent(oneReader.cpuSeconds / bare.cpuSeconds),
    },
    twoReadersSpeedup: round(medianRatio(passes.oneReader, passes.twoReaders)),
    twoBareProcessesSpeedup: round(medianRatio(passes.bare, passes.twoBareProcesses)),
  };
}

function medianRatio(over: readonly Pass[], under: readonly Pass[]): number {
  const ratios = over.map(({ wallMs }, n) => wallMs / under[n]!.wallMs); // a pass of each case in every round
  return ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? Number.NaN;
}

function summarizeCase(passes: readonly Pass[]): CaseResult {
  const walls = passes.map(({ wallMs }) => wallMs / 1000).sort((a, b) => a - b);
  return {
    bestSeconds: precise(walls[0] ?? 0),
    medianSeconds: precise(walls[walls.length >> 1] ?? 0),
    cpuSeconds: precise(passes.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1000 / passes.length),
  };
}

const round = (x: number) => Math.round(x * 100) / 100;
const precise = (x: number) => Math.round(x * 1000) / 1000;

/** File numbers in two parts of about equal time: the longest first, each to the part that has less. @param fileMs of each of `files` */
function halve(files: readonly number[], fileMs: readonly number[]): [number[], number[]] {
  const parts: [number[], number[]] = [[], []];
  const ms = [0, 0];
  for (const [index, time] of [...fileMs.entries()].sort(([, a], [, b]) => b - a)) {
    const part = ms[0]! <= ms[1]! ? 0 : 1; // both set above
    parts[part].push(files[index]!); // as many times as files
    ms[part]! += time;
  }
  return parts;
}

function startBare(folder: string): ChildProcess {
  const entry = new URL(`./bare-process${extname(import.meta.filename)}`, import.meta.url);
  const child = fork(fileURLToPath(entry), [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.send({ folder });
  return child;
}

function ask(child: ChildProcess, files: readonly number[]): Promise<BarePass> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('bench: a bare process ended'));
    child.once('exit', onExit);
    child.once('message', (pass) => {
      child.off('exit', onExit);
      resolve(pass as BarePass); // bare-process.ts sends nothing else
    });
    child.send(files);
  });
}

async function readPooled(extractor: Extractor, corpus: readonly CorpusFile[]): Promise<Pass> {
  const readersCpu = () => extractor.readerPids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const hostCpu = process.cpuUsage();
  const readersBefore = readersCpu();
  const startedMs = performance.now();
  await Promise.all(corpus.map((file) => extractor.extract(file)));
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(hostCpu);
  return { wallMs, cpuMs: (user + system) / 1000 + readersCpu() - readersBefore };
}

const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on

/** User and system time of a process so far; NaN, printed as null, where /proc does not tell. */
function cpuMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS; // utime and stime, counted behind the name
  } catch {
    return Number.NaN;
  }
}
