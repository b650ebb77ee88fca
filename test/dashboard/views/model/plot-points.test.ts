import { expect, test } from 'vitest';
import {
  coveragePoints,
  objectivePoints,
  reliabilityPoints,
} from '../../../../dashboard/src/views/model/plot-points.ts';

test('reliability leaves out empty bins and sizes dots by their rows', () => {
  const bins = [
    { rows: 0, confidence: 0, accuracy: 0 },
    { rows: 10, confidence: 0.5, accuracy: 0.4 },
    { rows: 40, confidence: 0.9, accuracy: 0.95 },
  ];
  expect(reliabilityPoints(bins)).toEqual({
    points: [
      [0.5, 0.4],
      [0.9, 0.95],
    ],
    sizes: [0.25, 1],
  });
});

test('the precision axis starts at a twentieth below everything that is drawn', () => {
  const point = (coverage: number, precision: number) => ({
    threshold: 0,
    accepted: 1,
    correct: 1,
    coverage,
    precision,
  });
  expect(coveragePoints([point(0.2, 1), point(1, 0.87)], 0.95).floor).toBe(0.85);
  expect(coveragePoints([point(1, 0.99)], 0.8).floor).toBe(0.8);
  expect(coveragePoints([point(0.2, 1)], 0.95).points).toEqual([[0.2, 1]]);
});

test('an objective that falls by a power of ten is drawn on a log scale, a flat one or one at zero is not', () => {
  expect(objectivePoints([1, 0.1])).toEqual({
    points: [
      [0, 0],
      [1, -1],
    ],
    isLog: true,
  });
  expect(objectivePoints([1, 0.5]).isLog).toBe(false);
  expect(objectivePoints([1, 0]).isLog).toBe(false);
});
