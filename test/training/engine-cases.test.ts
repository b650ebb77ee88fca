// Every line of shared/data/cases/engines/expected.tsv: models and tables that real engines wrote, imported or read as a user would, and
// compared with what the engine itself gave, row for row.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { TerminalError } from '../../shared/errors.ts';
import { FileCache } from '../../shared/lake/file-cache.ts';
import type { ModelBundle } from '../../shared/models/bundle.ts';
import { createOnnxBundle, createXgboostBundle } from '../../shared/models/foreign-bundle.ts';
import { decodeIdf } from '../../shared/models/idf-file.ts';
import { openBundle } from '../../shared/models/loaded-model.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { judgeForeignModel } from '../../shared/training/judge-foreign.ts';
import { readSource } from '../../shared/training/sources.ts';
import { importSparkPipeline } from '../../shared/training/spark/import-pipeline.ts';
import { readLocalPipeline } from '../../shared/training/spark/pipeline-files.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const ENGINES = join(import.meta.dirname, '../../../shared/data/cases/engines');
const hasCases = existsSync(ENGINES);
const hasOnnx = (() => {
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node') !== '';
  } catch {
    return false;
  }
})();
const read = (path: string) => readFileSync(join(ENGINES, path));
const json = (path: string) => JSON.parse(read(path).toString('utf8'));
interface Example {
  text: string;
  label: string;
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-engines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const spark = async (name: string): Promise<ModelBundle> =>
  importSparkPipeline(await readLocalPipeline(join(ENGINES, 'spark', name)));

/** Largest difference of a probability, over all rows and classes. */
async function difference({ description, artifacts }: ModelBundle, texts: string[], expected: number[][]) {
  const model = await openBundle('case', description, artifacts);
  const p = model.score(model.featurize(texts));
  expect(p.length).toBe(expected.flat().length);
  return expected.flat().reduce((worst, value, i) => Math.max(worst, Math.abs(value - p[i]!)), 0);
}

const rows = (): Example[] => json('spark/rows.json');
const texts = () => rows().map(({ text }) => text);
async function likeSpark(name: string, tolerance: number, change = async (bundle: ModelBundle) => bundle) {
  const { cols, rows: scored } = json(`spark/${name}.expected.json`) as { cols: string[]; rows: number[][][] };
  const probabilities = scored.map((row) => row[cols.indexOf('probability')]!);
  const bundle = await change(await spark(name));
  expect(await difference(bundle, texts(), probabilities)).toBeLessThan(tolerance);
  return bundle;
}

const refused = async (work: Promise<unknown>, code: string, words: RegExp) => {
  const error = await work.then(
    () => undefined,
    (reason: TerminalError) => reason,
  );
  expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
};

const THREE = ['Contracts', 'Customs', 'Invoices'];
const onnx = (file: string, labels: string[]) =>
  createOnnxBundle({ bytes: read(`onnx/${file}`), labels, taxonomyVersion: null, features: null, idf: null });

/** Text and label of each row that `train delta:<name>` sees, in the table's order. */
async function deltaRows(name: string): Promise<Example[]> {
  const source = new MemoryLake();
  const root = join(ENGINES, 'delta', name);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    await source.write(`t/${relative(root, path).split(sep).join('/')}`, readFileSync(path));
  }
  const delta = {
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    cache: new FileCache(join(folder, name)),
  };
  const found: Example[] = [];
  for await (const row of readSource({ lake: source, source, delta }, 'delta:t', { text: 'text', label: 'label' })) {
    if ('problem' in row) throw new Error(row.problem);
    found.push({ text: row.text, label: row.label! });
  }
  return found;
}

const byText = (list: Example[]) => list.toSorted((a, b) => (a.text < b.text ? -1 : 1));
const plain = () => rows().map(({ text, label }) => ({ text, label }));

