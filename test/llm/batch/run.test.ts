// Runs that go by the Batch API: pipeline steps, settings and budget against the simulator's files and jobs, over HTTP with the real SDK.
import { afterEach, expect, test } from 'vitest';
import { type OpenAiSimulator, type SimulatorOptions, startOpenAiSimulator } from '../../../local/emulators/openai.ts';
import type { RunRequest } from '../../../shared/api/runs.ts';
import { quoteRun } from '../../../shared/insight/quote-run.ts';
import { advanceBatchLane } from '../../../shared/llm/batch/lane.ts';
import { openAiBatchTransport } from '../../../shared/llm/batch/transport.ts';
import { defaultLlmSettings } from '../../../shared/llm/deployments/deployment.ts';
import { Budget, ceilings } from '../../../shared/llm/money/budget.ts';
import { classifyBatch } from '../../../shared/pipeline/classify-batch.ts';
import { commitRun } from '../../../shared/pipeline/commit-run.ts';
import { decideBatch } from '../../../shared/pipeline/decide-batch.ts';
import { extractBatch } from '../../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../../shared/pipeline/featurize-batch.ts';
import { batchLaneOf, type LaneRequest, lanesOf } from '../../../shared/pipeline/lane.ts';
import { openLlm } from '../../../shared/pipeline/llm-stage.ts';
import { planRun } from '../../../shared/pipeline/plan.ts';
import { scoreBatch } from '../../../shared/pipeline/score-batch.ts';
import { createRerun, createRun } from '../../../shared/pipeline/start-run.ts';
import { loadTaxonomy } from '../../../shared/pipeline/taxonomies.ts';
import { seededRandom, silentLogger, systemClock } from '../../../shared/ports.ts';
import { MemoryStateTable } from '../../fakes/memory-state-table.ts';
import { type FakeWorld, fakeWorld } from '../../fakes/pipeline.ts';
import { deployment, documents, taxonomy } from '../stage.ts';

let simulator: OpenAiSimulator | undefined;
afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

const source = { kind: 'prefix' as const, container: 'imports' as const, prefix: 'in' };

/** A pipeline whose LLM is the simulator, reached as the settings say. */
async function world(
  options: SimulatorOptions = {},
  settings: Record<string, string> = {},
): Promise<FakeWorld & { simulator: OpenAiSimulator; state: MemoryStateTable }> {
  simulator = await startOpenAiSimulator({
    banner: false,
    latencyMs: 1,
    msPerToken: 0,
    rpm: 60_000,
    tpm: 10_000_000,
    batch: { jobMs: 0 },
    ...options,
  });
  const pool = [
    {
      name: 'sim',
      baseUrl: simulator.baseUrl,
      auth: 'none',
      tpm: 10_000_000,
      rpm: 60_000,
      prices: [{ input: 0.4, cached: 0.1, output: 1.6 }],
      batch: { model: 'sim-batch', priceShare: 0.5, enqueuedTokens: 1_000_000 },
    },
  ];
  const made = await fakeWorld({ LLM_DEPLOYMENTS: JSON.stringify(pool), BATCH_MAX_DOCUMENTS: '20', ...settings });
  const state = new MemoryStateTable();
  const { lake, services } = made;
  services.llm = openLlm(
    services.config,
    {
      store: lake,
      state,
      clock: systemClock,
      random: seededRandom(1),
      logger: silentLogger,
      instanceId: 'i1',
    },
    {
      azureToken: () => async () => 'none',
      secret: async () => 'none',
    },
  );
  for (let i = 0; i < 40; i++)
    await made.imports.write(`in/${i}.txt`, `Paper ${'x'.repeat(i)}: customs duty of consignment ${i}`);
  return { ...made, simulator, state };
}

/** The steps of a run; `classifyBatch` as often as it asks to come back. @returns how often it did */
async function run({ services }: FakeWorld, request: RunRequest): Promise<{ runId: string; waits: number }> {
  const { runId } = await createRun(services, request);
  const { batches } = await planRun(services, runId);
  let waits = 0;
  for (let i = 0; i < batches; i++) {
    const input = { runId, batchId: `b${String(i).padStart(5, '0')}` };
    for (const step of [extractBatch, featurizeBatch, scoreBatch]) await step(services, input);
    while ((await classifyBatch(services, input)).kind === 'waiting') if (++waits > 50) throw new Error('never ends');
    await decideBatch(services, input);
  }
  await commitRun(services, runId);
  return { runId, waits };
}

