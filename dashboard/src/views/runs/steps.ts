// The five steps of a run, in order, with the words the page uses for them. Shared code is taken as types only, so the list is written here;
// its type makes the compiler hold it against the API's.
import type { RunStatus, Step } from '../../../../shared/api/runs.ts';

export type { RunState, RunStatus, Step } from '../../../../shared/api/runs.ts';

const WHAT: Readonly<Record<Step, string>> = {
  extract: 'read the files',
  featurize: 'count terms',
  score: 'ask the model',
  classify: 'ask the LLM where the model is unsure',
  decide: 'decide and store',
};

export const STEPS = Object.keys(WHAT) as readonly Step[]; // keys of a record over Step

/** What a step does, for a title or a reader. */
export const stepMeaning = (step: Step): string => WHAT[step];

/** Share of the documents that have passed a step, 0..1. */
export function stepShare(run: Pick<RunStatus, 'documents' | 'steps' | 'state'>, step: Step): number {
  if (run.documents === 0) return run.state === 'completed' ? 1 : 0;
  return Math.min(1, run.steps[step] / run.documents);
}
