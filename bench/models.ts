// Benchmark of the models: tokenize and hash, featurize and score, train, XGBoost scoring; with peers side by side where Python has them.
// `npm run bench models -- [--json] [--data folder] [--sets 20newsgroups-bydate,ag_news] [--peers sklearn,xgboost,spark] [--python path]`
// Method: each data set in a process of its own (peak memory), timings are the best of REPEATS, one thread.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { TermHasher } from '../shared/features/hashing-tf.ts';
import { applyIdf, countDocuments, fitIdf } from '../shared/features/idf.ts';
import type { Csr } from '../shared/features/sparse.ts';
import { completeSpec } from '../shared/features/spec.ts';
import { fitLabels } from '../shared/features/string-indexer.ts';
import { LinearScorer } from '../shared/models/linear-model.ts';
import { fitLogisticRegression } from '../shared/models/logistic-regression.ts';
import { argmax } from '../shared/models/scorer.ts';
import { readBooster } from '../shared/models/xgboost/booster.ts';
import { XgboostScorer } from '../shared/models/xgboost/xgboost-scorer.ts';

interface SetResult {
  dataset: string;
  numFeatures: number;
  train: number;
  test: number;
  hashMbPerSecond: number;
  featurizeScoreDocumentsPerSecond: number;
  trainSeconds: number;
  /** Of the whole process, collections of garbage included. */
  trainCpuSeconds: number;
  objectiveFirst: number;
  objectiveLast: number;
  testAccuracy: number;
  peakRssMb: number;
}

/** What a peer prints; times in seconds. */
interface PeerResult {
  peer: string;
  dataset: string;
  version: string;
  trainSeconds?: number;
  documentsPerSecond?: number;
  testAccuracy?: number;
  /** Of the same mathematics as ours: the columns that occur, standardized alike. */
  equalTrainCpuSeconds?: number;
  equalTestAccuracy?: number;
  rowsPerSecond?: { sparse: number; dense: number };
  folder?: string;
}

const REPEATS = 3;
const ONE_BLAS_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
const DEFAULT_SETS = '20newsgroups-bydate,ag_news';
const runFile = promisify(execFile);

export async function run({ json, args }: { json: boolean; args: string[] }): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: resolve('../shared/data/text') },
      sets: { type: 'string', default: DEFAULT_SETS },
      features: { type: 'string', default: String(2 ** 18) },
      peers: { type: 'string', default: '' },
      python: { type: 'string', default: 'python3' },
      child: { type: 'string' },
    },
  });
  if (values.child !== undefined) {
    process.stdout.write(JSON.stringify(measureSet(values.data, values.child, Number(values.features))));
    return;
  }
  const sets = values.sets.split(',').filter((name) => existsSync(join(values.data, `${name}.jsonl.gz`)));
  if (sets.length === 0) throw new Error(`${values.data} holds none of ${values.sets}; name a folder with --data`);
  const results: SetResult[] = [];
  const peers: (PeerResult & { ratios: Record<string, number> })[] = [];
  for (const set of sets) {
    const own = await measureInChild(values.data, set, values.features);
    results.push(own);
    for (const peer of values.peers.split(',').filter(Boolean))
      peers.push(await comparePeer(peer, values.python, join(values.data, `${set}.jsonl.gz`), own));
  }
  if (json) process.stdout.write(`${JSON.stringify({ sets: results, peers })}\n`);
  else print(results, peers);
}

async function measureInChild(data: string, set: string, features: string): Promise<SetResult> {
  const child = ['models', '--data', data, '--child', set, '--features', features];
  const entry = fileURLToPath(import.meta.url).replace(/models\.(ts|js)$/, 'run.$1');
  const { stdout } = await runFile(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...child]);
  return JSON.parse(stdout) as SetResult;
}

