// What docs/benchmarks.md compares between two builds, as far as a build of before has it, by one command: `npm run bench all -- --against <built checkout> [--json] [--only readers,lake,dataset] [--rounds 40] [--files 500,4000]`.
// Benchmarks that compare two builds themselves are given the other one; of those that both builds have, each build runs its own, one after the other.
// Without --against only what this build needs is told. What is printed is the table as Markdown, or one JSON document.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface Line {
  benchmark: string;
  what: string;
  unit: string;
  before: number | null;
  after: number;
  /** After by before. */
  ratio: number | null;
}

interface Options {
  against: string | undefined;
  rounds: string;
  files: string;
}

const PARTS: Readonly<Record<string, (options: Options) => Line[]>> = {
  ...{ readers, texts, redact, rows, training, lake, sql, query, dataset, installed, folder },
};

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      against: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string', default: '40' },
      files: { type: 'string', default: '500,4000' },
    },
  });
  const names = values.only?.split(',') ?? Object.keys(PARTS);
  const unknown = names.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`--only takes ${Object.keys(PARTS).join(', ')}; "${unknown}" is none of them`);
  const against = values.against === undefined ? undefined : resolve(values.against);
  const lines: Line[] = [];
  for (const name of names) {
    process.stderr.write(`${name} …\n`);
    const found = PARTS[name]!({ against, rounds: values.rounds, files: values.files }); // looked at above
    process.stderr.write(found.map(rowOf).join('')); // what is known when a later one takes too long
    lines.push(...found);
  }
  process.stdout.write(
    json ? `${JSON.stringify({ node: process.version, against: against ?? null, lines })}\n` : table(lines),
  );
}

const rowOf = ({ what, unit, before, after, ratio, benchmark }: Line): string =>
  `| ${what} | ${before === null ? '–' : `${before} ${unit}`} | ${after} ${unit} | ${ratio ?? '–'} | ${benchmark} |\n`;

function table(lines: readonly Line[]): string {
  const rows = lines.map(rowOf);
  return `| What | Before | After | Ratio | Benchmark |\n|---|---:|---:|---:|---|\n${rows.join('')}`;
}

const rounded = (value: number) => Number(value.toPrecision(3));

