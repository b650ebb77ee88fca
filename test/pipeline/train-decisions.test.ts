// Training on decisions as the API does it: the orchestration on a small engine, over real tables and the real trainer.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseRequest } from '../../shared/api/problem.ts';
import { type TrainRequest, trainRequestSchema } from '../../shared/api/training.ts';
import { RetryableError } from '../../shared/errors.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { trainingActivityHandlers } from '../../shared/pipeline/activities.ts';
import { writeExtracted } from '../../shared/pipeline/extracted.ts';
import { decisionsVersion, parquetFiles } from '../../shared/pipeline/lake-files.ts';
import type { Orchestration } from '../../shared/pipeline/orchestration.ts';
import { loadTaxonomy, publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import {
  createTraining,
  type TrainingServices,
  trainingStatus,
  trainModel,
} from '../../shared/pipeline/train-model.ts';
import { forgetTrainingsOnDecisions, listTrainings } from '../../shared/pipeline/trainings.ts';
import { type Clock, silentLogger } from '../../shared/ports.ts';
import type { TrainingResult } from '../../shared/training/sharded/register.ts';
import { ShardedTrainer } from '../../shared/training/sharded/trainer.ts';
import { eraseDocument } from '../../shared/upkeep/erase.ts';
import { maintainLake } from '../../shared/upkeep/maintenance.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import { extractedRow, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

const DAY = 24 * 3_600_000;
let now: number;
const clock: Clock = { now: () => now, sleep: async () => {} };
let world: FakeWorld;
let store: TestTables;
let lake: MemoryLake;
let taxonomy: string;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 23, 12);
  world = await fakeWorld({ RETENTION_DAYS: '30' });
  lake = new MemoryLake('lake', () => now);
  for (const path of world.lake.paths()) await lake.write(path, await world.lake.read(path));
  world.services.lake = lake;
  world.services.clock = clock;
  world.services.parquet = parquetFiles(lake);
  store = openTestTables(lake, clock);
  taxonomy = (await loadTaxonomy(lake)).version;
});
afterEach(() => store.close());

const LABELS = ['VAT', 'Customs'];
const documentOf = (n: number) => String(n).padStart(64, '0');
const textOf = (n: number) => `${n % 2 ? 'goods duty' : 'tax invoice'} paper MARKER${n}`;

/** Documents of one run: those below `humans` decided by people, the others by the LLM. */
async function decide(count: number, humans: number, label = (n: number) => LABELS[n % 2]!): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n);
  const texts = numbers.map((n) => extractedRow({ document_id: documentOf(n), text: textOf(n) }));
  await writeExtracted(world.services, 'r1', 'b00000', texts);
  const llm = { decided_by: 'llm', confidence: 0.9, taxonomy_version: taxonomy };
  const rows = numbers.map((n) => resultRow({ document_id: documentOf(n), label: label(n), ...llm }));
  await store.add('results', rows);
  await say(numbers.slice(0, humans), label);
}

async function say(numbers: readonly number[], label: (n: number) => string): Promise<void> {
  const rows = numbers.map((n): Row => {
    const createdAt = new Date(now).toISOString();
    const id = `${n}-${createdAt}`;
    return {
      feedback_id: id,
      document_id: documentOf(n),
      label: label(n),
      created_at: createdAt,
      run_date: '2026-11-23',
    };
  });
  if (rows.length > 0) await store.add('feedback', rows);
}

function services(): TrainingServices & { logger: typeof silentLogger } {
  const registry = new ModelRegistry(lake, { clock });
  const trainer = new ShardedTrainer({ store: lake, source: world.imports, registry, clock, logger: silentLogger });
  return {
    lake,
    clock,
    logger: silentLogger,
    trainer: () => trainer,
    promote: (version, reason, labels) => registry.promoteTrained(version, reason, { labels }),
    decisionsVersion: () => decisionsVersion(store.tables),
  };
}

const request = (given: Partial<TrainRequest> = {}) =>
  parseRequest(trainRequestSchema, { numFeatures: 256, maxIter: 4, decisions: true, ...given });

