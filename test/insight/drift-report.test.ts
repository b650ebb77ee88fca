import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../shared/insight/digest.ts';
import { driftReport } from '../../shared/insight/drift-report.ts';
import type { TrustSources } from '../../shared/insight/trust-report.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { NOON, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let store: TestTables;
let lake: TrustSources;
const clock = { now: () => NOON, sleep: async () => {} };

beforeEach(async () => {
  const { services } = await fakeWorld();
  store = openTestTables();
  lake = {
    services: { ...services, clock },
    query: store.query,
    tables: store.tables,
    registry: {
      championVersion: async () => 'v1',
      manifest: async () => ({ accept: { precision: 0.95, confidence: 0.9, basis: 'guarantee' } }),
    },
  };
});
afterEach(() => store.close());

let counted = 0;
const rows = (count: number, day: string, given: Row = {}): Row[] =>
  Array.from({ length: count }, () =>
    resultRow({
      document_id: String(++counted).padStart(64, '0'),
      model_version: 'v1',
      run_date: `2026-${day}`,
      processed_at: `2026-${day}T10:00:00Z`,
      ...given,
    }),
  );
const unsure = { status: 'review', decided_by: null, failure_code: 'route.low-confidence' };

test('drift: a label that triples and more unsure documents are seen, with documents that show it; what stays is not', async () => {
  await store.add('results', [
    ...rows(80, '11-10', { label: 'Invoices' }),
    ...rows(16, '11-10', { label: 'Customs' }),
    ...rows(4, '11-10', { ...unsure, label: 'Invoices' }),
    ...rows(40, '11-20', { label: 'Invoices' }),
    ...rows(50, '11-20', { label: 'Customs' }),
    ...rows(30, '11-21', { ...unsure, label: 'Invoices', confidence: 0.4 }),
  ]);
  const report = await driftReport(lake);
  expect([report.from, report.recentFrom]).toEqual(['2026-10-20', '2026-11-17']);
  expect(
    report.measures.map(({ what, label, recent, before, isSeen }) => [what, label, recent.part, before.part, isSeen]),
  ).toEqual([
    ['unsure', null, 30, 4, true],
    ['foreign', null, 0, 0, false],
    ['label', 'Customs', 50, 16, true],
    ['label', 'Invoices', 70, 84, true],
  ]);
  expect(report.measures[0]).toMatchObject({ recent: { whole: 120 }, before: { whole: 100 } });
  // erfc(z / √2) of 30 of 120 and 4 of 100: z = 4.2907.
  expect(report.measures[0]?.pValue).toBeCloseTo(1.7813e-5, 7);
  expect(report.documents).toHaveLength(20);
  expect(report.documents[0]).toMatchObject({ label: 'Invoices', what: 'unsure' });
  expect(report.models).toEqual({ recent: ['v1'], before: ['v1'] });
});

test('drift: a difference of five points is told only when it is unlikely, and an unlikely one only when it is large', async () => {
  await store.add('results', [
    ...rows(90, '11-10', { label: 'Invoices' }),
    ...rows(10, '11-10', { ...unsure, label: 'Invoices' }),
    ...rows(84, '11-20', { label: 'Invoices' }),
    ...rows(16, '11-20', { ...unsure, label: 'Invoices' }),
  ]);
  const [first] = (await driftReport(lake)).measures;
  expect(first).toMatchObject({ what: 'unsure', isSeen: false });
  expect(first?.pValue).toBeGreaterThan(0.1);
});

test('drift: fewer unsure documents are no alarm', async () => {
  await store.add('results', [
    ...rows(50, '11-10', { label: 'Invoices' }),
    ...rows(50, '11-10', { ...unsure, label: 'Invoices' }),
    ...rows(100, '11-20', { label: 'Invoices' }),
  ]);
  expect((await driftReport(lake)).measures[0]).toMatchObject({ what: 'unsure', isSeen: false });
});

test('drift: with fewer than fifty documents on a side nothing is said', async () => {
  await store.add('results', [
    ...rows(49, '11-10', { label: 'Invoices' }),
    ...rows(200, '11-20', { label: 'Customs' }),
  ]);
  const report = await driftReport(lake);
  expect(report.measures.every(({ isSeen, pValue }) => !isSeen && pValue === null)).toBe(true);
  expect(report.documents).toEqual([]);
});

test('drift: a re-run of old documents is no arrival, and neither are copies and what people decide', async () => {
  const old = rows(60, '11-10', { label: 'Invoices' });
  const again = old.map((row) => ({ ...row, ...unsure, run_date: '2026-11-20', processed_at: '2026-11-20T10:00:00Z' }));
  await store.add('results', [
    ...old,
    ...again,
    ...rows(60, '11-20', { label: 'Invoices' }),
    ...rows(60, '11-20', { label: 'Customs', decided_by: 'duplicate', duplicate_of: 'another' }),
    ...rows(60, '11-20', { label: 'Customs', decided_by: 'human' }),
  ]);
  const { measures } = await driftReport(lake);
  expect(measures[0]).toMatchObject({ recent: { part: 0, whole: 60 }, before: { part: 0, whole: 60 } });
});

test('digest: the numbers of the week, and what waits now', async () => {
  await store.add('results', [
    ...rows(3, '11-23', { label: 'Invoices' }),
    ...rows(1, '11-22', { label: 'Customs' }),
    ...rows(2, '11-22', { ...unsure, label: 'Customs' }),
    ...rows(1, '11-22', { status: 'failed', label: null, decided_by: null }),
    ...rows(5, '11-01', { label: 'Invoices' }),
  ]);
  expect(await digestOf(lake, 7)).toMatchObject({
    from: '2026-11-17',
    to: '2026-11-23',
    documents: 6,
    byModel: 4,
    asked: 0,
    review: 2,
    failed: 1,
    waiting: 2,
    costUsd: 0,
    agreement: { decisions: 0, kept: 0 },
    spotChecks: null,
    promised: 0.95,
    labels: [
      { label: 'Invoices', documents: 3 },
      { label: 'Customs', documents: 1 },
    ],
    drift: [],
  });
});
