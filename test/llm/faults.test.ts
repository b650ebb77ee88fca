import { expect, test, vi } from 'vitest';
import type { FaultKind } from '../../local/emulators/faults.ts';
import type { Intent } from '../../shared/llm/calls.ts';
import { type LedgerRow, readLedger } from '../../shared/llm/money/ledger.ts';
import fc from '../fakes/property.ts';
import { mortal } from './mortal.ts';
import { type BudgetRecord, countedNano, deployment, documents, Stage } from './stage.ts';

vi.setConfig({ testTimeout: 180_000 });

const HARMLESS: FaultKind[] = [
  'capacity-429',
  'error-500',
  'error-503',
  'cut-json',
  'missing-ids',
  'duplicate-ids',
  'conflicting-ids',
  'unknown-ids',
  'string-ids',
  'unknown-label',
  'label-names',
  'prose',
  'broken-json',
  'null-content',
];
/** Totals over all seeds: a property that never meets its cases proves nothing. */
const seen = { killed: 0, unknown: 0, wasted: 0, partial: 0, repeated: 0 };

const COSTLY: FaultKind[] = ['reset', 'reset-after-billing', 'cut-body', 'hang', 'slow'];

/** What a ledger must be, given what the service billed. */
function expectLedgerMatchesBill(stage: Stage, rows: readonly LedgerRow[]): void {
  const bill = new Map(stage.core.billing.map((entry) => [entry.requestId, entry]));
  for (const row of rows.filter((r) => r.outcome !== 'unknown')) {
    const entry = row.request_id === null ? undefined : bill.get(row.request_id);
    expect([row.tokens_prompt, row.tokens_cached, row.tokens_completion]).toEqual(
      entry === undefined ? [0, 0, 0] : [entry.promptTokens, entry.cachedTokens, entry.completionTokens],
    );
    if (entry === undefined) expect(row.cost_nano_usd).toBe(0);
    else bill.delete(entry.requestId);
  }
  const unknown = rows.filter((r) => r.outcome === 'unknown');
  // Whatever else was billed is money the ledger admits not to know, at no less than its price.
  expect(bill.size).toBeLessThanOrEqual(unknown.length);
  const billedTokens = [...bill.values()].reduce((sum, entry) => sum + entry.promptTokens + entry.completionTokens, 0);
  const bookedTokens = unknown.reduce((sum, row) => sum + row.tokens_prompt + row.tokens_completion, 0);
  expect(bookedTokens).toBeGreaterThanOrEqual(billedTokens);
}

/** The budget never knows of less money than the ledger; without kills it knows exactly as much. */
async function expectBudgetCoversLedger(stage: Stage, rows: readonly LedgerRow[], isExact: boolean): Promise<void> {
  const record = (await stage.state.get('llm-budget-run-r'))?.value as BudgetRecord;
  const counted = countedNano(record);
  const booked = rows.reduce((sum, row) => sum + row.cost_nano_usd, 0);
  expect(counted).toBeGreaterThanOrEqual(booked);
  if (isExact) expect(counted).toBe(booked);
  // Money stays set aside for calls whose end nobody knows, and for no others.
  const known = new Set(rows.filter((row) => row.outcome !== 'unknown').map((row) => `${row.call_key}#${row.attempt}`));
  for await (const { path } of stage.lake.list('runs/r/llm/b00000/calls')) {
    if (!path.endsWith('.intent.json')) continue;
    const intent = JSON.parse((await stage.lake.read(path)).toString()) as Intent;
    if (known.has(`${intent.callKey}#${intent.attempt}`)) expect(record.open).not.toHaveProperty([intent.reservation]);
  }
}