const CASES: Record<string, () => Promise<unknown>> = {
  'spark-regex-punct': () => likeSpark('regex-punct', 1e-9),
  'spark-regex-h': () => likeSpark('regex-h', 1e-9),
  'spark-sqltransformer': () => refused(spark('sqlt'), 'model.unsupported', /SQLTransformer/),
  'spark-multi-column-indexer': async () =>
    expect((await likeSpark('multi-indexer', 1e-9)).description.labels).toEqual(THREE),
  'spark-sparkxgb': async () => {
    await likeSpark('sparkxgb', 1e-6);
    await likeSpark('sparkxgb', 1e-6, async (bundle) => {
      const judged = await judgeForeignModel(bundle, plain());
      return { ...judged, description: { ...judged.description, calibration: { method: 'none' } } };
    });
  },
  'spark-crossvalidator': async () => expect(await spark('cv')).toEqual(await spark('cv/bestModel')),
  'spark-keep': async () => expect((await likeSpark('keep', 1e-9)).description.labels).toEqual([...THREE, '__unknown']),
  'xgb-early-stopping-file': async () => {
    // the booster saw the counts and weights of this pipeline as a sparse matrix
    const { description, artifacts } = await spark('sparkxgb');
    const { p, best, rounds } = json('xgb/es.expected.json') as { p: number[][]; best: number; rounds: number };
    const input = { bytes: read('xgb/es.ubj'), labels: ['a', 'b', 'c'], taxonomyVersion: null };
    const { features } = description;
    const bundle = await createXgboostBundle({ ...input, features, idf: decodeIdf(artifacts['idf.bin']!) });
    expect(bundle.description.training).toMatchObject({ roundsUsed: best + 1, roundsInFile: rounds });
    expect(await difference(bundle, texts(), p)).toBeLessThan(1e-6);
  },
  'onnx-label-order': async () => {
    await refused(
      onnx('nozip.onnx', ['Invoices', 'Contracts', 'Customs']),
      'request.invalid',
      /Contracts, Customs, Inv/,
    );
    const { texts: scored, ort } = json('onnx/nozip.json') as { texts: string[]; ort: number[][] };
    expect(await difference(await onnx('nozip.onnx', THREE), scored, ort)).toBeLessThan(1e-6);
  },
  // where the machine has the locale the file is read
  'onnx-locale': async () =>
    await onnx('nozip-default-locale.onnx', THREE).catch((error) =>
      expect(error).toMatchObject({ code: 'model.locale-missing', message: expect.stringContaining('en_US.UTF-8') }),
    ),
  'delta-decimal-beside-text': async () => expect(await deltaRows('decimal')).toEqual(plain()),
  'delta-deletion-vectors': async () => expect(await deltaRows('dv')).toEqual(plain().filter((_, i) => i % 2 === 1)),
  'delta-partitioned-odd-labels': async () => {
    const named: Record<string, string> = {
      Contracts: 'Mehrwertsteuer & Zoll / Export',
      Customs: '50% Vorsteuer',
      Invoices: 'Ü Büro=1 #2',
    };
    const expected = plain().map(({ text, label }) => ({ text, label: named[label]! }));
    expect(byText(await deltaRows('partitioned'))).toEqual(byText(expected));
  },
};

describe.skipIf(!hasCases)('models and tables of real engines (skipped: ../shared/data/cases is absent)', () => {
  const listed = hasCases
    ? read('expected.tsv')
        .toString('utf8')
        .split('\n')
        .slice(1)
        .flatMap((line) => line.split('\t')[0] || [])
    : [];

  test('every line of expected.tsv is tried here', () => {
    expect(Object.keys(CASES).sort()).toEqual(listed.toSorted());
  });

  // a missing runtime is not a missing case: ONNX is an optional dependency
  test.for(listed)('%s', async (name, { skip }) => {
    skip(name.startsWith('onnx') && !hasOnnx, 'onnxruntime-node is not installed');
    await CASES[name]!();
  });
});
