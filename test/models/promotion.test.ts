// A champion needs a judgement that speaks for it, or somebody who takes the responsibility.
import { describe, expect, test } from 'vitest';
import { completeSpec } from '../../shared/features/spec.ts';
import type { AcceptRule } from '../../shared/models/accept-rule.ts';
import type { ModelBundle, ModelMetrics } from '../../shared/models/bundle.ts';
import type { StageDescription } from '../../shared/models/encoder/stage-description.ts';
import { unmeasuredAccept } from '../../shared/models/foreign-bundle.ts';
import { createLinearBundle } from '../../shared/models/linear-bundle.ts';
import { refusalToPromote, refusalToPromoteByItself } from '../../shared/models/promotion.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { systemClock } from '../../shared/ports.ts';
import { chooseAccept, DECIDES_NOTHING } from '../../shared/training/accept.ts';
import { judgeForeignModel } from '../../shared/training/judge-foreign.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const metricsOf = (accuracy: number, support: number[]): ModelMetrics => ({
  source: 'held-out',
  samples: support.reduce((a, b) => a + b, 0),
  accuracy,
  macroF1: accuracy,
  logLoss: 1,
  ece: 0,
  perLabel: support.map((rows, k) => ({ label: `l${k}`, precision: 1, recall: 1, f1: 1, support: rows })),
});
const bundleOf = (metrics: ModelMetrics | null, accept: AcceptRule = unmeasuredAccept): ModelBundle =>
  createLinearBundle({
    labels: ['l0', 'l1'],
    taxonomyVersion: null,
    features: completeSpec({ numFeatures: 4 }),
    idf: null,
    model: {
      width: 4,
      columns: Int32Array.of(0),
      coefficients: Float64Array.of(1),
      intercepts: Float64Array.of(0),
      isBinomial: true,
    },
    calibration: { method: 'none' },
    accept,
    metrics,
  });

describe('promotion', () => {
  test.each([
    ['no evaluation', null, 'model.not-evaluated'],
    ['no row', metricsOf(0, [0, 0]), 'model.not-evaluated'],
    ['rows of one label', metricsOf(1, [40, 0]), 'model.not-better'],
    ['as good as the most frequent label', metricsOf(0.7, [70, 30]), 'model.not-better'],
    ['a little better', metricsOf(0.71, [70, 30]), 'model.not-better'],
    ['better by the margin', metricsOf(0.715, [70, 30]), undefined],
    ['right always', metricsOf(1, [39, 1]), undefined],
  ])('%s', (_, metrics, code) => {
    expect(refusalToPromote({ version: 'v1', metrics })?.code).toBe(code);
  });

  test('by force any model that loads is promoted, and the history says against what', async () => {
    const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
    const version = await registry.register(bundleOf(metricsOf(0.5, [50, 50])));
    await expect(registry.promote(version, 'try')).rejects.toMatchObject({ code: 'model.not-better' });
    expect(await registry.championVersion()).toBeUndefined();
    await registry.promote(version, 'the only one', { force: true });
    const [move] = await registry.history();
    expect(move?.reason).toMatch(/^the only one \(forced: .*50\.0 % of 100 rows.*\)$/);
  });

  test('a training asks and is told', async () => {
    const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
    const [weak, good] = [
      await registry.register(bundleOf(metricsOf(0.5, [50, 50]))),
      await registry.register(bundleOf(metricsOf(0.9, [50, 50]), { ...unmeasuredAccept, basis: 'guarantee' })),
    ];
    expect(await registry.promoteTrained(weak, 'training')).toMatchObject({ code: 'model.not-better' });
    expect(await registry.promoteTrained(good, 'training')).toBeUndefined();
    expect(await registry.championVersion()).toBe(good);
  });

  test('rows whose labels the model does not know judge nothing, and both lists of labels are named', async () => {
    const rows = [{ text: 'a', label: 'Other' }];
    await expect(judgeForeignModel(bundleOf(null), rows)).rejects.toMatchObject({
      code: 'train.no-rows',
      message: expect.stringMatching(/l0, l1.*Other/),
    });
  });

  test('rows with labels it does not know count as wrong: for promotion, and for what it may decide alone', async () => {
    const known = Array.from({ length: 40 }, (_, i) => ({ text: `a b c d e f g h i j ${i}`, label: 'l1' }));
    const mixed = [
      ...known,
      ...Array.from({ length: 60 }, (_, i) => ({ text: `a b c d e f g h i j ${i}`, label: 'Other' })),
    ];
    const { description } = await judgeForeignModel(bundleOf(null), mixed);
    expect(description.metrics).toMatchObject({ samples: 100, accuracy: expect.closeTo(0.4) });
    expect(description.accept).toMatchObject({ basis: 'default', coverage: 0 });
    expect(refusalToPromote({ version: 'v1', metrics: description.metrics })).toMatchObject({
      code: 'model.not-better',
    });
  });
});

