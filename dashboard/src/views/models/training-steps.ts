// Where a running training stands, as steps a person can follow.
import type { TrainingStatus } from '../../../../shared/pipeline/train-model.ts';

export interface TrainingStep {
  name: string;
  state: 'done' | 'now' | 'ahead';
  /** Iteration and objective of the fit under way; null otherwise. */
  detail: string | null;
}

const STEPS = [
  { name: 'read and featurize', fit: null },
  { name: 'fit to be judged', fit: 'check' },
  { name: 'fit on all rows', fit: 'final' },
] as const;

/** Steps in order. A training with a strict guarantee keeps the judged fit and never reaches the last one. */
export function stepsOf({
  fit,
  iteration,
  objective,
}: Pick<TrainingStatus, 'fit' | 'iteration' | 'objective'>): TrainingStep[] {
  const at = STEPS.findIndex((step) => step.fit === fit);
  const rounds = `iteration ${iteration}${objective === null ? '' : `, objective ${objective.toPrecision(3)}`}`;
  return STEPS.map(({ name }, i) => ({
    name,
    state: i < at ? 'done' : i === at ? 'now' : 'ahead',
    detail: i === at && fit !== null ? rounds : null,
  }));
}
