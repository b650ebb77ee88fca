import { describe, expect, test } from 'vitest';
import { RetryableError } from '../../shared/errors.ts';
import { readModelReport } from '../../shared/insight/model-report.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { type Clock, seededRandom, silentLogger } from '../../shared/ports.ts';
import { judgeForeignModel } from '../../shared/training/judge-foreign.ts';
import { runSharded } from '../../shared/training/sharded/run-sharded.ts';
import { ShardedTrainer } from '../../shared/training/sharded/trainer.ts';
import { type TrainedBundle, train } from '../../shared/training/train.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

let now = Date.UTC(2026, 0, 1);
const clock: Clock = { now: () => now++, sleep: async () => {} };

const examples = Array.from({ length: 60 }, (_, i) => {
  const label = ['VAT', 'Customs'][i % 2]!;
  return { text: `${label === 'VAT' ? 'tax invoice' : 'goods duty'} paper ${i % 7} ${i}`, label };
});
const options = { numFeatures: 256, maxIter: 6 };

const trainHere = (): Promise<TrainedBundle> =>
  train({ examples, options, deps: { clock, random: seededRandom(1), logger: silentLogger } });

/** As a model that another tool trained arrives: weights, and nothing about how they came about. */
function asImported(bundle: TrainedBundle) {
  const { 'model.bin': model, 'idf.bin': idf } = bundle.artifacts;
  const description = { ...bundle.description, metrics: null, training: {} };
  return { description, artifacts: { 'model.bin': model!, 'idf.bin': idf! } };
}

function open() {
  const lake = new MemoryLake();
  return { lake, registry: new ModelRegistry(lake, { clock }) };
}

describe('model report', () => {
  test('of a model trained in one process: evaluation and curve are those of the training', async () => {
    const { registry } = open();
    const bundle = await trainHere();
    const report = await readModelReport(registry, await registry.register(bundle));
    expect(report).toMatchObject({ version: 'v1', kind: bundle.description.kind, champion: false, promotions: [] });
    expect(report.evaluation).toEqual(bundle.evaluation);
    expect(report.objectiveHistory).toEqual(bundle.objectiveHistory);
    expect(report.objectiveHistory.length).toBeGreaterThan(2);
    const confused = report.evaluation?.confusion.flat().reduce((sum, count) => sum + count, 0);
    expect(confused).toBe(report.metrics?.samples);
    expect(Object.keys(report)).not.toContain('artifacts');
  });

  test('of a model trained in shards: the same', async () => {
    const { lake, registry } = open();
    const source = new MemoryLake('imports');
    await source.write('rows.jsonl', examples.map((row) => JSON.stringify(row)).join('\n'));
    const trainer = new ShardedTrainer({ store: lake, source, registry, clock, logger: silentLogger });
    const columns = { text: 'text', label: 'label' };
    const request = { trainingId: 't1', sources: ['rows.jsonl'], columns, options, shardRows: 25 };
    const result = await runSharded(trainer, request);
    const report = await readModelReport(registry, result.version);
    expect(report.objectiveHistory).toEqual(result.objectiveHistory);
    expect(report.evaluation).toMatchObject({ accuracy: result.accuracy, labels: report.labels });
    expect(report.training).toMatchObject({ trainingId: 't1', rows: 60 });
  });

  test('of an imported model: no evaluation until it is measured, never a curve', async () => {
    const { registry } = open();
    const imported = asImported(await trainHere());
    const raw = await readModelReport(registry, await registry.register(imported));
    expect(raw).toMatchObject({ evaluation: null, metrics: null, objectiveHistory: [] });
    const measured = await registry.register(await judgeForeignModel(imported, examples));
    const report = await readModelReport(registry, measured);
    expect(report).toMatchObject({ evaluation: { samples: 60 }, objectiveHistory: [] });
  });

  test('tells when and why a version became the champion, rollbacks included', async () => {
    const { registry } = open();
    const bundle = await trainHere();
    for (let i = 0; i < 2; i++) await registry.register(bundle);
    await registry.promote('v1', 'first');
    await registry.promote('v2', 'better');
    await registry.rollback('worse after all');
    const [first, second] = [await readModelReport(registry, 'v1'), await readModelReport(registry, 'v2')];
    expect([first.champion, second.champion]).toEqual([true, false]);
    expect(first.promotions.map(({ reason }) => reason)).toEqual(['first', 'worse after all']);
    expect(second.promotions.map(({ reason }) => reason)).toEqual(['better']);
    expect(first.promotions[0]!.at < first.promotions[1]!.at).toBe(true);
  });

  test.for(['v9', 'train', '../champion', ''])('of %o: not found', async (version) => {
    await expect(readModelReport(open().registry, version)).rejects.toMatchObject({ code: 'model.not-found' });
  });

  test('a damaged evaluation and storage that is away are errors, never a report without', async () => {
    const { lake, registry } = open();
    await registry.register(await trainHere());
    const whole = await lake.read('models/v1/evaluation.json');
    await lake.write('models/v1/evaluation.json', '{}');
    await expect(readModelReport(registry, 'v1')).rejects.toMatchObject({ code: 'model.checksum-mismatch' });
    await lake.write('models/v1/evaluation.json', whole);
    for (const file of ['manifest.json', 'champion.json', 'evaluation.json', 'objective.json']) {
      lake.beforeCall = (_, path) => {
        if (path.endsWith(file)) throw new RetryableError('lake.unavailable', 'away');
      };
      await expect(readModelReport(registry, 'v1')).rejects.toMatchObject({ code: 'lake.unavailable' });
    }
  });
});
