// Runs whose money does not reach for every question: what is asked, in which order, and what it costs.

import { expect, test } from 'vitest';
import { SimulatorCore } from '../../local/emulators/openai-core.ts';
import { defaultDeploymentSettings } from '../../local/emulators/openai-deployment.ts';
import { loadTokenCounter } from '../../local/emulators/openai-tokens.ts';
import { batchId } from '../../shared/ids.ts';
import { activityHandlers } from '../../shared/pipeline/activities.ts';
import { openLlm } from '../../shared/pipeline/llm-stage.ts';
import type { ActivityResult } from '../../shared/pipeline/orchestration.ts';
import { cutGroups, groupOf, type Question } from '../../shared/pipeline/rank-questions.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { seededRandom, silentLogger } from '../../shared/ports.ts';
import { MemoryStateTable } from '../fakes/memory-state-table.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';
import fc from '../fakes/property.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { simulatorClient } from '../llm/stage.ts';

test('rank: groups hold every question once, the least certain first, and every question finds its group', () => {
  const question = fc.record({
    id: fc.string({ minLength: 1, maxLength: 4 }),
    confidence: fc.constantFrom(0, 0.3, 0.5, 0.7),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(question, { selector: (q) => q.id }),
      fc.integer({ min: 1, max: 7 }),
      (questions, size) => {
        const groups = cutGroups(questions, size);
        expect(groups.flat()).toHaveLength(questions.length);
        const confidences = groups.flat().map((q) => q.confidence);
        expect(confidences).toEqual([...confidences].sort((a, b) => a - b));
        const ranking = { questions: questions.length, groups: groups.map(([first]) => first as Question) };
        for (const [index, group] of groups.entries())
          for (const member of group) expect(groupOf(ranking, member)).toBe(index);
      },
    ),
  );
});

const source = { kind: 'prefix' as const, container: 'imports' as const, prefix: 'in' };

interface BudgetWorld extends FakeWorld {
  clock: VirtualClock;
  core: SimulatorCore;
  state: MemoryStateTable;
}

/** A pipeline whose LLM is the simulator in virtual time, which files and libraries read meanwhile would hold up; batches of three documents. */
async function budgetWorld(settings: Record<string, string> = {}): Promise<BudgetWorld> {
  const pool = [
    {
      name: 'sim',
      baseUrl: 'http://sim',
      auth: 'none',
      tpm: 10_000_000,
      rpm: 60_000,
      prices: [{ input: 0.4, cached: 0.4, output: 1.6 }],
    },
  ];
  const made = await fakeWorld({
    LLM_DEPLOYMENTS: JSON.stringify(pool),
    BATCH_MAX_DOCUMENTS: '3',
    REDACT: 'false',
    ...settings,
  });
  const clock = new VirtualClock();
  const state = new MemoryStateTable();
  const core = new SimulatorCore({
    seed: 1,
    clock,
    countTokens: await loadTokenCounter(),
    deployment: { ...defaultDeploymentSettings, tpm: 10_000_000, rpm: 60_000 },
    deployments: {},
    faults: {},
  });
  const random = seededRandom(1);
  const createClient = ({ model }: { model: string }) => simulatorClient(core, model, clock);
  made.services.clock = clock;
  made.services.llm = openLlm(
    made.services.config,
    { store: made.lake, state, clock, random, logger: silentLogger, instanceId: 'i1', createClient },
    { azureToken: () => async () => 'none', secret: async () => 'none' },
  );
  return { ...made, clock, core, state };
}

/** What run.ts does, on timers of the virtual clock: two lanes, groups in turn until the money is spent. */
async function run(world: BudgetWorld, request: { maxCostUsd?: number; requestId?: string }): Promise<string> {
  const { services, clock } = world;
  const handlers = activityHandlers(async () => services);
  const { runId } = await createRun(services, { source, ...request });
  const call = async <T>(name: keyof typeof handlers, input: object = {}): Promise<T> => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const result = (await handlers[name]({ runId, ...input, attempt })) as ActivityResult<T>;
      if (result.kind === 'done') return result.outcome;
      await clock.sleep(Math.max(1, result.retryAt - clock.now()));
    }
    throw new Error(`${name} never ends`);
  };
  const lanes = async (count: number, work: (index: number) => Promise<boolean>) => {
    const lane = async (first: number) => {
      for (let index = first; index < count; index += 2) if (!(await work(index))) return;
    };
    await Promise.all([lane(0), lane(1)]);
  };
  const steps = (names: (keyof typeof handlers)[]) => async (index: number) => {
    for (const name of names) await call(name, { batchId: batchId(index) });
    return true;
  };
  const whole = async () => {
    const { batches, isBudgeted } = await call<{ batches: number; isBudgeted: boolean }>('planRun');
    await lanes(batches, steps(['extractBatch', 'featurizeBatch', 'scoreBatch']));
    if (isBudgeted) {
      await lanes(batches, steps(['listQuestions']));
      const { groups } = await call<{ groups: number }>('rankQuestions');
      await lanes(groups, async (group) => (await call<{ documents: number }>('askGroup', { group })).documents > 0);
    }
    await lanes(batches, steps(['classifyBatch', 'decideBatch']));
    await call('commitRun');
  };
  await clock.run(whole());
  return runId;
}

