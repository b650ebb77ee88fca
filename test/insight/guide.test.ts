import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GuideSources, guideOf } from '../../shared/insight/guide.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

const LABELS = ['Rent', 'Repairs'];
let store: TestTables;
let lake: MemoryLake;
let champion: string | undefined;
let known: string[];
let sources: GuideSources;

beforeEach(async () => {
  const { services } = await fakeWorld();
  store = openTestTables();
  lake = new MemoryLake();
  champion = undefined;
  known = LABELS;
  sources = {
    services: { ...services, lake },
    query: store.query,
    registry: {
      championVersion: async () => champion,
      manifest: async () => ({ labels: known }),
    },
  };
});
afterEach(() => store.close());

const storeLabels = () =>
  publishTaxonomy(lake, { name: 'letters', labels: LABELS.map((name) => ({ name, description: `about ${name}` })) });
const idOf = (n: number) => String(n).padStart(64, '0');
const results = (count: number, given: Row = {}): Row[] =>
  Array.from({ length: count }, (_, n) =>
    resultRow({
      document_id: idOf(n),
      label: 'Rent',
      processed_at: '2026-11-20T10:00:00Z',
      model_version: null,
      ...given,
    }),
  );
const decisions = (count: number): Row[] =>
  Array.from({ length: count }, (_, n) => ({
    feedback_id: `f${n}`,
    document_id: idOf(n),
    label: 'Rent',
    reviewer: 'ann',
    created_at: '2026-11-21T10:00:00Z',
    run_date: '2026-11-21',
  }));
const states = async () => Object.fromEntries((await guideOf(sources)).steps.map(({ id, state }) => [id, state]));
const next = async () => (await guideOf(sources)).steps.find(({ state }) => state === 'next');

test('an empty lake begins with labels, then wants documents', async () => {
  expect(await states()).toEqual({
    labels: 'next',
    documents: 'later',
    review: 'later',
    train: 'later',
    rerun: 'later',
    check: 'later',
  });
  await storeLabels();
  expect(await next()).toMatchObject({ id: 'documents' });
});

test('documents that nobody has decided want twenty decisions, and it counts down', async () => {
  await storeLabels();
  await store.add('results', results(30, { status: 'review', decided_by: null }));
  expect(await next()).toMatchObject({ id: 'review', left: '20 to go' });
  await store.add('feedback', decisions(13));
  expect(await next()).toMatchObject({ id: 'review', left: '7 to go' });
});

test('with twenty decisions a training is next; decisions for labels of another set do not count', async () => {
  await storeLabels();
  await store.add('results', results(30, { status: 'review', decided_by: null }));
  await store.add('feedback', decisions(20));
  expect(await next()).toMatchObject({ id: 'train', left: '20 decisions to learn from' });
  await publishTaxonomy(lake, {
    name: 'others',
    labels: [
      { name: 'A', description: 'a' },
      { name: 'B', description: 'b' },
    ],
  });
  expect(await next()).toMatchObject({ id: 'review', left: '20 to go' });
});

test('a model that knows the labels makes decisions needless; what it has not seen is decided again, then checked', async () => {
  await storeLabels();
  champion = 'v2';
  await store.add('results', results(30));
  expect(await next()).toMatchObject({ id: 'rerun', left: '30 documents were decided without model v2' });
  await store.add(
    'results',
    results(30, { model_version: 'v2', decided_by: 'model', processed_at: '2026-11-20T12:00:00Z' }),
  );
  expect(await next()).toMatchObject({ id: 'check', left: '0 of 20 checked' });
  // Nobody has decided and no model was trained of decisions: these steps are not said to be done.
  expect(await states()).toEqual({ labels: 'done', documents: 'done', rerun: 'done', check: 'next' });
  await store.add('feedback', decisions(20));
  expect(await states()).toEqual({
    labels: 'done',
    documents: 'done',
    review: 'done',
    train: 'done',
    rerun: 'done',
    check: 'done',
  });
});

test('a model that lacks a label is no model of these labels', async () => {
  await storeLabels();
  champion = 'v1';
  known = ['Rent'];
  await store.add('results', results(30, { model_version: 'v1' }));
  expect(await next()).toMatchObject({ id: 'review' });
});
