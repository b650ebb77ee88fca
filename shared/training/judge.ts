// From predictions for rows outside training to a calibration, an accept threshold and an evaluation.
// Invariant: J1 each probability that is measured was calibrated by a function fitted on other rows.
import { type Calibration, calibrate, fitCalibration } from '../models/calibration.ts';
import type { HeldOut } from '../models/held-out.ts';
import { topPredictions } from '../models/threshold.ts';
import { type AcceptChoice, chooseAccept, promiseAccept } from './accept.ts';
import type { TrainOptions } from './options.ts';

/** Uncalibrated predictions [n, classes] and the true classes [n]; -1 for a label that the model does not know. */
export interface Predictions {
  raw: Float64Array;
  truth: Int32Array;
  /** Group of each row [n]: near copies have one. Absent: each row stands for itself. */
  groups?: ArrayLike<number>;
}

export interface Judgement {
  /** Calibrated by a function fitted on other rows [n, classes]. */
  probabilities: Float64Array;
  truth: Int32Array;
  calibration: Calibration;
  choice: AcceptChoice;
}

/** Best effort: all rows with a known label calibrate, their halves in turn, and all rows prove the threshold, if they do. */
export function judge({ raw, truth, groups }: Predictions, classes: number, options: TrainOptions): Judgement {
  const { calibration, probabilities } = calibrateAcross({ raw, truth }, classes);
  const accept = chooseAccept(witnessed(topPredictions(probabilities, classes, truth), groups), goalOf(options));
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
    witnessed(topPredictions(probabilities, labels.length, tested.truth), tested.groups),
    labels,
    goalOf(options),
  );
  return { probabilities, truth: tested.truth, calibration, choice };
}

const witnessed = (held: HeldOut, groups: ArrayLike<number> | undefined): HeldOut =>
  groups === undefined ? held : { ...held, groups };

const goalOf = ({ precision, confidence }: TrainOptions) => ({ precision, confidence });
