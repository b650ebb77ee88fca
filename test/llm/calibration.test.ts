// Confidence learnt from people: feedback beside answers → a curve in the lake → what the stage makes of the next answers.
import { afterEach, expect, test } from 'vitest';
import type { LlmAnswer } from '../../shared/llm/classify.ts';
import { readCurve, storeCurve } from '../../shared/llm/curves.ts';
import { defaultLlmSettings } from '../../shared/llm/deployments/deployment.ts';
import { runtimeOf } from '../../shared/llm/runtime.ts';
import { runPaths } from '../../shared/paths.ts';
import { calibrateLlm } from '../../shared/review/calibrate-llm.ts';
import { fakeWorld } from '../fakes/pipeline.ts';
import { openTestTables, resultRow, type TestTables } from '../fakes/tables.ts';
import { documents, Stage, taxonomy } from './stage.ts';

let tables: TestTables | undefined;
afterEach(() => {
  tables?.close();
  tables = undefined;
});

const idOf = (i: number): string => i.toString(16).padStart(64, '0');

/** Answers of one run that people have checked; of every five, as many are right as `rightOfFive` says. */
async function checkedLake(count: number, rightOfFive: number) {
  const { services, lake } = await fakeWorld();
  tables = openTestTables(lake);
  const answers = Array.from(
    { length: count },
    (_, i): Partial<LlmAnswer> => ({
      id: idOf(i),
      outcome: 'label',
      label: 'VAT',
      // An earlier curve has made 0.2 of all of them: that must not count.
      confidence: 0.2,
      stated: 0.9,
      promptVersion: 'p1-x',
    }),
  );
  await lake.write(`${runPaths.llm('r1', 'b00000')}/answers.json`, JSON.stringify({ answers }));
  const rows = answers.map(({ id }) => resultRow({ document_id: id ?? '', decided_by: 'llm', prompt_version: 'p1-x' }));
  const later = '2026-11-23T13:00:00.000Z';
  await tables.add('results', rows);
  await tables.add(
    'results',
    rows.map((row) => ({ ...row, decided_by: 'human', processed_at: later })),
  );
  const said = (i: number, label: string, at: string) => ({
    feedback_id: `${i}-${at}`,
    document_id: idOf(i),
    run_id: 'r1',
    label,
    previous_label: 'VAT',
    reviewer: 'ann',
    note: null,
    created_at: at,
    run_date: '2026-11-23',
  });
  // Everybody first says the wrong thing; the last word counts.
  await tables.add(
    'feedback',
    answers.map((_, i) => said(i, 'Payroll', '2026-11-23T13:00:00.000Z')),
  );
  await tables.add(
    'feedback',
    answers.map((_, i) => said(i, i % 5 < rightOfFive ? 'VAT' : 'Customs', '2026-11-23T14:00:00.000Z')),
  );
  return { services, lake, query: tables.query };
}

test('calibration: a curve is fitted from what was stated and the last word of people, once per answer', async () => {
  const { services, lake, query } = await checkedLake(100, 3);
  const { checked, curves } = await calibrateLlm({ services, query });
  expect(checked).toBe(100);
  expect(curves).toMatchObject([{ promptVersion: 'p1-x', checked: 100, right: 0.6 }]);
  const stored = await readCurve(lake, 'p1-x');
  expect(stored).toEqual(curves[0]);
  for (const [stated, right] of stored?.curve ?? []) {
    expect(stated).toBeCloseTo(0.9);
    expect(right).toBeCloseTo(0.6, 1);
  }
});

test('calibration: too few checked answers prove nothing, and nothing is stored', async () => {
  const { services, lake, query } = await checkedLake(20, 3);
  expect(await calibrateLlm({ services, query })).toEqual({ checked: 20, curves: [] });
  expect(await readCurve(lake, 'p1-x')).toBeUndefined();
});

test('calibration: the stage uses the curve of its prompt; a model that was mostly wrong goes to review', async () => {
  const stage = await Stage.open();
  const deps = stage.instance();
  const docs = documents(16);
  const before = await stage.clock.run(stage.finish(deps, 'r', 'b0', docs));
  expect(before.answers.filter((a) => a.outcome === 'label').length).toBeGreaterThan(10);
  const { version } = (await runtimeOf(deps)).question(taxonomy);
  const answers = Array.from({ length: 60 }, (_, i) => ({ confidence: 0.5 + (i % 50) / 100, isRight: i % 6 === 0 }));
  expect(await storeCurve(stage.lake, version, answers, stage.clock.now())).toMatchObject({ checked: 60 });
  const after = await stage.clock.run(stage.finish(deps, 'r', 'b1', docs));
  expect(after.answers.filter((a) => a.outcome === 'label')).toEqual([]);
  expect(after.answers.filter((a) => a.code === 'llm.low-confidence').length).toBeGreaterThan(10);
  expect(after.answers.map((a) => a.stated)).toEqual(before.answers.map((a) => a.stated));
  // A curve of the settings goes before that of the lake.
  const settings = { ...defaultLlmSettings, calibration: [[0, 1] as const, [1, 1] as const] };
  const trusted = await stage.clock.run(stage.finish({ ...deps, settings }, 'r', 'b2', docs));
  expect(trusted.answers.filter((a) => a.code === 'llm.low-confidence')).toEqual([]);
});