test('a model that lacks labels of its taxonomy, or that only the LLM has taught, is not promoted by itself', () => {
  const accept = { ...unmeasuredAccept, basis: 'guarantee' } as const;
  const model = (training: Record<string, number>) => ({ version: 'v1', labels: ['a', 'b'], training, accept });
  const code = (training: Record<string, number>, wanted?: string[]) =>
    refusalToPromoteByItself(model(training), wanted)?.code;
  expect(code({ rows: 50 })).toBeUndefined();
  expect(code({ rows: 50 }, ['a', 'b'])).toBeUndefined();
  expect(refusalToPromoteByItself(model({ rows: 50 }), ['a', 'b', 'c'])).toMatchObject({
    code: 'model.not-vouched-for',
    message: expect.stringContaining('does not know c'),
  });
  expect(code({ rows: 50, rowsHuman: 0, rowsLlm: 50 })).toBe('model.not-vouched-for');
  expect(code({ rows: 50, rowsHuman: 1, rowsLlm: 49 })).toBeUndefined();
  expect(code({ rows: 90, rowsHuman: 0, rowsLlm: 50 })).toBeUndefined(); // forty rows are of a file
});

describe('the accept threshold', () => {
  const held = (confidence: number[], isRight = confidence.map(() => 1)) => ({
    confidence: Float64Array.from(confidence),
    predicted: new Int32Array(confidence.length),
    isRight: Uint8Array.from(isRight),
  });
  const goal = { precision: 0.95, confidence: 0.95 };
  const rows = (n: number, from: number) => Array.from({ length: n }, (_, i) => from + (i / n) * 0.2);

  test('never lies below every probability that was seen', () => {
    const many = chooseAccept(held(rows(400, 0.6)), goal);
    expect(many).toMatchObject({ basis: 'guarantee', coverage: 1 });
    expect(many.threshold).toBeGreaterThan(0.55);
  });

  test('with too few rows the model decides nothing alone, however right it was, and says how many are missing', () => {
    const rule = chooseAccept(held(rows(58, 0.7)), goal);
    expect(rule).toMatchObject({ basis: 'default', threshold: DECIDES_NOTHING, coverage: 0, missing: 1 });
    expect(rule.threshold).toBeGreaterThan(1);
    expect(chooseAccept(held(rows(59, 0.7)), goal)).toMatchObject({ basis: 'guarantee' });
  });

  test('copies are one witness: ten of each of six documents prove no more than six', () => {
    const groups = Array.from({ length: 60 }, (_, i) => i % 6);
    expect(chooseAccept({ ...held(rows(60, 0.7)), groups }, goal)).toMatchObject({ basis: 'default', missing: 53 });
  });

  test('nor does a model that is wrong at every confidence', () => {
    const wrong = rows(60, 0.7).map(() => 0);
    expect(chooseAccept(held(rows(60, 0.7), wrong), goal)).toMatchObject({
      basis: 'default',
      missing: 0,
      threshold: DECIDES_NOTHING,
    });
  });
});

test('a model that missed its aim in both stages is not promoted by itself, unless that was asked for; one that a stage lets decide is', async () => {
  const missed = { ...unmeasuredAccept, basis: 'default', precision: 0.97 } as const;
  const proven = { ...unmeasuredAccept, basis: 'guarantee' } as const;
  const stageOf = (accept: AcceptRule) => ({ accept }) as StageDescription; // nothing else of it is looked at
  const model = { version: 'v1', labels: ['a', 'b'], training: { rows: 50 } };
  expect(refusalToPromoteByItself({ ...model, accept: missed }, undefined)).toMatchObject({
    code: 'model.not-vouched-for',
    message: expect.stringContaining('97.0 %'),
  });
  expect(refusalToPromoteByItself({ ...model, accept: missed, stage: stageOf(missed) }, undefined)).toBeDefined();
  expect(refusalToPromoteByItself({ ...model, accept: missed, stage: stageOf(proven) }, undefined)).toBeUndefined();
  expect(refusalToPromoteByItself({ ...model, accept: proven, stage: null }, undefined)).toBeUndefined();

  const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
  const weak = await registry.register(bundleOf(metricsOf(0.9, [50, 50]), missed));
  const worse = await registry.register(bundleOf(metricsOf(0.5, [50, 50]), missed));
  expect(await registry.promoteTrained(weak, 'training')).toMatchObject({ code: 'model.not-vouched-for' });
  expect(await registry.championVersion()).toBeUndefined();
  expect(await registry.promoteTrained(worse, 'training', { isAsked: true })).toMatchObject({
    code: 'model.not-better',
  });
  expect(await registry.promoteTrained(weak, 'training', { isAsked: true })).toBeUndefined();
  expect(await registry.championVersion()).toBe(weak);
});
