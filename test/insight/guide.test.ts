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
let models: string[];
let threshold: number;
let known: string[];
let sources: GuideSources;

beforeEach(async () => {
  const { services } = await fakeWorld();
  store = openTestTables();
  lake = new MemoryLake();
  champion = undefined;
  models = [];
  threshold = 0.9;
  known = LABELS;
  sources = {
    services: { ...services, lake },
    query: store.query,
    registry: {
      list: async () =>
        models.map((version) => ({
          version,
          labels: known,
          accept: { threshold },
          champion: version === champion,
        })),
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
const decisions = (count: number, labels = ['Rent']): Row[] =>
  Array.from({ length: count }, (_, n) => ({
    feedback_id: `f${n}`,
    document_id: idOf(n),
    label: labels[n % labels.length] ?? null,
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
    promote: 'later',
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

test('where an LLM decided all that came, the first decisions are made among its labels, as nothing waits in the review', async () => {
  await storeLabels();
  await store.add('results', results(30, { decided_by: 'llm' }));
  expect(await next()).toMatchObject({
    id: 'review',
    case: 'none-wait',
    left: '20 to go',
    view: 'documents?status=labelled&select=1',
  });
  await store.add('feedback', decisions(20));
  expect(await next()).toMatchObject({ id: 'train', case: null });
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
  models = ['v1', 'v2'];
  champion = 'v2';
  await store.add('results', results(30));
  expect(await next()).toMatchObject({ id: 'rerun', left: '30 documents were decided without model v2' });
  await store.add(
    'results',
    results(30, { model_version: 'v2', decided_by: 'model', processed_at: '2026-11-20T12:00:00Z' }),
  );
  expect(await next()).toMatchObject({ id: 'check', left: '0 of 19 checked' });
  // Nobody has decided and no model was trained of decisions: these steps are not said to be done.
  expect(await states()).toEqual({ labels: 'done', documents: 'done', rerun: 'done', check: 'next' });
  await store.add('feedback', decisions(20));
  expect(await states()).toEqual({
    labels: 'done',
    documents: 'done',
    review: 'done',
    train: 'done',
    promote: 'done',
    rerun: 'done',
    check: 'done',
  });
});

test('more labels want more decisions, within bounds', async () => {
  const many = (count: number) =>
    publishTaxonomy(lake, {
      name: `of-${count}`,
      labels: Array.from({ length: count }, (_, n) => ({ name: `L${n}`, description: `about ${n}` })),
    });
  await store.add('results', results(30, { status: 'review', decided_by: null }));
  await many(6);
  expect(await next()).toMatchObject({ id: 'review', left: '30 to go' });
  await many(60);
  expect(await next()).toMatchObject({ id: 'review', left: '100 to go' });
});

test('a trained model is looked at and promoted; one that proves nothing wants a threshold of the person, and says how many wait', async () => {
  await storeLabels();
  await store.add('results', results(30, { status: 'review', decided_by: null }));
  await store.add('feedback', decisions(20));
  models = ['v1'];
  expect(await next()).toMatchObject({ id: 'promote', view: 'models/v1' });
  champion = 'v1';
  threshold = 1.01;
  expect(await next()).toMatchObject({ id: 'rerun', case: 'proves-nothing', leftCount: 30 });
  const waiting = { status: 'review', decided_by: null, model_version: 'v1', processed_at: '2026-11-20T12:00:00Z' };
  await store.add('results', results(30, waiting));
  expect(await next()).toMatchObject({ id: 'rerun', left: '30 documents wait with its proposals' });
});

test('a label that no document has had keeps a model of the others from nothing', async () => {
  await storeLabels();
  await publishTaxonomy(lake, {
    name: 'letters',
    labels: [...LABELS, 'Moon landings'].map((name) => ({ name, description: `about ${name}` })),
  });
  await store.add('results', results(30, { status: 'review', decided_by: null }));
  await store.add('feedback', decisions(20, LABELS));
  models = ['v1'];
  expect(await next()).toMatchObject({ id: 'promote' });
});

test('what bringing documents costs depends on whether an LLM is asked', async () => {
  await storeLabels();
  const isAsked = { ...sources, services: { ...sources.services, llm: sources.services.llm } };
  const costOf = async (given: GuideSources) => (await guideOf(given)).steps.find(({ id }) => id === 'documents')?.case;
  expect(await costOf({ ...isAsked, services: { ...isAsked.services, llm: undefined } })).toBe('no-llm');
});

test('a model that lacks a label is no model of these labels', async () => {
  await storeLabels();
  models = ['v1'];
  champion = 'v1';
  known = ['Rent'];
  await store.add('results', results(30, { model_version: 'v1' }));
  expect(await next()).toMatchObject({ id: 'review' });
});

test('the run to decide again is one that has documents of before, though newer runs have none', async () => {
  await storeLabels();
  models = ['v1'];
  champion = 'v1';
  await store.add('results', results(30, { run_id: 'run-first', decided_by: 'encoder' }));
  await store.add(
    'results',
    results(10, {
      ...{ run_id: 'rerun-of-some', model_version: 'v1', decided_by: 'model' },
      processed_at: '2026-11-20T12:00:00Z',
    }),
  );
  expect(await next()).toMatchObject({
    ...{ id: 'rerun', leftCount: 20, view: 'runs/run-first', command: 'sluice rerun run-first --from score' },
  });
});

test('one command decides again what many uploads brought, each a run of its own', async () => {
  await storeLabels();
  models = ['v1'];
  champion = 'v1';
  const ofRun = (run: string, from: number, count: number) =>
    results(count, { run_id: run }).map((row, n) => ({ ...row, document_id: idOf(from + n) }));
  await store.add('results', [...ofRun('upload-1', 0, 2), ...ofRun('upload-2', 10, 5), ...ofRun('upload-3', 20, 3)]);
  expect(await next()).toMatchObject({ command: 'sluice rerun upload-2 upload-3 upload-1 --from score' });
});

test('a candidate that proves nothing is looked at with the threshold it will be given', async () => {
  await storeLabels();
  models = ['v1'];
  threshold = 1.01;
  await store.add('results', results(30, { status: 'review', decided_by: null }));
  await store.add('feedback', decisions(20));
  expect(await next()).toMatchObject({ command: 'sluice whatif --model v1 --accept 0.5, sluice models promote v1' });
});

test('no more checks are wanted than a week draws and than there are documents to check', async () => {
  await storeLabels();
  models = ['v1'];
  champion = 'v1';
  await store.add('results', results(5, { model_version: 'v1', decided_by: 'model' }));
  expect(await next()).toMatchObject({
    id: 'check',
    left: '0 of 5 checked',
    command: expect.stringContaining('--limit 5 '),
  });
  await store.add('feedback', decisions(5));
  await store.add(
    'results',
    results(5, { model_version: 'v1', decided_by: 'human', processed_at: '2026-11-21T10:00:00Z' }),
  );
  expect(await next()).toBeUndefined();
});
