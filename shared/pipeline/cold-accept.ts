// How sure label descriptions must be in one run, as its plan keeps it (chosen in cold-threshold.ts).

export interface ColdAccept {
  /** Confidence from which a description decides alone; above 1: never. */
  accept: number;
  /** unchecked: too few decisions; guarantee: proven, as of a model (AcceptRule); empirical: so many of what was checked were right; missed: the surest are not right often enough. */
  basis: 'unchecked' | 'guarantee' | 'empirical' | 'missed';
  /** People's decisions on what these descriptions had proposed, and how many agreed. */
  checked: number;
  right: number;
}
