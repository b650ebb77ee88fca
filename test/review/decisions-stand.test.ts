// A person's decision stands in every later run, re-run, what-if and upload of the same content until a person changes it.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { rerunRequestSchema, runRequestSchema } from '../../shared/api/runs.ts';
import { batchId, documentId, sha256Hex } from '../../shared/ids.ts';
import { documentHistory, listResults } from '../../shared/insight/results.ts';
import { whatIf } from '../../shared/insight/whatif.ts';
import { takeIn } from '../../shared/intake/window.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { commitRun } from '../../shared/pipeline/commit-run.ts';
import { decideBatch } from '../../shared/pipeline/decide-batch.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { runTables } from '../../shared/pipeline/lake-files.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { createRerun, createRun, createUploadRun, type StartedRun } from '../../shared/pipeline/start-run.ts';
import { publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;
let requests = 0;

beforeEach(open);
afterEach(() => store.close());

async function open(): Promise<void> {
  world = await fakeWorld();
  store = openTestTables(world.lake, world.services.clock);
  world.services.tables = runTables(store.tables);
  lake = { services: world.services, query: store.query, tables: store.tables };
}

async function finish({ runId }: StartedRun): Promise<string> {
  const plan = await planRun(world.services, runId);
  for (let i = 0; i < plan.batches; i++)
    for (const step of [extractBatch, featurizeBatch, scoreBatch, classifyBatch, decideBatch])
      await step(world.services, { runId, batchId: batchId(i) });
  await commitRun(world.services, runId);
  return runId;
}

const request = (given: object = {}) =>
  runRequestSchema.parse({
    source: { kind: 'prefix', container: 'imports', prefix: 'in' },
    requestId: `r${requests++}`,
    ...given,
  });
const run = async (given: object = {}) => finish(await createRun(world.services, request(given)));
const rerun = async (base: string, given: object) =>
  finish(await createRerun(world.services, base, rerunRequestSchema.parse({ requestId: `r${requests++}`, ...given })));
const put = (name: string, text: string) => world.imports.write(`in/${name}`, text);
const idOf = (name: string) => documentId('imports', `in/${name}`, '');
const decide = (name: string, label: string) => giveFeedback(lake, { documentId: idOf(name), label }, 'ann');
const latest = async (): Promise<Map<string, Row>> => {
  const { rows } = await store.query('SELECT * FROM latest_results');
  return new Map(rows.map((row) => [String(row.source_path).slice(3), row]));
};

test('decisions of two rounds of review survive a re-run of the first run', async () => {
  for (let i = 0; i < 12; i++) await put(`${i}.txt`, `hard ${i}`);
  const first = await run();
  for (let i = 0; i < 3; i++) await decide(`${i}.txt`, 'VAT');
  const again = await rerun(first, { only: 'review' });
  expect(await store.query(`SELECT count(*) AS n FROM results WHERE run_id = '${again}'`)).toMatchObject({
    rows: [{ n: 9 }],
  });
  for (let i = 3; i < 6; i++) await decide(`${i}.txt`, 'Customs'); // these rows name the re-run, not the first run
  const third = await rerun(first, { only: 'review' });
  expect(await store.query(`SELECT count(*) AS n FROM results WHERE run_id = '${third}'`)).toMatchObject({
    rows: [{ n: 6 }],
  });
  const rows = [...(await latest()).values()];
  expect(
    rows
      .filter((row) => row.decided_by === 'human')
      .map((row) => row.label)
      .sort(),
  ).toEqual(['Customs', 'Customs', 'Customs', 'VAT', 'VAT', 'VAT']);
});

test('a new run asks nobody about what a person has decided, and its row says so; a change of mind counts on', async () => {
  await put('a.txt', 'ask 0.6');
  await run();
  await decide('a.txt', 'VAT');
  const asked = world.counts.asked;
  const second = await run();
  expect(world.counts.asked).toBe(asked);
  expect((await latest()).get('a.txt')).toMatchObject({
    run_id: second,
    status: 'labelled',
    label: 'VAT',
    decided_by: 'human',
  });
  expect(await decide('a.txt', 'Customs')).toMatchObject({ isNew: true, previousLabel: 'VAT' });
  expect(await decide('a.txt', 'Customs')).toMatchObject({ isNew: false });
  await run();
  expect((await latest()).get('a.txt')).toMatchObject({ label: 'Customs', decided_by: 'human' });
  const { feedback } = await documentHistory(store.query, idOf('a.txt'));
  expect(feedback.map((row) => row.label)).toEqual(['Customs', 'VAT']);
});

test('a copy elsewhere takes the label and names the document a person has decided; its own decision beats that', async () => {
  await put('a.txt', 'hard one');
  await run();
  await decide('a.txt', 'VAT');
  await put('copy.txt', 'hard one');
  await run();
  expect((await latest()).get('copy.txt')).toMatchObject({
    label: 'VAT',
    decided_by: 'duplicate',
    duplicate_of: idOf('a.txt'),
  });
  await decide('copy.txt', 'Customs');
  await run();
  expect((await latest()).get('copy.txt')).toMatchObject({ label: 'Customs', decided_by: 'human' });
  expect((await latest()).get('a.txt')).toMatchObject({ label: 'VAT', decided_by: 'human' });
});

test('an upload of the same content keeps the decision, of other content does not', async () => {
  const { clock, sources } = world.services;
  const upload = async (text: string) => {
    await sources.landing.write('a.txt', text);
    const { etag = '', sizeBytes = 0 } = (await sources.landing.stat('a.txt')) ?? {};
    const { windowId } = await takeIn(world.lake, clock, 0, { path: 'a.txt', etag, sizeBytes });
    return finish(await createUploadRun(world.services, windowId));
  };
  const id = documentId('landing', 'a.txt', '');
  const now = async () => (await documentHistory(store.query, id)).latest;
  await upload('ask 0.6');
  await giveFeedback(lake, { documentId: id, label: 'VAT' }, 'ann');
  await upload('ask 0.6');
  expect(await now()).toMatchObject({ label: 'VAT', decided_by: 'human' });
  await upload('ask 0.7');
  expect(await now()).toMatchObject({ label: 'Customs', decided_by: 'llm' });
  await upload('ask 0.6');
  expect(await now()).toMatchObject({ label: 'VAT', decided_by: 'human' });
});

test('a document that cannot be read keeps what a person said of it', async () => {
  await put('a.txt', 'fail:extract.encrypted');
  await run();
  await decide('a.txt', 'VAT');
  await run();
  expect((await latest()).get('a.txt')).toMatchObject({
    status: 'labelled',
    label: 'VAT',
    decided_by: 'human',
    failure_code: null,
  });
});

test('under labels that do not have the decided one the document is decided anew; under others that have it, it stands', async () => {
  await put('a.txt', 'ask 0.6');
  await run();
  await decide('a.txt', 'VAT');
  const labels = (names: string[]) => names.map((name) => ({ name, description: name }));
  const without = await publishTaxonomy(world.lake, { name: 'without', labels: labels(['Customs', 'Other']) });
  await run({ taxonomyVersion: without.version, llm: true });
  expect((await latest()).get('a.txt')).toMatchObject({ label: 'Customs', decided_by: 'llm' });
  const wide = await publishTaxonomy(world.lake, { name: 'wide', labels: labels(['VAT', 'Customs', 'Other']) });
  await run({ taxonomyVersion: wide.version });
  expect((await latest()).get('a.txt')).toMatchObject({ label: 'VAT', decided_by: 'human' });
});

test('what-if of one run knows what people decided in another', async () => {
  await put('a.txt', 'hard 0.6');
  const first = await run();
  const second = await run();
  await decide('a.txt', 'Customs');
  expect(second).not.toBe(first);
  const report = await whatIf(lake, { filter: { run: first }, accept: 0.55 });
  expect(report).toMatchObject({ documents: 1, flipped: 0, runs: [], againstPeople: { documents: 1 } });
});

test('a row that a run committed in the same moment does not hide the decision', async () => {
  const at = '2026-11-23T12:00:00.000Z';
  const row = { document_id: idOf('a.txt'), source_path: 'in/a.txt', content_sha256: 'c', processed_at: at };
  await store.add('results', [
    resultRow({ ...row, label: 'VAT', decided_by: 'human', run_id: 'r1' }),
    resultRow({ ...row, label: 'Customs', decided_by: 'llm', run_id: 'r2', processed_at: '2026-11-23T12:00:00.001Z' }),
  ]);
  expect((await latest()).get('a.txt')).toMatchObject({ label: 'VAT' });
  expect((await documentHistory(store.query, idOf('a.txt'))).latest).toMatchObject({ label: 'VAT' });
  await store.add('results', [
    resultRow({ ...row, content_sha256: 'd', label: 'Customs', processed_at: '2026-11-24T12:00:00.000Z' }),
  ]);
  expect((await latest()).get('a.txt')).toMatchObject({ label: 'Customs' });
});

test('decisions of an earlier version, which did not store what they were about, stand too', async () => {
  await put('a.txt', 'ask 0.6');
  const first = await run();
  await decide('a.txt', 'VAT');
  const { rows } = await store.query('SELECT * EXCLUDE (content_sha256, source_etag) FROM feedback');
  expect(rows).toMatchObject([{ run_id: first }]);
  await store.tables.get('feedback')?.overwrite(rows);
  world.services.tables = runTables(store.tables);
  await run();
  expect((await latest()).get('a.txt')).toMatchObject({ label: 'VAT', decided_by: 'human' });
});

const NAMES = ['a', 'b', 'c', 'd'];
const TEXTS = ['hard 1', 'hard 2', 'ask 0.6', 'sure'];
const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      name: fc.constantFrom(...NAMES),
      text: fc.constantFrom(...TEXTS),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'run' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rerun' as const),
      base: fc.nat(5),
      only: fc.constantFrom('review' as const, 'all' as const),
      from: fc.constantFrom('extract' as const, 'score' as const, 'classify' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      name: fc.constantFrom(...NAMES),
      label: fc.constantFrom('VAT', 'Customs'),
    }),
  },
);

