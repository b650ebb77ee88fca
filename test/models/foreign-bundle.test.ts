// XGBoost models in the registry: the pipeline's view of them is that of any model.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completeSpec } from '../../shared/features/spec.ts';
import { createXgboostBundle, unmeasuredAccept } from '../../shared/models/foreign-bundle.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { contributionsRoom } from '../../shared/models/scorer.ts';
import { readBooster } from '../../shared/models/xgboost/booster.ts';
import { XgboostScorer } from '../../shared/models/xgboost/xgboost-scorer.ts';
import { systemClock } from '../../shared/ports.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'xgboost/fixtures', name));
const labels = ['a', 'b', 'c'];
const features = completeSpec({ numFeatures: 5 });
const register = async (bundle: Awaited<ReturnType<typeof createXgboostBundle>>) => {
  const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
  return await registry.load(await registry.register(bundle));
};

describe('XGBoost in the registry', () => {
  test('options survive registration: absent as zero scores otherwise than absent as missing', async () => {
    const bytes = fixture('multi-vector-base.ubj');
    const input = { bytes, labels, taxonomyVersion: 't', features, idf: null };
    for (const absent of ['missing', 'zero'] as const) {
      const model = await register(await createXgboostBundle(input, { absent }));
      const x = model.featurize(['one two', 'three']);
      expect(model.score(x)).toEqual(new XgboostScorer(readBooster(bytes), { absent }).probabilities(x));
    }
    const [missing, zero] = await Promise.all(
      (['missing', 'zero'] as const).map(async (absent) => register(await createXgboostBundle(input, { absent }))),
    );
    const x = missing!.featurize('one two three four five six seven eight'.split(' '));
    expect(missing!.score(x)).not.toEqual(zero!.score(x));
  });

  test('reasons name terms of the document only, and weights are Shapley values of the margin', async () => {
    const bytes = fixture('multi-vector-base.ubj');
    const model = await register(
      await createXgboostBundle({ bytes, labels, taxonomyVersion: null, features, idf: null }),
    );
    const text = 'one two three four five six';
    const x = model.featurize([text]);
    const scorer = new XgboostScorer(readBooster(bytes));
    for (let label = 0; label < 3; label++) {
      const reasons = model.explain(text, x, 0, label, (label + 1) % 3, 10);
      const total = reasons.reduce((sum, reason) => sum + reason.weight - reason.runner_up_weight, 0);
      const moves = contributionsRoom(5);
      scorer.contributions(x, 0, label, (label + 1) % 3, moves);
      let expected = 0;
      for (let i = 0; i < x.indices.length; i++) expected += Math.max(0, moves.own[i]! - moves.runnerUp[i]!);
      expect(total).toBeCloseTo(expected, 4);
      for (const { term } of reasons) expect(text.split(' ')).toContain(term);
    }
  });

  test('a regression model, wrong labels and wrong widths are refused before they are registered', async () => {
    const base = { labels, taxonomyVersion: null, features, idf: null };
    await expect(
      createXgboostBundle({ ...base, labels: ['a', 'b'], bytes: fixture('gamma.ubj') }),
    ).rejects.toMatchObject({ code: 'model.unsupported', message: expect.stringContaining('is no classifier') });
    const bytes = fixture('multi-vector-base.ubj');
    for (const wrong of [{ labels: ['a', 'b'] }, { features: completeSpec({ numFeatures: 6 }) }])
      await expect(createXgboostBundle({ ...base, bytes, ...wrong })).rejects.toMatchObject({
        code: 'model.width-mismatch',
      });
    const { accept } = (await createXgboostBundle({ ...base, bytes })).description;
    expect(accept).toEqual(unmeasuredAccept);
  });

  test('a model without feature settings scores vectors and says why it cannot take texts', async () => {
    const bytes = fixture('multi-vector-base.ubj');
    const model = await register(
      await createXgboostBundle({ bytes, labels, taxonomyVersion: null, features: null, idf: null }),
    );
    expect(() => model.featurize(['text'])).toThrow(expect.objectContaining({ code: 'model.feature-mismatch' }));
    const x = {
      rows: 1,
      width: 5,
      indptr: Uint32Array.of(0, 1),
      indices: Int32Array.of(2),
      values: Float64Array.of(1),
    };
    expect(model.score(x).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  });

  const edited = (change: (learner: Record<string, never>) => void): Uint8Array => {
    const file = JSON.parse(fixture('multi-vector-base.json').toString());
    change(file.learner);
    return Buffer.from(JSON.stringify(file));
  };
  const set = (attributes: Record<string, string>) =>
    edited((learner) => Object.assign(learner, { attributes: { ...attributes } }));
  const input = { labels, taxonomyVersion: null, features, idf: null };

  test('names of features that tell of another order of the columns are refused', async () => {
    const named = (names: string[]) => edited((learner) => Object.assign(learner, { feature_names: names }));
    const vocabulary = ['tax', 'bill', 'law', 'duty', 'vat'];
    const counted = {
      ...input,
      features: completeSpec({ numFeatures: 5, vocabulary: { id: 'x', minTf: 1 } }),
      vocabulary,
    };
    for (const [given, names] of [
      [input, ['f0', 'f1', 'f3', 'f2', 'f4']],
      [counted, ['bill', 'tax', 'law', 'duty', 'vat']],
    ] as const)
      await expect(createXgboostBundle({ ...given, bytes: named([...names]) })).rejects.toMatchObject({
        code: 'model.feature-mismatch',
        message: expect.stringContaining('another order'),
      });
    for (const names of [
      ['f0', 'f1', 'f2', 'f3', 'f4'],
      ['1', '2', '3', '4', '5'],
      ['a', 'b', 'c', 'd', 'e'],
      vocabulary,
    ])
      expect((await createXgboostBundle({ ...counted, bytes: named(names) })).description.labels).toEqual(labels);
  });

  test('rounds: up to best_iteration unless all or a number is asked; without early stopping all', async () => {
    const early = set({ best_iteration: '1' });
    const x = (await register(await createXgboostBundle({ ...input, bytes: early }))).featurize(['one two three four']);
    const scored = async (bytes: Uint8Array, rounds?: 'all' | 'best' | number) => {
      const bundle = await createXgboostBundle({ ...input, bytes }, rounds === undefined ? {} : { rounds });
      return { p: (await register(bundle)).score(x), used: bundle.description.training.roundsUsed };
    };
    const all = (await scored(early, 'all')).used as number;
    expect(all).toBeGreaterThan(2);
    expect(await scored(early)).toEqual({ p: (await scored(early, 2)).p, used: 2 });
    expect((await scored(early)).p).not.toEqual((await scored(early, 'all')).p);
    expect((await scored(set({}))).used).toBe(all);
    for (const wrong of [0, all + 1, 1.5])
      await expect(scored(early, wrong)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('names that the scikit-learn wrapper wrote are used, and a contradicting list is refused', async () => {
    const wrapper = (names: unknown[]) => set({ scikit_learn: JSON.stringify({ classes_: names, n_classes_: 3 }) });
    const named = { ...input, labels: undefined, bytes: wrapper(['x', 'y', 'z']) };
    expect((await createXgboostBundle(named)).description.labels).toEqual(['x', 'y', 'z']);
    await expect(createXgboostBundle({ ...named, labels: ['z', 'y', 'x'] })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    // numbers of classes are no names
    expect((await createXgboostBundle({ ...input, bytes: wrapper([0, 1, 2]) })).description.labels).toEqual(labels);
    await expect(createXgboostBundle({ ...named, bytes: wrapper([0, 1, 2]) })).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining('--labels'),
    });
  });

  test('classes that are numbers are names, however they are written; each is named by its number, other numbers contradict', async () => {
    const wrapper = (classes: string) => set({ scikit_learn: `{"classes_": ${classes}}` });
    const encoder = (classes: string) => set({ scikit_learn: `{"_le": {"classes_": ${classes}}}` });
    const labelled = async (bytes: Uint8Array, given?: string[]) =>
      (await createXgboostBundle({ ...input, bytes, labels: given })).description;
    for (const bytes of [wrapper('[1.0, 2.0, 4.5]'), encoder('[1, 2, 4.5]')]) {
      expect((await labelled(bytes)).labels).toEqual(['1', '2', '4.5']);
      expect((await labelled(bytes, ['1.0', '2.0', '4.5'])).labels).toEqual(['1.0', '2.0', '4.5']);
      const named = await labelled(bytes, ['4.5=z', ' 1.0 = x', '2=y']);
      expect([named.labels, named.training.classNumbers]).toEqual([['x', 'y', 'z'], '1, 2, 4.5']);
      await expect(labelled(bytes, ['x', 'y', 'z'])).rejects.toMatchObject({
        message: expect.stringContaining('1=<name>,2=<name>,4.5=<name>'),
      });
      for (const wrong of [
        ['1=x', '2=y', '3=z'],
        ['1=x', '2=y', '2=z'],
        ['1=x', '2=y'],
        ['1=x', '2=y', 'z'],
        ['2', '1', '4.5'],
        ['x', 'y', '9'],
        ['x', 'y'],
      ])
        await expect(labelled(bytes, wrong)).rejects.toMatchObject({ code: 'request.invalid' });
    }
    // these only count the classes
    await expect(labelled(wrapper('[0.0, 1.0, 2.0]'))).rejects.toMatchObject({ message: /--labels/ });
    for (const given of [
      ['x', 'y', 'z'],
      ['1=y', '2=z', '0=x'],
    ]) {
      const counted = await labelled(wrapper('[0.0, 1.0, 2.0]'), given);
      expect([counted.labels, counted.training.classNumbers]).toEqual([['x', 'y', 'z'], '0, 1, 2']);
    }
    await expect(labelled(wrapper('[0, 1, 2]'), ['1=x', '2=y', '3=z'])).rejects.toMatchObject({ message: /0, 1, 2/ });
  });

  test.each([
    ['binary:hinge', 'no probabilities'],
    ['binary:logistic', 'independently'],
    ['rank:pairwise', 'is no classifier'],
  ])('objective %s over three margins is refused: %s', async (name, why) => {
    const bytes = edited((learner) => Object.assign(learner, { objective: { name } }));
    await expect(createXgboostBundle({ ...input, bytes })).rejects.toMatchObject({
      code: 'model.unsupported',
      message: expect.stringContaining(why),
    });
  });

  const CASES = join(import.meta.dirname, '../../../shared/data/cases/engines/xgb');
  test.skipIf(!existsSync(CASES))(
    'a booster of XGBClassifier that stopped early (skipped: no ../shared/data/cases)',
    async () => {
      const { best, rounds } = JSON.parse(readFileSync(join(CASES, 'es.expected.json'), 'utf8'));
      const bytes = readFileSync(join(CASES, 'es.ubj'));
      const { training, scorer } = (await createXgboostBundle({ ...input, features: null, bytes })).description;
      expect(training).toMatchObject({ roundsUsed: best + 1, roundsInFile: rounds });
      expect(scorer.rounds).toBe('best');
    },
  );
});