/** Documents whose certainty is a fixed shuffle of their number. */
async function put(world: BudgetWorld, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const confidence = (0.5 + (((i * 7) % count) / count) * 0.35).toFixed(4);
    await world.imports.write(
      `in/${String(i).padStart(3, '0')}.txt`,
      `letter ${1000 + i} about customs duty, ${confidence}`,
    );
  }
}

test('budget run: the least certain documents of all batches are asked in full calls, as many as the money pays for', async () => {
  const world = await budgetWorld();
  await put(world, 60);
  const maxCostUsd = 0.0035;
  const runId = await run(world, { maxCostUsd });
  const rows = world.committed.get('results') ?? [];
  expect(rows).toHaveLength(60);
  const isUnfunded = (row: (typeof rows)[number]) => row.failure_code === 'llm.budget-spent';
  const asked = rows.filter((row) => !isUnfunded(row));
  const left = rows.filter(isUnfunded);
  expect(asked.length).toBeGreaterThan(8);
  expect(left.length).toBeGreaterThan(8);
  const certainty = (row: (typeof rows)[number]) => JSON.parse(String(row.top_labels_json))[0].probability as number;
  expect(Math.max(...asked.map(certainty))).toBeLessThan(Math.min(...left.map(certainty)));
  // Batches of three documents, calls of eight: only the last calls, which fill the budget, are smaller.
  const calls = world.committed.get('llm_calls') ?? [];
  const sizes = calls.map((row) => Number(row.document_count)).sort((a, b) => b - a);
  expect(sizes.reduce((a, b) => a + b, 0)).toBe(asked.length);
  expect(sizes.filter((size) => size === 8).length).toBeGreaterThanOrEqual(Math.floor(asked.length / 8) - 1);
  const cost = calls.reduce((sum, row) => sum + Number(row.cost_nano_usd), 0);
  expect(cost).toBeLessThanOrEqual(maxCostUsd * 1e9);
  // What is left does not pay for another call, whose highest cost is at most that of the smallest that was made plus its room.
  const plainest = Math.min(...calls.map((row) => Number(row.cost_nano_usd)));
  expect(maxCostUsd * 1e9 - cost).toBeLessThan(plainest * 1.3);
  expect(await world.state.get(`llm-budget-run-${runId}`)).toMatchObject({ value: { spent: String(cost), open: {} } });
  const summary = (world.committed.get('runs') ?? [])[0];
  expect(summary).toMatchObject({ labelled: asked.filter((row) => row.status === 'labelled').length });
});

test('budget run: with much more money than the questions cost, batches ask for themselves', async () => {
  const world = await budgetWorld();
  await put(world, 12);
  await run(world, { maxCostUsd: 5 });
  const calls = world.committed.get('llm_calls') ?? [];
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.every((row) => String(row.batch_id).startsWith('b'))).toBe(true);
  expect((world.committed.get('results') ?? []).filter((row) => row.failure_code === 'llm.budget-spent')).toEqual([]);
});

test('budget run: the limit of the day ranks the questions of a run without a limit of its own', async () => {
  const world = await budgetWorld({ LLM_MAX_COST_USD_PER_DAY: '0.002' });
  await put(world, 40);
  await run(world, {});
  const rows = world.committed.get('results') ?? [];
  const unfunded = rows.filter((row) => row.failure_code === 'llm.budget-spent');
  expect(unfunded.length).toBeGreaterThan(8);
  expect(unfunded.length).toBeLessThan(40);
  // The next run of the day finds nothing left: nothing is read for it, nothing is asked.
  const before = world.core.billing.length;
  await run(world, { requestId: 'next' });
  expect(world.core.billing.length).toBe(before);
});
