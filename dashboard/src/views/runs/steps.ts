// The five steps of a run, in order, with the words the page uses for them. Shared code is taken as types only, so the list is written here;
// its type makes the compiler hold it against the API's.
import type { RunStatus, Step } from '../../../../shared/api/runs.ts';
import { words } from '../../words/runs.ts';

export type { RunState, RunStatus, Step } from '../../../../shared/api/runs.ts';

const ORDER: Readonly<Record<Step, true>> = {
  extract: true,
  featurize: true,
  score: true,
  classify: true,
  decide: true,
};

export const STEPS = Object.keys(ORDER) as readonly Step[]; // keys of a record over Step

/** What people call a step. */
export const stepName = (step: Step): string => words.stepNames[step];

/** What a step does, for a title or a reader. */
export const stepMeaning = (step: Step): string => words.stepMeanings[step];

/** Share of the documents that have passed a step, 0..1. */
export function stepShare(run: Pick<RunStatus, 'documents' | 'steps' | 'state'>, step: Step): number {
  if (run.documents === 0) return run.state === 'completed' ? 1 : 0;
  return Math.min(1, run.steps[step] / run.documents);
}