const priced = (bill: readonly { promptTokens: number; cachedTokens: number; completionTokens: number }[]) =>
  bill.reduce(
    (sum, b) => sum + (b.promptTokens - b.cachedTokens) * 200 + b.cachedTokens * 50 + b.completionTokens * 800,
    0,
  );

test('batch run: the questions go by jobs, the ledger equals the bill at half the price, and no money stays set aside', async () => {
  const made = await world({ batch: { jobMs: 0 } }, { LLM_MAX_COST_USD_PER_DAY: '5' });
  const { runId } = await run(made, { source, mode: 'batch', maxCostUsd: 1 });
  const rows = made.committed.get('results') ?? [];
  expect(rows).toHaveLength(40);
  expect(rows.filter((row) => row.status === 'failed')).toEqual([]);
  expect(made.simulator.core.admissions.filter((a) => a.deployment === 'sim')).toEqual([]);
  const calls = made.committed.get('llm_calls') ?? [];
  expect(calls.every((row) => row.service_tier === 'batch')).toBe(true);
  const cost = calls.reduce((sum, row) => sum + Number(row.cost_nano_usd), 0);
  expect(cost).toBe(priced(made.simulator.ledger()));
  for (const key of [`llm-budget-run-${runId}`, `llm-budget-day-${new Date().toISOString().slice(0, 10)}`])
    expect((await made.state.get(key))?.value).toEqual({ spent: String(cost), open: {} });
});

test('batch run: while jobs run the step asks to come back, and money is set aside before the job exists', async () => {
  const made = await world({ batch: { jobMs: 3_600_000 } });
  const { runId } = await createRun(made.services, { source, mode: 'batch', maxCostUsd: 1 });
  const plan = await planRun(made.services, runId);
  expect(await lanesOf(made.services, plan)).toBe(Math.max(plan.batches, made.services.config.BATCH_CONCURRENCY));
  const input = { runId, batchId: 'b00000' };
  for (const step of [extractBatch, featurizeBatch, scoreBatch]) await step(made.services, input);
  const waiting = await classifyBatch(made.services, input);
  expect(waiting).toMatchObject({ kind: 'waiting' });
  if (waiting.kind === 'waiting') expect(waiting.retryAt - Date.now()).toBeGreaterThan(50_000);
  const budget = (await made.state.get(`llm-budget-run-${runId}`))?.value as { open: Record<string, string> };
  expect(Object.keys(budget.open)).toHaveLength(1);
  expect(await classifyBatch(made.services, input)).toMatchObject({ kind: 'waiting' });
  expect(made.simulator.ledger()).toEqual([]);
  expect(await made.services.llm?.cancelJobs?.(runId)).toBe(1); // as the end of a cancelled run does
  expect(await made.services.llm?.cancelJobs?.(runId)).toBe(0);
  // Nobody will tell what the job has cost: its money counts as spent, and nobody waits for it.
  const amount = Object.values(budget.open)[0]?.split(' ')[0];
  expect((await made.state.get(`llm-budget-run-${runId}`))?.value).toEqual({ spent: amount, open: {} });
});

test('batch run: what does not fit the budget goes to review, and the budget holds', async () => {
  const made = await world();
  const { runId } = await run(made, { source, mode: 'batch', maxCostUsd: 0.0015 });
  const rows = made.committed.get('results') ?? [];
  expect(rows).toHaveLength(40);
  expect(rows.some((row) => row.failure_code === 'llm.budget-spent')).toBe(true);
  expect(rows.some((row) => row.decided_by === 'llm')).toBe(true);
  const spent = (made.committed.get('llm_calls') ?? []).reduce((sum, row) => sum + Number(row.cost_nano_usd), 0);
  expect(spent).toBeGreaterThan(0);
  expect(spent).toBeLessThanOrEqual(1_500_000);
  expect(await made.state.get(`llm-budget-run-${runId}`)).toMatchObject({ value: { open: {} } });
});

