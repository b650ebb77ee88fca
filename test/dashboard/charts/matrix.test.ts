import { describe, expect, test } from 'vitest';
import { layoutMatrix, rowShares, topConfusions } from '../../../dashboard/src/charts/matrix.ts';

describe('confusion matrix', () => {
  const labels = ['A', 'B', 'C'];
  const counts = [
    [8, 2, 0],
    [1, 9, 10],
    [0, 0, 0],
  ];

  test('shares are of the true label; a label without rows has none', () => {
    expect(rowShares(counts)).toEqual([
      [0.8, 0.2, 0],
      [0.05, 0.45, 0.5],
      [0, 0, 0],
    ]);
  });

  test('confusions come by their number, without the diagonal and without zeros', () => {
    expect(topConfusions(labels, counts)).toEqual([
      { truth: 'B', predicted: 'C', rows: 10, share: 0.5 },
      { truth: 'A', predicted: 'B', rows: 2, share: 0.2 },
      { truth: 'B', predicted: 'A', rows: 1, share: 0.05 },
    ]);
    expect(topConfusions(labels, counts, 1)).toHaveLength(1);
  });

  test('eight labels fit a phone with a count in every cell', () => {
    const names = Array.from({ length: 8 }, (_, i) => `Label of some length ${i}`);
    const layout = layoutMatrix(names, 300, 120);
    expect(layout.width).toBeLessThanOrEqual(300);
    expect(layout).toMatchObject({ cellText: 'count', columnNames: 'numbers' });
  });

  test('in a wide room columns carry their names and cells their shares', () => {
    expect(layoutMatrix(labels, 900, 120)).toMatchObject({ columnNames: 'names', cellText: 'both' });
  });

  test('many labels keep cells large enough to point at and scroll', () => {
    const layout = layoutMatrix(
      Array.from({ length: 77 }, (_, i) => `intent ${i}`),
      600,
      40,
    );
    expect(layout.cellWidth).toBe(18);
    expect(layout.width).toBeGreaterThan(600);
  });
});
