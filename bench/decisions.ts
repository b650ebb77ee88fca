// Benchmark of decisions: how good each local stage is, what it decides alone, and what that costs. One command prints the table of docs/models.md.
// `npm run bench decisions -- [--json] [--sets 20newsgroups-bydate,ag_news,banking77] [--encode banking77,ag_news] [--splits 20] [--split-rows 2000]
//    [--aim 0.97] [--no-demo] [--data folder] [--encoder folder] [--vectors folder]`
// Method: every training in a process of its own (peak memory), CPU seconds rather than wall time; models see the train split only and are judged on
// the published test split. Vectors are kept in --vectors (default: a folder of the system's temporary one), so a second run encodes nothing.
// What is absent (data, encoder) is named in `absent`, and its rows are left out.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { FeatureProfile } from '../shared/features/spec.ts';
import { openBundle } from '../shared/models/loaded-model.ts';
import { argmax } from '../shared/models/scorer.ts';
import { clopperPearson, tailProbability } from '../shared/models/threshold.ts';
import { seededRandom, silentLogger, systemClock } from '../shared/ports.ts';
import { groupTexts, splitRows } from '../shared/training/splits.ts';
import { train } from '../shared/training/train.ts';
import { KeptVectors } from './decisions/kept-vectors.ts';
import { type LabelledRow, readRows } from './decisions/rows.ts';

interface Measured {
  set: string;
  profile: FeatureProfile;
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

interface Splits {
  set: string;
  profile: FeatureProfile;
  splits: number;
  rows: number;
  aim: number;
  /** Splits that promised anything; those whose held-out labels were at least `aim` right; those of them that chance does not explain as kept. */
  promised: number;
  kept: number;
  broken: number;
}

const runFile = promisify(execFile);
const REPEATS = 3;
/** A split has broken its promise where so few right ones would be seen so seldom if it held. */
const BROKEN_LEVEL = 0.05;

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      data: { type: 'string', default: resolve('../shared/data/text') },
      encoder: { type: 'string', default: resolve('../shared/data/encoder/minilm-l6-v2-int8') },
      vectors: { type: 'string', default: join(tmpdir(), 'sluice-bench-vectors') },
      sets: { type: 'string', default: '20newsgroups-bydate,ag_news,banking77' },
      encode: { type: 'string', default: 'banking77,ag_news' },
      splits: { type: 'string', default: '20' },
      'split-rows': { type: 'string', default: '2000' },
      aim: { type: 'string', default: '0.97' },
      demo: { type: 'boolean', default: true },
      child: { type: 'string' },
    },
  });
  const [aim, splits, splitRowCount] = [Number(values.aim), Number(values.splits), Number(values['split-rows'])];
  if (values.child !== undefined) {
    const order = JSON.parse(values.child) as Order; // our own words
    const measured = order.splits === undefined ? await measure(order) : await measureSplits(order, order.splits);
    process.stdout.write(JSON.stringify(measured));
    return;
  }
  const absent: string[] = [];
  const hasEncoder = existsSync(join(values.encoder, 'model.onnx'));
  if (!hasEncoder) absent.push(`${values.encoder}: no encoder, so nothing is encoded`);
  const results: Measured[] = [];
  const promises: Splits[] = [];
  const list = (text: string) => text.split(',').filter(Boolean);
  for (const set of list(values.sets)) {
    const file = join(values.data, `${set}.jsonl.gz`);
    if (!existsSync(file)) {
      absent.push(file);
      continue;
    }
    const order = { set, file, aim, vectors: values.vectors };
    for (const profile of ['spark', 'lexical'] as const) results.push(await inChild<Measured>({ ...order, profile }));
    if (hasEncoder && list(values.encode).includes(set))
      results.push(await inChild<Measured>({ ...order, profile: 'lexical', encoder: values.encoder }));
    if (splits > 0)
      promises.push(
        await inChild<Splits>({ ...order, profile: 'lexical', splits: { count: splits, rows: splitRowCount } }),
      );
  }
  const demo = values.demo && hasEncoder ? await measureDemo(values.encoder) : null;
  const document = { results, ratios: ratiosOf(results), promises, demo, absent };
  if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
  else print(document);
}

interface Order {
  set: string;
  file: string;
  profile: FeatureProfile;
  aim: number;
  /** Folder of the encoder; absent: words alone. */
  encoder?: string;
  vectors: string;
  splits?: { count: number; rows: number };
}

