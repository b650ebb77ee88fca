// Spot checks over the real tables: who is drawn, what is shown, and what is measured.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reviewQueueSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { checksPerWeek, driftOf, measureSpotChecks, verdictOf } from '../../shared/insight/spot-checks.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { clopperPearson } from '../../shared/models/threshold.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { loadTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { takeForReview } from '../../shared/review/queue.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;
let taxonomy: string;
const DAY = 86_400_000;
const TODAY = Date.UTC(2026, 10, 25, 12); // a Wednesday

beforeEach(async () => {
  world = await fakeWorld({ SPOT_CHECKS_PER_LABEL: '1' });
  let now = TODAY;
  world.services.clock = { now: () => now++, sleep: async () => {} };
  store = openTestTables(world.lake, world.services.clock);
  lake = { services: world.services, query: store.query, tables: store.tables };
  taxonomy = (await loadTaxonomy(world.lake)).version;
});
afterEach(() => store.close());

const idOf = (n: number) => n.toString(16).padStart(64, '0');
const alone = (n: number, given: Row = {}, daysAgo = 1): Row =>
  resultRow({
    document_id: idOf(n),
    label: 'VAT',
    decided_by: 'model',
    model_version: 'v1',
    taxonomy_version: taxonomy,
    top_labels_json: '[{"label":"VAT","probability":0.9}]',
    processed_at: new Date(TODAY - daysAgo * DAY).toISOString(),
    ...given,
  });
const many = (count: number, given: Row = {}, daysAgo = 1, from = 0): Row[] =>
  Array.from({ length: count }, (_, i) => alone(from + i, given, daysAgo));
const queue = (limit = 50, holder = 'a') =>
  takeForReview(lake, parseRequest(reviewQueueSchema, { queue: 'spot-check', limit }), holder, holder);
const measure = (days = 28) =>
  measureSpotChecks(world.services, store.query, days, { modelVersion: 'v1', precision: 0.95 });

test('spot checks: only what the local stages decided alone is drawn, as many a week as the interval needs, and the rare label too', async () => {
  await store.add('results', [
    ...many(200),
    alone(500, { label: 'Customs', decided_by: 'encoder' }),
    alone(501, { decided_by: 'llm' }),
    alone(502, { decided_by: 'human' }),
    alone(503, { status: 'review', decided_by: null }),
    alone(504, { decided_by: 'duplicate', duplicate_of: idOf(1) }),
    alone(505, {}, 60), // longer ago than is asked about
  ]);
  const items = await queue();
  expect(checksPerWeek(0.05)).toBe(19);
  expect([19, 20]).toContain(items.length);
  const ids = items.map(({ documentId }) => Number.parseInt(documentId, 16));
  expect(ids).toContain(500);
  expect(ids.filter((n) => n > 500)).toEqual([]);
});

test('spot checks: the draw can be repeated with the seed, and does not hang on labels or order', async () => {
  await store.add('results', many(100).toReversed());
  const drawn = new Set((await queue()).map(({ documentId }) => documentId));
  const { seed } = (await measure())!;
  const ticket = (id: string) =>
    createHash('md5')
      .update(seed + id)
      .digest('hex');
  const expected = many(100)
    .map((row) => String(row.document_id))
    .sort((a, b) => (ticket(a) < ticket(b) ? -1 : 1));
  expect(drawn).toEqual(new Set(expected.slice(0, 19)));
  expect(new Set((await queue(50, 'b')).map(({ documentId }) => documentId)).size).toBe(0); // the others hold them
});

test('spot checks: who checks is not told what was decided', async () => {
  await store.add('results', many(3));
  for (const item of await queue())
    expect(item).toMatchObject({
      label: null,
      confidence: null,
      topLabels: [],
      evidence: [],
      labels: ['VAT', 'Customs'],
    });
});

test('spot checks: a decision counts like any other, the document is not asked about again, and the promise is measured', async () => {
  expect(await measure()).toBeNull(); // nobody has asked yet
  await store.add('results', many(40));
  const items = await queue();
  for (const [i, { documentId }] of items.entries())
    await giveFeedback(lake, { documentId, label: i === 0 ? 'Customs' : 'VAT' }, 'ann');
  expect(await queue()).toEqual([]);
  const seen = (await measure())!;
  expect(seen).toMatchObject({ drawn: 19, checked: 19, right: 18, perWeek: 19, perLabel: 1, drift: null });
  expect([seen.low, seen.high]).toEqual(clopperPearson(18, 19, 0.05));
  expect(seen.champion).toMatchObject({ modelVersion: 'v1', checked: 19, right: 18, verdict: 'open' });
  expect(seen.labels).toMatchObject([{ label: 'VAT', checked: 19, right: 18 }]);
  expect(seen.weeks).toMatchObject([{ week: '2026-11-23', drawn: 19, right: 18 }]);
  expect((await store.query("SELECT count(*) AS n FROM latest_results WHERE decided_by = 'human'")).rows).toEqual([
    { n: 19 },
  ]);
});

test('spot checks: a label drawn for its rarity does not count for the whole', async () => {
  await store.add('results', [...many(300), alone(900, { label: 'Customs' })]);
  const items = await queue();
  for (const { documentId } of items) await giveFeedback(lake, { documentId, label: 'VAT' }, 'ann');
  const seen = (await measure())!;
  expect(seen.labels.map(({ label, checked, right }) => [label, checked, right])).toContainEqual(['Customs', 1, 0]);
  expect(seen.drawn).toBe(19);
});

test('spot checks: what a later run of the machine decided is another decision; a person’s word before it checks nothing', async () => {
  await store.add('results', [alone(1, {}, 3)]);
  const [item] = await queue();
  await giveFeedback(lake, { documentId: item!.documentId, label: 'VAT' }, 'ann');
  const later = new Date(TODAY + DAY).toISOString();
  await store.add('results', [
    alone(1, { run_id: 'r9', label: 'Customs', processed_at: later, content_sha256: 'other' }),
  ]);
  expect(await measure()).toMatchObject({ drawn: 1, checked: 0 });
});

test('drift: fewer right than before is told when chance does not explain it, and never on a handful', () => {
  const share = (right: number, checked: number) => {
    const [low, high] = clopperPearson(right, checked, 0.05);
    return { drawn: checked, checked, right, low, high };
  };
  expect(driftOf(share(38, 38), share(9, 9))).toBeNull();
  expect(driftOf(share(38, 38), share(30, 38))).toMatchObject({ isSeen: true });
  expect(driftOf(share(36, 38), share(35, 38))).toMatchObject({ isSeen: false });
  expect(driftOf(share(15, 20), share(5, 20))?.pValue).toBeCloseTo(0.0019238, 6);
  expect(verdictOf(share(300, 300), 0.95)).toBe('kept');
  expect(verdictOf(share(80, 100), 0.95)).toBe('broken');
  expect(verdictOf(share(0, 0), 0.95)).toBe('unchecked');
});

test('interval: exact bounds as published for 18 of 20 and nothing of nothing', () => {
  expect(clopperPearson(0, 0, 0.05)).toEqual([0, 1]);
  const [low, high] = clopperPearson(18, 20, 0.05);
  expect([low, high].map((bound) => bound.toFixed(4))).toEqual(['0.6830', '0.9877']);
  expect(clopperPearson(20, 20, 0.05)[1]).toBe(1);
});
