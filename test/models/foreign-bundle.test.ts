// XGBoost models in the registry: the pipeline's view of them is that of any model.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completeSpec } from '../../shared/features/spec.ts';
import { createXgboostBundle, unmeasuredAccept } from '../../shared/models/foreign-bundle.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
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
      const own = scorer.contributions(x, 0, label);
      const other = scorer.contributions(x, 0, (label + 1) % 3);
      let expected = 0;
      for (let column = 0; column < 5; column++) {
        const at = (c: typeof own) => c.values[c.columns.indexOf(column)] ?? 0;
        const isPresent = x.indices.includes(column);
        if (isPresent && at(own) > at(other)) expected += at(own) - at(other);
      }
      expect(total).toBeCloseTo(expected, 4);
      for (const { term } of reasons) expect(text.split(' ')).toContain(term);
    }
  });

  test('a regression model, wrong labels and wrong widths are refused before they are registered', async () => {
    const base = { labels, taxonomyVersion: null, features, idf: null };
    const regression = await createXgboostBundle({ ...base, labels: ['a', 'b'], bytes: fixture('gamma.ubj') });
    const model = await register(regression);
    expect(() => model.score(model.featurize(['x']))).toThrow(expect.objectContaining({ code: 'model.unsupported' }));
    const bytes = fixture('multi-vector-base.ubj');
    for (const wrong of [{ labels: ['a', 'b'] }, { features: completeSpec({ numFeatures: 6 }) }])
      await expect(createXgboostBundle({ ...base, bytes, ...wrong })).rejects.toMatchObject({
        code: 'model.width-mismatch',
      });
    expect(model.accept).toBe(unmeasuredAccept.threshold);
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
});