test('batch run: what jobs leave undone is asked live', async () => {
  const made = await world({ batch: { jobMs: 0, errorShare: 0.4 } });
  await run(made, { source, mode: 'batch' });
  const calls = made.committed.get('llm_calls') ?? [];
  expect(calls.filter((row) => row.service_tier === 'batch').length).toBeGreaterThan(0);
  expect(calls.filter((row) => row.service_tier !== 'batch').length).toBeGreaterThan(0);
  expect((made.committed.get('results') ?? []).filter((row) => row.failure_code === 'llm.no-answer')).toEqual([]);
});

test('batch run: a re-run goes by jobs when it asks for them, under a limit of its own; its quote has their price', async () => {
  const made = await world({ batch: { jobMs: 0 } });
  const first = await run(made, { source, llm: false });
  const request = { only: 'review' as const, from: 'classify' as const, mode: 'batch' as const, maxCostUsd: 2 };
  await expect(createRerun((await fakeWorld()).services, first.runId, request)).rejects.toMatchObject({
    code: 'request.invalid',
  });
  const { runId } = await createRerun(made.services, first.runId, request);
  const plan = await planRun(made.services, runId);
  expect(plan.maxCostUsd).toBe(2);
  expect(await batchLaneOf(made.services, { ...plan, llm: true })).toEqual({ deadlineMs: undefined });

  const files = Array.from({ length: 10 }, (_, i) => ({
    name: `${i}.txt`,
    read: async () => Buffer.from(`Paper ${i} about customs duty`),
  }));
  const quote = (lane?: LaneRequest) =>
    loadTaxonomy(made.services.lake).then((taxonomy) =>
      quoteRun(made.services, seededRandom(1), files, taxonomy, 10, lane),
    );
  const [live, jobs] = [await quote(), await quote({ mode: 'batch' })];
  expect([live.lane, jobs.lane]).toEqual(['live', 'batch']);
  expect(jobs.usd / live.usd).toBeCloseTo(0.5, 4);
  expect((await quote({ deadlineHours: 30 })).lane).toBe('live'); // a small run
});

test('batch run: small runs, live ones and those without a day go live; a request for jobs nobody takes is refused', async () => {
  const made = await world();
  const lane = async (request: Omit<RunRequest, 'source'>, sources: number) => {
    const { runId } = await createRun(made.services, { source, ...request });
    return batchLaneOf(made.services, { ...(await planRun(made.services, runId)), sources });
  };
  expect(await lane({ deadlineHours: 30 }, 6000)).toMatchObject({ deadlineMs: expect.any(Number) });
  expect(await lane({ deadlineHours: 30, requestId: 'small' }, 40)).toBeUndefined();
  expect(await lane({ deadlineHours: 2 }, 6000)).toBeUndefined();
  expect(await lane({}, 6000)).toBeUndefined();
  expect(await lane({ mode: 'live', deadlineHours: 30 }, 6000)).toBeUndefined();
  expect(await lane({ mode: 'batch', deadlineHours: 1 }, 40)).toMatchObject({ deadlineMs: expect.any(Number) });
  const without = await fakeWorld();
  await expect(createRun(without.services, { source, mode: 'batch' })).rejects.toMatchObject({
    code: 'request.invalid',
  });
});

/** One lane on the simulator with a clock that the test moves. */
async function lane(options: SimulatorOptions, deadlineMs: number | undefined) {
  simulator = await startOpenAiSimulator({ banner: false, latencyMs: 1, msPerToken: 0, ...options });
  const config = deployment({
    baseUrl: simulator.baseUrl,
    batch: { model: 'sim-batch', priceShare: 0.5, enqueuedTokens: 1_000_000 },
  });
  let ahead = 0;
  const { lake } = await fakeWorld();
  const deps = {
    store: lake,
    state: new MemoryStateTable(),
    clock: { ...systemClock, now: () => systemClock.now() + ahead },
    random: seededRandom(1),
    logger: silentLogger,
    deployments: [config],
    settings: defaultLlmSettings,
    instanceId: 'i1',
  };
  const request = {
    runId: 'r',
    taxonomy,
    batches: [{ batchId: 'b0', documents: documents(40) }],
    deadlineMs,
    budget: { runUsd: 1 },
  };
  const transport = openAiBatchTransport(config);
  return { deps, request, transport, baseUrl: config.baseUrl, move: (ms: number) => (ahead += ms) };
}

