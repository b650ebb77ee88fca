import { expect, test } from 'vitest';
import { decisionHistorySchema, decisionSchema } from '../../shared/api/answers.ts';
import { decisionOf, historyOf } from '../../shared/insight/decision-of-row.ts';
import { resultsTable } from '../../shared/lake/tables.ts';
import { resultRow } from '../fakes/tables.ts';

const row = resultRow({
  ...{ document_id: 'd', decided_by: 'llm', confidence: 0.7, failure_code: null, llm_quote: 'due in 30 days' },
  top_labels_json: '[{"label":"A","probability":0.7}]',
  evidence_json: '[{"term":"due","weight":1,"runner_up_weight":0.5},{"term":"old"}]',
  warnings_json: '["a part was not read"]',
  processed_at: '2026-11-23T12:00:00.000Z',
});

test('a row of results is an object of the API: lists are lists, and what JSON held is spelt like all else', () => {
  expect(decisionOf(row)).toMatchObject({
    ...{ documentId: 'd', runId: 'r1', path: 'in/a.txt', archivePath: '', decidedBy: 'llm', quote: 'due in 30 days' },
    topLabels: [{ label: 'A', probability: 0.7 }],
    evidence: [{ term: 'due', weight: 1, runnerUpWeight: 0.5 }],
    warnings: ['a part was not read'],
    ...{ code: null, decidedAt: '2026-11-23T12:00:00.000Z', originalPath: null, tokensIn: null },
  });
});

test('every object fits the schema that describes it, also of a row whose columns others filled or left empty', () => {
  const empty = { document_id: 'd', run_id: 'r', status: 'failed', processed_at: '2026-11-23T12:00:00Z' };
  const foreign = {
    ...row,
    decided_by: 'somebody',
    top_labels_json: '{',
    evidence_json: '{"a":1}',
    warnings_json: '[1]',
  };
  for (const one of [row, empty, foreign]) expect(decisionSchema.parse(decisionOf(one))).toEqual(decisionOf(one));
  expect(decisionOf(foreign)).toMatchObject({ decidedBy: null, topLabels: [], evidence: [], warnings: [] });
  const said = { feedback_id: 'f', document_id: 'd', label: 'B', created_at: '2026-11-23T13:00:00Z', note: null };
  const history = historyOf({ documentId: 'd', latest: row, history: [row, empty], feedback: [said] });
  expect(decisionHistorySchema.parse(history)).toEqual(history);
});

test('a column that is added to results is given a place in the object, or left out knowingly', () => {
  const LEFT_OUT = ['batch_id', 'run_date'];
  const told = new Set<string>();
  const watched = new Proxy(row, {
    get: (target, name) => {
      told.add(String(name));
      return target[String(name)];
    },
  });
  decisionOf(watched);
  expect(resultsTable.columns.map(({ name }) => name).filter((name) => !told.has(name))).toEqual(LEFT_OUT);
});