function measureSet(data: string, dataset: string, numFeatures: number): SetResult {
  const rows = readRows(join(data, `${dataset}.jsonl.gz`));
  const train = rows.filter((row) => row.split === 'train');
  const test = rows.filter((row) => row.split === 'test');
  const labels = fitLabels(train.map((row) => row.label));
  const classOf = new Map(labels.map((label, k) => [label, k]));
  const hasher = new TermHasher(completeSpec({ numFeatures }));
  const texts = train.map((row) => row.text);
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  const hashSeconds = best(() => hasher.count(texts));
  const counts = hasher.count(texts);
  const idf = fitIdf(countDocuments(counts), counts.rows);
  const x = applyIdf(counts, idf.weights);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const fit = fitLogisticRegression(
    { x, labels: train.map((row) => classOf.get(row.label)!), numClasses: labels.length },
    { maxIter: 20, regParam: 0.01 },
  );
  const trainSeconds = (performance.now() - startedAt) / 1000;
  const trainCpu = process.cpuUsage(cpuBefore);
  const scorer = new LinearScorer(fit.model);
  const testTexts = test.map((row) => row.text);
  const score = () => scorer.probabilities(applyIdf(hasher.count(testTexts), idf.weights));
  const scoreSeconds = best(score);
  const p = score();
  const k = labels.length;
  const right = test.filter((row, i) => argmax(p, i * k, (i + 1) * k) === classOf.get(row.label)).length;
  return {
    dataset,
    numFeatures,
    train: train.length,
    test: test.length,
    hashMbPerSecond: round(megabytes / hashSeconds),
    featurizeScoreDocumentsPerSecond: Math.round(test.length / scoreSeconds),
    trainSeconds: round(trainSeconds),
    trainCpuSeconds: round((trainCpu.user + trainCpu.system) / 1e6),
    objectiveFirst: fit.objectiveHistory[0]!,
    objectiveLast: fit.objectiveHistory.at(-1)!,
    testAccuracy: round(right / test.length, 4),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

interface Row {
  text: string;
  label: string;
  split: string;
}

function readRows(file: string): Row[] {
  const bytes = gunzipSync(readFileSync(file));
  const rows: Row[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    const line = bytes.toString('utf8', from, end < 0 ? bytes.length : end);
    if (line !== '') {
      const { text, label, split } = JSON.parse(line) as Row;
      rows.push({ text, label, split });
    }
    from = end < 0 ? bytes.length : end + 1;
  }
  return rows;
}

/** Run a peer and say how many times faster we are (above 1: we are). */
async function comparePeer(
  peer: string,
  python: string,
  file: string,
  own: SetResult,
): Promise<PeerResult & { ratios: Record<string, number> }> {
  const script = join(peersFolder(), `${peer}_peer.py`);
  if (!existsSync(script)) throw new Error(`No peer "${peer}"; there are sklearn, spark and xgboost`);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const options = { maxBuffer: 2 ** 26, env: { ...process.env, ...ONE_BLAS_THREAD } };
    const { stdout } = await runFile(python, [script, file, String(own.numFeatures), folder], options);
    const result = JSON.parse(stdout.slice(stdout.indexOf('RESULT') + 6)) as PeerResult;
    const ratios: Record<string, number> = {};
    if (result.trainSeconds !== undefined) ratios.train = round(result.trainSeconds / own.trainSeconds);
    if (result.equalTrainCpuSeconds !== undefined)
      ratios.equalTrain = round(result.equalTrainCpuSeconds / own.trainCpuSeconds);
    if (result.documentsPerSecond !== undefined)
      ratios.featurizeScore = round(own.featurizeScoreDocumentsPerSecond / result.documentsPerSecond);
    for (const kind of ['sparse', 'dense'] as const) {
      if (result.rowsPerSecond === undefined) break;
      const { rowsPerSecond, maxDifference } = scoreBooster(join(folder, kind));
      ratios[`${kind}Scoring`] = round(rowsPerSecond / result.rowsPerSecond[kind]);
      ratios[`${kind}MaxMarginDifference`] = maxDifference;
    }
    return { ...result, ratios };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Score the peer's matrix with the peer's model. */
function scoreBooster(folder: string): { rowsPerSecond: number; maxDifference: number } {
  const read = (name: string): ArrayBuffer => {
    const bytes = readFileSync(join(folder, name));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  };
  const scorer = new XgboostScorer(readBooster(new Uint8Array(read('model.ubj'))));
  const indptr = new Uint32Array(new Int32Array(read('indptr.i32')));
  const values = Float64Array.from(new Float32Array(read('values.f32')));
  const x: Csr = {
    rows: indptr.length - 1,
    width: scorer.width,
    indptr,
    indices: new Int32Array(read('indices.i32')),
    values,
  };
  const seconds = best(() => scorer.margins(x));
  const expected = new Float32Array(read('margins.f32'));
  const margins = scorer.margins(x);
  const maxDifference = margins.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
  return { rowsPerSecond: x.rows / seconds, maxDifference };
}

/** Peers stay in the sources: dist/ holds compiled code only. */
const peersFolder = (): string =>
  fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../bench/peers' : './peers', import.meta.url));

/** Seconds of the fastest of REPEATS runs. */
function best(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) {
    const startedAt = performance.now();
    work();
    least = Math.min(least, (performance.now() - startedAt) / 1000);
  }
  return least;
}

function print(
  results: readonly SetResult[],
  peers: readonly (PeerResult & { ratios: Record<string, number> })[],
): void {
  for (const r of results)
    process.stdout.write(
      `${r.dataset} (${r.train} + ${r.test} texts, ${r.numFeatures} features)\n` +
        `  tokenize and hash   ${r.hashMbPerSecond} MB/s\n` +
        `  featurize and score ${r.featurizeScoreDocumentsPerSecond} documents/s\n` +
        `  train, 20 iterations ${r.trainSeconds} s, test accuracy ${r.testAccuracy}, peak ${r.peakRssMb} MB\n`,
    );
  for (const { peer, dataset, version, folder: _, ratios, ...rest } of peers)
    process.stdout.write(
      `${peer} ${version} on ${dataset}: ${JSON.stringify(rest)}; we are × ${JSON.stringify(ratios)}\n`,
    );
}

const round = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits;
