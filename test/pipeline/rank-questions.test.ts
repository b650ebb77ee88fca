import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchId } from '../../shared/ids.ts';
import { classifyBatch } from '../../shared/pipeline/classify-batch.ts';
import { commitRun } from '../../shared/pipeline/commit-run.ts';
import { decideBatch } from '../../shared/pipeline/decide-batch.ts';
import { extractBatch } from '../../shared/pipeline/extract-batch.ts';
import { featurizeBatch } from '../../shared/pipeline/featurize-batch.ts';
import { planRun } from '../../shared/pipeline/plan.ts';
import { rank, rankQuestions } from '../../shared/pipeline/rank-questions.ts';
import { scoreBatch } from '../../shared/pipeline/score-batch.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { fakeWorld } from '../fakes/pipeline.ts';

test('rank: the least certain questions are funded, as many as the money pays for', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 50 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (confidences, money) => {
        const { cutoff, funded, questions } = rank(confidences, money, 0.01);
        expect(questions).toBe(confidences.length);
        expect(funded).toBe(Math.min(questions, Math.floor(money / 0.01)));
        const asked = confidences.filter((c) => cutoff === null || c <= cutoff);
        expect(asked).toHaveLength(funded);
        const left = confidences.filter((c) => !asked.includes(c));
        if (asked.length > 0 && left.length > 0) expect(Math.max(...asked)).toBeLessThan(Math.min(...left));
      },
    ),
  );
});

test('rank: what is not known to cost anything is asked', () => {
  expect(rank([0.5, 0.6], 0, 0)).toEqual({ cutoff: null, questions: 2, funded: 2 });
});

test('rank: over all batches of a run the least certain documents are asked, the rest waits for people as budget-spent', async () => {
  const world = await fakeWorld({ BATCH_MAX_DOCUMENTS: '2' });
  const confidences = [0.51, 0.85, 0.62, 0.73, 0.55, 0.79];
  for (const [i, c] of confidences.entries()) await world.imports.write(`in/${i}.txt`, `letter ${'x'.repeat(i)} ${c}`);
  const source = { kind: 'prefix' as const, container: 'imports' as const, prefix: 'in' };
  const { runId } = await createRun(world.services, { source, maxCostUsd: 0.0035 });
  const plan = await planRun(world.services, runId);
  expect(plan.batches).toBeGreaterThan(2);
  const each = async (steps: (typeof extractBatch)[]) => {
    for (let i = 0; i < plan.batches; i++)
      for (const step of steps) await step(world.services, { runId, batchId: batchId(i) });
  };
  await each([extractBatch, featurizeBatch, scoreBatch]);
  expect(await rankQuestions(world.services, runId)).toEqual({ cutoff: 0.62, questions: 6, funded: 3 });
  await each([classifyBatch, decideBatch]);
  await commitRun(world.services, runId);
  expect(world.counts.asked).toBe(3);
  const rows = world.committed.get('results') ?? [];
  const byPath = Object.fromEntries(rows.map((r) => [r.source_path, r.failure_code ?? r.decided_by]));
  expect(byPath).toEqual({
    'in/0.txt': 'llm',
    'in/1.txt': 'llm.budget-spent',
    'in/2.txt': 'llm',
    'in/3.txt': 'llm.budget-spent',
    'in/4.txt': 'llm',
    'in/5.txt': 'llm.budget-spent',
  });
});
