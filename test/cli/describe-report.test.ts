import { expect, test } from 'vitest';
import { describeReport } from '../../cli/commands/reports.ts';

test('a document within a mail is an example by its own name: the mail itself is not empty', () => {
  const example = { documentId: 'd1', path: 'in/mail.eml', archivePath: 'empty.txt', message: null };
  const said = describeReport({
    ...{ runId: 'run-1', request: null, rerunOf: null, lineage: null, labels: [], warnings: [] },
    codes: [{ code: 'extract.empty', status: 'failed', documents: 1, advice: 'Check it.', examples: [example] }],
    decidedBy: { model: 0, encoder: 0, llm: 0, duplicate: 0, human: 0 },
    confidence: { labelled: [], review: [] },
    ledger: {
      ...{ calls: 0, attempts: 0, throttled: 0, costUsd: 0, latency: null, byOutcome: [], deployments: [] },
      tokens: { prompt: 0, cached: 0, completion: 0 },
    },
    quota: { tokensPerMinuteLimit: null, sliceSeconds: 1, slices: [] },
  });
  expect(said).toContain('in/mail.eml › empty.txt');
});
