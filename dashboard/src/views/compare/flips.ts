// Flips between two runs: why they happened, in words, and choosing among them. Pure.
import type { RunComparison } from '../../../../shared/api/runs.ts';

export type Flip = RunComparison['flips'][number];

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
