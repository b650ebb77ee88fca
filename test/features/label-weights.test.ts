// Terms weigh by what they say about labels.
import { describe, expect, test } from 'vitest';
import { weighByLabels } from '../../shared/features/label-weights.ts';
import type { Csr } from '../../shared/features/sparse.ts';
import fc from '../fakes/property.ts';

/** Rows of columns, each counted once. */
const matrix = (rows: readonly (readonly number[])[], width: number): Csr => ({
  rows: rows.length,
  width,
  indptr: Uint32Array.from([0, ...rows.map((_, i) => rows.slice(0, i + 1).flat().length)]),
  indices: Int32Array.from(rows.flat()),
  values: new Float64Array(rows.flat().length).fill(1),
});
const factorsOf = (
  rows: readonly (readonly number[])[],
  classes: readonly number[],
  numClasses: number,
  weights?: number[],
) => {
  const factors = new Float64Array(4).fill(1);
  weighByLabels(factors, matrix(rows, 4), Int32Array.from(classes), numClasses, weights && Float64Array.from(weights));
  return [...factors];
};

describe('what a term says about labels', () => {
  // column 0: in every text; 1 and 2: in those of one label, two and one; 3: in one text of each label
  const rows = [[0, 1], [0, 1, 3], [0, 2, 3], [0]];
  const classes = [0, 0, 1, 1];

  test('a term of one label weighs more than one of both, the more so the more texts say it', () => {
    const [everywhere, twice, once, both] = factorsOf(rows, classes, 2) as [number, number, number, number];
    expect(twice).toBeGreaterThan(once);
    expect(once).toBeGreaterThan(both);
    expect(everywhere).toBeCloseTo(Math.sqrt(0.1), 12);
    expect(both).toBeCloseTo(Math.sqrt(0.1), 12);
  });

  test('the numbers are those of the definition', () => {
    const p = (2 + 0.25) / 2.5;
    const entropy = p * Math.log(p / 0.5) + (1 - p) * Math.log((1 - p) / 0.5);
    expect(factorsOf(rows, classes, 2)[1]).toBeCloseTo(Math.sqrt(entropy / Math.log(2) + 0.1), 12);
  });

  test('rows of weight 0 say nothing, and a weight of 2 is a row twice', () => {
    expect(factorsOf(rows, classes, 2, [1, 1, 1, 0])).toEqual(factorsOf(rows.slice(0, 3), [0, 0, 1], 2));
    const doubled = factorsOf([...rows, rows[1]!], [...classes, 0], 2);
    factorsOf(rows, classes, 2, [1, 2, 1, 1]).forEach((factor, j) => {
      expect(factor).toBeCloseTo(doubled[j]!, 12);
    });
  });

  test('a term without weight keeps none, and rows without any leave all as it is', () => {
    const weights = Float64Array.of(0, 1, 1, 1);
    weighByLabels(weights, matrix(rows, 4), Int32Array.from(classes), 2);
    expect(weights[0]).toBe(0);
    expect(factorsOf(rows, classes, 2, [0, 0, 0, 0])).toEqual([1, 1, 1, 1]);
  });

  test('however many labels: the table is cut into columns, and the result is the same', () => {
    const row = fc
      .uniqueArray(fc.nat({ max: 2999 }), { maxLength: 20 })
      .map((columns) => columns.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (columns) => {
        const x = matrix(columns, 3000);
        const labels = Int32Array.from(columns, (_, i) => i % 3);
        const [few, many] = [new Float64Array(3000).fill(1), new Float64Array(3000).fill(1)];
        weighByLabels(few, x, labels, 3);
        weighByLabels(many, x, labels, 400); // 2621 columns at once; labels without rows change the scale only
        const scaled = many.map((factor) => Math.sqrt(((factor ** 2 - 0.1) * Math.log(400)) / Math.log(3) + 0.1));
        const apart = few.map((factor, j) => Math.abs(scaled[j]! - factor));
        expect(Math.max(...apart)).toBeLessThan(1e-9);
      }),
      { numRuns: 10 },
    );
  });
});
