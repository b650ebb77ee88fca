import { afterEach, beforeEach, expect, test } from 'vitest';
import { reviewProgressSchema } from '../../shared/api/insights.ts';

import type { Row } from '../../shared/lake/tables.ts';
import { reviewProgress } from '../../shared/review/progress.ts';
import { id, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let store: TestTables;
beforeEach(() => {
  store = openTestTables();
});
afterEach(() => store.close());

const said = (digit: number, reviewer: string, time: string, label: string | null, previous: string | null): Row => ({
  feedback_id: `${digit}-${time}`,
  document_id: id(digit),
  run_id: 'r1',
  label,
  previous_label: previous,
  reviewer,
  note: null,
  created_at: `2026-11-${time}:00.000Z`,
  run_date: '2026-11-23',
});

test('progress: a lake where nothing was decided has nothing', async () => {
  const none = { waiting: 0, decidedByMe: 0, decidedByAll: 0, kept: 0, proposed: 0 };
  expect(await reviewProgress(store.query, '2026-11-23T00:00:00Z', 'ann')).toEqual(none);
});

test('progress: counts what waits, what I and all decided since, and how many proposals were kept', async () => {
  const waits = { status: 'review', failure_code: 'llm.unsure' };
  await store.add('results', [
    resultRow({ document_id: id(1), ...waits }),
    resultRow({ document_id: id(2), ...waits }),
    resultRow({ document_id: id(3), ...waits, failure_code: 'document.erased' }),
    resultRow({ document_id: id(4) }),
  ]);
  await store.add('feedback', [
    said(4, 'ann', '22T23:59', 'VAT', 'VAT'), // the day before
    said(5, 'ann', '23T09:00', 'VAT', 'VAT'),
    said(6, 'ann', '23T10:00', 'VAT', 'Customs'),
    said(7, 'bob', '23T11:00', 'VAT', null),
    said(8, "o'brien", '23T12:00', 'VAT', 'VAT'),
  ]);
  const counts = { waiting: 2, decidedByAll: 4, proposed: 3, kept: 2 };
  expect(await reviewProgress(store.query, '2026-11-23T00:00:00Z', 'ann')).toEqual({ ...counts, decidedByMe: 2 });
  expect(await reviewProgress(store.query, '2026-11-23T00:00:00Z', "o'brien")).toEqual({ ...counts, decidedByMe: 1 });
  // Midnight of Berlin is 23:00 UTC: the day before is part of the caller's day.
  const berlin = await reviewProgress(store.query, '2026-11-23T00:00:00+01:00', 'ann');
  expect(berlin).toEqual({ waiting: 2, decidedByMe: 3, decidedByAll: 5, proposed: 4, kept: 3 });
});

test('progress: a change of mind is one document, its last label held against what the machine proposed', async () => {
  await store.add('feedback', [
    said(1, 'ann', '22T09:00', 'Customs', 'VAT'),
    said(1, 'bob', '23T09:00', 'VAT', 'Customs'),
    said(2, 'ann', '23T09:00', 'Customs', 'VAT'),
    said(2, 'ann', '23T09:01', 'Payroll', 'Customs'),
    said(3, 'ann', '23T09:00', null, null), // erased, or taken back
  ]);
  const today = await reviewProgress(store.query, '2026-11-23T00:00:00Z', 'ann');
  expect(today).toEqual({ waiting: 0, decidedByMe: 1, decidedByAll: 2, proposed: 2, kept: 1 });
});

test('progress: a day needs a moment with its zone', () => {
  expect(reviewProgressSchema.safeParse({ since: '2026-11-23' }).success).toBe(false);
  expect(reviewProgressSchema.safeParse({ since: "2026-11-23T00:00:00Z' OR true" }).success).toBe(false);
  expect(reviewProgressSchema.safeParse({ since: '2026-11-23T00:00:00+01:00' }).success).toBe(true);
});