/** Run the orchestration to its end. */
async function work(trainingId: string): Promise<TrainingResult | null> {
  type Task = () => Promise<unknown>;
  const handlers = trainingActivityHandlers(async () => services()); // each activity on an instance of its own
  const o: Orchestration<Task> = {
    call: (name, input) => () => handlers[name as keyof typeof handlers](input),
    callSub: () => () => Promise.reject(new Error('a training has no parts')),
    all: (tasks) => () => Promise.all(tasks.map((task) => task())),
    sleepUntil: (at) => async () => {
      now = Math.max(now, at);
    },
    now: () => now,
    continueAsNew: () => {
      throw new Error('a training this short ends in one execution');
    },
  };
  const steps = trainModel(o, { trainingId, groups: 2 });
  let next = steps.next();
  while (!next.done) {
    const answer = await next.value().then(
      (value) => () => steps.next(value),
      (error: unknown) => () => steps.throw(error),
    );
    next = answer();
  }
  return next.value;
}

const start = async (given: Partial<TrainRequest> = {}) => createTraining(services(), request(given));
const status = (trainingId: string) => trainingStatus(services(), trainingId);

test('training: on decisions alone; the status tells rows by origin, and the model by whom', async () => {
  await decide(40, 10);
  const trainingId = await start({ promote: true, precision: 0.04 }); // what so few different texts can prove
  expect(await status(trainingId)).toMatchObject({ state: 'running', decisions: true, sources: [], rows: null });
  const result = await work(trainingId);
  expect(await status(trainingId)).toMatchObject({
    state: 'completed',
    rows: { dataSet: 0, human: 10, llm: 30, skipped: 0 },
    result: { version: 'v1' },
  });
  const registry = new ModelRegistry(lake, { clock });
  expect((await registry.manifest('v1')).training).toMatchObject({ rows: 40, rowsHuman: 10, rowsLlm: 30 });
  expect(await registry.championVersion()).toBe('v1');
  expect(result?.objectiveHistory.length).toBeGreaterThan(2);
});

test('training: decisions beside a data set; decisions named twice are read once', async () => {
  await decide(20, 0);
  const rows = Array.from({ length: 20 }, (_, n) => JSON.stringify({ text: textOf(n + 50), label: LABELS[n % 2] }));
  await world.imports.write('rows.jsonl', rows.join('\n'));
  const trainingId = await start({ sources: ['decisions', 'rows.jsonl'] });
  await work(trainingId);
  expect((await status(trainingId)).rows).toEqual({ dataSet: 20, human: 0, llm: 20, skipped: 0 });
});

test('training: a request without files and decisions is refused, naming the field', () => {
  for (const given of [{}, { decisions: false }, { sources: [] }])
    expect(() => parseRequest(trainRequestSchema, given)).toThrow('sources: must name a file, or `decisions` be true');
});

test('training: decisions of another taxonomy are left out and counted; a stranger in a file stops it', async () => {
  await decide(44, 4, (n) => (n < 4 ? 'Elsewhere' : LABELS[n % 2]!));
  const trainingId = await start({ taxonomyVersion: taxonomy });
  await work(trainingId);
  expect((await status(trainingId)).rows).toEqual({ dataSet: 0, human: 0, llm: 40, skipped: 4 });
  await world.imports.write('bad.jsonl', '{"text":"a","label":"Elsewhere"}');
  const bad = await start({ taxonomyVersion: taxonomy, sources: ['bad.jsonl'] });
  await expect(work(bad)).rejects.toThrow('train.unknown-label');
  expect(await status(bad)).toMatchObject({ state: 'failed', error: { code: 'train.unknown-label' } });
});

test('training: a model that lacks labels of its taxonomy is not promoted by itself, and the result says which', async () => {
  const wider = await publishTaxonomy(lake, {
    name: 'wider',
    labels: [...LABELS, 'Payroll'].map((name) => ({ name, description: `about ${name}` })),
  });
  await decide(60, 60);
  const trainingId = await start({ taxonomyVersion: wider.version, promote: true, precision: 0.04 });
  expect(await work(trainingId)).toMatchObject({ notPromoted: expect.stringContaining('does not know Payroll') });
  expect(await new ModelRegistry(lake, { clock }).championVersion()).toBeUndefined();
});

