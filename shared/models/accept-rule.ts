// How sure a model must be to decide alone, and how that is known.

/** How the default accept threshold was chosen. */
export interface AcceptRule {
  /** Calibrated top probability from which the model's label is taken without asking; above 1: never. */
  threshold: number;
  /** guarantee: Clopper–Pearson bound held; empirical: precision on held-out rows; default: neither, so that
   *  the model decides nothing alone. */
  basis: 'guarantee' | 'empirical' | 'default';
  /** Precision aimed at and the confidence of the promise. */
  precision: number;
  confidence: number;
  /** Share of held-out rows at or above the threshold, and how many of them were right. */
  coverage: number;
  observedPrecision: number;
  samples: number;
  /** basis default: rows that are missing to see anything; 0 when there were enough, and no threshold reached the precision. */
  missing?: number;
}
