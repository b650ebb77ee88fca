// The whole way: our model exported, trees trained on its features by SparkXGBClassifier, the booster imported, judged and registered.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ModelRegistry } from '../../../shared/models/registry.ts';
import { seededRandom, silentLogger, systemClock } from '../../../shared/ports.ts';
import { evaluate } from '../../../shared/training/evaluate.ts';
import { judgeForeignModel } from '../../../shared/training/judge-foreign.ts';
import { exportSparkPipeline } from '../../../shared/training/spark/export-pipeline.ts';
import { train } from '../../../shared/training/train.ts';
import { importBooster } from '../../../shared/training/xgboost/import-booster.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';

const python = process.env.SLUICE_TEST_PYTHON ?? 'python3';
const run = promisify(execFile);
const hasPackages = await run(python, ['-c', 'import pyspark, xgboost.spark, pyarrow, pandas']).then(
  () => true,
  () => false,
);
const SCRIPT = join(import.meta.dirname, '../../../infra/spark/train_xgboost.py');

/** Texts whose label follows from one word, among words that say nothing. */
function makeTexts(count: number, seed: number) {
  const random = seededRandom(seed);
  const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'];
  const signs = { Invoices: 'invoice', Contracts: 'agreement', Payroll: 'salary' } as const;
  return Array.from({ length: count }, (_, i) => {
    const label = (Object.keys(signs) as (keyof typeof signs)[])[i % 3]!;
    const noise = Array.from({ length: 6 }, () => words[Math.floor(random.next() * words.length)]!);
    noise.splice(Math.floor(random.next() * 6), 0, signs[label]);
    return { text: noise.join(' '), label };
  });
}

const trainModel = (examples: ReturnType<typeof makeTexts>) =>
  train({
    examples,
    options: { numFeatures: 1024 },
    deps: { clock: systemClock, random: seededRandom(1), logger: silentLogger },
  });

test('a booster of other labels or features is refused', async () => {
  const source = await trainModel(makeTexts(60, 1));
  const describeAs = (changes: object) =>
    Buffer.from(
      JSON.stringify({
        labels: source.description.labels,
        width: 1024,
        absent: 'missing',
        missing: 0,
        rounds: 'best',
        ...changes,
      }),
    );
  const booster = new Uint8Array(3);
  await expect(importBooster({ booster, description: describeAs({ width: 9 }) }, source)).rejects.toMatchObject({
    code: 'model.feature-mismatch',
  });
  await expect(
    importBooster({ booster, description: describeAs({ labels: ['a', 'b'] }) }, source),
  ).rejects.toMatchObject({
    code: 'model.feature-mismatch',
  });
  for (const description of [Buffer.from('{'), Buffer.from('{}'), describeAs({})])
    await expect(importBooster({ booster, description }, source)).rejects.toMatchObject({ code: 'model.corrupt' });
});

test('a model from elsewhere becomes promotable once it was judged on held-out rows', async () => {
  const trained = await trainModel(makeTexts(90, 1));
  const foreign = { ...trained, description: { ...trained.description, metrics: null } };
  const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
  await expect(registry.promote(await registry.register(foreign), 'x')).rejects.toMatchObject({
    code: 'model.not-evaluated',
  });
  const judged = await judgeForeignModel(foreign, [...makeTexts(60, 2), { text: 'x', label: 'stranger' }]);
  expect(judged.description.metrics).toMatchObject({ source: 'held-out', samples: 61, accuracy: 60 / 61 });
  expect(judged.description.training.unknownLabelRows).toBe(1);
  const version = await registry.register(judged);
  await registry.promote(version, 'judged');
  expect(await registry.championVersion()).toBe(version);
});

describe.skipIf(!hasPackages)(
  'on Spark (skipped: Python lacks pyspark, xgboost, pandas or pyarrow; set SLUICE_TEST_PYTHON)',
  () => {
    test('trees trained on our features score here as there', { timeout: 300_000 }, async () => {
      const root = await mkdtemp(join(tmpdir(), 'sluice-xgboost-'));
      try {
        const examples = makeTexts(300, 3);
        const source = await trainModel(examples);
        for (const [path, bytes] of await exportSparkPipeline(source, { clock: systemClock })) {
          await mkdir(dirname(join(root, 'pipeline', path)), { recursive: true });
          await writeFile(join(root, 'pipeline', path), bytes);
        }
        await writeFile(join(root, 'rows.jsonl'), examples.map((row) => JSON.stringify(row)).join('\n'));
        const folders = [
          '--pipeline',
          join(root, 'pipeline'),
          '--data',
          join(root, 'rows.jsonl'),
          '--output',
          join(root, 'out'),
        ];
        await run(python, [SCRIPT, ...folders, '--master', 'local[2]', '--rounds', '10', '--num-workers', '2'], {
          env: { ...process.env, PYSPARK_PYTHON: python },
        });
        const bundle = await importBooster(
          {
            booster: await readFile(join(root, 'out/booster.ubj')),
            description: await readFile(join(root, 'out/xgboost.json')),
          },
          source,
        );
        const test = makeTexts(90, 4);
        const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
        const model = await registry.load(await registry.register(await judgeForeignModel(bundle, test)));
        expect(evaluate(model, test).accuracy).toBeGreaterThanOrEqual(0.98);
        const sample = 'alpha invoice beta';
        const invoices = model.labels.indexOf('Invoices');
        const [reason] = model.explain(sample, model.featurize([sample]), 0, invoices, (invoices + 1) % 3, 1);
        expect(reason?.term).toBe('invoice');
      } finally {
        await rm(root, { recursive: true });
      }
    });
  },
);
