// Pipelines we write: read back by us, and by real Spark where Python has pyspark.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { fitIdf } from '../../../shared/features/idf.ts';
import { completeSpec, type FeatureSpec } from '../../../shared/features/spec.ts';
import type { ModelBundle } from '../../../shared/models/bundle.ts';
import { unmeasuredAccept } from '../../../shared/models/foreign-bundle.ts';
import { createLinearBundle } from '../../../shared/models/linear-bundle.ts';
import { ModelRegistry } from '../../../shared/models/registry.ts';
import { seededRandom, systemClock } from '../../../shared/ports.ts';
import { exportSparkPipeline } from '../../../shared/training/spark/export-pipeline.ts';
import { importSparkPipeline } from '../../../shared/training/spark/import-pipeline.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';

const python = process.env.SLUICE_TEST_PYTHON ?? 'python3';
const run = promisify(execFile);
const hasSpark = await run(python, ['-c', 'import pyspark']).then(
  () => true,
  () => false,
);

const TEXTS = ['Tax  on income', 'the Income of the STATE', 'größe ÉTÉ', 'unseen words only', 'a'];

function bundleOf(spec: Partial<FeatureSpec>, margins: number, withIdf: boolean): ModelBundle {
  const features = completeSpec({ numFeatures: 64, ...spec });
  const random = seededRandom(5);
  const columns = Int32Array.from({ length: 50 }, (_, i) => i + 7);
  const docFreq = new Uint32Array(64).map((_, j) => (j % 5 === 0 ? 0 : j));
  return createLinearBundle({
    labels: margins === 1 ? ['no', 'yes'] : ['a', 'b "quoted"', "c's"].slice(0, margins),
    taxonomyVersion: null,
    features,
    idf: withIdf ? fitIdf(docFreq, 80) : null,
    model: {
      width: 64,
      columns,
      coefficients: new Float64Array(columns.length * margins).map(() =>
        random.next() < 0.2 ? 0 : random.next() - 0.5,
      ),
      intercepts: new Float64Array(margins).map(() => random.next() - 0.5),
      isBinomial: margins === 1,
    },
    calibration: { method: 'none' },
    accept: unmeasuredAccept,
    metrics: null,
  });
}

const BUNDLES: [string, ModelBundle][] = [
  ['multinomial with IDF', bundleOf({}, 3, true)],
  ['binomial without IDF, binary counts', bundleOf({ binary: true }, 1, false)],
  [
    'RegexTokenizer, stop words and bigrams',
    bundleOf(
      {
        regexTokenizer: { pattern: '\\W+', gaps: true, minTokenLength: 2, toLowercase: true },
        stopWords: { words: ['the', 'of'], caseSensitive: false },
        ngram: 2,
      },
      3,
      true,
    ),
  ],
];

const score = async (bundle: ModelBundle) => {
  const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
  const model = await registry.load(await registry.register(bundle));
  return { labels: model.labels, p: model.score(model.featurize(TEXTS)) };
};

describe('exportSparkPipeline', () => {
  test.each(BUNDLES)('%s: importing what was exported gives the same labels and probabilities', async (_, bundle) => {
    const back = await importSparkPipeline(await exportSparkPipeline(bundle, { clock: systemClock }));
    expect(back.description.features).toEqual(bundle.description.features);
    expect(await score(back)).toEqual(await score(bundle));
  });

  test('stage folders carry leading zeros only when there are more than ten', async () => {
    const files = await exportSparkPipeline(BUNDLES[2]![1], { clock: systemClock });
    const folders = [...new Set([...files.keys()].map((path) => /^stages\/\d+/.exec(path)?.[0]))].filter(Boolean);
    expect(folders).toEqual([
      'stages/0',
      'stages/1',
      'stages/2',
      'stages/3',
      'stages/4',
      'stages/5',
      'stages/6',
      'stages/7',
    ]);
  });

  test('hashes of Spark 2 and foreign models are refused', async () => {
    const { description, artifacts } = bundleOf({ hash: 'spark2' }, 3, false);
    for (const wrong of [description, { ...description, kind: 'xgboost' as const }])
      await expect(
        exportSparkPipeline({ description: wrong, artifacts }, { clock: systemClock }),
      ).rejects.toMatchObject({
        code: 'model.unsupported',
      });
  });
});

const SCRIPT = `
import json, sys
from pyspark.sql import SparkSession
from pyspark.ml import PipelineModel
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
texts = json.loads(sys.argv[2])
data = spark.createDataFrame([(i, t) for i, t in enumerate(texts)], ["i", "text"]).coalesce(1)
out = []
for folder in json.loads(sys.argv[1]):
    rows = PipelineModel.load(folder).transform(data).orderBy("i").select("probability", "predictedLabel").collect()
    out.append([[list(map(float, r.probability)), r.predictedLabel] for r in rows])
print("RESULT" + json.dumps(out))
`;

describe.skipIf(!hasSpark)('real Spark (skipped: Python has no pyspark; set SLUICE_TEST_PYTHON)', () => {
  test('loads our pipelines and gives our probabilities and labels', { timeout: 180_000 }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'sluice-spark-test-'));
    try {
      const folders: string[] = [];
      for (const [i, [, bundle]] of BUNDLES.entries()) {
        const folder = join(root, String(i));
        for (const [path, bytes] of await exportSparkPipeline(bundle, { clock: systemClock })) {
          await mkdir(dirname(join(folder, path)), { recursive: true });
          await writeFile(join(folder, path), bytes);
        }
        folders.push(folder);
      }
      const { stdout } = await run(python, ['-c', SCRIPT, JSON.stringify(folders), JSON.stringify(TEXTS)]);
      const results = JSON.parse(stdout.slice(stdout.indexOf('RESULT') + 6)) as [number[], string][][];
      for (const [i, [, bundle]] of BUNDLES.entries()) {
        const { labels, p } = await score(bundle);
        results[i]!.forEach(([probability, label], row) => {
          probability.forEach((value, k) => {
            expect(Math.abs(p[row * labels.length + k]! - value)).toBeLessThanOrEqual(1e-12);
          });
          expect(labels).toContain(label);
        });
      }
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
