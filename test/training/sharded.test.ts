import { beforeAll, describe, expect, test } from 'vitest';
import { countDocuments } from '../../shared/features/idf.ts';
import { createTermCounter } from '../../shared/features/term-counter.ts';
import { fitTermWeights, weighCounts } from '../../shared/features/weigh.ts';
import { decodeLinearModel, type LinearModel } from '../../shared/models/linear-model.ts';
import { fitLogisticRegression } from '../../shared/models/logistic-regression.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { completeTrainOptions, featureSpecOf, lrOptionsOf, type TrainOptions } from '../../shared/training/options.ts';
import { planRanges, runSharded } from '../../shared/training/sharded/run-sharded.ts';
import { partOf } from '../../shared/training/sharded/shard.ts';
import { ShardedTrainer } from '../../shared/training/sharded/trainer.ts';
import { train } from '../../shared/training/train.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const clock = { ...systemClock, now: () => 0 };
const WORDS = [
  'tax',
  'income',
  'party',
  'clause',
  'goods',
  'duty',
  'salary',
  'wage',
  'invoice',
  'due',
  'the',
  'a',
  'of',
  'and',
];
const LABELS = ['Tax', 'Contract', 'Customs'];

function makeRows(count: number): { text: string; label: string }[] {
  const random = seededRandom(4);
  return Array.from({ length: count }, (_, i) => {
    const k = i % LABELS.length;
    const words = Array.from({ length: 10 }, () => {
      const isOwn = random.next() < 0.4;
      return WORDS[isOwn ? 2 * k + Math.floor(random.next() * 2) : Math.floor(random.next() * WORDS.length)]!;
    });
    return { text: `${words.join(' ')} no${Math.floor(random.next() * 50)}`, label: LABELS[k]! };
  });
}

const rows = makeRows(200);
const request = (options: Partial<TrainOptions> = {}) => ({
  trainingId: 't1',
  sources: ['data/a.jsonl', 'data/b.jsonl'],
  columns: { text: 'text', label: 'label' },
  options: { profile: 'spark' as const, numFeatures: 512, maxIter: 12, ...options },
  shardRows: 37,
});

async function openLakes(): Promise<{ store: MemoryLake; source: MemoryLake }> {
  const source = new MemoryLake('imports');
  const toLines = (part: typeof rows) => part.map((row) => JSON.stringify(row)).join('\n');
  await source.write('data/a.jsonl', toLines(rows.slice(0, 90)));
  await source.write('data/b.jsonl', toLines(rows.slice(90)));
  return { store: new MemoryLake(), source };
}

const openTrainer = (
  { store, source }: { store: MemoryLake; source: MemoryLake },
  registry = new ModelRegistry(store, { clock }),
) =>
  new ShardedTrainer({
    store,
    source,
    registry,
    clock,
    logger: silentLogger,
    codeVersion: '1.2.3',
  });

/** The same rows fitted in this process. */
function fitInProcess(given: Partial<TrainOptions>, isTraining: (text: string) => boolean = () => true) {
  const options = completeTrainOptions({ loss: 'logistic', ...request(given).options });
  const counts = createTermCounter(featureSpecOf(options)).count(rows.map((row) => row.text));
  const features = featureSpecOf(options);
  const idf = fitTermWeights(features, countDocuments(counts), counts.rows, options.minDocFreq ?? 0);
  const labels = ['Contract', 'Tax', 'Customs'].sort((a, b) => {
    const count = (label: string) => rows.filter((row) => row.label === label).length;
    return count(b) - count(a) || (a < b ? -1 : 1);
  });
  return fitLogisticRegression(
    {
      x: weighCounts(features, counts, idf.weights),
      labels: rows.map((row) => labels.indexOf(row.label)),
      numClasses: labels.length,
      weights: Float64Array.from(rows, (row) => (isTraining(row.text) ? 1 : 0)),
    },
    lrOptionsOf(options, options.regParam ?? 0),
  );
}

async function readModel(store: MemoryLake, version: string): Promise<LinearModel> {
  return decodeLinearModel(await new ModelRegistry(store, { clock }).artifact(version, 'model.bin'));
}

