import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchId, documentId, sha256Hex } from '../../shared/ids.ts';
import { takeInGroup } from '../../shared/intake/window.ts';
import { copyIn } from '../../shared/lake/delta/checkpoint-copy.ts';
import { readParquet } from '../../shared/lake/parquet.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { TRAINING_OWNER, textKey, VectorCache } from '../../shared/models/encoder/vector-cache.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { decodeTensors } from '../../shared/models/tensors.ts';
import { intakePaths, runPaths } from '../../shared/paths.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import type { DecisionLake } from '../../shared/pipeline/decision-lake.ts';
import { runTables } from '../../shared/pipeline/lake-files.ts';
import { createRerun, createRun, createUploadRun } from '../../shared/pipeline/start-run.ts';
import { seededRandom, silentLogger } from '../../shared/ports.ts';
import { giveFeedback } from '../../shared/review/feedback.ts';
import { train } from '../../shared/training/train.ts';
import { eraseDocument } from '../../shared/upkeep/erase.ts';
import { eraseLandedFile } from '../../shared/upkeep/erase-file.ts';
import { maintainLake } from '../../shared/upkeep/maintenance.ts';
import { IdeaEncoder } from '../fakes/idea-encoder.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, type TestTables } from '../fakes/tables.ts';

let world: FakeWorld;
let store: TestTables;
let lake: DecisionLake;

beforeEach(async () => {
  world = await fakeWorld();
  store = openTestTables(world.lake, world.services.clock);
  world.services.tables = runTables(store.tables);
  // answers quote the text, as real ones do
  const ask = world.services.llm?.classify;
  if (world.services.llm === undefined || ask === undefined) throw new Error('the fake has an LLM');
  world.services.llm.classify = async (request) => {
    const outcome = await ask(request);
    if (outcome.status !== 'done') return outcome;
    const part = sha256Hex(`${request.runId}/${request.batchId}`).slice(0, 24);
    const texts = JSON.stringify(request.documents);
    await world.lake.write(`llm-cache/p1/answers/${part}.json`, texts);
    await world.lake.write(`runs/${request.runId}/llm/${request.batchId}/calls/1.json`, texts);
    const quoted = new Map(request.documents.map(({ id, text }) => [id, text]));
    return {
      ...outcome,
      answers: outcome.answers.map((answer) => ({ ...answer, quote: quoted.get(answer.id) ?? null })),
    };
  };
  lake = { services: world.services, query: store.query, tables: store.tables };
});
afterEach(() => store.close());

const STEPS = ['extractBatch', 'featurizeBatch', 'scoreBatch', 'classifyBatch', 'decideBatch'] as const;

async function work(runId: string, steps: readonly (typeof STEPS)[number][] = STEPS): Promise<void> {
  const handlers = activityHandlers(async () => world.services);
  const planned = (await handlers.planRun({ runId, attempt: 0 })) as { outcome: { batches: number } };
  for (let i = 0; i < planned.outcome.batches; i++)
    for (const step of steps) await handlers[step]({ runId, batchId: batchId(i), attempt: 0 });
}

async function run(source: Parameters<typeof createRun>[1]['source'], requestId = '1'): Promise<string> {
  const { runId } = await createRun(world.services, { source, requestId });
  await work(runId);
  await activityHandlers(async () => world.services).commitRun({ runId, attempt: 0 });
  return runId;
}

const prefix = { kind: 'prefix' as const, container: 'imports' as const, prefix: 'in' };
const put = async (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) await world.imports.write(`in/${name}`, text);
};

