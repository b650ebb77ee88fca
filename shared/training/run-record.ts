// A trained bundle as a run to remember: what tracking.ts stores and sends.
import { renderHtml } from './report.ts';
import type { TrackedRun } from './tracking.ts';
import type { TrainedBundle } from './train.ts';

export interface RunFacts {
  trainingId: string;
  /** Version in the registry; null when it was not registered. */
  modelVersion: string | null;
  codeVersion: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  endedAt: number;
}

export function describeRun(
  bundle: Pick<TrainedBundle, 'description' | 'evaluation' | 'objectiveHistory'>,
  facts: RunFacts,
): TrackedRun {
  const { training, accept } = bundle.description;
  const { accuracy, macroF1, logLoss, ece } = bundle.evaluation;
  const head = {
    title: facts.modelVersion === null ? 'Evaluation' : `Model ${facts.modelVersion}`,
    facts: [
      ['judged on', `${bundle.evaluation.samples} rows the model was not trained on`],
      ['accept threshold', `${accept.threshold} (${accept.basis})`],
      ['data', `${training.rows ?? '?'} rows, fingerprint ${String(training.dataFingerprint).slice(0, 12)}`],
    ] as const,
  };
  return {
    trainingId: facts.trainingId,
    modelVersion: facts.modelVersion,
    parameters: training,
    metrics: {
      accuracy,
      macro_f1: macroF1,
      log_loss: logLoss,
      ece,
      accept_threshold: accept.threshold,
      accept_coverage: accept.coverage,
      accept_precision: accept.observedPrecision,
    },
    objectiveHistory: bundle.objectiveHistory,
    dataFingerprint: String(training.dataFingerprint),
    codeVersion: facts.codeVersion,
    startedAt: new Date(facts.startedAt).toISOString(),
    endedAt: new Date(facts.endedAt).toISOString(),
    artifacts: {
      'report.html': renderHtml(bundle.evaluation, head),
      'evaluation.json': JSON.stringify(bundle.evaluation),
    },
  };
}