function expectEqualModels(have: LinearModel, need: LinearModel): void {
  expect([...have.columns]).toEqual([...need.columns]);
  const scale = Math.max(...need.coefficients.map(Math.abs));
  for (let i = 0; i < need.coefficients.length; i++)
    expect(Math.abs(have.coefficients[i]! - need.coefficients[i]!)).toBeLessThan(1e-9 * scale);
  for (let k = 0; k < need.intercepts.length; k++) expect(have.intercepts[k]).toBeCloseTo(need.intercepts[k]!, 9);
}

describe('sharded training', () => {
  test.for([
    ['ridge', {}],
    ['lexical', { profile: 'lexical', regParam: 0.002, maxIter: 5 }],
    ['elastic net', { elasticNet: 0.5, regParam: 0.01 }],
    ['without standardization', { standardization: false }],
    ['without intercept', { fitIntercept: false }],
  ] as const)('%s: the coefficients equal those of one process to 1e-9', async ([, options]) => {
    const lakes = await openLakes();
    const result = await runSharded(openTrainer(lakes), request(options));
    const need = fitInProcess(options);
    expectEqualModels(await readModel(lakes.store, result.version), need.model);
    expect(result.iterations).toBe(need.iterations);
    for (const [i, value] of result.objectiveHistory.entries())
      expect(value).toBeCloseTo(need.objectiveHistory[i]!, 10);
  });

  test('rows of one shard are trained at once, in a thread: the model is the one train() makes, and is registered once', async () => {
    const lakes = await openLakes();
    const whole = { ...request({ profile: 'lexical' }), shardRows: 1000 };
    const trainer = openTrainer(lakes);
    expect(await trainer.plan(whole)).toMatchObject({ isWhole: true, isFinished: false, shards: 1 });
    const { version } = await trainer.trainWhole({ trainingId: 't1' });
    await lakes.store.delete('training/t1/result.json'); // ended before it was written
    await trainer.trainWhole({ trainingId: 't1' });
    const result = await trainer.finish({ trainingId: 't1' });
    const registry = new ModelRegistry(lakes.store, { clock });
    expect((await registry.list()).map((model) => model.version)).toEqual([version]);
    const deps = { clock, random: seededRandom(1), logger: silentLogger };
    const need = await train({ examples: rows, options: whole.options, deps });
    expectEqualModels(await readModel(lakes.store, version), decodeLinearModel(need.artifacts['model.bin']!));
    expect(result).toMatchObject({ version, accuracy: need.evaluation.accuracy });
    expect((await registry.list())[0]?.training).toMatchObject({ trainingId: 't1', loss: 'squared-hinge' });
    expect(lakes.store.paths().filter((path) => path.startsWith('training/t1/rows'))).toEqual([]);
  });

  test('a training goes on where its progress cannot be written, and trainings that begin together run one after the other', async () => {
    const lakes = await openLakes();
    let now = 0;
    const ticking = { ...clock, now: () => (now += 5000) };
    const registry = new ModelRegistry(lakes.store, { clock });
    const events: string[] = [];
    const logger = { ...silentLogger, warn: (event: string) => events.push(event) };
    const trainer = new ShardedTrainer({ ...lakes, registry, clock: ticking, logger });
    const ids = ['t1', 't2'];
    for (const trainingId of ids)
      await trainer.plan({ ...request({ profile: 'lexical' }), shardRows: 1000, trainingId });
    lakes.store.beforeCall = (method, path) => {
      if (method === 'write' && path.endsWith('state.json')) throw new Error('the lake is away');
    };
    await Promise.all(ids.map((trainingId) => trainer.trainWhole({ trainingId })));
    expect((await registry.list()).map(({ training }) => training.trainingId).sort()).toEqual(ids);
    expect(new Set(events)).toEqual(new Set(['training.progress-not-kept']));
  });

  test('rows of many labels, too much for one step, are trained in parts', async () => {
    const whole = { ...request({ profile: 'lexical' }), shardRows: 1000 };
    expect(await openTrainer(await openLakes()).plan({ ...whole, wholeWork: 3000 })).toMatchObject({ isWhole: false });
  });

  test('what train() refuses is told by its code from within the thread too', async () => {
    const lakes = await openLakes();
    const options = { profile: 'lexical', guarantee: true, precision: 0.99 } as const;
    const failed = runSharded(openTrainer(lakes), { ...request(options), shardRows: 1000 });
    await expect(failed).rejects.toMatchObject({ code: expect.stringMatching(/^train\./) });
  });

  test('the squared hinge is refused where rows are trained in parts', async () => {
    const planned = openTrainer(await openLakes()).plan(request({ profile: 'lexical', loss: 'squared-hinge' }));
    await expect(planned).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('a strict guarantee keeps the model that was judged: held-out rows have weight 0', async () => {
    const lakes = await openLakes();
    const options = { guarantee: true, precision: 0.3, confidence: 0.5, holdout: 0.4 };
    const result = await runSharded(openTrainer(lakes), request(options));
    const need = fitInProcess(options, (text) => partOf(text, 0.4, 1) === 2);
    expectEqualModels(await readModel(lakes.store, result.version), need.model);
  });

  test('two instances that end the same training at the same moment register it once', async () => {
    const lakes = await openLakes();
    await openTrainer(lakes).plan({ ...request({ profile: 'lexical' }), shardRows: 1000 });
    const both = Promise.withResolvers<void>();
    let looked = 0;
    /** Neither goes on before both have seen that no model is registered. */
    class Together extends ModelRegistry {
      override async list() {
        const models = await super.list();
        if (++looked === 2) both.resolve();
        await both.promise;
        return models;
      }
    }
    const end = () => openTrainer(lakes, new Together(lakes.store, { clock })).trainWhole({ trainingId: 't1' });
    const [one, other] = await Promise.all([end(), end()]);
    expect(one).toEqual(other);
    const models = await new ModelRegistry(lakes.store, { clock }).list();
    expect(models.map(({ version }) => version)).toEqual([one?.version]);
  });

  test('the registered model scores texts and carries its evaluation', async () => {
    const lakes = await openLakes();
    const { version } = await runSharded(openTrainer(lakes), request());
    const registry = new ModelRegistry(lakes.store, { clock });
    await registry.promote(version, 'test');
    const model = await registry.load(version);
    const p = model.score(model.featurize(['tax income tax income']));
    expect(model.labels[p.indexOf(Math.max(...p))]).toBe('Tax');
    expect((await registry.manifest(version)).metrics?.source).toBe('held-out');
    const record = JSON.parse((await lakes.store.read('training-runs/t1/run.json')).toString());
    expect(record).toMatchObject({
      modelVersion: version,
      codeVersion: '1.2.3',
      artifacts: ['report.html', 'evaluation.json'],
    });
  });

  test('inputs and outputs of every step stay small, and nothing but references and counts is in them', async () => {
    const lakes = await openLakes();
    const trainer = openTrainer(lakes);
    const answers: unknown[] = [await trainer.plan(request())];
    for (let shard = 0; shard < 6; shard++) answers.push(await trainer.featurizeShard({ trainingId: 't1', shard }));
    answers.push(await trainer.prepareFits({ trainingId: 't1' }));
    const range = { trainingId: 't1', fit: 'check', round: 0, from: 0, to: 6 } as const;
    answers.push(await trainer.gradientShards(range));
    answers.push(await trainer.reduceAndStep({ trainingId: 't1', fit: 'check', round: 0, parts: [[0, 6]] }));
    for (const answer of answers) expect(JSON.stringify(answer).length).toBeLessThan(200);
  });

  test('a round with shards missing is refused', async () => {
    const lakes = await openLakes();
    const trainer = openTrainer(lakes);
    await trainer.plan(request());
    for (let shard = 0; shard < 6; shard++) await trainer.featurizeShard({ trainingId: 't1', shard });
    await trainer.prepareFits({ trainingId: 't1' });
    await expect(
      trainer.reduceAndStep({ trainingId: 't1', fit: 'check', round: 0, parts: [[0, 5]] }),
    ).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test.for([
    ['train.no-rows', '{"text":"a"}'],
    ['train.one-class', '{"text":"a","label":"x"}'],
    ['train.unknown-label', '{"text":"a","label":"stranger"}'],
  ] as const)('a data set that cannot be trained on is refused with %s', async ([code, content]) => {
    const lakes = await openLakes();
    await lakes.source.write('data/bad.jsonl', content);
    const bad = { ...request(), sources: ['data/bad.jsonl'], labels: ['x', 'y'] };
    await expect(openTrainer(lakes).plan(bad)).rejects.toMatchObject({ code });
  });

  test('bad rows are counted with file and line', async () => {
    const lakes = await openLakes();
    await lakes.source.write('data/bad.jsonl', 'not json\n{"text":"","label":"Tax"}\n{"text":"fine"}');
    const plan = await openTrainer(lakes).plan({ ...request(), sources: ['data/a.jsonl', 'data/bad.jsonl'] });
    expect(plan).toMatchObject({ rows: 90, skipped: 3 });
    const written = JSON.parse((await lakes.store.read('training/t1/plan.json')).toString());
    expect(written.problems.map((p: { path: string; line: number }) => [p.path, p.line])).toEqual([
      ['data/bad.jsonl', 1],
      ['data/bad.jsonl', 2],
      ['data/bad.jsonl', 3],
    ]);
  });
});

describe('sharded training: crashes', () => {
  let reference: Buffer;
  let writes: number;
  const options = { maxIter: 5 };

  beforeAll(async () => {
    const lakes = await openLakes();
    const { version } = await runSharded(openTrainer(lakes), request(options));
    reference = await new ModelRegistry(lakes.store, { clock }).artifact(version, 'model.bin');
    writes = lakes.store.calls.write;
  });

  test('the process dies at every single write, and a new one ends with the same model, registered once', async () => {
    for (let deadly = 1; deadly <= writes; deadly++) {
      const lakes = await openLakes();
      let count = 0;
      lakes.store.beforeCall = (method) => {
        if (method === 'write' && ++count === deadly) throw new Error('killed');
      };
      await expect(runSharded(openTrainer(lakes), request(options))).rejects.toThrow('killed');
      const { version } = await runSharded(openTrainer(lakes), request(options)); // nothing kept in memory
      const registry = new ModelRegistry(lakes.store, { clock });
      expect(await registry.artifact(version, 'model.bin')).toEqual(reference);
      expect(await registry.list()).toHaveLength(1);
    }
  });

  test('the process dies after every round: no finished round is computed again', async () => {
    const lakes = await openLakes();
    const gradients = new Map<string, number>();
    lakes.store.beforeCall = (method, path) => {
      if (method === 'write' && path.includes('/gradients/')) gradients.set(path, (gradients.get(path) ?? 0) + 1);
    };
    let result: { version: string } | undefined;
    while (result === undefined) {
      let steps = 0;
      result = await runSharded(openTrainer(lakes), request(options), () => {
        if (++steps === 1) throw new Error('killed');
      }).catch(() => undefined);
    }
    expect(await new ModelRegistry(lakes.store, { clock }).artifact(result.version, 'model.bin')).toEqual(reference);
    expect([...gradients.values()].every((times) => times === 1)).toBe(true);
  });

  test('steps that are delivered twice change nothing', async () => {
    const lakes = await openLakes();
    const trainer = openTrainer(lakes);
    const twice =
      <I, O>(step: (input: I) => Promise<O>) =>
      async (input: I) => {
        const first = await step(input);
        expect(await step(input)).toEqual(first);
        return first;
      };
    const doubled = new Proxy(trainer, {
      get: (target, name: keyof ShardedTrainer) =>
        twice((input: never) => (target[name] as (i: never) => Promise<unknown>).call(target, input)),
    });
    const { version } = await runSharded(doubled, request(options));
    expect(await new ModelRegistry(lakes.store, { clock }).artifact(version, 'model.bin')).toEqual(reference);
  });
});

test('ranges cover all shards once', () => {
  expect(planRanges(10, 4)).toEqual([
    [0, 3],
    [3, 6],
    [6, 9],
    [9, 10],
  ]);
  expect(planRanges(2, 8)).toEqual([
    [0, 1],
    [1, 2],
  ]);
});