test('batch lane: a job for whose money another job stands is submitted when that has ended, at the latest until the deadline', async () => {
  const hour = 3_600_000;
  const { deps, request, transport, move } = await lane({ batch: { jobMs: 0 } }, Date.now() + 10 * hour);
  const limits = ceilings({ runId: 'r', runUsd: 1, nowMs: deps.clock.now() });
  const budget = new Budget(limits, deps);
  await budget.reserve('another job', 999_000_000n, 24 * hour);
  const waiting = await advanceBatchLane(request, deps, transport);
  expect(waiting).toMatchObject({ status: 'running', ended: 0 });
  if (waiting.status === 'running') expect(waiting.pollAt - deps.clock.now()).toBeGreaterThan(1000);
  expect(await transport.recent()).toEqual([]);
  await budget.settle('another job', 100_000_000n);
  while ((await advanceBatchLane(request, deps, transport)).status === 'running') move(60_000);
  expect((await transport.recent()).map((job) => job.status)).toEqual(['completed']);

  const late = { ...request, runId: 'late' };
  const lateLimits = ceilings({ runId: 'late', runUsd: 1, nowMs: deps.clock.now() });
  await new Budget(lateLimits, deps).reserve('another job', 999_000_000n, 24 * hour);
  expect(await advanceBatchLane(late, deps, transport)).toMatchObject({ status: 'running' });
  move(10 * hour);
  expect(await advanceBatchLane(late, deps, transport)).toEqual({ status: 'collected', answered: 0, leftover: 5 });
});

test('batch lane: at the deadline the job is cancelled and everything open goes live', async () => {
  const { deps, request, transport, move } = await lane({ batch: { jobMs: 86_400_000 } }, Date.now() + 3_600_000);
  expect(await advanceBatchLane(request, deps, transport)).toMatchObject({ status: 'running' });
  move(3_600_001);
  expect(await advanceBatchLane(request, deps, transport)).toEqual({ status: 'collected', answered: 0, leftover: 5 });
  expect((await transport.recent()).map((job) => job.status)).toEqual(['cancelled']);
  expect((await deps.state.get('llm-budget-run-r'))?.value).toEqual({ spent: '0', open: {} });
});

test('batch jobs: a token that cannot be had is waited for, and told in its own words', async () => {
  const apiKey = () => Promise.reject(new Error('run az login'));
  const config = deployment({ apiKey, batch: { model: 'b', priceShare: 0.5, enqueuedTokens: 1e6 } });
  await expect(openAiBatchTransport(config).recent()).rejects.toMatchObject({
    code: 'llm.unavailable',
    message: expect.stringMatching(/nothing could be sent: .*az login/),
  });
});

test('batch lane: an endpoint that is away is waited for, one that refuses is left alone', async () => {
  const { deps, request, transport } = await lane({ batch: { jobMs: 0 } }, undefined);
  await simulator?.close();
  simulator = undefined;
  expect(await advanceBatchLane(request, deps, transport)).toMatchObject({ status: 'running', ended: 0 });
  const refusing = await lane({ batch: { jobMs: 0 } }, undefined);
  const config = deployment({
    baseUrl: `${refusing.baseUrl}/nothing-here`,
    batch: { model: 'b', priceShare: 0.5, enqueuedTokens: 1e6 },
  });
  const outcome = await advanceBatchLane(refusing.request, refusing.deps, openAiBatchTransport(config));
  expect(outcome).toEqual({ status: 'collected', answered: 0, leftover: 5 });
  expect((await refusing.deps.state.get('llm-budget-run-r'))?.value).toEqual({ spent: '0', open: {} });
});