async function inChild<T>(order: Order): Promise<T> {
  process.stderr.write(`${order.set}, ${order.splits ? 'splits' : order.encoder ? 'with encoder' : order.profile} …\n`);
  const entry = fileURLToPath(import.meta.url).replace(/decisions\.(ts|js)$/, 'run.$1');
  const args = ['--disable-warning=ExperimentalWarning', entry, 'decisions', '--child', JSON.stringify(order)];
  const { stdout } = await runFile(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as T; // the child's words
}

const deps = { clock: systemClock, random: seededRandom(1), logger: silentLogger };

async function measure({ set, file, profile, aim, encoder: folder, vectors }: Order): Promise<Measured> {
  const rows = readRows(file);
  const [examples, test] = [rows.filter((row) => row.split === 'train'), rows.filter((row) => row.split === 'test')];
  const encoder = folder === undefined ? undefined : await KeptVectors.open(folder, join(vectors, `${set}.vectors`));
  if (encoder !== undefined) await encoder.encode(examples.map(({ text }) => text)); // once, and not part of the training's time
  const before = process.cpuUsage();
  const trained = await train({ examples, encoder, options: { profile, precision: aim }, deps });
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
    const isSkipped = mixed === undefined || words[from + best]! >= skip;
    const p = isSkipped ? words : mixed.probabilities;
    const k = argmax(p, from, to);
    const bar = mixed === undefined ? model.accept : isSkipped ? skip : stage!.description.accept.threshold;
    const isForeign = !isSkipped && stage!.isForeign(mixed!.neighbours[i]!);
    const isRight = model.labels[k] === label;
    if (!isSkipped) encoded++;
    if (isRight) right++;
    if (p[from + k]! < bar || isForeign) return;
    alone++;
    if (isRight) aloneRight++;
  });
  const cpu = bestCpu(() => model.score(model.featurize(texts)));
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

/** Half of the rows train and promise, the other half says what came of it; copies lie on one side. */
async function measureSplits(order: Order, { count, rows: wanted }: { count: number; rows: number }): Promise<Splits> {
  const { set, file, profile, aim } = order;
  const all = readRows(file);
  const counts = { promised: 0, kept: 0, broken: 0 };
  let rows = 0;
  for (let seed = 1; seed <= count; seed++) {
    const random = seededRandom(seed);
    const drawn = drawRows(all, wanted, random);
    rows = drawn.length;
    const names = [...new Set(drawn.map(({ label }) => label))];
    const classes = Int32Array.from(drawn, ({ label }) => names.indexOf(label));
    const groups = groupTexts(
      drawn.map(({ text }) => text),
      classes,
    );
    const part = splitRows(classes, groups, 2, random);
    const [examples, held] = [drawn.filter((_, i) => part[i] === 0), drawn.filter((_, i) => part[i] === 1)];
    const trained = await train({ examples, options: { profile, precision: aim, seed }, deps });
    const model = await openBundle('v1', trained.description, trained.artifacts);
    const p = model.score(model.featurize(held.map(({ text }) => text)));
    const width = model.labels.length;
    let [accepted, right] = [0, 0];
    held.forEach(({ label }, i) => {
      const k = argmax(p, i * width, (i + 1) * width);
      if (p[i * width + k]! < model.accept) return;
      accepted++;
      if (model.labels[k] === label) right++;
    });
    if (accepted === 0) continue;
    counts.promised++;
    if (right / accepted >= aim) counts.kept++;
    // P(so few right) if the promise held exactly: the complement of the tail above.
    if (1 - tailProbability(right + 1, accepted, aim) < BROKEN_LEVEL) counts.broken++;
  }
  return { set, profile, splits: count, rows, aim, ...counts };
}

function drawRows(rows: readonly LabelledRow[], wanted: number, random: { next(): number }): LabelledRow[] {
  const order = rows.map((row) => ({ row, at: random.next() })).sort((a, b) => a.at - b.at);
  return order.slice(0, wanted).map(({ row }) => row);
}

/** The demo's documents by the descriptions of its labels alone, through the whole product: no model, no LLM. */
async function measureDemo(encoder: string): Promise<{ right: number; readable: number } | null> {
  process.stderr.write('the demo by its label descriptions …\n');
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

/** lexical over spark: how much slower, larger and longer. */
function ratiosOf(
  results: readonly Measured[],
): { set: string; throughput: number; trainCpu: number; peakRss: number }[] {
  const plain = results.filter(({ encoder }) => !encoder);
  return plain.flatMap((lexical) => {
    const spark = plain.find((one) => one.set === lexical.set && one.profile === 'spark');
    if (lexical.profile !== 'lexical' || spark === undefined) return [];
    return {
      set: lexical.set,
      throughput: round(lexical.documentsPerCpuSecond / spark.documentsPerCpuSecond, 3),
      trainCpu: round(lexical.trainCpuSeconds / spark.trainCpuSeconds, 2),
      peakRss: round(lexical.peakRssMb / spark.peakRssMb, 2),
    };
  });
}

interface Printed {
  results: readonly Measured[];
  ratios: ReturnType<typeof ratiosOf>;
  promises: readonly Splits[];
  demo: { right: number; readable: number } | null;
  absent: readonly string[];
}

function print({ results, ratios, promises, demo, absent }: Printed): void {
  console.table(results.map(({ train: _train, test: _test, aim: _aim, ...shown }) => shown));
  console.table(ratios);
  console.table(
    promises.map(({ promised, broken, ...split }) => {
      const [low, high] = clopperPearson(promised - broken, promised, BROKEN_LEVEL);
      return { ...split, promised, broken, notBroken: `${round(low, 3)} to ${round(high, 3)}` };
    }),
  );
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
