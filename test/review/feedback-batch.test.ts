import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Row } from '../../shared/lake/tables.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { loadTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { giveFeedbackBatch } from '../../shared/review/feedback-batch.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

const NOW = 1_790_000_000_000;
let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;
let taxonomy: string;

beforeEach(async () => {
  world = await fakeWorld();
  world.services.clock = { now: () => NOW, sleep: async () => {} };
  store = openTestTables(world.lake, world.services.clock);
  lake = { services: world.services, query: store.query, tables: store.tables };
  taxonomy = (await loadTaxonomy(world.lake)).version;
});
afterEach(() => store.close());

const idOf = (n: number) => String(n).padStart(64, '0');
const waiting = (n: number, given: Row = {}): Row =>
  resultRow({
    document_id: idOf(n),
    content_sha256: `content ${n}`,
    status: 'review',
    decided_by: null,
    failure_code: 'llm.unsure',
    taxonomy_version: taxonomy,
    processed_at: new Date(NOW - 60_000).toISOString(),
    ...given,
  });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const asked = (ns: readonly number[], label = 'Customs') => ns.map((n) => ({ documentId: idOf(n), label }));
const versions = async () =>
  [
    (await store.tables.get('feedback')?.snapshot())?.version ?? -1,
    (await store.tables.get('results')?.snapshot())?.version ?? -1,
  ] as const;
const human = async (query = store.query) =>
  (
    await query(
      `SELECT document_id, label, (SELECT count(*) FROM feedback f WHERE f.document_id = r.document_id) AS said
        FROM results r WHERE decided_by = 'human' ORDER BY document_id`,
    )
  ).rows;

test('thirty decisions are one version of either table, and the rows that thirty single ones would make', async () => {
  await store.add(
    'results',
    numbers(31).map((n) => waiting(n)),
  );
  const [, before] = await versions();
  const { decisions: answers } = await giveFeedbackBatch(lake, asked(numbers(30)), 'ann');
  expect(answers.every(({ state, previousLabel }) => state === 'decided' && previousLabel === 'VAT')).toBe(true);
  expect(await versions()).toEqual([1, before + 1]); // version 0 makes the table
  await giveFeedback(lake, { documentId: idOf(30), label: 'Customs' }, 'ann');
  for (const table of ['feedback', 'results']) {
    const { rows } = await store.query(
      `SELECT * FROM ${table} WHERE document_id IN ('${idOf(3)}', '${idOf(30)}') ${table === 'results' ? "AND decided_by = 'human'" : ''} ORDER BY document_id`,
    );
    const alike = (row: Row | undefined) => ({ ...row, document_id: '', feedback_id: '', content_sha256: '' });
    expect(rows).toHaveLength(2);
    expect(alike(rows[0])).toEqual(alike(rows[1]));
  }
  const offered = world.lake.paths().filter((path) => path.includes('/people/'));
  expect(offered).toHaveLength(31);
});

test('what is refused is told, and keeps no other decision from being stored', async () => {
  await store.add('results', [...numbers(4).map((n) => waiting(n)), waiting(4, { failure_code: 'document.erased' })]);
  const requests = [...asked([0, 1]), ...asked([2], 'Nonsense'), ...asked([4, 9, 3])];
  const { decisions: answers } = await giveFeedbackBatch(lake, requests, 'ann');
  expect(answers.map(({ documentId, state, code }) => [Number(documentId), state, code])).toEqual([
    [0, 'decided', null],
    [1, 'decided', null],
    [2, 'refused', 'request.invalid'],
    [4, 'refused', 'document.erased'],
    [9, 'refused', 'document.not-found'],
    [3, 'decided', null],
  ]);
  expect((await human()).map((row) => Number(row.document_id))).toEqual([0, 1, 3]);
});

test('sent again it adds nothing; other labels are further decisions, two on one document one after the other', async () => {
  await store.add(
    'results',
    numbers(3).map((n) => waiting(n)),
  );
  await giveFeedbackBatch(lake, asked([0, 1]), 'ann');
  const before = await versions();
  const { decisions: again } = await giveFeedbackBatch(lake, asked([0, 1]), 'ann');
  expect(again.map(({ state }) => state)).toEqual(['unchanged', 'unchanged']);
  expect(await versions()).toEqual(before);
  const { decisions: more } = await giveFeedbackBatch(lake, [...asked([0, 2], 'VAT'), ...asked([0])], 'ann');
  expect(more.map(({ state }) => state)).toEqual(['decided', 'decided', 'decided']);
  const { rows } = await store.query(`SELECT label FROM feedback WHERE document_id = '${idOf(0)}' ORDER BY created_at`);
  expect(rows.map(({ label }) => label)).toEqual(['Customs', 'VAT', 'Customs']);
});

test('two people who decide on the same documents at the same moment: each has one decision, and who was later is told', async () => {
  await store.add(
    'results',
    numbers(6).map((n) => waiting(n)),
  );
  const [ann, bob] = await Promise.all([
    giveFeedbackBatch(lake, asked([0, 1, 2, 3]), 'ann'),
    giveFeedbackBatch(lake, asked([2, 3, 4, 5], 'VAT'), 'bob'),
  ]);
  const rows = await human();
  expect(rows.map((row) => Number(row.document_id))).toEqual([0, 1, 2, 3, 4, 5]);
  expect(rows.every(({ said }) => Number(said) === 1)).toBe(true);
  const told = [...ann.decisions, ...bob.decisions].filter(({ state }) => state === 'refused');
  expect(told.map(({ code }) => code)).toEqual(['lake.conflict', 'lake.conflict']);
});

test('dying at any moment and sending it again leaves one decision on each', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (effects) => {
      const own = openTestTables();
      const there = { services: { ...world.services, lake: own.lake }, query: own.query, tables: own.tables };
      for (const path of world.lake.paths()) await own.lake.write(path, await world.lake.read(path));
      await own.add(
        'results',
        numbers(3).map((n) => waiting(n)),
      );
      let left = effects;
      own.lake.beforeCall = () => {
        if (--left === 0) throw new Error('died');
      };
      const send = () => giveFeedbackBatch(there, asked(numbers(3)), 'ann');
      await send().catch((error: Error) => expect(error.message).toBe('died'));
      own.lake.beforeCall = undefined;
      expect((await send()).decisions.every(({ state }) => state !== 'refused')).toBe(true);
      expect((await human(own.query)).map(({ said }) => Number(said))).toEqual([1, 1, 1]);
      own.close();
    }),
    { numRuns: 25 },
  );
});

test('what a person has decided is left alone where that is asked, told so, and the same said again is no refusal', async () => {
  await store.add(
    'results',
    numbers(3).map((n) => waiting(n)),
  );
  await giveFeedback(lake, { documentId: idOf(1), label: 'VAT' }, 'bob');
  const careful = asked(numbers(3)).map((request) => ({ ...request, unlessPerson: true }));
  const states = async (requests: Parameters<typeof giveFeedbackBatch>[1]) =>
    (await giveFeedbackBatch(lake, requests, 'ann')).decisions.map(({ state, code }) => code ?? state);
  expect(await states(careful)).toEqual(['decided', 'review.decided-by-person', 'decided']);
  expect(await states(careful)).toEqual(['unchanged', 'review.decided-by-person', 'unchanged']);
  expect(await states(asked([1]))).toEqual(['decided']);
});
