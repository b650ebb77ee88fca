import { expect, test } from 'vitest';
import { datesOf, fillDays, isWorthDrawing, weekTrend } from '../../../../dashboard/src/views/costs/period.ts';

test('a period ends today and goes over the ends of months', () => {
  expect(datesOf(3, '2025-03-01')).toEqual(['2025-02-27', '2025-02-28', '2025-03-01']);
});

test('days without runs are zeros, days outside of the period are left out', () => {
  const found = [
    { date: '2025-02-28', costUsd: 2 },
    { date: '2025-01-01', costUsd: 9 },
  ];
  expect(fillDays(found, datesOf(2, '2025-03-01'), (date) => ({ date, costUsd: 0 }))).toEqual([
    { date: '2025-02-28', costUsd: 2 },
    { date: '2025-03-01', costUsd: 0 },
  ]);
});

const days = (asked: readonly number[]) => asked.map((n) => ({ asked: n, documents: n === 0 ? 0 : 100 }));
const trend = (asked: readonly number[]) =>
  weekTrend(
    days(asked),
    (day) => day.asked,
    (day) => day.documents,
  );

test('the newest week is held against the one before, weighted by documents', () => {
  expect(trend([10, 10, 10, 0, 0, 10, 10, 20, 20, 20, 0, 0, 20, 20])).toEqual({ now: 0.2, before: 0.1 });
});

test('a short period has no week before, an idle week no share', () => {
  expect(trend([1, 1, 1, 1, 1, 1, 1]).before).toBeNull();
  expect(trend(new Array<number>(14).fill(0))).toEqual({ now: null, before: null });
});

test('a level far above everything is not drawn', () => {
  expect([isWorthDrawing(5, 1), isWorthDrawing(50, 1), isWorthDrawing(0, 1)]).toEqual([true, false, false]);
});
