// Benchmark of decisions: how good each local stage is, what it decides alone, and what that costs. One command prints the table of docs/models.md.
// `npm run bench decisions -- [--json] [--sets 20newsgroups-bydate,ag_news,banking77] [--encode banking77,ag_news,20newsgroups-bydate] [--aim 0.97]
//    [--splits 300] [--split-rows 120,500] [--against <checkout with dist/>] [--keep file] [--no-demo] [--data folder] [--encoder folder] [--vectors folder]`
// Method: every training in a process of its own (peak memory), CPU seconds rather than wall time; models see the train split only and are judged on
// the published test split. Vectors are kept in --vectors (default: a folder of the system's temporary one), so a second run encodes nothing; --keep
// keeps every row as it is measured, so that a run that was broken off goes on. --against: another build's default training, side by side.
// What is absent (data, encoder) is named in `absent`, and its rows are left out.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { FeatureProfile } from '../shared/features/spec.ts';
import { openBundle } from '../shared/models/loaded-model.ts';
import { argmax } from '../shared/models/scorer.ts';
import { seededRandom, silentLogger, systemClock } from '../shared/ports.ts';
import { train } from '../shared/training/train.ts';
import { Children } from './decisions/children.ts';
import { KeptVectors } from './decisions/kept-vectors.ts';
import { type Kept, measurePromise, measureSplits, type PromiseOrder } from './decisions/promise.ts';
import { readRows } from './decisions/rows.ts';

interface Measured {
  set: string;
  /** `against`: the other build as it trains by itself. */
  profile: FeatureProfile | 'against';
  encoder: boolean;
  train: number;
  test: number;
  accuracy: number;
  /** What was promised, how that is known, and what the test split says: share decided alone, and of those the share that is right. */
  aim: number;
  basis: string;
  alone: number;
  aloneRight: number;
  /** Share of the test rows that the encoder was asked about. */
  encoded: number | null;
  trainCpuSeconds: number;
  peakRssMb: number;
  /** Of features and words, one thread. */
  documentsPerCpuSecond: number;
}

const runFile = promisify(execFile);
const REPEATS = 5;
/** Plain texts and rows of data sets go to the model in batches of so many. */
const BATCH = 1000;

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      data: { type: 'string', default: resolve('../shared/data/text') },
      encoder: { type: 'string', default: resolve('../shared/data/encoder/minilm-l6-v2-int8') },
      vectors: { type: 'string', default: join(tmpdir(), 'sluice-bench-vectors') },
      sets: { type: 'string', default: '20newsgroups-bydate,ag_news,banking77' },
      encode: { type: 'string', default: 'banking77,ag_news,20newsgroups-bydate' },
      splits: { type: 'string', default: '300' },
      'split-rows': { type: 'string', default: '120,500' },
      against: { type: 'string' },
      keep: { type: 'string' },
      aim: { type: 'string', default: '0.97' },
      demo: { type: 'boolean', default: true },
      child: { type: 'string' },
    },
  });
  const aim = Number(values.aim);
  if (values.child !== undefined) {
    const order = JSON.parse(values.child) as Order | PromiseOrder | DemoOrder; // our own words
    const measured =
      'kind' in order
        ? order.kind === 'promise'
          ? await measureSplits(order)
          : await measureDemo(order.encoder)
        : await measure(order);
    process.stdout.write(JSON.stringify(measured));
    return;
  }
  const absent: string[] = [];
  const hasEncoder = existsSync(join(values.encoder, 'model.onnx'));
  if (!hasEncoder) absent.push(`${values.encoder}: no encoder, so nothing is encoded`);
  const children = new Children('decisions', values.keep);
  const results: Measured[] = [];
  const promises: Kept[] = [];
  const list = (text: string) => text.split(',').filter(Boolean);
  for (const set of list(values.sets)) {
    const file = join(values.data, `${set}.jsonl.gz`);
    if (!existsSync(file)) {
      absent.push(file);
      continue;
    }
    const vectors = join(values.vectors, `${set}.vectors`);
    const order = { set, file, aim, vectors };
    const { against } = values;
    if (against !== undefined)
      results.push(
        await children.measure<Measured>(
          { ...order, profile: 'against', against: resolve(against) },
          `${set}, the other build`,
        ),
      );
    for (const profile of ['spark', 'lexical'] as const)
      results.push(await children.measure<Measured>({ ...order, profile }, `${set}, ${profile}`));
    const isEncoded = hasEncoder && list(values.encode).includes(set);
    if (isEncoded)
      results.push(
        await children.measure<Measured>(
          { ...order, profile: 'lexical', encoder: values.encoder },
          `${set}, with encoder`,
        ),
      );
    if (Number(values.splits) === 0 || set === '20newsgroups-bydate') continue; // its long texts would take days
    for (const rows of list(values['split-rows']).map(Number)) {
      const split = { set, file, rows, judges: 3000, aim, vectors };
      promises.push(await measurePromise(children, split, Number(values.splits)));
      if (isEncoded)
        promises.push(await measurePromise(children, { ...split, encoder: values.encoder }, Number(values.splits)));
    }
  }
  const demo =
    values.demo && hasEncoder
      ? await children.measure<{ right: number; readable: number } | null>(
          { kind: 'demo', encoder: values.encoder } satisfies DemoOrder,
          'the demo by its label descriptions',
        )
      : null;
  const document = { results, ratios: ratiosOf(results), promises, demo, absent };
  if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
  else print(document);
}