/** Files of the lake that hold a word, Parquet files read and not only looked at, what is deflated inside them included. */
async function filesWith(word: string): Promise<string[]> {
  const found: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'sluice-grep-'));
  try {
    for (const path of world.lake.paths()) {
      const bytes = await world.lake.read(path);
      let text = `${path} ${bytes.toString('utf8')}`;
      if (bytes.subarray(0, 4).toString() === 'PAR1') {
        const copy = join(folder, `${sha256Hex(path)}.parquet`); // DuckDB remembers what a name held
        await world.lake.download(path, copy);
        text += JSON.stringify(await readParquet(copy)) + (copyIn(bytes)?.toString('utf8') ?? '');
      }
      if (text.includes(word)) found.push(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return found;
}

const idOf = (name: string, archivePath = '') => documentId('imports', `in/${name}`, archivePath);
const rowsOf = async (id: string): Promise<Row[]> =>
  (await store.query(`SELECT * FROM results WHERE document_id = '${id}'`)).rows;

test('erase: vectors of the text go wherever they lie; where the text is gone all vectors of trainings go', async () => {
  await put({ 'a.txt': 'ask about one', 'b.txt': 'sure of two' });
  const runId = await run(prefix);
  const cache = new VectorCache(world.lake, { version: 'ideas-00000001', dimensions: 1 }, world.services.clock);
  const keep = (owner: string, part: string, text: string) =>
    cache.keep({ owner, part }, [textKey(text)], new Float32Array([1]));
  await keep(runId, 'b0', 'ask about one');
  await keep(TRAINING_OWNER, 'rows', 'ask about one');
  await keep(TRAINING_OWNER, 'rows', 'sure of two');
  const vectors = () => world.lake.paths().filter((path) => path.startsWith('encoder-vectors/'));
  await eraseDocument(lake, idOf('a.txt'), { deleteSource: false });
  expect(vectors()).toHaveLength(2); // keys and vector of the other text
  for (const folder of runPaths.contentFolders(runId)) await world.lake.deleteFolder(folder);
  await eraseDocument(lake, idOf('b.txt'), { deleteSource: false });
  expect(vectors()).toEqual([]);
});

test('erase: the vector of the text leaves the models that were trained with it, and they load at every moment', async () => {
  await put({ 'a.txt': 'ask about one', 'b.txt': 'text 3 two tax' });
  await run(prefix);
  const encoder = new IdeaEncoder([['one'], ['two'], ['vat'], ['tax']]);
  const texts = Array.from({ length: 60 }, (_, i) => ({
    text: `text ${i} ${i % 2 ? 'two tax' : 'one vat'}`,
    label: i % 2 ? 'A' : 'B',
  }));
  const examples = [{ text: 'ask about one', label: 'B' }, ...texts];
  const deps = { clock: world.services.clock, random: seededRandom(1), logger: silentLogger };
  const registry = new ModelRegistry(world.lake, deps);
  const version = await registry.register(await train({ examples, encoder, options: {}, deps }));
  const held = async () => decodeTensors(await registry.artifact(version, 'exemplars.bin'));
  const before = await held();
  const write = world.lake.write.bind(world.lake);
  world.lake.write = async (path, ...rest) => {
    if (path.endsWith('manifest.json')) throw new Error('the process dies');
    return await write(path, ...rest);
  };
  await expect(eraseDocument(lake, idOf('a.txt'), { deleteSource: false })).rejects.toThrow('dies');
  await registry.load(version);
  world.lake.write = write;
  await eraseDocument(lake, idOf('a.txt'), { deleteSource: false });
  const after = await held();
  expect(after.classes?.length).toBe((before.classes?.length ?? 0) - 1);
  const key = Buffer.from(textKey('ask about one'), 'hex');
  expect(Buffer.from(before.keys as Uint8Array).includes(key)).toBe(true);
  expect(Buffer.from(after.keys as Uint8Array).includes(key)).toBe(false);
  expect((await registry.load(version)).stage?.description.encoder).toBe('ideas-00000001');
  const files = () => world.lake.paths().filter((path) => path.includes('/exemplars'));
  expect(files()).toHaveLength(1);
  // A damaged model loads no more: what it holds of an erased text goes all the same.
  await write(`models/${version}/manifest.json`, '{');
  await eraseDocument(lake, idOf('b.txt'), { deleteSource: false });
  expect(files()).toEqual([]);
});

test('erase: of a group of uploads only the one path goes, and its event stays claimed', async () => {
  const landing = world.services.sources.landing;
  const uploads = [];
  for (const path of ['MARKERNAME.txt', 'other.txt']) {
    await landing.write(path, `sure ${path}`);
    const file = await landing.stat(path);
    uploads.push({ path, etag: String(file?.etag), sizeBytes: Number(file?.sizeBytes) });
  }
  const taken = await takeInGroup(world.lake, world.services.clock, 60, uploads);
  const { runId } = await createUploadRun(world.services, String(taken[0]?.windowId));
  await work(runId);
  await activityHandlers(async () => world.services).commitRun({ runId, attempt: 0 });
  expect((await filesWith('MARKERNAME')).some((path) => path.startsWith('intake/'))).toBe(true);
  const damaged = intakePaths.marker(String(taken[0]?.windowId), 'damaged'); // keeps nobody from the others, and what is left of it goes
  await world.lake.write(damaged, '{"uploads":[{"path":"MARKERNAME.txt"');
  await eraseDocument(lake, documentId('landing', 'MARKERNAME.txt'), { deleteSource: false });
  expect(await filesWith('MARKERNAME')).toEqual([]);
  expect((await filesWith('other.txt')).some((path) => path.startsWith('intake/'))).toBe(true);
  expect(await takeInGroup(world.lake, world.services.clock, 60, uploads)).toEqual(taken);
});

test('erase: nothing below the lake holds the document any more, older versions, log and checkpoints included; tombstones stay', async () => {
  await put({ 'a.txt': 'ask about MARKERONE', 'b.txt': 'sure OTHERWORD', 'MARKERNAME.txt': 'ask me MARKERTWO' });
  const runId = await run(prefix);
  await run(prefix, '2');
  await world.lake.write(runPaths.features(runId, batchId(0)), 'MARKERTWO'); // as earlier versions left it
  const id = idOf('MARKERNAME.txt');
  await giveFeedback(lake, { documentId: id, label: 'VAT', note: 'MARKERNOTE' }, 'ann');
  await maintainLake(lake); // merged files and checkpoints hold it as well
  const markers = ['MARKERNAME', 'MARKERTWO', 'MARKERNOTE'];
  for (const marker of markers) expect((await filesWith(marker)).length).toBeGreaterThan(0);
  const before = (await store.query('SELECT count(*) AS n, sum(cost_usd) AS usd FROM results')).rows;

  const erasure = await eraseDocument(lake, id, { deleteSource: false });
  expect(erasure).toMatchObject({ rows: 3, batches: 2, sourceDeleted: false });
  for (const marker of markers) expect(await filesWith(marker), marker).toEqual([]);
  // the others are untouched
  expect((await filesWith('MARKERONE')).some((path) => path.startsWith('runs/'))).toBe(true);
  expect((await store.query('SELECT count(*) AS n, sum(cost_usd) AS usd FROM results')).rows).toEqual(before);
  for (const row of await rowsOf(id))
    expect(row).toMatchObject({ label: null, llm_quote: null, source_path: '', failure_code: 'document.erased' });
  expect((await rowsOf(idOf('a.txt')))[0]).toMatchObject({ label: 'Customs', source_path: 'in/a.txt' });
  expect((await store.query('SELECT reviewer, label, note FROM feedback')).rows).toEqual([
    { reviewer: 'ann', label: null, note: null },
  ]);
  // again it finds nothing more to do, and maintenance still works
  expect(await eraseDocument(lake, id, { deleteSource: false })).toMatchObject({ rows: 3, batches: 0 });
  await maintainLake(lake);
  expect(await world.imports.stat('in/MARKERNAME.txt')).toBeDefined();
});

test('erase: copies of the document keep their answer, and a re-run from stored steps still decides them', async () => {
  await put({ 'a.txt': 'ask me twice', 'b.txt': 'ask me twice', 'c.txt': 'sure' });
  const runId = await run(prefix);
  await eraseDocument(lake, idOf('a.txt'), { deleteSource: true });
  expect(await world.imports.stat('in/a.txt')).toBeUndefined();
  const again = await createRerun(world.services, runId, { only: 'all', from: 'score' });
  await work(again.runId);
  await activityHandlers(async () => world.services).commitRun({ runId: again.runId, attempt: 0 });
  const { rows } = await store.query(
    `SELECT source_path, label, decided_by FROM results WHERE run_id = '${again.runId}' ORDER BY 1`,
  );
  expect(rows).toEqual([
    { source_path: 'in/b.txt', label: 'Customs', decided_by: 'llm' },
    { source_path: 'in/c.txt', label: 'VAT', decided_by: 'model' },
  ]);
});

test('erase: a landed file goes with all that lies in it, also what a run has read that did not commit; another of that name stays', async () => {
  const path = 'sources/mail/d/letters.zip';
  const { landing, imports } = world.services.sources;
  const texts = { [path]: 'sure MARKERONE\nsure MARKERTWO', 'sources/mail/d/other.zip': 'sure KEPTONE\nsure' };
  for (const [name, text] of Object.entries(texts)) await landing.write(name, text);
  await imports.write(path, 'sure KEPTTWO\nsure');
  const source = { kind: 'prefix' as const, prefix: 'sources' };
  await run({ ...source, container: 'landing' });
  await run({ ...source, container: 'imports' });
  const { runId } = await createRun(world.services, {
    source: { ...source, container: 'landing' },
    requestId: 'other',
  });
  await work(runId, ['extractBatch']);
  await expect(eraseLandedFile(lake, path)).rejects.toMatchObject({ code: 'run.not-finished' });
  await activityHandlers(async () => world.services).endRun({ runId, attempt: 0, message: '[internal] stopped' });
  expect(await eraseLandedFile(lake, path)).toBe(2);
  expect([await filesWith('MARKERONE'), await filesWith('MARKERTWO')]).toEqual([[], []]);
  for (const kept of ['KEPTONE', 'KEPTTWO']) expect((await filesWith(kept)).length).toBeGreaterThan(0);
  expect(await eraseLandedFile(lake, path)).toBe(0);
});

test('erase: a member of an archive and a row of a data set go alone', async () => {
  await put({ 'x.zip': 'sure MARKERONE\nsure KEPTONE' });
  await world.imports.write(
    'set.jsonl',
    '{"id":"MARKERKEY","text":"sure MARKERTWO"}\n{"id":"k2","text":"sure KEPTTWO"}',
  );
  await run(prefix);
  await run({ kind: 'dataset', container: 'imports', path: 'set.jsonl', textColumn: 'text', idColumn: 'id' });
  await eraseDocument(lake, idOf('x.zip', 'member-0.txt'), { deleteSource: true });
  await eraseDocument(lake, documentId('imports', 'set.jsonl', '', 'MARKERKEY'), { deleteSource: true });
  for (const marker of ['MARKERONE', 'MARKERTWO', 'MARKERKEY']) expect(await filesWith(marker), marker).toEqual([]);
  for (const kept of ['KEPTONE', 'KEPTTWO']) expect((await filesWith(kept)).length).toBeGreaterThan(0);
  expect(await world.imports.stat('in/x.zip')).toBeDefined();
  expect(await world.imports.stat('set.jsonl')).toBeDefined();
});

test('erase: a run that has failed holds the document too, and can still be taken up; a run at work refuses', async () => {
  await put({ 'a.txt': 'sure MARKERONE', 'b.txt': 'sure' });
  await run(prefix);
  const { runId } = await createRun(world.services, { source: prefix, requestId: 'other' });
  await work(runId);
  await expect(eraseDocument(lake, idOf('a.txt'), { deleteSource: false })).rejects.toMatchObject({
    code: 'run.not-finished',
  });
  const handlers = activityHandlers(async () => world.services);
  await handlers.endRun({ runId, attempt: 0, message: '[internal] stopped' });
  await eraseDocument(lake, idOf('a.txt'), { deleteSource: false });
  expect(await filesWith('MARKERONE')).toEqual([]);
  await createRun(world.services, { source: prefix, requestId: 'other' });
  await work(runId);
  await handlers.commitRun({ runId, attempt: 1 });
  const { rows } = await store.query(`SELECT status, failure_code FROM results WHERE run_id = '${runId}' ORDER BY 1`);
  expect(rows).toEqual([
    { status: 'failed', failure_code: 'document.erased' },
    { status: 'labelled', failure_code: null },
  ]);
});

test('erase: cut short at any moment and repeated, nothing is left', async () => {
  for (let effects = 1; effects < 200; effects += 9) {
    world = await fakeWorld();
    store.close();
    store = openTestTables(world.lake, world.services.clock);
    world.services.tables = runTables(store.tables);
    lake = { services: world.services, query: store.query, tables: store.tables };
    await put({ 'MARKERNAME.txt': 'ask MARKERONE', 'b.txt': 'sure' });
    await run(prefix);
    let left = effects;
    world.onEffect = () => {
      if (--left === 0) throw new Error('died');
    };
    const isCut = await eraseDocument(lake, idOf('MARKERNAME.txt'), { deleteSource: false }).then(
      () => false,
      () => true,
    );
    world.onEffect = undefined;
    await eraseDocument(lake, idOf('MARKERNAME.txt'), { deleteSource: false });
    for (const marker of ['MARKERNAME', 'MARKERONE']) expect(await filesWith(marker), `${effects}`).toEqual([]);
    if (!isCut) break;
  }
});

test('erase: the name goes from what runs are called too, re-runs that did not touch the document included', async () => {
  await put({ 'secret.txt': 'sure', 'b.txt': 'fail:extract.corrupt' });
  const paths = ['in/secret.txt', 'in/b.txt'];
  const runId = await run({ kind: 'paths', container: 'imports', paths });
  const rerun = { only: 'failed', from: 'extract', requestId: '2' } as const;
  const [ended, open] = [
    await createRerun(world.services, runId, rerun),
    await createRerun(world.services, runId, { ...rerun, requestId: '3' }),
  ];
  await work(ended.runId);
  await activityHandlers(async () => world.services).commitRun({ runId: ended.runId, attempt: 0 });
  expect(await filesWith('secret')).toEqual(
    expect.arrayContaining([runPaths.summary(ended.runId), runPaths.request(open.runId)]),
  );
  await eraseDocument(lake, idOf('secret.txt'), { deleteSource: false });
  expect(await filesWith('secret')).toEqual([]);
  expect(JSON.parse(String(await world.lake.read(runPaths.summary(runId)))).source).toBe('imports/in/b.txt');
});

test('erase: an unknown document is told', async () => {
  await expect(eraseDocument(lake, 'f'.repeat(64), { deleteSource: false })).rejects.toMatchObject({
    code: 'document.not-found',
  });
  expect(await world.lake.stat(runPaths.folder('x'))).toBeUndefined();
});
