// Equal work of ours and of peers, side by side: `npm run bench peers -- [--json] [--sets ag_news] [--python /usr/bin/python3] [--kreuzberg <folder>]
// [--install] [--rounds 5]`. A peer that is not there is skipped, and why is said; none of them is a dependency.
// scikit-learn: the same mathematics (columns that occur, standardized alike, 20 iterations, one BLAS thread), accuracy of both; and deciding, with features as
// near to those of `lexical` as it has. Kreuzberg: the text of
// the same documents in one process each, rounds in turns. --install puts Kreuzberg (MIT, about 90 MB) into a temporary folder and deletes it.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { wasmFlags } from '../shared/documents/wasm-flags.ts';
import { readCorpus, samplesFolder } from './corpus.ts';
import type { ReadAnswer } from './library/reading-process.ts';
import { measureDeciding } from './peers/deciding.ts';

interface Compared {
  peer: string;
  version: string;
  what: string;
  unit: string;
  ours: number;
  theirs: number;
  /** How many times our speed is theirs: above 1 we are faster. */
  speed: number;
  /** What the figures are worth: accuracy, or characters found. */
  note: string;
}

interface Skipped {
  peer: string;
  why: string;
}

const KREUZBERG = '@kreuzberg/node';
/** The last version seen to run, with its native part, which the package does not ask for itself. */
const INSTALLED = [`${KREUZBERG}@4.10.2`, '@kreuzberg/node-linux-x64-gnu@4.10.2'];
const DATA = resolve('../shared/data');
/** Formats both read without OCR. */
const FORMATS = ['docx', 'xlsx', 'xls', 'pptx', 'html', 'eml'];
/** Peers to beat that this command cannot compare. */
const NOT_COMPARED: readonly Skipped[] = [
  {
    peer: 'delta-rs',
    why: 'only packaged for Python (pip install deltalake) and Rust; see the table of 2026-11-29 in docs/benchmarks.md',
  },
  { peer: 'Vowpal Wabbit', why: 'trains online, in one pass: no equal work' },
  { peer: 'LiteLLM', why: 'a proxy without a ledger over instances: no equal work' },
];

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      python: { type: 'string', default: '/usr/bin/python3' },
      sets: { type: 'string', default: 'ag_news' },
      data: { type: 'string', default: DATA },
      kreuzberg: { type: 'string' },
      install: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
    },
  });
  const compared: Compared[] = [];
  const skipped: Skipped[] = [...NOT_COMPARED];
  const take = (found: Compared[] | Skipped) => (Array.isArray(found) ? compared.push(...found) : skipped.push(found));
  take(compareTraining(values.python, values.sets, join(values.data, 'text')));
  take(await compareDeciding(values.python, values.sets, join(values.data, 'text')));
  const folder = values.install ? installed() : values.kreuzberg;
  try {
    take(await compareReading(folder, join(values.data, 'docs'), Number(values.rounds)));
  } finally {
    if (values.install && folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(
    json ? `${JSON.stringify({ node: process.version, compared, skipped })}\n` : table(compared, skipped),
  );
}

function table(compared: readonly Compared[], skipped: readonly Skipped[]): string {
  const rows = compared.map(
    ({ peer, version, what, unit, ours, theirs, speed, note }) =>
      `| ${peer} ${version} | ${what} | ${ours} ${unit} | ${theirs} ${unit} | ${speed} | ${note} |\n`,
  );
  const head = '| Peer | What | Ours | Theirs | Our speed by theirs | |\n|---|---|---:|---:|---:|---|\n';
  return `${head}${rows.join('')}\n${skipped.map(({ peer, why }) => `${peer}: skipped, ${why}\n`).join('')}`;
}

const rounded = (value: number) => Number(value.toPrecision(3));

interface ModelsResult {
  sets: { dataset: string; trainCpuSeconds: number; testAccuracy: number }[];
  peers: { dataset: string; version: string; equalTrainCpuSeconds: number; equalTestAccuracy: number }[];
}

function compareTraining(python: string, sets: string, data: string): Compared[] | Skipped {
  const peer = 'scikit-learn';
  const missing = sets.split(',').find((set) => !existsSync(join(data, `${set}.jsonl.gz`)));
  if (missing !== undefined) return { peer, why: `${data} has no ${missing}.jsonl.gz` };
  if (!hasSklearn(python))
    return {
      peer,
      why: `${python} has none: apt-get install python3-sklearn, or pip install scikit-learn and --python`,
    };
  const entry = join(import.meta.dirname, `run${extname(import.meta.filename)}`);
  const asked = ['models', '--json', '--data', data, '--sets', sets, '--peers', 'sklearn', '--python', python];
  const told = execFileSync(process.execPath, [entry, ...asked], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const result = JSON.parse(told) as ModelsResult; // `as`: its own output
  return result.peers.map(({ dataset, version, equalTrainCpuSeconds, equalTestAccuracy }) => {
    const own = result.sets.find((set) => set.dataset === dataset)!; // one for each
    return {
      peer,
      version,
      what: `training ${dataset}, the same mathematics, CPU`,
      unit: 's',
      ours: own.trainCpuSeconds,
      theirs: rounded(equalTrainCpuSeconds),
      speed: rounded(equalTrainCpuSeconds / own.trainCpuSeconds),
      note: `accuracy ${own.testAccuracy} and ${rounded(equalTestAccuracy)}`,
    };
  });
}

async function compareDeciding(python: string, sets: string, data: string): Promise<Compared[] | Skipped> {
  const peer = 'scikit-learn';
  const found: Compared[] = [];
  for (const set of sets.split(',')) {
    const file = join(data, `${set}.jsonl.gz`);
    if (!existsSync(file) || !hasSklearn(python))
      return { peer, why: `deciding: ${existsSync(file) ? `${python} has none` : `there is no ${file}`}` };
    const { version, ours, theirs } = await measureDeciding(python, set, file);
    found.push({
      peer,
      version,
      what: `deciding ${set} with words, pairs and parts, documents a CPU second`,
      unit: '',
      ours: Math.round(ours),
      theirs: Math.round(theirs),
      speed: rounded(ours / theirs),
      note: 'one thread; its coefficients are drawn',
    });
  }
  return found;
}

function hasSklearn(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import sklearn'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // not there, or no Python
  }
}

/** Kreuzberg in a temporary folder. */
function installed(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-peers-'));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent', ...INSTALLED];
  execFileSync('npm', npm, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

async function compareReading(folder: string | undefined, data: string, rounds: number): Promise<Compared[] | Skipped> {
  const peer = 'Kreuzberg';
  const entry = kreuzbergIn(folder);
  if (entry === undefined)
    return {
      peer,
      why: `not installed: --install, or npm install ${INSTALLED.join(' ')} in a folder and --kreuzberg <folder>`,
    };
  const corpus = existsSync(data) ? data : samplesFolder();
  const files = readCorpus(corpus);
  const sides = { ours: reader('.'), theirs: reader(entry.path) };
  try {
    const found: Compared[] = [];
    for (const format of FORMATS) {
      const paths = files
        .filter(({ name }) => name.endsWith(`.${format}`))
        .map(({ name }) => join(resolve(corpus), name));
      if (paths.length === 0) continue;
      const least = { ours: await sides.ours.read(paths), theirs: await sides.theirs.read(paths) }; // the first is no measure
      for (let round = 0; round < rounds; round++)
        for (const side of ['ours', 'theirs'] as const) {
          const answer = await sides[side].read(paths);
          if (round === 0 || answer.cpuMs < least[side].cpuMs) least[side] = answer;
        }
      const [ours, theirs] = [least.ours.cpuMs / paths.length, least.theirs.cpuMs / paths.length];
      found.push({
        peer,
        version: entry.version,
        what: `${format} (${paths.length} documents), CPU a document`,
        unit: 'ms',
        ours: rounded(ours),
        theirs: rounded(theirs),
        speed: rounded(theirs / ours),
        note: `${least.ours.chars} and ${least.theirs.chars} characters`,
      });
    }
    return found;
  } catch (error) {
    return {
      peer,
      why: `it does not run here: ${error instanceof Error ? error.message.slice(-400) : String(error)}`,
    };
  } finally {
    sides.ours.close();
    sides.theirs.close();
  }
}

function kreuzbergIn(folder: string | undefined): { path: string; version: string } | undefined {
  if (folder === undefined) return undefined;
  try {
    const path = createRequire(join(resolve(folder), 'package.json')).resolve(KREUZBERG);
    const about = JSON.parse(readFileSync(join(resolve(folder), 'node_modules', KREUZBERG, 'package.json'), 'utf8'));
    return { path, version: String((about as { version: unknown }).version) };
  } catch {
    return undefined;
  }
}

/** Documents read in a process of their own: by a checkout of ours, or by the module of a peer. */
function reader(source: string) {
  const script = source === '.' ? 'reading-process' : 'peer-reading-process';
  const told = source === '.' ? source : pathToFileURL(source).href;
  const child = fork(join(import.meta.dirname, `library/${script}${extname(import.meta.filename)}`), [told], {
    silent: true,
    execArgv: [...process.execArgv, ...(source === '.' ? wasmFlags(process.versions.v8) : [])], // as readers are started
  });
  let said = '';
  child.stderr?.on('data', (bytes) => {
    said += String(bytes);
  });
  const ended: Promise<never> = once(child, 'close').then(() => Promise.reject(new Error(said.trim())));
  ended.catch(() => undefined); // heard by whoever reads
  return {
    async read(paths: string[]): Promise<ReadAnswer> {
      if (!child.connected) return await ended;
      const over = new AbortController();
      const answered = once(child, 'message', { signal: over.signal });
      answered.catch(() => undefined); // it is not waited for any more
      try {
        child.send({ paths });
        const [answer] = await Promise.race([answered, ended]);
        return answer as ReadAnswer; // `as`: our own process
      } finally {
        over.abort();
      }
    },
    close: () => void child.kill(),
  };
}
