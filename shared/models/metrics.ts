// How good predictions are: the numbers of an evaluation, from probabilities and the truth.
// Invariants: E1 rows whose true label the model does not know count as wrong, never as left out. E2 the curve is exact: one point per
// distinct confidence of interest, counts of rows at or above it.
import type { LabelMetrics, ModelMetrics } from './bundle.ts';
import { argmax } from './scorer.ts';

/** Rows at or above a confidence, and how many of them were right. */
export interface CoveragePoint {
  threshold: number;
  accepted: number;
  correct: number;
  coverage: number;
  precision: number;
}

/** Rows whose confidence falls into one of 15 bins of equal width. */
export interface ReliabilityBin {
  rows: number;
  /** Mean confidence and share of right rows; 0 where the bin is empty. */
  confidence: number;
  accuracy: number;
}

export interface Evaluation {
  samples: number;
  /** Rows whose true label the model does not know; they count as wrong. */
  unknownLabels: number;
  accuracy: number;
  macroF1: number;
  /** Mean of -ln p(true class), p clipped at 1e-15; 0 probability for unknown labels. */
  logLoss: number;
  /** Expected calibration error of the top probability, 15 bins of equal width. */
  ece: number;
  /** Confidence against accuracy, from 0 to 1. */
  reliability: ReliabilityBin[];
  perLabel: LabelMetrics[];
  /** Labels of the confusion matrix: the model's, then strangers found in the data. */
  labels: string[];
  /** [truth][predicted] counts */
  confusion: number[][];
  /** Coverage and precision by threshold, the strictest first. */
  coverage: CoveragePoint[];
}

const MIN_PROBABILITY = 1e-15;
const ECE_BINS = 15;
/** Points kept of the coverage curve. */
const MAX_POINTS = 200;

/**
 * Measure predictions.
 * @param probabilities  [n, labels], row-major
 * @param labels         names of the classes
 * @param truth          class of each row; -1 for a label the model does not know
 * @param strangers      name of the unknown label of each row with -1, in row order; default: one stranger named "(unknown)"
 */
export function measure(
  probabilities: Float64Array,
  labels: readonly string[],
  truth: ArrayLike<number>,
  strangers: readonly string[] = [],
): Evaluation {
  const classes = labels.length;
  const names = [...labels];
  const places = new Map<string, number>();
  const confusion: number[][] = labels.map(() => new Array<number>(classes).fill(0));
  const confidences = new Float64Array(truth.length);
  const isRight = new Uint8Array(truth.length);
  let loss = 0;
  let unknown = 0;
  for (let row = 0; row < truth.length; row++) {
    const from = row * classes;
    const predicted = argmax(probabilities, from, from + classes);
    let actual = truth[row]!;
    loss -= Math.log(Math.max(actual < 0 ? 0 : probabilities[from + actual]!, MIN_PROBABILITY));
    if (actual < 0) {
      const name = strangers[unknown++] ?? '(unknown)';
      actual = places.get(name) ?? names.push(name) - 1;
      if (!places.has(name)) {
        places.set(name, actual);
        confusion.push(new Array<number>(classes).fill(0));
      }
    }
    confusion[actual]![predicted]!++;
    confidences[row] = probabilities[from + predicted]!;
    isRight[row] = actual === predicted ? 1 : 0;
  }
  for (const row of confusion) while (row.length < names.length) row.push(0);
  const samples = truth.length;
  const correct = isRight.reduce((sum, right) => sum + right, 0);
  const perLabel = names.map((label, k) => labelMetrics(label, k, confusion));
  const judged = perLabel.filter((label, k) => label.support > 0 || confusion.some((row) => row[k]! > 0));
  const reliability = reliabilityBins(confidences, isRight);
  return {
    samples,
    unknownLabels: unknown,
    accuracy: samples === 0 ? 0 : correct / samples,
    macroF1: judged.length === 0 ? 0 : judged.reduce((sum, label) => sum + label.f1, 0) / judged.length,
    logLoss: samples === 0 ? 0 : loss / samples,
    ece: calibrationError(reliability, samples),
    reliability,
    perLabel,
    labels: names,
    confusion,
    coverage: coverageCurve(confidences, isRight),
  };
}

/** The part of an evaluation that the manifest keeps. */
export const summarize = (evaluation: Evaluation, source: ModelMetrics['source']): ModelMetrics => ({
  source,
  samples: evaluation.samples,
  accuracy: evaluation.accuracy,
  macroF1: evaluation.macroF1,
  logLoss: evaluation.logLoss,
  ece: evaluation.ece,
  perLabel: evaluation.perLabel,
});

function labelMetrics(label: string, k: number, confusion: readonly number[][]): LabelMetrics {
  const hits = confusion[k]![k]!;
  const support = confusion[k]!.reduce((sum, count) => sum + count, 0);
  const predicted = confusion.reduce((sum, row) => sum + row[k]!, 0);
  const precision = predicted === 0 ? 0 : hits / predicted;
  const recall = support === 0 ? 0 : hits / support;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { label, precision, recall, f1, support };
}

function reliabilityBins(confidences: Float64Array, isRight: Uint8Array): ReliabilityBin[] {
  const bins = Array.from({ length: ECE_BINS }, () => ({ rows: 0, confidence: 0, accuracy: 0 }));
  for (let row = 0; row < confidences.length; row++) {
    const bin = bins[Math.min(ECE_BINS - 1, Math.floor(confidences[row]! * ECE_BINS))]!;
    bin.rows++;
    bin.confidence += confidences[row]!;
    bin.accuracy += isRight[row]!;
  }
  for (const bin of bins) {
    bin.confidence /= Math.max(1, bin.rows);
    bin.accuracy /= Math.max(1, bin.rows);
  }
  return bins;
}

function calibrationError(bins: readonly ReliabilityBin[], samples: number): number {
  const gap = bins.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.confidence - bin.accuracy), 0);
  return samples === 0 ? 0 : gap / samples;
}

function coverageCurve(confidences: Float64Array, isRight: Uint8Array): CoveragePoint[] {
  const order = Uint32Array.from(confidences.keys()).sort((a, b) => confidences[b]! - confidences[a]!);
  const points: CoveragePoint[] = [];
  let correct = 0;
  order.forEach((row, i) => {
    correct += isRight[row]!;
    const next = order[i + 1];
    if (next !== undefined && confidences[next] === confidences[row]) return; // equal confidences are accepted together
    const accepted = i + 1;
    points.push({
      threshold: confidences[row]!,
      accepted,
      correct,
      coverage: accepted / order.length,
      precision: correct / accepted,
    });
  });
  if (points.length <= MAX_POINTS) return points;
  const step = (points.length - 1) / (MAX_POINTS - 1);
  return Array.from({ length: MAX_POINTS }, (_, i) => points[Math.round(i * step)]!);
}
