// From predictions for rows outside training to a calibration, an accept threshold and an evaluation.
// Invariant: J1 each probability that is measured was calibrated by a function fitted on other rows.
import { type Calibration, calibrate, fitCalibration } from '../models/calibration.ts';
import { topPredictions } from '../models/threshold.ts';
import { type AcceptChoice, chooseAccept, promiseAccept } from './accept.ts';
import type { TrainOptions } from './options.ts';

/** Uncalibrated predictions [n, classes] and the true classes [n]; -1 for a label that the model does not know. */
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

/** Best effort: all rows with a known label calibrate, their halves in turn; the threshold's basis is named. */
export function judge({ raw, truth }: Predictions, classes: number, options: TrainOptions): Judgement {
  const { calibration, probabilities } = calibrateAcross({ raw, truth }, classes);
  const half = (parity: number) => {
    const rows = [...truth.keys()].filter((row) => row % 2 === parity);
    return topPredictions(probabilities, classes, truth, rows);
  };
  const accept = chooseAccept(half(0), half(1), goalOf(options));
  return { probabilities, truth, calibration, choice: { accept, byLabel: null } };
}

/** Rows with an unknown label take no part in the fit, so that it may be applied to them (J1). */
function calibrateAcross(
  { raw, truth }: Predictions,
  classes: number,
): { calibration: Calibration; probabilities: Float64Array } {
  const known = truth.map((_, row) => row).filter((row) => truth[row]! >= 0);
  const cells = (from: Float64Array, row: number) => from.subarray(row * classes, (row + 1) * classes);
  const fitted = new Float64Array(known.length * classes);
  known.forEach((row, i) => {
    fitted.set(cells(raw, row), i * classes);
  });
  const { calibration, crossFitted } = fitCalibration(
    fitted,
    classes,
    known.map((row) => truth[row]!),
  );
  if (known.length === truth.length) return { calibration, probabilities: crossFitted };
  const probabilities = calibrate(raw, classes, calibration);
  known.forEach((row, i) => {
    probabilities.set(cells(crossFitted, i), row * classes);
  });
  return { calibration, probabilities };
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
