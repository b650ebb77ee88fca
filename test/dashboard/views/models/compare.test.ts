import { describe, expect, test } from 'vitest';
import { compareLabels, compareMetrics, comparisonLimit } from '../../../../dashboard/src/views/models/compare.ts';
import type { RegisteredModel } from '../../../../shared/models/registry.ts';

function model(version: string, changes: { f1?: Record<string, number>; logLoss?: number; data?: string } = {}) {
  const perLabel = Object.entries(changes.f1 ?? { A: 0.9, B: 0.8 }).map(([label, f1]) => ({
    label,
    precision: f1,
    recall: f1,
    f1,
    support: 10,
  }));
  return {
    version,
    champion: false,
    createdAt: '2025-01-01T00:00:00Z',
    format: 1,
    kind: 'logistic-regression',
    labels: perLabel.map(({ label }) => label),
    taxonomyVersion: null,
    width: 8,
    features: null,
    calibration: { method: 'none' },
    accept: {
      threshold: 0.8,
      basis: 'empirical',
      precision: 0.95,
      confidence: 0.95,
      coverage: 0.7,
      observedPrecision: 0.96,
      samples: 100,
    },
    metrics: {
      source: 'out-of-fold',
      samples: 200,
      accuracy: 0.85,
      macroF1: 0.85,
      logLoss: changes.logLoss ?? 0.4,
      ece: 0.02,
      perLabel,
    },
    training: { dataFingerprint: changes.data ?? 'same' },
    acceptByLabel: null,
    scorer: {},
    artifacts: [],
  } as unknown as RegisteredModel; // only what a comparison reads
}

describe('comparison of two versions', () => {
  test('lower log loss is better, higher F1 is better', () => {
    const rows = compareMetrics(model('v1', { logLoss: 0.5 }), model('v2', { logLoss: 0.3 }));
    const loss = rows.find(({ key }) => key === 'logLoss');
    expect(loss?.better).toBe('b');
    expect(loss?.difference).toBeCloseTo(-0.2);
    expect(rows.find(({ key }) => key === 'accuracy')?.better).toBe('same');
  });

  test('a threshold is neither better nor worse', () => {
    const rows = compareMetrics(model('v1'), model('v2'));
    expect(rows.find(({ key }) => key === 'threshold')).toMatchObject({ a: 0.8, better: null });
  });

  test('coverage of a default threshold was not measured and is left open', () => {
    const a = model('v1');
    const rows = compareMetrics({ ...a, accept: { ...a.accept, basis: 'default' } }, model('v2'));
    expect(rows.find(({ key }) => key === 'coverage')).toMatchObject({ a: null, b: 0.7, difference: null });
  });

  test('labels stand by their difference; those of one version only come first, without one', () => {
    const a = model('v1', { f1: { A: 0.9, B: 0.8, C: 0.5 } });
    const b = model('v2', { f1: { A: 0.91, B: 0.6, D: 0.7 } });
    expect(compareLabels(a, b).map(({ label, better }) => [label, better])).toEqual([
      ['C', null],
      ['D', null],
      ['B', 'a'],
      ['A', 'b'],
    ]);
  });

  test('numbers from other documents or without an evaluation are called so', () => {
    expect(comparisonLimit(model('v1'), model('v2'))).toBeNull();
    expect(comparisonLimit(model('v1'), model('v2', { data: 'other' }))).toContain('different documents');
    expect(comparisonLimit(model('v1'), { ...model('v2'), metrics: null })).toBe('v2 was never evaluated.');
  });
});