test('training: nothing decided yet is told with a code', async () => {
  const trainingId = await start();
  await expect(work(trainingId)).rejects.toThrow('train.no-rows');
  expect(await status(trainingId)).toMatchObject({ state: 'failed', rows: null, error: { code: 'train.no-rows' } });
});

test('training: the plan is made once: repeated after further decisions it gives the same rows; a new training sees them', async () => {
  await decide(30, 0);
  const trainingId = await start();
  const plan = () => trainingActivityHandlers(async () => services()).planTraining({ trainingId, attempt: 0 });
  const first = await plan();
  const rows = await lake.read(`training/${trainingId}/rows/00000.jsonl`);
  now += 1000;
  await say([0, 1, 2], () => 'Customs');
  expect(await plan()).toEqual(first);
  expect(await lake.read(`training/${trainingId}/rows/00000.jsonl`)).toEqual(rows);
  await work(trainingId);
  const again = await start();
  await work(again);
  expect([(await status(trainingId)).rows?.human, (await status(again)).rows?.human]).toEqual([0, 3]);
});

test('training: storage that fails at any moment of the plan or the end is waited for; one model is registered', async () => {
  await decide(30, 5);
  const trainingId = await start();
  // Each effect of planning and finishing fails once; the others are those of test/training/sharded.test.ts.
  const failed = new Set<string>();
  lake.beforeCall = (method, path) => {
    const effect = `${method} ${path.replace(/^models\/v\d+/, 'models/v')}`; // a registration that was cut short takes a new number
    const isMeant = /^(tables|runs\/r1|models|model-trainings|training-runs)|(plan|result)\.json$|rows/.test(path);
    if (!isMeant || failed.has(effect) || path.includes('failure')) return;
    failed.add(effect);
    throw new RetryableError('lake.unavailable', 'away');
  };
  const result = await work(trainingId);
  lake.beforeCall = undefined;
  expect(failed.size).toBeGreaterThan(15);
  expect(await status(trainingId)).toMatchObject({ state: 'completed', rows: { human: 5, llm: 25 } });
  expect((await new ModelRegistry(lake, { clock }).list()).map(({ version }) => version)).toEqual([result?.version]);
});

test('training: the step that fails for good tells the parallel ones, which begin nothing; an equal request takes it up', async () => {
  await decide(40, 10);
  const trainingId = await start();
  const { planTraining, featurizeShard, gradientShards } = trainingActivityHandlers(async () => services());
  const shard = { trainingId, shard: 0, attempt: 0 };
  await planTraining({ trainingId, attempt: 0 });
  const early = { trainingId, fit: 'final', round: 5, from: 0, to: 1, attempt: 0 }; // its weights do not exist
  await expect(gradientShards(early)).rejects.toThrow('[');
  const { error } = await status(trainingId);
  await expect(featurizeShard(shard)).rejects.toThrow(`[${error?.code}]`);
  expect(await start()).toBe(trainingId);
  expect(await featurizeShard(shard)).toMatchObject({ kind: 'done' });
});

