// What is known of rows a model was not trained on, and the thresholds that are tried on them.

/** Predictions for rows the model was not trained on. */
export interface HeldOut {
  /** Calibrated probability of the predicted class [n] */
  confidence: Float64Array;
  /** [n] */
  predicted: Int32Array;
  /** 1 where right [n] */
  isRight: Uint8Array;
  /** Group of each row [n]; rows of one are near copies of each other. Absent: each stands for itself. */
  groups?: ArrayLike<number>;
}

/** Thresholds, strict to loose. */
export const THRESHOLD_GRID: readonly number[] = [
  0.9999,
  0.9995,
  0.999,
  ...Array.from({ length: 200 }, (_, i) => Math.round((0.995 - i * 0.005) * 1000) / 1000).filter((t) => t >= 0.005),
  0,
];
