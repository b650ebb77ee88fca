// Flips between two runs: why they happened, in words, and choosing among them. Pure.
import type { FlipReason, RunComparison } from '../../../../shared/api/runs.ts';

export type Flip = RunComparison['flips'][number];

export const REASONS: Readonly<Record<FlipReason, { name: string; meaning: string }>> = {
  content: { name: 'content', meaning: 'The file was replaced between the runs: another content, another decision.' },
  reading: { name: 'reading', meaning: 'One run could read the document and the other could not.' },
  taxonomy: { name: 'taxonomy', meaning: 'The runs chose among other labels, or labels described otherwise.' },
  model: { name: 'model', meaning: 'Another model version scored the document.' },
  prompt: { name: 'prompt', meaning: 'Both runs asked the LLM, with another prompt version.' },
  route: {
    name: 'route',
    meaning: 'Another one decided: model, LLM or duplicate – by another threshold, budget or route.',
  },
  answer: { name: 'answer', meaning: 'All was the same and the LLM answered otherwise.' },
};

/** A label, or the status of a document that has none. */
export const outcomeOf = ({ status, label }: Flip['before']): string =>
  status === 'labelled' && label !== null ? label : status;

export interface FlipChoice {
  /** '' = any */
  reason: string;
  from: string;
  to: string;
}

export const chosenFlips = (flips: readonly Flip[], { reason, from, to }: FlipChoice): Flip[] =>
  flips.filter(
    (flip) =>
      (reason === '' || flip.reason === reason) &&
      (from === '' || outcomeOf(flip.before) === from) &&
      (to === '' || outcomeOf(flip.after) === to),
  );