test('ledger: equals the billing log under random faults and kills, and every document ends in one state', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.uniqueArray(fc.constantFrom(...HARMLESS, ...COSTLY), { maxLength: 4 }),
      fc.double({ min: 0, max: 0.2, noNaN: true }),
      fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
      fc.boolean(),
      fc.boolean(),
      async (seed, kinds, rate, kills, isSameName, isCrowded) => {
        const stage = await Stage.open({
          seed,
          faults: { rates: Object.fromEntries(kinds.map((kind) => [kind, rate])), slowMs: 3000 },
          server: { tpm: 60_000, rpm: 120 },
          deployments: [deployment({ tpm: 60_000, rpm: 120 })],
        });
        const docs = documents(24, { words: 40, poisonEvery: 12, from: seed % 1000 });
        // Each kill comes before or after some lake write: what was in flight is lost.
        for (const writes of kills) {
          const doomed = mortal(stage.instance(isSameName ? 'host' : undefined), writes);
          const run = stage.finish(doomed.deps, 'r', 'b00000', docs, { runUsd: 1 }).then(
            () => 'done',
            (error: unknown) => (doomed.isDead() ? 'killed' : Promise.reject(error)),
          );
          if ((await stage.clock.run(run)) === 'killed') seen.killed++;
        }
        const before = stage.core.billing.length;
        // Deliveries may also come to two living processes at once; names are shared only with the dead.
        const processes = isCrowded
          ? [stage.instance(), stage.instance()]
          : [stage.instance(isSameName ? 'host' : undefined)];
        const outcomes = await stage.clock.run(
          Promise.all(processes.map((deps) => stage.finish(deps, 'r', 'b00000', docs, { runUsd: 1 }))),
        );
        const [outcome] = outcomes;
        if (outcome === undefined) throw new Error('no process ran');
        for (const other of outcomes)
          expect(other.answers.map((a) => a.label)).toEqual(outcome.answers.map((a) => a.label));
        expect(outcome.answers.map((a) => a.id).sort()).toEqual(docs.map((d) => d.id).sort());
        const failed = outcome.answers.filter((a) => a.outcome === 'failed');
        for (const answer of failed)
          expect(['llm.rejected', 'llm.no-answer', 'llm.output-too-long']).toContain(answer.code);
        expect(failed.filter((a) => a.code === 'llm.rejected').length).toBe(2);
        expect(stage.core.billing.length).toBeGreaterThanOrEqual(before);
        const rows = await readLedger(stage.lake, 'r', 'b00000');
        expectLedgerMatchesBill(stage, rows);
        await expectBudgetCoversLedger(stage, rows, kills.length === 0 && !isCrowded);
        seen.unknown += rows.filter((r) => r.outcome === 'unknown').length;
        seen.wasted += rows.filter((r) => r.outcome === 'wasted').length;
        seen.partial += rows.filter((r) => r.outcome === 'partial').length;
        // A single document may be asked again in the same words after a useless answer; packs never are.
        const asked = stage.core.billing.filter((b) => b.documents > 1).map((b) => b.promptHash);
        const repeated = asked.length - new Set(asked).size;
        expect(repeated).toBeLessThanOrEqual(
          rows.filter((r) => r.outcome === 'unknown' || r.outcome === 'duplicate').length,
        );
        seen.repeated += repeated;
      },
    ),
    { numRuns: 200, seed: 20261123 },
  );
  for (const [kind, times] of Object.entries(seen)) expect(times, kind).toBeGreaterThan(5);
});

test('faults: what the model can do wrong costs calls, never documents', async () => {
  for (const kind of [...HARMLESS, ...COSTLY]) {
    const stage = await Stage.open({ seed: 7, faults: { rates: { [kind]: 0.25 }, slowMs: 2000 } });
    const docs = documents(40, { words: 40 });
    const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r', 'b00000', docs));
    const lost = outcome.answers.filter((a) => a.outcome === 'failed' || a.code === 'llm.unavailable');
    expect(lost.length, `${kind}: ${lost.map((a) => a.code).join()}`).toBeLessThanOrEqual(
      ['null-content', 'unknown-label', 'conflicting-ids', 'missing-ids', 'broken-json', 'cut-json'].includes(kind)
        ? 4
        : 0,
    );
  }
});

test('faults: with ordinary trouble less than 1 % of the money is spent for nothing', async () => {
  const rates = {
    'error-500': 0.02,
    'error-503': 0.01,
    'capacity-429': 0.01,
    'reset-after-billing': 0.003,
    prose: 0.02,
  };
  const fast = { tpm: 5_000_000, rpm: 6000 };
  const stage = await Stage.open({ seed: 11, faults: { rates }, server: fast, deployments: [deployment(fast)] });
  await stage.clock.run(stage.finish(stage.instance(), 'r', 'b00000', documents(4000, { words: 40 })));
  const rows = await readLedger(stage.lake, 'r', 'b00000');
  const cost = (of: (row: LedgerRow) => boolean) =>
    rows.filter(of).reduce((sum, { cost_nano_usd }) => sum + cost_nano_usd, 0);
  const forNothing = cost(({ outcome }) => outcome === 'wasted' || outcome === 'duplicate' || outcome === 'unknown');
  expect(forNothing).toBeGreaterThan(0);
  expect(forNothing / cost(() => true)).toBeLessThan(0.01);
});
