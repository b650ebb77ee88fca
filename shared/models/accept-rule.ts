// How sure a model must be to decide alone, and how that is known.

/** How the default accept threshold was chosen. */
export interface AcceptRule {
  /** Calibrated top probability from which the model's label is taken without asking; above 1: never. */
  threshold: number;
  /** guarantee: proven by rows the model had not seen; default: not proven, so that the model decides nothing alone; empirical: seen, not proven,
   *  as models of earlier versions have it. */
  basis: 'guarantee' | 'empirical' | 'default';
  /** Precision aimed at and the confidence of the promise. */
  precision: number;
  confidence: number;
  /** Share of held-out rows at or above the threshold, and how many of them were right. */
  coverage: number;
  observedPrecision: number;
  samples: number;
  /** basis default: rows that are missing at least, near copies counted once; 0 when more alone would not help: no threshold is right so often. */
  missing?: number;
}
