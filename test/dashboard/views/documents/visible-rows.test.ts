import { describe, expect, test } from 'vitest';
import { planVisibleRows, rowAfterKey } from '../../../../dashboard/src/views/documents/visible-rows.ts';

const HEIGHT = 50;
const view = (scrolled: number) => ({ scrolled, height: 800 });
const rowsIn = ({ rows, gapBefore, gapAfter }: ReturnType<typeof planVisibleRows>) =>
  rows.length + gapBefore.reduce((a, b) => a + b, 0) + gapAfter;

describe('documents list: visible rows', () => {
  test('of a hundred thousand documents some dozens are in the page', () => {
    const plan = planVisibleRows(100_000, HEIGHT, view(2_500_000));
    expect(plan.rows.length).toBe(40);
    expect(plan.rows[0]).toBe(49_988);
    expect(plan.isNearEnd).toBe(false);
  });

  test('rows and gaps add up to the whole list wherever one is', () => {
    for (const scrolled of [-500, 0, 1, 49_999, 2_500_000, 4_999_000, 9_000_000])
      for (const focused of [-1, 0, 50_000, 99_999])
        expect(rowsIn(planVisibleRows(100_000, HEIGHT, view(scrolled), focused))).toBe(100_000);
  });

  test('every row in sight is in the page', () => {
    const { rows } = planVisibleRows(1000, HEIGHT, view(10_010));
    for (let row = Math.floor(10_010 / HEIGHT); row <= Math.floor((10_010 + 799) / HEIGHT); row++)
      expect(rows).toContain(row);
  });

  test('the focused row stays in the page when it is scrolled away, once', () => {
    expect(planVisibleRows(1000, HEIGHT, view(25_000), 3).rows[0]).toBe(3);
    expect(planVisibleRows(1000, HEIGHT, view(0), 900).rows.at(-1)).toBe(900);
    const inSight = planVisibleRows(1000, HEIGHT, view(0), 5).rows;
    expect(inSight.filter((row) => row === 5)).toEqual([5]);
    expect(planVisibleRows(10, HEIGHT, view(0), 10).rows).not.toContain(10);
  });

  test('more is asked for two windows before the end', () => {
    expect(planVisibleRows(100, HEIGHT, view(2500)).isNearEnd).toBe(false);
    expect(planVisibleRows(100, HEIGHT, view(2600)).isNearEnd).toBe(true);
    expect(planVisibleRows(0, HEIGHT, view(0))).toEqual({ rows: [], gapBefore: [], gapAfter: 0, isNearEnd: true });
  });
});

describe('documents list: keys', () => {
  test('move by row, by window and to the ends, and stop there', () => {
    const next = (key: string, row: number) => rowAfterKey(key, row, 100, 16);
    expect([next('ArrowDown', 4), next('ArrowUp', 4), next('PageDown', 4), next('PageUp', 4)]).toEqual([5, 3, 20, 0]);
    expect([next('Home', 4), next('End', 4), next('ArrowDown', 99), next('ArrowUp', 0)]).toEqual([0, 99, 99, 0]);
    expect(next('a', 4)).toBeUndefined();
  });
});
