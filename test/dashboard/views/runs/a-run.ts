// A completed run of 100 documents that took 20 seconds, to be changed where a test needs it.
import type { RunStatus } from '../../../../shared/api/runs.ts';

export const aRun = (part: Partial<RunStatus> = {}): RunStatus => ({
  runId: 'run-1',
  kind: 'request',
  state: 'completed',
  createdAt: '2025-05-03T10:00:00Z',
  endedAt: '2025-05-03T10:00:20Z',
  documents: 100,
  labelled: 92,
  review: 3,
  failed: 5,
  batches: 4,
  steps: { extract: 100, featurize: 100, score: 100, classify: 100, decide: 100 },
  asked: 17,
  costUsd: 0.01,
  quote: null,
  remainingSeconds: null,
  modelVersion: 'v1',
  taxonomyVersion: 'tax-1',
  failures: {},
  formats: {},
  error: null,
  ...part,
});