function line(benchmark: string, what: string, unit: string, after: number, before: number | undefined): Line {
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
function measured(checkout: string, name: string, args: readonly string[]): unknown {
  const entry = join(checkout, 'dist/bench/run.js');
  const told = execFileSync(process.execPath, [entry, name, ...args, '--json'], {
    cwd: checkout,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(told.trim().split('\n').at(-1) ?? '');
}

const here = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../..' : '..', import.meta.url));
const other = (against: string | undefined) => (against === undefined ? [] : ['--against', against]);

interface ReadersResult {
  formats: { format: string; documents: number; ms: number; beforeMs?: number }[];
  total: { documents: number; ms: number; beforeMs?: number };
}

function readers({ against, rounds }: Options): Line[] {
  const result = measured(here, 'readers', ['--rounds', rounds, ...other(against)]) as ReadersResult; // `as`: its own output
  const all = [...result.formats, { ...result.total, format: 'all formats' }];
  return all.map(({ format, documents, ms, beforeMs }) =>
    line('readers', `${format}: bytes to leaf, CPU a document (${documents})`, 'ms', ms, beforeMs),
  );
}

interface RedactResult {
  mbPerCpuSecond: Record<string, number>;
  before?: { mbPerCpuSecond: Record<string, number> };
}

function redact({ against }: Options): Line[] {
  const sizes = ['--megabytes', '0.8', '--tables', '1'];
  const { mbPerCpuSecond, before } = measured(here, 'redact', [...sizes, ...other(against)]) as RedactResult; // as above
  return Object.entries(mbPerCpuSecond).map(([kind, rate]) =>
    line('redact', `redaction of ${kind}, per second of CPU`, 'MB', rate, before?.mbPerCpuSecond[kind]),
  );
}

interface RowsResult {
  found: { rows: number; ms: number; beforeMs?: number }[];
}

function rows({ against }: Options): Line[] {
  const { found } = measured(here, 'rows', other(against)) as RowsResult; // as above
  return found.map(({ rows: count, ms, beforeMs }) =>
    line('rows', `${count} result rows to data files, CPU`, 'ms', ms, beforeMs),
  );
}

interface TrainingResult {
  sets: { dataset: string; trainSeconds: number; peakRssMb: number }[];
}

/** Both builds have it; without the data sets there is nothing to tell. */
function training({ against }: Options): Line[] {
  const data = ['--data', join(here, '../shared/data/text')];
  if (!existsSync(data[1]!)) return [];
  const before = against === undefined ? undefined : (measured(against, 'models', data) as TrainingResult); // as above
  const now = measured(here, 'models', data) as TrainingResult;
  return now.sets.flatMap(({ dataset, trainSeconds, peakRssMb }) => {
    const old = before?.sets.find((set) => set.dataset === dataset);
    return [
      line('models', `training ${dataset}, wall`, 's', trainSeconds, old?.trainSeconds),
      line('models', `training ${dataset}, peak of the process`, 'MB', peakRssMb, old?.peakRssMb),
    ];
  });
}

interface LakeResult {
  measurements: { name: string; ms: number; peakRssMb: number }[];
}

/** Both builds have it: each runs its own, on a storage of its own. */
function lake({ against }: Options): Line[] {
  const stages = ['append', 'query', 'commits', 'open'];
  const before = against === undefined ? undefined : (measured(against, 'lake', stages) as LakeResult); // as above
  const now = measured(here, 'lake', stages) as LakeResult;
  const old = new Map(before?.measurements.map((each) => [each.name, each]));
  return now.measurements.flatMap(({ name, ms, peakRssMb }) => [
    line('lake', `${name}, wall`, 'ms', ms, old.get(name)?.ms),
    line('lake', `${name}, peak of the process`, 'MB', peakRssMb, old.get(name)?.peakRssMb),
  ]);
}

interface FolderResult {
  sides: { perDocumentMs: { cpu: number; wall: number } }[];
}

function folder({ against, files }: Options): Line[] {
  const { sides } = measured(here, 'folder', ['--files', files, ...other(against)]) as FolderResult; // as above
  const [now, before] = sides;
  if (now === undefined) return [];
  return (['cpu', 'wall'] as const).map((kind) =>
    line(
      'folder',
      `a folder of small files, a document, ${kind}`,
      'ms',
      now.perDocumentMs[kind],
      before?.perDocumentMs[kind],
    ),
  );
}

/** Small texts in one process. */
function texts({ against, rounds }: Options): Line[] {
  return inFolder((corpus) => {
    const samples = readFileSync(join(here, 'samples/training.jsonl'), 'utf8').trim().split('\n');
    for (let i = 0; i < 400; i++) {
      const { text } = JSON.parse(samples[i % samples.length] ?? '') as { text: string }; // our own samples
      writeFileSync(join(corpus, `${i}.txt`), `${text} Reference ${i}.`);
    }
    const told = measured(here, 'readers', ['--corpus', corpus, '--rounds', rounds, ...other(against)]);
    const { ms, beforeMs } = (told as ReadersResult).total; // as above
    return [line('readers', 'a small text: bytes to leaf, CPU', 'ms', ms, beforeMs)];
  });
}

interface SqlResult {
  asked: { question: string; ms: number; cpuMs: number }[];
}

/** Each build asks the same files, one after the other. */
function sql({ against }: Options): Line[] {
  return inFolder((folder) => {
    const ask = (more: string[]) => measured(here, 'sql', ['--lake', join(folder, 'made'), ...more]) as SqlResult; // as above
    const before = against === undefined ? undefined : ask(['--build', against]);
    return ask([]).asked.flatMap(({ question, ms, cpuMs }) => {
      const old = question.startsWith('DuckDB') ? undefined : before?.asked.find((each) => each.question === question);
      return [
        line('sql', `${question} over 500,000 results, warm, wall`, 'ms', ms, old?.ms),
        line('sql', `${question} over 500,000 results, warm, CPU`, 'ms', cpuMs, old?.cpuMs),
      ];
    });
  });
}

interface DatasetResult {
  sides: { cpuMsPerDocument: number; readersCpuMsPerDocument: number; requestsPerBatch: number }[];
}

function dataset({ against }: Options): Line[] {
  const { sides } = measured(here, 'dataset', other(against)) as DatasetResult; // as above
  const [now, before] = sides;
  if (now === undefined) return [];
  const readers = [now.readersCpuMsPerDocument, before?.readersCpuMsPerDocument] as const;
  return [
    line('dataset', 'host, a document of a data set, CPU', 'ms', now.cpuMsPerDocument, before?.cpuMsPerDocument),
    line('dataset', 'its readers, a document of a data set, CPU', 'ms', ...readers),
    line('dataset', 'host, HTTP requests of a batch', '', now.requestsPerBatch, before?.requestsPerBatch),
  ];
}

/** `sluice query` where nothing runs, over the results of the samples. */
function query({ against }: Options): Line[] {
  return inFolder((data) => {
    const sluice = (checkout: string, args: string): number => {
      const script = `node --disable-warning=ExperimentalWarning dist/cli/sluice.js ${args} --data "$1" >/dev/null 2>&1 && times`;
      const told = execFileSync('sh', ['-c', script, 'sh', data], { cwd: checkout, encoding: 'utf8' });
      const children = told.trim().split('\n').at(-1) ?? '';
      return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
    };
    const ask = 'query "select label, count(*) from latest_results group by 1"';
    sluice(here, 'start --once --no-llm --json --port 0');
    const took: { here: number[]; against: number[] } = { here: [], against: [] };
    for (let round = 0; round < 4; round++) {
      if (against !== undefined) took.against.push(sluice(against, ask));
      took.here.push(sluice(here, ask));
    }
    const before = against === undefined ? undefined : Math.min(...took.against);
    return [
      line('all', '`sluice query` with no cloud running, CPU of all processes', 's', Math.min(...took.here), before),
    ];
  });
}

/** What `npm ci` has left in each checkout. */
function installed({ against }: Options): Line[] {
  const now = sizeOf(join(here, 'node_modules'));
  const before = against === undefined ? undefined : sizeOf(join(against, 'node_modules'));
  return [
    line('all', '`npm ci`: on the disk', 'MB', now.bytes / 1e6, before && before.bytes / 1e6),
    line('all', '`npm ci`: files', '', now.files, before?.files),
  ];
}

function sizeOf(folder: string): { bytes: number; files: number } {
  let [bytes, files] = [0, 0];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += statSync(join(entry.parentPath, entry.name)).blocks * 512;
  }
  return { bytes, files };
}

function inFolder(work: (folder: string) => Line[]): Line[] {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-all-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
