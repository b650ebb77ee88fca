// Calibration and metrics on data with known answers.

import { describe, expect, test } from 'vitest';
import { calibrate, fitCalibration, fitTemperature, logLoss } from '../../shared/models/calibration.ts';
import { measure } from '../../shared/models/metrics.ts';
import { argmax, softmaxRows } from '../../shared/models/scorer.ts';
import { seededRandom } from '../../shared/ports.ts';
import fc from '../fakes/property.ts';

/** Rows whose true class is drawn from softmax(z); the model reports softmax(z · sharpness). */
function sample(rows: number, classes: number, sharpness: number, seed: number) {
  const random = seededRandom(seed);
  const honest = new Float64Array(rows * classes).map(() => 4 * (random.next() - 0.5));
  const reported = softmaxRows(
    honest.map((z) => z * sharpness),
    classes,
  );
  softmaxRows(honest, classes);
  const labels = Array.from({ length: rows }, (_, row) => {
    let u = random.next();
    for (let k = 0; k < classes; k++) {
      u -= honest[row * classes + k]!;
      if (u < 0) return k;
    }
    return classes - 1;
  });
  return { reported, honest, labels };
}

describe('calibration', () => {
  test('rows without an error promise no certainty, and predictions that say nothing are left as they are', () => {
    const rows = Array.from({ length: 400 }, (_, row) => row);
    const clean = Float64Array.from(rows.flatMap((row) => (row % 2 === 0 ? [0.9, 0.1] : [0.1, 0.9])));
    const labels = rows.map((row) => row % 2);
    const calibrated = calibrate(clean, 2, fitTemperature(clean, 2, labels, rows));
    expect(calibrated[0]).toBeCloseTo(1 - 1 / 402, 4);
    const empty = new Float64Array(800).fill(0.5);
    expect(fitTemperature(empty, 2, labels, rows).temperature).toBe(1);
  });

  test('overconfidence by a factor of 3 is undone by a temperature near 3', () => {
    const { reported, honest, labels } = sample(6000, 4, 3, 1);
    const fit = fitCalibration(reported, 4, labels);
    expect(fit.calibration).toMatchObject({ method: 'temperature' });
    expect((fit.calibration as { temperature: number }).temperature).toBeGreaterThan(2.8);
    expect((fit.calibration as { temperature: number }).temperature).toBeLessThan(3.2);
    expect(logLoss(calibrate(reported, 4, fit.calibration), 4, labels)).toBeLessThan(
      logLoss(honest, 4, labels) + 0.002,
    );
    expect(fit.logLoss.temperature).toBeLessThan(fit.logLoss.none - 0.2);
  });

  test('a distortion that no temperature undoes is left to isotonic regression', () => {
    const { honest, labels } = sample(8000, 2, 1, 2);
    const bent = Float64Array.from(honest, (p) => (p > 0.5 ? 0.5 + 0.5 * Math.sqrt(2 * p - 1) ** 0.2 : 0));
    for (let i = 0; i < bent.length; i += 2) {
      if (bent[i] === 0) bent[i] = 1 - bent[i + 1]!;
      else bent[i + 1] = 1 - bent[i]!;
    }
    const fit = fitCalibration(bent, 2, labels);
    expect(fit.calibration.method).toBe('isotonic');
    expect(measure(calibrate(bent, 2, fit.calibration), ['a', 'b'], labels).ece).toBeLessThan(0.02);
  });

  test('never changes the most probable class, and rows sum to 1', () => {
    const row = fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    const { reported, labels } = sample(60, 3, 5, 3);
    const { calibration: temperature } = { calibration: { method: 'temperature', temperature: 2.5 } as const };
    const isotonic = fitCalibration(reported, 3, labels).calibration;
    fc.assert(
      fc.property(row, fc.constantFrom(temperature, isotonic), (values, calibration) => {
        const sum = values.reduce((a, b) => a + b);
        const p = Float64Array.from(values, (v) => v / sum);
        const q = calibrate(p, 3, calibration);
        const top = Math.max(...p);
        if (p.filter((v) => v > top - 1e-6).length === 1) expect(argmax(q)).toBe(argmax(p));
        expect(q.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe('measure', () => {
  test('counts by hand: accuracy, F1, strangers and the curve', () => {
    const p = Float64Array.of(0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.6, 0.4);
    const e = measure(p, ['a', 'b'], [0, 1, 1, -1], ['c']);
    expect(e.accuracy).toBe(0.5);
    expect(e.confusion).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [1, 0, 0],
    ]);
    expect(e.labels).toEqual(['a', 'b', 'c']);
    expect(e.perLabel[0]).toEqual({ label: 'a', precision: 1 / 3, recall: 1, f1: 0.5, support: 1 });
    expect(e.perLabel[1]).toEqual({ label: 'b', precision: 1, recall: 0.5, f1: 2 / 3, support: 2 });
    expect(e.macroF1).toBeCloseTo((0.5 + 2 / 3 + 0) / 3, 12);
    expect(e.unknownLabels).toBe(1);
    expect(e.coverage.map((point) => [point.accepted, point.correct])).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
    ]);
    expect(e.logLoss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.2) + Math.log(0.7) + Math.log(1e-15)) / 4, 12);
    expect(e.ece).toBeCloseTo((0.1 + 0.8 + 0.3 + 0.6) / 4, 12);
  });

  test('rows with equal confidence are accepted together', () => {
    const e = measure(Float64Array.of(0.8, 0.2, 0.8, 0.2), ['a', 'b'], [0, 1]);
    expect(e.coverage).toEqual([{ threshold: 0.8, accepted: 2, correct: 1, coverage: 1, precision: 0.5 }]);
  });
});