test('property: after any sequence of uploads, runs, re-runs and decisions each document has the label a person last gave its content', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 6, maxLength: 14 }), async (operations) => {
      store.close();
      await open();
      /** What was said: of a document with a content, and of the content wherever it lies. */
      const said = new Map<string, string>();
      const runs: string[] = [];
      const stored = new Map<string, string>();
      /** What each document's newest row is about. */
      const seen = new Map<string, string>();
      for (const each of operations) {
        if (each.do === 'put') {
          await put(`${each.name}.txt`, each.text);
          stored.set(each.name, each.text);
        } else if (each.do === 'decide') {
          const content = seen.get(each.name);
          if (content === undefined) continue;
          await decide(`${each.name}.txt`, each.label);
          said.set(`${each.name} ${content}`, each.label);
        } else if (each.do === 'rerun') {
          const base = runs[each.base % Math.max(1, runs.length)];
          if (base === undefined) continue;
          runs.push(await rerun(base, { only: each.only, from: each.from }));
        } else {
          if (stored.size === 0) continue;
          runs.push(await run());
        }
        if (each.do !== 'put')
          for (const [name, row] of await latest()) {
            const short = name.slice(0, 1);
            const text = TEXTS.find((one) => String(row.content_sha256) === contentOf(one)) ?? '';
            seen.set(short, text);
            const label = said.get(`${short} ${text}`);
            if (label !== undefined) expect([name, row.label, row.decided_by]).toEqual([name, label, 'human']);
          }
      }
      const page = await listResults(store.query, { limit: 100 });
      expect(page.results.length).toBe(seen.size);
    }),
    { numRuns: 12, seed: 20261123 },
  );
}, 120_000);

function contentOf(text: string): string {
  return sha256Hex(text);
}

test('a decision keeps what the local stages had proposed, how sure they were and who they were, whatever the LLM said since', async () => {
  await put('a.txt', 'plain 0.55');
  await run();
  await decide('a.txt', 'VAT');
  await decide('a.txt', 'Customs'); // a change of mind is about the same proposal
  const { rows } = await store.query(
    'SELECT label, scored_label, scored_confidence, scored_by FROM feedback ORDER BY created_at',
  );
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row).toMatchObject({ scored_label: expect.any(String), scored_by: 'v1' });
  expect(rows[0]?.scored_confidence).toBeCloseTo(0.55, 5);
  expect((await world.services.tables.readFeedback())[0]).toMatchObject({ scored_by: 'v1' });
});
