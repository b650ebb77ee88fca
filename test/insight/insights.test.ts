// Numbers here are counted by hand from the rows above them.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { costReport } from '../../shared/insight/cost-report.ts';
import { type TrustSources, trustReport } from '../../shared/insight/trust-report.ts';
import type { Row } from '../../shared/lake/tables.ts';
import { Budget, ceilings, spentOnDay } from '../../shared/llm/money/budget.ts';
import { seededRandom } from '../../shared/ports.ts';
import { MemoryStateTable } from '../fakes/memory-state-table.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { id, NOON, openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';

let store: TestTables;
let lake: TrustSources;
let champion: string | undefined;
const clock = { now: () => NOON, sleep: async () => {} };

beforeEach(async () => {
  const { services } = await fakeWorld({ LLM_MAX_COST_USD_PER_DAY: '5' });
  store = openTestTables();
  champion = 'v1';
  lake = {
    services: { ...services, clock },
    query: store.query,
    tables: store.tables,
    registry: {
      championVersion: async () => champion,
      manifest: async () => ({ accept: { precision: 0.95, confidence: 0.9, basis: 'guarantee' } }),
    },
  };
});
afterEach(() => store.close());

/** A decision on a day of November 2026 at 10:00; the 23rd is a Monday and today. */
const decided = (digit: number, day: string, given: Row = {}): Row =>
  resultRow({ document_id: id(digit), run_date: `2026-11-${day}`, processed_at: `2026-11-${day}T10:00:00Z`, ...given });
const asked = (usd: number): Row => ({ decided_by: 'llm', prompt_version: 'p1', cost_usd: usd });
const call = (day: string, key: string, given: Row): Row => ({
  run_id: 'r1',
  batch_id: 'b00000',
  call_key: key,
  attempt: 1,
  deployment: 'east',
  tokens_prompt: 800,
  tokens_completion: 100,
  outcome: 'ok',
  run_date: `2026-11-${day}`,
  ...given,
});

async function fillCosts(): Promise<void> {
  await store.add('results', [
    decided(1, '20', asked(1)),
    decided(2, '22'),
    decided(3, '22', asked(0.002)),
    decided(4, '22', { decided_by: 'duplicate', prompt_version: 'p1', duplicate_of: id(3), cost_usd: 0 }),
    decided(5, '22', { ...asked(0.003), decided_by: null, status: 'review', failure_code: 'llm.unsure' }),
    decided(6, '23', { ...asked(0.004), label: 'Customs' }),
    decided(7, '23', { status: 'failed', label: null, decided_by: null }),
    decided(5, '23', { decided_by: 'human', prompt_version: 'p1', cost_usd: 0 }),
  ]);
  const nothing = { tokens_prompt: 0, tokens_completion: 0 };
  await store.add('llm_calls', [
    call('20', 'old', { cost_nano_usd: 1_000_000_000 }),
    call('22', 'a', { cost_nano_usd: 5_000_000 }),
    call('22', 'b', { outcome: 'wasted', cost_nano_usd: 0, ...nothing }),
    call('22', 'b', { attempt: 2, outcome: 'wasted', cost_nano_usd: 1_000_000 }),
    call('23', 'c', { deployment: 'west', cost_nano_usd: 4_000_000 }),
    call('23', 'd', { outcome: 'unknown', cost_nano_usd: 2_000_000 }),
  ]);
}

test('costs: by day, label and deployment; money is the ledger’s, and what people decide costs and counts nothing', async () => {
  await fillCosts();
  expect(await costReport(lake, 3, 0)).toEqual({
    days: [
      { date: '2026-11-22', costUsd: 0.006, documents: 4, asked: 2, calls: 2, wastedUsd: 0.001, tokens: 1800 },
      { date: '2026-11-23', costUsd: 0.006, documents: 2, asked: 1, calls: 2, wastedUsd: 0.002, tokens: 1800 },
    ],
    labels: [
      { label: 'Customs', documents: 1, asked: 1, costUsd: 0.004 },
      { label: 'VAT', documents: 3, asked: 1, costUsd: 0.002 },
    ],
    deployments: [
      { deployment: 'east', calls: 3, tokens: 2700, costUsd: 0.008 },
      { deployment: 'west', calls: 1, tokens: 900, costUsd: 0.004 },
    ],
    // 1.2 cents for six documents
    total: { costUsd: 0.012, documents: 6, asked: 3, perThousandUsd: 2 },
    budget: { perRunUsd: null, perDayUsd: 5, spentTodayUsd: 0.006 },
  });
});

