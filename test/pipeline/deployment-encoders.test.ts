// A run whose encoder is a deployment: what is sent, what is booked, and what becomes of the run where nothing may be sent or nothing comes back.
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { SimulatorCore } from '../../local/emulators/openai-core.ts';
import { defaultDeploymentSettings } from '../../local/emulators/openai-deployment.ts';
import type { RunRequest } from '../../shared/api/runs.ts';
import { batchId } from '../../shared/ids.ts';
import { checkTaxonomy } from '../../shared/insight/check-taxonomy.ts';
import { quoteRun } from '../../shared/insight/quote-run.ts';
import type { Row } from '../../shared/lake/tables.ts';
import type { EmbeddingClient } from '../../shared/llm/deployments/client.ts';
import { nanoPerMillion } from '../../shared/llm/deployments/deployment.ts';
import { costNano } from '../../shared/llm/money/price.ts';
import { loadTokenCounter, type TokenCounter } from '../../shared/llm/tokens.ts';
import { EncoderRegistry } from '../../shared/models/encoder/registry.ts';
import { ModelRegistry } from '../../shared/models/registry.ts';
import { runPaths } from '../../shared/paths.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import { openEmbeddings } from '../../shared/pipeline/deployment-encoders.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { loadTaxonomy, publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { useEncoder } from '../../shared/pipeline/use-encoder.ts';
import { seededRandom, silentLogger } from '../../shared/ports.ts';
import { trainAndRegister } from '../../shared/training-run.ts';
import { eraseFromBatch } from '../../shared/upkeep/erase-batch.ts';
import { MemoryStateTable } from '../fakes/memory-state-table.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';

const POOL = [
  {
    ...{ name: 'vectors', model: 'text-embedding', baseUrl: 'http://127.0.0.1:1/v1', auth: 'none' },
    ...{ tpm: 1_000_000, rpm: 10_000, prices: [{ input: 0.02 }] },
  },
];
const price = {
  ...{ id: '', effectiveFrom: '', output: 0n },
  ...{ input: nanoPerMillion(0.02), cached: nanoPerMillion(0.02), cacheWrite: nanoPerMillion(0.02) },
};

let count: TokenCounter;
beforeAll(async () => {
  count = await loadTokenCounter();
});

let world: FakeWorld;
let core: SimulatorCore;
let sent: string[];
let answers: EmbeddingClient['send'][];
let registry: EncoderRegistry;

async function open(settings: Record<string, string> = {}, dimensions = 64): Promise<void> {
  world = await fakeWorld({ EMBEDDING_DEPLOYMENTS: JSON.stringify(POOL), ...settings });
  const { services, lake } = world;
  services.llm = undefined;
  let now = 1_790_000_000_000;
  services.clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  services.models = { ...services.models, championVersion: async () => undefined };
  core = new SimulatorCore({
    ...{ seed: 1, clock: services.clock, countTokens: count, deployments: {}, faults: {} },
    deployment: { ...defaultDeploymentSettings, embeddingDimensions: dimensions, tpm: 1e9, rpm: 1e6 },
  });
  sent = [];
  answers = [];
  await install();
  await publishTaxonomy(lake, {
    name: 'two',
    labels: [
      { name: 'VAT', description: 'Turnover tax on supply and refund of input tax.' },
      { name: 'Customs', description: 'Import duty, tariff and origin of goods.' },
    ],
  });
}

/** As a process that begins. */
async function install(): Promise<void> {
  const { services, lake } = world;
  const createClient = (): EmbeddingClient => ({
    async send(body, options) {
      sent.push(...body.input);
      const own = answers.shift();
      if (own !== undefined) return own(body, options);
      const reply = core.embed(body.model, JSON.parse(JSON.stringify(body)));
      if (reply.kind !== 'answer') throw new Error('no fault was asked for');
      return { status: reply.status, headers: {}, body: reply.body };
    },
  });
  const deps = {
    ...{ store: lake, state: new MemoryStateTable(), clock: services.clock, random: seededRandom(1) },
    ...{ logger: silentLogger, instanceId: 'i1', createClient },
  };
  const auth = { azureToken: () => async () => '', secret: async () => '' };
  const embeddings = openEmbeddings(services.config, deps, auth);
  registry = new EncoderRegistry(lake, { clock: services.clock, ...(embeddings && { deployments: embeddings }) });
  services.encoders = registry;
  if (embeddings !== undefined) await useEncoder({ encoders: registry, embeddings }, 'vectors');
  core.billing.length = 0; // the question that `use` asks is not of a run
  sent.length = 0;
}

beforeEach(() => open());

async function run(prefix: string, files: Record<string, string>, wish: Partial<RunRequest> = {}) {
  for (const [name, text] of Object.entries(files)) await world.imports.write(`${prefix}/${name}`, text);
  const request = { source: { kind: 'prefix' as const, container: 'imports' as const, prefix }, ...wish };
  const { runId } = await createRun(world.services, request);
  const handlers = activityHandlers(async () => world.services);
  const planned = (await handlers.planRun({ runId, attempt: 0 })) as { outcome: { batches: number } };
  for (let i = 0; i < planned.outcome.batches; i++)
    expect(await handlers.workBatch({ runId, batchId: batchId(i), attempt: 0 })).toMatchObject({ kind: 'done' });
  await handlers.commitRun({ runId, attempt: 0 });
  const rows = (world.committed.get('results') ?? []).filter((row) => row.run_id === runId);
  const summary = JSON.parse((await world.lake.read(`runs/${runId}/summary.json`)).toString()) as {
    costUsd: number;
    encoder?: Record<string, unknown>;
  };
  return {
    ...{ runId, summary },
    rows: Object.fromEntries(rows.map((row): [string, Row] => [String(row.source_path).slice(prefix.length + 1), row])),
    ledger: (world.committed.get('llm_calls') ?? []).filter((row) => row.run_id === runId),
  };
}

const billedNano = () =>
  core.billing.reduce((sum, entry) => sum + costNano(price, { ...entry, cacheWriteTokens: 0, reasoningTokens: 0 }), 0n);

const FILES = {
  'a.txt': 'import duty tariff and origin of goods from a.smith@example.org',
  'b.txt': 'turnover tax refund of input tax on supply',
};

test('texts are sent redacted, decided by their vectors, and the ledger equals the bill', async () => {
  const { rows, ledger, summary } = await run('one', FILES);
  expect(rows['a.txt']).toMatchObject({ label: 'Customs', decided_by: 'encoder' });
  expect(rows['b.txt']).toMatchObject({ label: 'VAT', decided_by: 'encoder' });
  expect(sent.join('\n')).toContain('[EMAIL]');
  expect(sent.join('\n')).not.toContain('example.org');
  expect(ledger.length).toBe(core.billing.length);
  expect(ledger.reduce((sum, row) => sum + BigInt(row.cost_nano_usd ?? 0), 0n)).toBe(billedNano());
  expect(summary.costUsd).toBe(Number(billedNano()) / 1e9);
  expect(summary.encoder).toMatchObject({ encoded: 2, cached: 0, decided: 2 });
});

test('the same texts and labels are never asked about again, not by another process either', async () => {
  await run('one', FILES);
  await install();
  const { rows, ledger, summary } = await run('two', FILES);
  expect(sent).toEqual([]);
  expect(ledger).toEqual([]);
  expect(summary).toMatchObject({ costUsd: 0, encoder: { encoded: 0, cached: 2 } });
  expect(rows['a.txt']).toMatchObject({ label: 'Customs', decided_by: 'encoder' });
});

test('another rule of redaction is another vector', async () => {
  await run('one', FILES);
  const { lake } = world;
  const again = await fakeWorld({ EMBEDDING_DEPLOYMENTS: JSON.stringify(POOL), REDACT: 'false' });
  world.services.config = again.services.config;
  expect(lake.paths().length).toBeGreaterThan(0);
  await install();
  await run('two', FILES);
  expect(sent.join('\n')).toContain('example.org');
});

test('a run that asks for no LLM, and a host that has it switched off, send nothing', async () => {
  const { runId, rows } = await run('one', FILES, { llm: false });
  const plan = JSON.parse((await world.lake.read(runPaths.plan(runId))).toString()) as { encoder: unknown };
  expect([plan.encoder, sent]).toEqual([null, []]);
  expect(rows['a.txt']).toMatchObject({ status: 'review' });
  // An encoder chosen before the host was switched off: the plan has none, and what a plan of before has is refused.
  const version = await registry.current();
  const { config } = (await fakeWorld({ EMBEDDING_DEPLOYMENTS: JSON.stringify(POOL), LLM_ENABLED: 'false' })).services;
  world.services.config = config;
  await install();
  await run('two', FILES);
  await expect(registry.open(version ?? '')).rejects.toMatchObject({ code: 'encoder.not-allowed' });
  expect(sent).toEqual([]);
});

test('what the limit of a run does not pay for goes the way of an absent encoder, and the run ends', async () => {
  const { rows, summary, ledger } = await run('one', FILES, { maxCostUsd: 0.0000001 });
  expect(summary.encoder).toMatchObject({ encoded: 0, failure: 'encoder.budget-spent' });
  expect([sent, ledger]).toEqual([[], []]);
  expect(rows['a.txt']).toMatchObject({ status: 'review' });
});

test.each([
  ['refuses', async () => ({ status: 401, headers: {}, body: { error: { message: 'no' } } }), 'encoder.refused'],
  [
    'has vectors of another length now',
    async () => ({ status: 200, headers: {}, body: { data: [0, 1].map((index) => ({ index, embedding: [1, 2] })) } }),
    'encoder.dimensions-changed',
  ],
])('a deployment that %s is told by its code, and the run goes on', async (_name, reply, code) => {
  answers.push(reply);
  const { rows, summary } = await run('one', FILES);
  expect(summary.encoder).toMatchObject({ encoded: 0, failure: code });
  expect(rows['a.txt']).toMatchObject({ status: 'review' });
});

test('a deployment that is gone from the settings is told, and the run goes on', async () => {
  const other = JSON.stringify(POOL.map((one) => ({ ...one, model: 'another' })));
  world.services.config = (await fakeWorld({ EMBEDDING_DEPLOYMENTS: other })).services.config;
  const version = await registry.current();
  await install();
  await registry.use(version ?? null);
  expect((await run('one', FILES)).summary.encoder).toMatchObject({ failure: 'encoder.no-deployment' });
});

test('a name is chosen once: the same deployment is the same version, other dimensions are another', async () => {
  const first = await registry.current();
  await install();
  expect(await registry.current()).toBe(first);
  expect(first).toMatch(/^vectors-[0-9a-f]{8}$/);
  const { encoders } = await registry.list();
  expect(encoders).toMatchObject([{ kind: 'deployment', model: 'text-embedding', dimensions: 64, inUse: true }]);
  core.configure('text-embedding', { embeddingDimensions: 32 });
  await install();
  expect(await registry.current()).not.toBe(first);
});

test('erasing a document takes its vector, although what was sent of it was redacted', async () => {
  const { runId, rows } = await run('one', { 'a.txt': FILES['a.txt'] });
  const ofRun = () => world.lake.paths().filter((path) => path.startsWith('encoder-vectors/') && path.includes(runId));
  expect(ofRun()).not.toEqual([]);
  await eraseFromBatch(world.services, { runId, batchId: batchId(0) }, String(rows['a.txt']?.document_id));
  expect(ofRun()).toEqual([]);
});

test('a name that is also a chat deployment is refused: quota and prices go by name', async () => {
  const chat = POOL.map((one) => ({ ...one, prices: [{ input: 1, output: 1 }] }));
  const { config } = (
    await fakeWorld({ EMBEDDING_DEPLOYMENTS: JSON.stringify(POOL), LLM_DEPLOYMENTS: JSON.stringify(chat) })
  ).services;
  const { lake, services } = world;
  const deps = { store: lake, state: new MemoryStateTable(), clock: services.clock, random: seededRandom(1) };
  const auth = { azureToken: () => async () => '', secret: async () => '' };
  expect(() => openEmbeddings(config, { ...deps, logger: silentLogger, instanceId: 'i' }, auth)).toThrow(
    'EMBEDDING_DEPLOYMENTS: vectors is the name of a deployment that is asked questions',
  );
});

/** Train on 60 texts of two labels with the encoder in use. */
async function trainModel(settings: Record<string, string> = {}) {
  const words = {
    VAT: ['turnover', 'refund', 'supply', 'input', 'invoice', 'rate'],
    Customs: ['duty', 'tariff', 'origin', 'goods', 'border', 'import'],
  };
  const examples = Object.entries(words).flatMap(([label, own]) =>
    Array.from({ length: 30 }, (_, i) => ({
      ...{ label },
      text: `${own[i % 6]} ${own[(i + 1 + Math.floor(i / 6)) % 6]} letter ${i} to a.smith@example.org`,
    })),
  );
  const { services, lake } = world;
  const { config } = (await fakeWorld({ EMBEDDING_DEPLOYMENTS: JSON.stringify(POOL), ...settings })).services;
  const told: string[] = [];
  const asked: { calls: number; costUsd: number }[] = [];
  const { clock, logger } = services;
  const models = new ModelRegistry(lake, { clock });
  const app = { ...{ services, clock, logger, config, lake }, random: seededRandom(1), registry: models };
  const model = await trainAndRegister(app, {
    ...{ examples, taxonomyVersion: null, promote: 'no', codeVersion: 'test' },
    onProgress: () => {},
    onNotPromoted: () => {},
    onNoEncoder: (problem) => told.push(problem),
    onNotTracked: () => {},
    onAsked: (of) => asked.push(of),
  });
  const ledger = (world.committed.get('llm_calls') ?? []).filter((row) => String(row.run_id).startsWith('train-'));
  return { model, told, asked, ledger, stage: (await models.manifest(model.version)).stage };
}

test('a training asks the deployment once for each text, redacted, and books what it has cost', async () => {
  const { stage, ledger, asked, told } = await trainModel();
  expect(told).toEqual([]);
  expect(stage).toMatchObject({ encoder: await registry.current(), rows: 60 });
  expect(sent.length).toBe(61); // one to try it
  expect(sent.join('\n')).not.toContain('example.org');
  expect(ledger.length).toBe(core.billing.length);
  expect(asked).toEqual([{ calls: ledger.length, costUsd: Number(billedNano()) / 1e9 }]);
  expect(ledger.reduce((sum, row) => sum + BigInt(row.cost_nano_usd ?? 0), 0n)).toBe(billedNano());
  sent.length = 0;
  await trainModel();
  expect(sent.length).toBe(1);
});

test('a training whose vectors the limit does not pay for, or whose deployment refuses, has no second stage and says so', async () => {
  const poor = await trainModel({ LLM_MAX_COST_USD_PER_RUN: '0.000001' });
  expect(poor.stage ?? null).toBeNull();
  expect(poor.told).toEqual([expect.stringContaining('no vector')]);
  const refused = async () => ({ status: 401, headers: {}, body: { error: { message: 'no such key' } } });
  await install();
  answers.push(refused);
  const without = await trainModel();
  expect(without.told).toEqual([expect.stringContaining('no such key')]);
  expect(without.stage ?? null).toBeNull();
});

test('a quote counts the vectors a run would ask for, and sends nothing', async () => {
  for (const [name, text] of Object.entries(FILES)) await world.imports.write(`q/${name}`, text);
  const files = Object.keys(FILES).map((name) => ({ name, read: () => world.imports.read(`q/${name}`) }));
  const taxonomy = await loadTaxonomy(world.lake);
  const quoted = await quoteRun(world.services, seededRandom(1), files, taxonomy, 1);
  expect([sent, core.billing]).toEqual([[], []]);
  expect(quoted).toMatchObject({ asked: 0, vectors: { encoder: await registry.current(), documents: 2 } });
  const { ledger } = await run('q', FILES);
  const billed = core.billing.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  expect(ledger.length).toBeGreaterThan(0);
  expect(quoted.vectors?.tokens).toBeGreaterThan(billed / 3);
  await registry.use(null);
  expect((await quoteRun(world.services, seededRandom(1), files, taxonomy, 1)).vectors).toBeNull();
});

test('where no text may be sent to an LLM a training sends none', async () => {
  const { told, ledger } = await trainModel({ LLM_ENABLED: 'false' });
  expect([sent, ledger]).toEqual([[], []]);
  expect(told).toEqual([expect.stringContaining('sends no texts')]);
});

test('taxonomy check: the deployment in use compares meanings; labels are sent once and booked, and not at all where nothing may be sent', async () => {
  const document = {
    name: 'four',
    labels: ['Bills', 'Contracts', 'Letters', 'Payslips'].map((name) => ({ name, description: `All about ${name}.` })),
  };
  const { services } = world;
  expect(await checkTaxonomy(services, document, services)).toMatchObject({
    encoder: expect.stringContaining('vectors'),
    encoderFailure: null,
  });
  const asked = sent.length;
  expect(asked).toBeGreaterThan(0);
  const booked = world.committed.get('llm_calls') ?? [];
  expect([booked.length, booked.every((row) => String(row.run_id).startsWith('check-'))]).toEqual([
    core.billing.length,
    true,
  ]);
  await checkTaxonomy(services, document, services);
  expect(sent).toHaveLength(asked);

  await open();
  expect(await checkTaxonomy(world.services, document)).toMatchObject({
    encoder: null,
    encoderFailure: 'encoder.not-allowed', // nobody pays
  });
  await open({ LLM_ENABLED: 'false' });
  expect(await checkTaxonomy(world.services, document, world.services)).toMatchObject({ encoder: null });
  expect(sent).toEqual([]);
});