test('training: when it has ended no copy of a text is left, and an equal request that runs again changes nothing', async () => {
  await decide(30, 5);
  const trainingId = await start();
  const result = await work(trainingId);
  const holding = async () => {
    const found: string[] = [];
    for (const path of lake.paths())
      if (!path.startsWith('runs/') && (await lake.read(path)).includes('MARKER')) found.push(path);
    return found;
  };
  expect(await holding()).toEqual([]);
  expect(lake.paths().filter((path) => /^training\/.*\/(rows|features)\//.test(path))).toEqual([]);
  expect(await work(trainingId)).toEqual(result);
  expect(await new ModelRegistry(lake, { clock }).list()).toHaveLength(1);
  expect(await holding()).toEqual([]);
});

/** Planned and featurized, then left alone. */
async function leaveUnfinished(given: Partial<TrainRequest>): Promise<string> {
  const trainingId = await start(given);
  const handlers = trainingActivityHandlers(async () => services());
  await handlers.planTraining({ trainingId, attempt: 0 });
  await handlers.featurizeShard({ trainingId, shard: 0, attempt: 0 });
  return trainingId;
}
const filesOf = (trainingId: string) => lake.paths().filter((path) => path.startsWith(`training/${trainingId}/`));

test('erasing a document takes the copies of unfinished trainings on decisions; asked for again they train without it', async () => {
  await decide(30, 5);
  const trainingId = await leaveUnfinished({});
  await world.imports.write('rows.jsonl', '{"text":"a","label":"VAT"}\n{"text":"b","label":"Customs"}');
  const other = await leaveUnfinished({ decisions: false, sources: ['rows.jsonl'] });
  const decisions = { services: world.services, query: store.query, tables: store.tables };
  await eraseDocument(decisions, documentOf(7), { deleteSource: false });
  expect(filesOf(trainingId)).toEqual([]);
  expect(filesOf(other).length).toBeGreaterThan(0);
  await work(trainingId);
  expect((await status(trainingId)).rows).toEqual({ dataSet: 0, human: 5, llm: 24, skipped: 0 });
});

test('maintenance: copies of a training that never ended go with the retention', async () => {
  await decide(30, 5);
  const trainingId = await leaveUnfinished({});
  const decisions = { services: world.services, query: store.query, tables: store.tables };
  now += 29 * DAY;
  await maintainLake(decisions);
  expect(filesOf(trainingId).length).toBeGreaterThan(0);
  now += 2 * DAY;
  await maintainLake(decisions);
  expect(filesOf(trainingId)).toEqual([]);
});

test('training: equal requests are one training until something is decided; a request id names it for good', async () => {
  await decide(4, 0);
  const file = { decisions: false, sources: ['rows.jsonl'] };
  const named = { requestId: 'schedule-monthly' };
  const before = [await start(), await start(file), await start(named)];
  expect(new Set(before).size).toBe(3);
  expect([await start(), await start(file), await start(named)]).toEqual(before);
  await say([1], () => 'VAT');
  const after = [await start(), await start(file), await start(named)];
  expect(after.slice(1)).toEqual(before.slice(1));
  expect(after[0]).not.toBe(before[0]);
  await store.add('results', [resultRow({ document_id: documentOf(9) })]);
  expect(after).not.toContain(await start());
});

test('trainings: the newest first, no more than asked for', async () => {
  expect(await listTrainings(services(), 20)).toEqual({ trainings: [], broken: [] });
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) {
    now += 1000;
    ids.push(await start({ requestId: String(i) }));
  }
  const { trainings: listed } = await listTrainings(services(), 3);
  expect(listed.map(({ trainingId }) => trainingId)).toEqual(ids.slice(1).reverse());
  expect(listed[0]).toMatchObject({ state: 'running', decisions: true });
});

test('trainings: a damaged record stands apart with its file, and is forgotten with those that may hold decisions', async () => {
  const [good, bad, odd] = [
    await start({ requestId: 'a' }),
    await start({ requestId: 'b' }),
    await start({ requestId: 'c' }),
  ];
  const broken = { path: `model-trainings/${bad}/request.json`, code: 'lake.corrupt-record' };
  await lake.write(broken.path, '{"trainingId": "tra');
  await lake.write(`model-trainings/${odd}/request.json`, '{"createdAt":"2026-01-01T00:00:00Z"}');
  const list = await listTrainings(services(), 20);
  expect(list.trainings.map(({ trainingId }) => trainingId)).toEqual([good]);
  expect(list.broken.map(({ id }) => id).sort()).toEqual([bad, odd].sort());
  expect(list.broken.find(({ id }) => id === bad)).toMatchObject({
    ...broken,
    remedy: expect.stringContaining('Restore it'),
  });
  const copy = `training/${bad}/rows/00000.jsonl`;
  await lake.write(copy, 'copied');
  await forgetTrainingsOnDecisions(lake);
  expect(await lake.stat(copy)).toBeUndefined();
  await start({ requestId: 'b' }); // the same request mends its record
  expect((await listTrainings(services(), 20)).broken.map(({ id }) => id)).toEqual([odd]);
});
