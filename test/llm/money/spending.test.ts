// A small budget is spent well: by several batches, processes and kills at once, never exceeded, and never left over while it pays for a question.

import { expect, test, vi } from 'vitest';
import type { FaultKind } from '../../../local/emulators/faults.ts';
import { type ClassifyOutcome, classifyDocuments, type LlmDocument } from '../../../shared/llm/classify.ts';
import { makePack } from '../../../shared/llm/judge.ts';
import { Budget, ceilings } from '../../../shared/llm/money/budget.ts';
import { costNano, costNanoAtMost, mostPromptTokens } from '../../../shared/llm/money/price.ts';
import { type BatchPlan, showDocuments } from '../../../shared/llm/prepare.ts';
import { documentsMessage } from '../../../shared/llm/prompt.ts';
import { type LlmDeps, runtimeOf } from '../../../shared/llm/runtime.ts';
import { seededRandom } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';
import { mortal } from '../mortal.ts';
import { type BudgetRecord, countedNano, documents, price, Stage, taxonomy } from '../stage.ts';

vi.setConfig({ testTimeout: 180_000 });

const FAULTS: FaultKind[] = [
  'capacity-429',
  'error-500',
  'cut-json',
  'missing-ids',
  'prose',
  'hang',
  'reset-after-billing',
];
/** Totals over all seeds: a property that never meets its cases proves nothing. */
const seen = { killed: 0, waited: 0, unfunded: 0, labelled: 0, lost: 0 };

interface Batch {
  id: string;
  documents: LlmDocument[];
}

/** What a call with each document alone would cost at most, nano-dollars. */
async function costsAlone(stage: Stage, deps: LlmDeps, batch: Batch): Promise<Map<string, number>> {
  const runtime = await runtimeOf(deps);
  const question = runtime.question(taxonomy);
  const path = `runs/r/llm/${batch.id}/plan-${question.version}.json`;
  const { sizing } = JSON.parse((await stage.lake.read(path)).toString()) as BatchPlan;
  const costs = new Map<string, number>();
  for (const { key, text, ids } of (await showDocuments(batch.documents, question, runtime, deps)).values()) {
    const tokens = question.overheadTokens + runtime.count(documentsMessage([text]));
    const cost = costNanoAtMost(price, mostPromptTokens(tokens), makePack([key], sizing).maxOutputTokens);
    for (const id of ids) costs.set(id, Number(cost));
  }
  return costs;
}

test('spending: never more than the budget, and no document waits for people while the money left pays for its question', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer({ min: 1, max: 1_000_000 }),
        sizes: fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 4 }),
        budget: fc.double({ min: 0.00005, max: 0.006, noNaN: true }),
        isDaily: fc.boolean(),
        concurrency: fc.integer({ min: 1, max: 8 }),
        packDocuments: fc.integer({ min: 1, max: 8 }),
        processes: fc.integer({ min: 1, max: 3 }),
        kills: fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 4 }),
        faults: fc.uniqueArray(fc.constantFrom(...FAULTS), { maxLength: 2 }),
      }),
      async ({ seed, sizes, budget, isDaily, concurrency, packDocuments, processes, kills, faults }) => {
        const stage = await Stage.open({
          seed,
          faults: { rates: Object.fromEntries(faults.map((kind) => [kind, 0.1])) },
          settings: { concurrency, packDocuments, ...(isDaily ? { maxCostUsdPerDay: budget } : {}) },
        });
        const random = seededRandom(seed);
        const start = stage.clock.now();
        const batches = sizes.map(
          (size, i): Batch => ({
            id: `b${i}`,
            documents: documents(size, { words: 10 + Math.floor(random.next() * 80), from: i * 100 }),
          }),
        );
        const living = Array.from({ length: processes }, () => stage.instance());
        const deaths = kills.map((writes) => mortal(stage.instance(), writes));
        const finish = async (batch: Batch, deps: LlmDeps): Promise<Extract<ClassifyOutcome, { status: 'done' }>> => {
          for (let deliveries = 0; ; deliveries++) {
            // Every wait is for something: none of them may go on for ever.
            expect(deliveries).toBeLessThan(500);
            const request = { runId: 'r', batchId: batch.id, taxonomy, documents: batch.documents };
            const deadlineMs = stage.clock.now() + 240_000;
            const outcome = await classifyDocuments(
              { ...request, deadlineMs, budget: { runUsd: isDaily ? undefined : budget } },
              deps,
            );
            if (outcome.status === 'done') return outcome;
            seen.waited++;
            expect(outcome.retryAt).toBeGreaterThanOrEqual(stage.clock.now() + 250);
            await stage.clock.sleep(outcome.retryAt - stage.clock.now());
          }
        };
        const finishAfterDeaths = async (batch: Batch, index: number) => {
          for (const death of deaths.filter((_, i) => i % batches.length === index)) {
            const isKilled = await finish(batch, death.deps).then(
              () => false,
              (error: unknown) => (death.isDead() ? true : Promise.reject(error)),
            );
            if (isKilled) seen.killed++;
            await stage.clock.sleep(random.next() * 5 * 60_000); // until the work is delivered again
          }
          return finish(batch, living[index % living.length]!);
        };
        const outcomes = await stage.clock.run(Promise.all(batches.map(finishAfterDeaths)));
        expect(stage.clock.now() - start).toBeLessThan(2 * 3_600_000);

        const bill = stage.core.billing.reduce(
          (sum, entry) => sum + Number(costNano(price, { ...entry, cacheWriteTokens: 0, reasoningTokens: 0 })),
          0,
        );
        const limit = Math.round(budget * 1e9);
        expect(bill).toBeLessThanOrEqual(limit);
        const key = isDaily ? 'llm-budget-day-2026-01-15' : 'llm-budget-run-r';
        const record = ((await stage.state.get(key))?.value ?? { spent: '0', open: {} }) as BudgetRecord;
        const counted = countedNano(record);
        expect(counted).toBeLessThanOrEqual(limit);
        expect(counted).toBeGreaterThanOrEqual(bill);
        seen.lost += Object.keys(record.open).length;
        // What is only set aside is no reason: it would have been waited for.
        const limits = ceilings({
          runId: 'r',
          ...(isDaily ? { dayUsd: budget } : { runUsd: budget }),
          nowMs: start,
        });
        const left = await new Budget(limits, living[0]!).left();
        for (const [index, batch] of batches.entries()) {
          const answers = outcomes[index]?.answers ?? [];
          expect(answers.map((a) => a.id).sort()).toEqual(batch.documents.map((d) => d.id).sort());
          const costs = await costsAlone(stage, living[0]!, batch);
          for (const answer of answers) {
            if (answer.outcome === 'label') seen.labelled++;
            if (answer.code !== 'llm.budget-spent') continue;
            seen.unfunded++;
            expect(Number(left)).toBeLessThan(costs.get(answer.id) ?? 0);
          }
        }
      },
    ),
    { numRuns: 200, seed: 20261124 },
  );
  for (const [kind, times] of Object.entries(seen)) expect(times, kind).toBeGreaterThan(kind === 'lost' ? 0 : 20);
});
