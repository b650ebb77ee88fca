// From predictions for rows outside training to a calibration, an accept threshold and an evaluation.
// Invariant: J1 each probability that is measured was calibrated by a function fitted on other rows.
import { type Calibration, calibrate, fitCalibration } from '../models/calibration.ts';
import { topPredictions } from '../models/threshold.ts';
import { type AcceptChoice, chooseAccept, promiseAccept } from './accept.ts';
import type { TrainOptions } from './options.ts';

/** Uncalibrated predictions [n, classes] and the true classes [n]. */
export interface Predictions {
  raw: Float64Array;
  truth: Int32Array;
}

export interface Judgement {
  /** Calibrated by a function fitted on other rows [n, classes]. */
  probabilities: Float64Array;
  truth: Int32Array;
  calibration: Calibration;
  choice: AcceptChoice;
}

/** Best effort: all rows calibrate, their halves in turn; the threshold's basis is named. */
export function judge({ raw, truth }: Predictions, classes: number, options: TrainOptions): Judgement {
  const { calibration, crossFitted } = fitCalibration(raw, classes, truth);
  const half = (parity: number) => {
    const rows = [...truth.keys()].filter((row) => row % 2 === parity);
    return topPredictions(crossFitted, classes, truth, rows);
  };
  const accept = chooseAccept(half(0), half(1), goalOf(options));
  return { probabilities: crossFitted, truth, calibration, choice: { accept, byLabel: null } };
}

/**
 * Strict: `scout` calibrates and decides where the tests start, `tested` proves.
 * @throws {TerminalError} train.too-few-samples, train.promise-not-kept
 */
export function judgeStrictly(
  scout: Predictions,
  tested: Predictions,
  labels: readonly string[],
  options: TrainOptions,
): Judgement {
  const { calibration } = fitCalibration(scout.raw, labels.length, scout.truth);
  const probabilities = calibrate(tested.raw, labels.length, calibration);
  const choice = promiseAccept(
    // Through the same function as the tested rows, or a threshold would not mean the same on both sides. It has seen the scout's rows;
    // that may misplace the start of the tests but cannot weaken them.
    topPredictions(calibrate(scout.raw, labels.length, calibration), labels.length, scout.truth),
    topPredictions(probabilities, labels.length, tested.truth),
    labels,
    goalOf(options),
  );
  return { probabilities, truth: tested.truth, calibration, choice };
}

const goalOf = ({ precision, confidence }: TrainOptions) => ({ precision, confidence });
