// What the manifest of a model says of its second local stage.
import type { AcceptRule } from '../accept-rule.ts';
import type { Calibration } from '../calibration.ts';

/** ln p ∝ sum of weight · ln p over what the words, the classifier over vectors and the nearest labelled documents say. */
export interface Mix {
  lexical: number;
  vector: number;
  near: number;
}

/** When a document is unlike everything labelled: its mean cosine to the nearest labelled documents lies below `below`. */
export interface NoveltyRule {
  below: number;
  /** Share of held-out documents of known labels that lie below, and of those whose label was left out. */
  known: number;
  leftOut: number;
  samples: number;
}

/** Kept in the model's manifest. */
export interface StageDescription {
  /** Version of the encoder. */
  encoder: string;
  dimensions: number;
  mix: Mix;
  calibration: Calibration;
  /** Calibrated probability of the words alone from which a document is not encoded. */
  skip: number;
  /** Threshold of the mix. Coverage and precision are those of both stages together, so the promise holds for all they decide. */
  accept: AcceptRule;
  novelty: NoveltyRule | null;
  /** Of rows outside training: both stages, and the words alone on the same rows. */
  metrics: { samples: number; accuracy: number; lexicalAccuracy: number; logLoss: number };
  /** Rows the classifier over vectors was trained on. */
  rows: number;
}
