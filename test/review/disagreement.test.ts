import { afterEach, beforeEach, expect, test } from 'vitest';
import { reviewQueueSchema } from '../../shared/api/decisions.ts';
import { parseRequest, RequestError } from '../../shared/api/problem.ts';
import { parseReviewer } from '../../shared/api/reviewer.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { loadTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { takeForReview } from '../../shared/review/queue.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { id, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

const NOW = 1_790_000_000_000;
let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;
let now = NOW;

beforeEach(async () => {
  now = NOW;
  world = await fakeWorld();
  world.services.clock = { now: () => now, sleep: async () => {} };
  store = openTestTables(world.lake, world.services.clock);
  lake = { services: world.services, query: store.query, tables: store.tables };
  const taxonomy = (await loadTaxonomy(world.lake)).version;
  const processed_at = new Date(NOW - 60_000).toISOString();
  await store.add(
    'results',
    [1, 2].map((n) =>
      resultRow({ document_id: id(n), content_sha256: `c${n}`, taxonomy_version: taxonomy, processed_at }),
    ),
  );
});
afterEach(() => store.close());

const say = async (n: number, label: string, reviewer: string, note?: string) => {
  now += 1000;
  await giveFeedback(lake, { documentId: id(n), label, note }, reviewer);
};
const disputed = (reviewer: string) =>
  takeForReview(lake, parseRequest(reviewQueueSchema, { queue: 'disagreement' }), reviewer, reviewer);

test('disagreement: two who say different things, shown to others with what was said, not to who spoke last', async () => {
  await say(1, 'VAT', 'ann');
  await say(2, 'VAT', 'ann');
  await say(1, 'Customs', 'bob', 'see page 2');
  await say(2, 'VAT', 'bob');
  expect(await disputed('bob')).toEqual([]);
  const [item, ...more] = await disputed('cat');
  expect(more).toEqual([]);
  expect(item).toMatchObject({ documentId: id(1), label: null });
  expect(item?.said.map(({ reviewer, label, note }) => [reviewer, label, note])).toEqual([
    ['bob', 'Customs', 'see page 2'],
    ['ann', 'VAT', null],
  ]);
});

test('disagreement: it ends when two say the same, be it a third or one who thinks again', async () => {
  await say(1, 'VAT', 'ann');
  await say(1, 'Customs', 'bob');
  await say(1, 'Customs', 'cat');
  expect(await disputed('dan')).toEqual([]);
  await say(2, 'VAT', 'ann');
  await say(2, 'Customs', 'bob');
  expect((await disputed('ann')).map(({ documentId }) => documentId)).toEqual([id(2)]);
  await say(2, 'Customs', 'ann');
  expect(await disputed('cat')).toEqual([]);
});

test('reviewers with a key give their name once, URL-encoded; what is no name is refused', () => {
  expect(parseReviewer(encodeURIComponent('  Jörg Müller '))).toBe('Jörg Müller');
  // What a header makes of Jürgen, sent as UTF-8 and as Latin-1, and of 李.
  const raw = ['J\u00C3\u00BCrgen', 'J\u00FCrgen', '\u00E6\u009D\u008E'];
  for (const wrong of [
    ...raw,
    '%',
    '',
    '%20',
    encodeURIComponent('a\nb'),
    encodeURIComponent('\u202Ea'),
    'x'.repeat(101),
  ])
    expect(() => parseReviewer(wrong)).toThrow(RequestError);
});