interface DemoOrder {
  kind: 'demo';
  encoder: string;
}

interface Order {
  set: string;
  file: string;
  profile: FeatureProfile | 'against';
  /** Checkout of another build. */
  against?: string;
  aim: number;
  /** Folder of the encoder; absent: words alone. */
  encoder?: string;
  /** File of vectors. */
  vectors: string;
}

/** The modules that train and decide: ours, or those of another build. */
async function modulesOf(against: string | undefined): Promise<{ train: typeof train; openBundle: typeof openBundle }> {
  if (against === undefined) return { train, openBundle };
  const load = (path: string) => import(pathToFileURL(join(against, 'dist/shared', path)).href);
  const [training, models] = await Promise.all([load('training/train.js'), load('models/loaded-model.js')]);
  const open: typeof openBundle = (version, description, artifacts) =>
    models.openBundle === undefined
      ? models.openModel({ ...description, version }, artifacts) // builds before the second stage
      : models.openBundle(version, description, artifacts);
  return { train: training.train as typeof train, openBundle: open }; // earlier forms of the same
}

const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger };

async function measure({ set, file, profile, against, aim, encoder: folder, vectors }: Order): Promise<Measured> {
  const { train, openBundle } = await modulesOf(against);
  const rows = readRows(file);
  const [examples, test] = [rows.filter((row) => row.split === 'train'), rows.filter((row) => row.split === 'test')];
  const encoder = folder === undefined ? undefined : await KeptVectors.open(folder, vectors);
  if (encoder !== undefined) await encoder.encode(examples.map(({ text }) => text)); // once, and not part of the training's time
  const before = process.cpuUsage();
  const options = profile === 'against' ? { precision: aim } : { profile, precision: aim };
  const trained = await train({ examples, encoder, options, deps });
  const trainCpuSeconds = cpuSecondsSince(before);
  const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
  const model = await openBundle('v1', trained.description, trained.artifacts);
  const texts = test.map(({ text }) => text);
  const x = model.featurize(texts);
  const words = model.score(x);
  const width = model.labels.length;
  const { stage } = model;
  const mixed =
    encoder === undefined || stage === null || stage === undefined
      ? undefined
      : stage.score(model.scoreRaw!(x), await encoder.encode(texts));
  const skip = stage?.description.skip ?? 0;
  let [right, alone, aloneRight, encoded] = [0, 0, 0, 0];
  test.forEach(({ label }, i) => {
    const [from, to] = [i * width, (i + 1) * width];
    const best = argmax(words, from, to);
    const isNew = model.isForeign?.(texts[i]!) === true;
    const isSkipped = mixed === undefined || (!isNew && words[from + best]! >= skip);
    const p = isSkipped ? words : mixed.probabilities;
    const k = argmax(p, from, to);
    const bar = mixed === undefined ? model.accept : isSkipped ? skip : stage!.description.accept.threshold;
    const isForeign = isSkipped ? isNew : stage!.isForeign(mixed.neighbours[i]!);
    const isRight = model.labels[k] === label;
    if (!isSkipped) encoded++;
    if (isRight) right++;
    if (p[from + k]! < bar || isForeign) return;
    alone++;
    if (isRight) aloneRight++;
  });
  const cpu = bestCpu(() => {
    for (let at = 0; at < texts.length; at += BATCH) model.score(model.featurize(texts.slice(at, at + BATCH)));
  });
  await encoder?.close();
  return {
    ...{ set, profile, encoder: encoder !== undefined, train: examples.length, test: test.length },
    accuracy: round(right / test.length),
    aim,
    basis: (stage?.description.accept ?? trained.description.accept).basis,
    alone: round(alone / test.length),
    aloneRight: round(alone === 0 ? 0 : aloneRight / alone),
    encoded: mixed === undefined ? null : round(encoded / test.length),
    trainCpuSeconds: round(trainCpuSeconds, 1),
    peakRssMb,
    documentsPerCpuSecond: Math.round(test.length / cpu),
  };
}