test('costs: the period is UTC days with today; a lake without runs costs nothing per thousand of nothing', async () => {
  expect(await costReport(lake, 30, 0)).toMatchObject({
    days: [],
    labels: [],
    deployments: [],
    total: { costUsd: 0, documents: 0, perThousandUsd: null },
    budget: { spentTodayUsd: 0 },
  });
  await fillCosts();
  const dates = async (days: number) => (await costReport(lake, days, 0)).days.map(({ date }) => date.slice(8));
  expect(await dates(1)).toEqual(['23']);
  expect(await dates(2)).toEqual(['22', '23']);
  expect(await dates(4)).toEqual(['20', '22', '23']);
});

test('costs: under a limit for the day, what runs in work have spent and set aside is spent today', async () => {
  const state = new MemoryStateTable();
  const budget = new Budget(ceilings({ runId: 'r9', dayUsd: 5, nowMs: NOON }), {
    state,
    clock,
    random: seededRandom(1),
  });
  await budget.reserve('call 1', 20_000_000n, 60_000);
  await budget.reserve('call 2', 10_000_000n, 60_000);
  await budget.settle('call 1', 5_000_000n);
  expect(await spentOnDay(state, NOON)).toBe(0.015);
  expect(await spentOnDay(state, NOON + 86_400_000)).toBe(0);
  await fillCosts();
  expect((await costReport(lake, 3, await spentOnDay(state, NOON))).budget.spentTodayUsd).toBe(0.015);
});

async function fillDecisions(): Promise<void> {
  const review = (code: string): Row => ({ status: 'review', decided_by: null, failure_code: code });
  await store.add('results', [
    decided(1, '10'),
    decided(2, '10'),
    decided(3, '10', review('llm.unsure')),
    decided(4, '10', { ...review('llm.low-confidence'), label: 'Customs', prompt_version: 'p1' }),
    decided(5, '10', asked(0.001)),
    decided(6, '10', { decided_by: 'duplicate', prompt_version: 'p1', duplicate_of: id(5) }),
    decided(7, '10', { status: 'failed', label: null, decided_by: null }),
    decided(8, '10', { model_version: 'v0' }),
    decided(9, '08'),
    decided(5, '17', { decided_by: 'human' }),
  ]);
  const said = (digit: number, day: string, reviewer: string, label: string | null): Row => ({
    feedback_id: `${digit}${day}`,
    document_id: id(digit),
    label,
    reviewer,
    created_at: `2026-11-${day}T${digit === 5 && day === '17' ? '09' : '12'}:00:00Z`,
    run_date: `2026-11-${day}`,
  });
  await store.add('feedback', [
    said(1, '10', 'ada', 'VAT'),
    said(2, '17', 'ada', 'Customs'),
    said(3, '17', 'ben', 'Customs'),
    said(4, '17', 'ben', 'Customs'),
    said(5, '17', 'ada', 'VAT'),
    said(5, '18', 'ben', 'Customs'), // replaces what ada said
    said(6, '23', 'ada', 'VAT'),
    said(7, '23', 'ada', 'VAT'), // nothing had been proposed
    said(8, '23', 'ada', 'VAT'),
    said(9, '08', 'ada', 'VAT'), // before the period
    said(1, '22', 'eve', null), // erased
  ]);
}

test('trust: decisions of people against what was proposed, by who proposed it, by week, and the labels they changed', async () => {
  await fillDecisions();
  const report = await trustReport(lake, 15);
  expect(report.escalation).toEqual([{ date: '2026-11-10', documents: 7, byModel: 3, asked: 2, review: 2, failed: 1 }]);
  expect(report.agreement).toEqual([
    { proposedBy: 'model', decisions: 4, kept: 2 },
    { proposedBy: 'llm', decisions: 2, kept: 2 },
    { proposedBy: 'duplicate', decisions: 1, kept: 1 },
  ]);
  expect(report.weeks).toEqual([
    { week: '2026-11-09', decisions: 1, kept: 1, reviewers: 1 },
    { week: '2026-11-16', decisions: 4, kept: 2, reviewers: 2 },
    { week: '2026-11-23', decisions: 2, kept: 2, reviewers: 1 },
  ]);
  expect(report.corrections).toEqual([{ from: 'VAT', to: 'Customs', decisions: 2 }]);
});

test('trust: the champion’s promise is checked on the labels it gave alone', async () => {
  await fillDecisions();
  const promise = { precision: 0.95, confidence: 0.9, basis: 'guarantee' };
  expect((await trustReport(lake, 15)).promise).toEqual({ ...promise, modelVersion: 'v1', checked: 2, right: 1 });
  champion = 'v0';
  expect((await trustReport(lake, 15)).promise).toEqual({ ...promise, modelVersion: 'v0', checked: 1, right: 1 });
});

test('trust: without a model and without decisions there is nothing to say, and nothing fails', async () => {
  champion = undefined;
  expect(await trustReport(lake, 30)).toEqual({
    escalation: [],
    agreement: [],
    weeks: [],
    corrections: [],
    promise: null,
    spotChecks: null,
    unchecked: null,
  });
});
