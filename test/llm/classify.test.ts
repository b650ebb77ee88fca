import { expect, test } from 'vitest';
import { readLedger } from '../../shared/llm/classify.ts';
import { documents, Stage } from './stage.ts';

test('classify: every document gets one answer, most of them right, and the ledger equals the bill', async () => {
  const stage = await Stage.open();
  const docs = documents(60);
  const outcome = await stage.clock.run(stage.finish(stage.instance(), 'r1', 'b00000', docs));
  expect(outcome.answers.map((a) => a.id).sort()).toEqual(docs.map((d) => d.id).sort());
  const right = outcome.answers.filter((a) => a.label === docs.find((d) => d.id === a.id)?.truth).length;
  expect(right).toBeGreaterThan(40);
  const ledger = await readLedger(stage.lake, 'r1', 'b00000');
  expect(ledger.length).toBe(stage.core.billing.length);
  expect(ledger.length).toBeLessThanOrEqual(9);
  expect(ledger.reduce((sum, row) => sum + row.tokens_prompt, 0)).toBe(
    stage.core.billing.reduce((sum, b) => sum + b.promptTokens, 0),
  );
  expect(ledger.every((row) => row.outcome === 'ok')).toBe(true);
});

test('classify: asking again after the end costs nothing', async () => {
  const stage = await Stage.open();
  const docs = documents(20);
  const first = await stage.clock.run(stage.finish(stage.instance(), 'r1', 'b00000', docs));
  const calls = stage.core.billing.length;
  expect(await stage.clock.run(stage.finish(stage.instance(), 'r1', 'b00000', docs))).toEqual(first);
  const elsewhere = await stage.clock.run(stage.finish(stage.instance(), 'r2', 'b00000', docs));
  expect(stage.core.billing.length).toBe(calls);
  expect(elsewhere.answers.every((a) => a.cached && a.costUsd === 0)).toBe(true);
  expect(elsewhere.answers.map((a) => a.label)).toEqual(first.answers.map((a) => a.label));
});