/** The demo's documents by the descriptions of its labels alone, through the whole product: no model, no LLM. */
async function measureDemo(encoder: string): Promise<{ right: number; readable: number } | null> {
  const root = resolve(import.meta.dirname, '..');
  const cli = [join(root, 'cli/sluice.js'), join(root, 'dist/cli/sluice.js')].find((path) => existsSync(path));
  const samples = [join(root, 'samples'), join(root, '../samples')].find((path) => existsSync(path));
  if (cli === undefined || samples === undefined) return null;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-decisions-'));
  try {
    const data = join(folder, 'data');
    const taxonomy = join(folder, 'taxonomy.json');
    const labels = JSON.parse(readFileSync(join(samples, 'taxonomy.json'), 'utf8')) as object;
    writeFileSync(taxonomy, JSON.stringify({ ...labels, name: 'without a model' }));
    const sluice = (...args: string[]) =>
      runFile(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args, '--data', data]);
    await sluice('encoder', 'import', encoder);
    const documents = join(samples, 'documents');
    const start = ['start', documents, '--taxonomy', taxonomy, '--no-llm', '--once', '--port', '0'];
    const said = /(\d+) of (\d+) readable documents right/.exec((await sluice(...start)).stdout);
    return said === null ? null : { right: Number(said[1]), readable: Number(said[2]) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** lexical over spark, and over the other build: how much slower, larger and longer. */
function ratiosOf(results: readonly Measured[]) {
  const plain = results.filter(({ encoder }) => !encoder);
  return plain
    .filter(({ profile }) => profile === 'lexical')
    .flatMap((lexical) =>
      plain
        .filter((other) => other.set === lexical.set && other.profile !== 'lexical')
        .map((other) => ({
          set: lexical.set,
          over: other.profile,
          throughput: round(lexical.documentsPerCpuSecond / other.documentsPerCpuSecond, 3),
          trainCpu: round(lexical.trainCpuSeconds / other.trainCpuSeconds, 2),
          peakRss: round(lexical.peakRssMb / other.peakRssMb, 2),
        })),
    );
}

interface Printed {
  results: readonly Measured[];
  ratios: ReturnType<typeof ratiosOf>;
  promises: readonly Kept[];
  demo: { right: number; readable: number } | null;
  absent: readonly string[];
}

function print({ results, ratios, promises, demo, absent }: Printed): void {
  console.table(results.map(({ train: _train, test: _test, aim: _aim, ...shown }) => shown));
  console.table(ratios);
  console.table(promises.map(({ interval, ...row }) => ({ ...row, interval: interval.join(' to ') })));
  if (demo !== null) console.log(`demo by label descriptions: ${demo.right} of ${demo.readable} right`);
  for (const what of absent) console.log(`absent: ${what}`);
}

function bestCpu(work: () => unknown): number {
  const times = Array.from({ length: REPEATS }, () => {
    const before = process.cpuUsage();
    work();
    return cpuSecondsSince(before);
  });
  return Math.max(1e-6, Math.min(...times));
}

function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const round = (value: number, digits = 4): number => Math.round(value * 10 ** digits) / 10 ** digits;
