import { afterEach, beforeEach, expect, test } from 'vitest';
import { reviewQueueSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import type { Row } from '../../shared/lake/tables.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { writeExtracted } from '../../shared/pipeline/extracted.ts';
import { loadTaxonomy, publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { skipDocument } from '../../shared/review/lease.ts';
import { takeForReview } from '../../shared/review/queue.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';
import { extractedRow, id, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;
let now: number;
let taxonomy: string;
const MINUTE = 60_000;

beforeEach(async () => {
  world = await fakeWorld();
  now = 1_790_000_000_000;
  world.services.clock = { now: () => now, sleep: async () => {} };
  store = openTestTables(world.lake, world.services.clock);
  lake = { services: world.services, query: store.query, tables: store.tables };
  taxonomy = (await loadTaxonomy(world.lake)).version;
});
afterEach(() => store.close());

const waiting = (digit: number, given: Row = {}): Row =>
  resultRow({
    document_id: id(digit),
    status: 'review',
    decided_by: null,
    failure_code: 'llm.unsure',
    taxonomy_version: taxonomy,
    processed_at: new Date(now + digit * MINUTE).toISOString(),
    ...given,
  });
const take = async (holder: string, request: Record<string, string | number> = {}) =>
  (await takeForReview(lake, parseRequest(reviewQueueSchema, request), holder, holder)).map(
    (item) => item.documentId[0],
  );
const decide = (digit: number, label: string, reviewer = 'ann') =>
  giveFeedback(lake, { documentId: id(digit), label }, reviewer);

test('review: oldest or least certain first, and only what still waits', async () => {
  await store.add('results', [
    waiting(1, { confidence: 0.4 }),
    waiting(2, { confidence: 0.3 }),
    waiting(3, { confidence: null }),
    resultRow({ document_id: id(4) }),
    waiting(5),
    resultRow({ document_id: id(5), run_id: 'r2', processed_at: new Date(now + 9 * MINUTE).toISOString() }),
    waiting(6, { failure_code: 'document.erased' }),
  ]);
  expect(await take('a')).toEqual(['1', '2', '3']);
  expect(await take('a', { order: 'uncertain' })).toEqual(['3', '2', '1']);
});

test('review: two people never hold the same document; a lease that has run out is free again', async () => {
  await store.add(
    'results',
    [1, 2, 3].map((digit) => waiting(digit)),
  );
  const both = await Promise.all([take('ann/1', { limit: 2 }), take('bob/1', { limit: 2 })]);
  expect(both.flat().sort()).toEqual(['1', '2', '3']);
  expect(await take('ann/1', { limit: 3 })).toEqual(both[0]);
  now += 11 * MINUTE;
  expect(await take('cid/1', { limit: 3 })).toEqual(['1', '2', '3']);
});

test('review: documents that others hold or I have put aside never hide those behind them', async () => {
  const many = Array.from({ length: 53 }, (_, i) => waiting(1, { document_id: String(i).padStart(64, '0') }));
  await store.add('results', many);
  const takeIds = async (holder: string, limit: number) =>
    (await takeForReview(lake, parseRequest(reviewQueueSchema, { limit }), holder, holder)).map(
      (item) => item.documentId,
    );
  const first = await takeIds('ann', 50);
  for (const documentId of first) await skipDocument(world.services, documentId, 'ann');
  expect(await takeIds('ann', 2)).toEqual(many.slice(50, 52).map((row) => row.document_id));
  expect(await takeIds('bob', 50)).toEqual(first);
  expect(await takeIds('cid', 5)).toEqual([many[52]?.document_id]);
});

test('review: each document comes with the labels of the taxonomy it was read under', async () => {
  await publishTaxonomy(world.lake, { name: 'new', labels: ['A', 'B'].map((name) => ({ name, description: name })) });
  await store.add('results', [
    waiting(1),
    waiting(2, { taxonomy_version: null }),
    waiting(3, { taxonomy_version: 'lost-1' }),
  ]);
  const items = await takeForReview(lake, parseRequest(reviewQueueSchema, {}), 'a', 'a');
  expect(items.map(({ labels }) => labels)).toEqual([['VAT', 'Customs'], ['A', 'B'], []]);
});

test('review: shows excerpt, top labels, reasons and quote', async () => {
  const row = extractedRow({ text: 'x'.repeat(5000) });
  await writeExtracted(world.services, 'r1', 'b00000', [row]);
  const top = [{ label: 'VAT', probability: 0.6 }];
  await store.add('results', [
    waiting(1, { top_labels_json: JSON.stringify(top), llm_quote: 'q', llm_quote_verified: true }),
  ]);
  const [item] = await takeForReview(lake, parseRequest(reviewQueueSchema, {}), 'a', 'a');
  expect(item).toMatchObject({ code: 'llm.unsure', topLabels: top, quote: 'q', quoteVerified: true });
  expect(item?.excerpt).toHaveLength(1200);
});

test('feedback: becomes a feedback row and the latest result, decided by a human; the document leaves the queue', async () => {
  await store.add('results', [waiting(1)]);
  await take('ann/1');
  expect(await decide(1, 'Customs')).toMatchObject({ previousLabel: 'VAT', reviewer: 'ann', isNew: true });
  const { rows } = await store.query('SELECT * FROM latest_results');
  expect(rows).toMatchObject([
    {
      status: 'labelled',
      label: 'Customs',
      decided_by: 'human',
      failure_code: null,
      run_id: 'r1',
      batch_id: 'b00000',
      cost_usd: 0,
    },
  ]);
  expect(await take('bob/1')).toEqual([]);
  expect(world.lake.paths().filter((path) => path.startsWith('review/'))).toEqual([]);
});

test('feedback: sent again it adds nothing; a change of mind and back again are three decisions', async () => {
  await store.add('results', [waiting(1)]);
  const first = await decide(1, 'Customs');
  expect(await decide(1, 'Customs')).toEqual({ ...first, isNew: false });
  await decide(1, 'VAT');
  await decide(1, 'Customs');
  const { rows } = await store.query('SELECT label FROM feedback ORDER BY created_at, feedback_id');
  expect(rows).toHaveLength(3);
  const latest = await store.query('SELECT label FROM latest_results');
  expect(latest.rows).toEqual([{ label: 'Customs' }]);
});

test('feedback: two people at the same moment: one decision is stored, the other is told', async () => {
  await store.add('results', [waiting(1)]);
  const both = await Promise.allSettled([decide(1, 'Customs', 'ann'), decide(1, 'VAT', 'bob')]);
  const [told] = both.filter((one) => one.status === 'rejected');
  expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  expect(told?.reason).toMatchObject({ code: 'lake.conflict' });
  const { rows } = await store.query("SELECT count(*) AS n FROM results WHERE decided_by = 'human'");
  expect(rows).toEqual([{ n: 1 }]);
});

test('feedback: dying at any moment and sending it again leaves one decision', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (effects) => {
      const own = openTestTables();
      const lake = { services: { ...world.services, lake: own.lake }, query: own.query, tables: own.tables };
      for (const path of world.lake.paths()) await own.lake.write(path, await world.lake.read(path));
      await own.add('results', [waiting(1)]);
      let left = effects;
      own.lake.beforeCall = () => {
        if (--left === 0) throw new Error('died');
      };
      const send = () => giveFeedback(lake, { documentId: id(1), label: 'Customs' }, 'ann');
      await send().catch((error: Error) => expect(error.message).toBe('died'));
      own.lake.beforeCall = undefined;
      await send();
      const { rows } = await own.query(
        "SELECT (SELECT count(*) FROM feedback) AS f, (SELECT count(*) FROM results WHERE decided_by = 'human') AS h",
      );
      expect(rows).toEqual([{ f: 1, h: 1 }]);
      own.close();
    }),
    { numRuns: 25, seed: 5 },
  );
});

test('feedback: a label outside the taxonomy, an unknown and an erased document are refused', async () => {
  await store.add('results', [waiting(1), waiting(2, { failure_code: 'document.erased' })]);
  await expect(decide(1, 'Nonsense')).rejects.toMatchObject({ code: 'request.invalid', fields: [{ field: 'label' }] });
  await expect(decide(9, 'VAT')).rejects.toMatchObject({ code: 'document.not-found' });
  await expect(decide(2, 'VAT')).rejects.toMatchObject({ code: 'document.erased' });
});
