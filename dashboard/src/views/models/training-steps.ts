// Where a running training stands, as steps a person can follow.
import type { TrainingStatus } from '../../../../shared/pipeline/train-model.ts';
import { significant } from '../../format.ts';
import { words } from '../../words/models.ts';

export interface TrainingStep {
  name: string;
  state: 'done' | 'now' | 'ahead';
  /** Iteration and objective of the fit under way; null otherwise. */
  detail: string | null;
}

const STEPS = [
  { key: 'read', fit: null },
  { key: 'check', fit: 'check' },
  { key: 'final', fit: 'final' },
] as const;

/** Steps in order. A training with a strict guarantee keeps the judged fit and never reaches the last one. */
export function stepsOf({
  fit,
  iteration,
  objective,
  labels,
}: Pick<TrainingStatus, 'fit' | 'iteration' | 'objective' | 'labels'>): TrainingStep[] {
  const at = STEPS.findIndex((step) => step.fit === fit);
  const rounds =
    labels === undefined
      ? words.iteration(iteration, objective === null ? null : significant(objective, 3))
      : words.labelsFitted(iteration, labels);
  return STEPS.map(({ key }, i) => ({
    name: words.trainingSteps[key],
    state: i < at ? 'done' : i === at ? 'now' : 'ahead',
    detail: i === at && fit !== null ? rounds : null,
  }));
}
