// The second local stage of a model that is being trained: vectors of its rows → a classifier over them, its mix with the words, one promise.
// Invariants: H1 no row judges a classifier that was trained on it: the splits are those that judged the words, copies on one side. H2 both stages
// keep one promise: thresholds are tested on what they decide together. H3 where the words may skip encoding is chosen by how sure they
// are, never by whether they were right on the rows that prove the promise.

import { fitCalibration, logLoss } from '../models/calibration.ts';
import { denseRows } from '../models/encoder/dense-rows.ts';
import {
  askNeighbours,
  EXEMPLARS_FILE,
  type Experts,
  encodeExemplars,
  exemplarsOf,
  HEAD_FILE,
  logOf,
  meanSimilarity,
  mixProbabilities,
  nearestOf,
  similaritiesTo,
} from '../models/encoder/stage.ts';
import type { Mix, NoveltyRule, StageDescription } from '../models/encoder/stage-description.ts';
import { type HeldOut, THRESHOLD_GRID } from '../models/held-out.ts';
import { encodeLinearModel, LinearScorer } from '../models/linear-model.ts';
import { fitPath, type LrFit } from '../models/logistic-regression.ts';
import { topPredictions } from '../models/threshold.ts';
import type { Random } from '../ports.ts';
import { chooseAccept, DECIDES_NOTHING } from './accept.ts';
import { chooseLeast, heldOutLoss, regParamOf } from './fit-choice.ts';

/** Rows encoded for one model at most: a classifier over some hundred numbers learns little from more. */
export const MAX_HEAD_ROWS = 12_000;
/** Inverse strengths tried; vectors of length 1 want weak regularization. */
const STRENGTHS: readonly number[] = [5, 20, 80];
const ITERATIONS = 40;
/** Known documents that may be called foreign. */
const FALSE_ALARMS = 0.02;
const MIN_NOVELTY_ROWS = 100;
/** Words skip encoding where they are this much of the way from the aim to certainty. */
const SKIP_MARGIN = 0.5;
const MIN_SKIP_ROWS = 50;

export interface HeadInput {
  encoder: string;
  dimensions: number;
  /** Rows that were encoded, ascending, and their vectors. */
  rows: readonly number[];
  vectors: Float32Array;
  /** Keys of their texts, KEY_BYTES each. */
  keys: Uint8Array;
  /** Of all rows. */
  classes: Int32Array;
  labels: number;
  weights: Float64Array | undefined;
  /** Of all rows: near copies have one. */
  groups: ArrayLike<number>;
  /** How the words were judged: rows in the order of the predictions. */
  judged: {
    rows: readonly number[];
    raw: Float64Array;
    calibrated: Float64Array /** Their threshold. */;
    accept: number;
  };
  splits: readonly { held: readonly number[]; rest: readonly number[] }[];
  goal: { precision: number; confidence: number };
  random: Random;
}

export interface Head {
  stage: StageDescription;
  artifacts: Record<string, Uint8Array>;
  /** L-BFGS iterations of all fits. */
  iterations: number;
}

/** Train the stage; undefined where too few rows were encoded to judge it. */
export function trainHead(input: HeadInput): Head | undefined {
  const { dimensions, vectors, classes, labels } = input;
  const placeOf = new Map(input.rows.map((row, place) => [row, place]));
  const placed = (rows: readonly number[]) => rows.flatMap((row) => placeOf.get(row) ?? []);
  const classOf = (place: number) => classes[input.rows[place]!]!;
  let iterations = 0;
  const fitRows = (places: readonly number[], strengths: readonly number[]): LrFit[] => {
    const weights = input.weights && Float64Array.from(places, (place) => input.weights![input.rows[place]!]!);
    const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? places.length;
    const fits = [
      ...fitPath(
        {
          x: denseRows(vectors, dimensions, places),
          labels: Int32Array.from(places, classOf),
          numClasses: labels,
          ...(weights === undefined ? {} : { weights }),
        },
        { scaling: false, maxIter: ITERATIONS, tol: 1e-4, family: 'multinomial' },
        strengths.map((C) => regParamOf(C, total)),
      ),
    ];
    iterations += fits.reduce((sum, one) => sum + one.iterations, 0);
    return fits;
  };
  const predict = ({ model }: LrFit, places: readonly number[]) =>
    new LinearScorer(model).probabilities(denseRows(vectors, dimensions, places));

  const byPlace = input.rows.map((row) => classes[row]!);
  const predictedOf = new Map<number, { vector: Float64Array; near: Float64Array }>();
  let strength = STRENGTHS[1]!;
  input.splits.forEach(({ held, rest }, split) => {
    const [judging, training] = [placed(held), placed(rest)];
    if (judging.length === 0 || training.length === 0) return;
    const truth = Int32Array.from(judging, classOf);
    const fits = fitRows(training, split === 0 ? STRENGTHS : [strength]);
    const predictions = fits.map((one) => predict(one, judging));
    const best = chooseLeast(predictions.map((raw) => heldOutLoss({ raw, truth }, labels)));
    if (split === 0) strength = STRENGTHS[best]!;
    const { near } = askNeighbours(
      exemplarsOf(vectors, dimensions, training, byPlace),
      gatherVectors(vectors, dimensions, judging),
      labels,
    );
    judging.forEach((place, i) => {
      const [from, to] = [i * labels, (i + 1) * labels];
      predictedOf.set(input.rows[place]!, {
        vector: predictions[best]!.subarray(from, to),
        near: near.subarray(from, to),
      });
    });
  });

  const kept = input.judged.rows.flatMap((row, at) => (predictedOf.has(row) ? [{ row, at }] : []));
  if (kept.length === 0) return undefined;
  const pick = (values: Float64Array) => gather(kept.map(({ at }) => values.subarray(at * labels, (at + 1) * labels)));
  const words = { raw: pick(input.judged.raw), calibrated: pick(input.judged.calibrated) };
  const experts: Experts = {
    lexical: words.raw,
    vector: gather(kept.map(({ row }) => predictedOf.get(row)!.vector)),
    near: gather(kept.map(({ row }) => predictedOf.get(row)!.near)),
  };
  const truth = Int32Array.from(kept, ({ row }) => classes[row]!);
  const mix = fitMix(experts, labels, truth);
  const mixed = fitCalibration(mixProbabilities(experts, labels, mix), labels, truth);
  const groups = kept.map(({ row }) => input.groups[row]!);
  const all = {
    words: { ...topPredictions(words.calibrated, labels, truth), groups },
    mix: { ...topPredictions(mixed.crossFitted, labels, truth), groups },
  };
  const hoped = chooseSkip(all.words, input.goal.precision); // H3
  const accept = chooseAccept(together(all, hoped), input.goal, all.mix); // H2
  const skip = accept.basis === 'guarantee' ? hoped : input.judged.accept; // nothing proven together: what the words have proven alone
  const [final] = fitRows(
    input.rows.map((_, place) => place),
    [strength],
  );
  const exemplars = exemplarsOf(
    vectors,
    dimensions,
    input.rows.map((_, place) => place),
    byPlace,
  );
  return {
    iterations,
    stage: {
      encoder: input.encoder,
      dimensions,
      mix,
      calibration: mixed.calibration,
      skip,
      accept,
      novelty: fitNovelty(input, placeOf),
      metrics: {
        samples: kept.length,
        accuracy: shareRight(together(all, skip)),
        lexicalAccuracy: shareRight(all.words),
        logLoss: logLoss(mixed.crossFitted, labels, truth),
      },
      rows: input.rows.length,
    },
    artifacts: {
      [HEAD_FILE]: encodeLinearModel(final!.model), // one strength, one fit
      [EXEMPLARS_FILE]: encodeExemplars(exemplars, input.keys),
    },
  };
}

/** What both stages say together: the words where they skip, as sure as can be; else the mix. */
function together({ words, mix }: { words: HeldOut; mix: HeldOut }, skip: number): HeldOut {
  const isSkipped = (row: number) => words.confidence[row]! >= skip;
  return {
    ...mix,
    confidence: mix.confidence.map((confidence, row) => (isSkipped(row) ? 1 : confidence)),
    predicted: mix.predicted.map((label, row) => (isSkipped(row) ? words.predicted[row]! : label)),
    isRight: mix.isRight.map((right, row) => (isSkipped(row) ? words.isRight[row]! : right)),
  };
}

/** The loosest confidence of the words, not below the aim, above which they expect to be clearly better than that (H3). */
function chooseSkip({ confidence }: HeldOut, precision: number): number {
  const wanted = precision + (1 - precision) * SKIP_MARGIN;
  const order = Float64Array.from(confidence).sort().reverse();
  let expected = 0;
  let accepted = 0;
  let [skip, sure] = [DECIDES_NOTHING, 0];
  for (const threshold of THRESHOLD_GRID) {
    for (; accepted < order.length && order[accepted]! >= threshold; accepted++) expected += order[accepted]!;
    if (threshold < precision || accepted < MIN_SKIP_ROWS || expected < wanted * accepted || accepted === sure)
      continue;
    [skip, sure] = [threshold, accepted]; // not looser than what was seen: of thresholds that accept the same the strictest
  }
  return skip;
}

const shareRight = ({ isRight }: HeldOut): number =>
  isRight.reduce((sum, right) => sum + right, 0) / Math.max(1, isRight.length);

function gather(parts: readonly Float64Array[]): Float64Array {
  const size = parts[0]?.length ?? 0;
  const out = new Float64Array(parts.length * size);
  parts.forEach((part, i) => {
    out.set(part, i * size);
  });
  return out;
}

const EXPERTS = ['lexical', 'vector', 'near'] as const;

/** The mix of least log loss, by Newton's method over its weights; none becomes negative. */
function fitMix(experts: Experts, classes: number, truth: Int32Array): Mix {
  const logs = EXPERTS.map((name) => experts[name].map(logOf));
  const n = EXPERTS.length;
  let weights = EXPERTS.map(() => EVEN);
  const mixOf = (w: readonly number[]): Mix => ({ lexical: w[0]!, vector: w[1]!, near: w[2]! });
  for (let step = 0; step < 30; step++) {
    const gradient = weights.map((weight) => PRIOR * (weight - EVEN));
    const hessian = weights.map((_, i) => weights.map((__, j) => (i === j ? PRIOR : 0)));
    const p = mixProbabilities(experts, classes, mixOf(weights));
    for (let row = 0; row < truth.length; row++) {
      const mean = new Array<number>(n).fill(0);
      const square = weights.map(() => new Array<number>(n).fill(0));
      for (let k = row * classes; k < (row + 1) * classes; k++)
        for (let i = 0; i < n; i++) {
          const x = p[k]! * logs[i]![k]!;
          mean[i]! += x;
          for (let j = 0; j <= i; j++) square[i]![j]! += x * logs[j]![k]!;
        }
      const right = row * classes + truth[row]!;
      for (let i = 0; i < n; i++) {
        gradient[i]! += mean[i]! - logs[i]![right]!;
        for (let j = 0; j <= i; j++) hessian[i]![j]! += square[i]![j]! - mean[i]! * mean[j]!;
      }
    }
    // Weights that want to leave the allowed side stay at 0.
    const isFree = weights.map((weight, i) => weight > 0 || gradient[i]! < 0);
    const move = solveSymmetric(hessian, gradient, isFree);
    const next = weights.map((weight, i) => Math.min(10, Math.max(0, weight - Math.max(-1, Math.min(1, move[i]!)))));
    const moved = next.reduce((sum, weight, i) => sum + Math.abs(weight - weights[i]!), 0);
    weights = next;
    if (moved < 1e-6) break;
  }
  return weights.some((weight) => weight > 0) ? mixOf(weights) : { lexical: 1, vector: 0, near: 0 };
}

const EVEN = 1 / EXPERTS.length;
/**
 * Pull of the weights towards an even mix, in rows: where the labelled documents hold every word that counts, the words alone are always right
 * on them, and nothing would be left to hear those that meet new words.
 */
const PRIOR = 5;

/** Solution of A x = b for the free places, 0 elsewhere. @param lower  A, its lower triangle */
function solveSymmetric(lower: readonly number[][], b: readonly number[], isFree: readonly boolean[]): number[] {
  const free = b.flatMap((_, i) => (isFree[i] ? [i] : []));
  const a = free.map((i) => free.map((j) => (i >= j ? lower[i]![j]! : lower[j]![i]!)));
  const right = free.map((i) => b[i]!);
  for (let c = 0; c < free.length; c++) {
    const pivot = Math.max(a[c]![c]!, 1e-12);
    for (let r = c + 1; r < free.length; r++) {
      const factor = a[r]![c]! / pivot;
      for (let k = c; k < free.length; k++) a[r]![k]! -= factor * a[c]![k]!;
      right[r]! -= factor * right[c]!;
    }
  }
  const x = new Array<number>(b.length).fill(0);
  for (let c = free.length - 1; c >= 0; c--) {
    let sum = right[c]!;
    for (let k = c + 1; k < free.length; k++) sum -= a[c]![k]! * x[free[k]!]!;
    x[free[c]!] = sum / Math.max(a[c]![c]!, 1e-12);
  }
  return x;
}

function gatherVectors(vectors: Float32Array, dimensions: number, places: readonly number[]): Float32Array {
  const out = new Float32Array(places.length * dimensions);
  places.forEach((place, i) => {
    out.set(vectors.subarray(place * dimensions, (place + 1) * dimensions), i * dimensions);
  });
  return out;
}

/** At most `most` of the items, every class in turn. */
export function drawEvenly(
  items: readonly number[],
  classOf: (item: number) => number,
  most: number,
  random: Random,
): number[] {
  if (items.length <= most) return [...items];
  const byClass = [...Map.groupBy(items, classOf).values()];
  for (const list of byClass)
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(random.next() * (i + 1));
      [list[i], list[j]] = [list[j]!, list[i]!];
    }
  const drawn: number[] = [];
  for (let round = 0; drawn.length < most; round++)
    for (const list of byClass) if (round < list.length && drawn.length < most) drawn.push(list[round]!);
  return drawn;
}

/** From which similarity on a document is like something labelled: held-out rows of known labels, and the same with their label left out. */
function fitNovelty(input: HeadInput, placeOf: ReadonlyMap<number, number>): NoveltyRule | null {
  const { dimensions, vectors, classes } = input;
  const byPlace = input.rows.map((row) => classes[row]!);
  const known: number[] = [];
  const leftOut: number[] = [];
  for (const { held, rest } of input.splits) {
    const drawn = (rows: readonly number[], most: number) =>
      drawEvenly(
        rows.flatMap((row) => placeOf.get(row) ?? []),
        (place) => byPlace[place]!,
        most,
        input.random,
      );
    const judging = drawn(held, Math.ceil(MAX_NOVELTY_ROWS / input.splits.length));
    const training = drawn(rest, MAX_HEAD_ROWS);
    const exemplars = exemplarsOf(vectors, dimensions, training, byPlace);
    for (const place of judging) {
      const vector = vectors.subarray(place * dimensions, (place + 1) * dimensions);
      const own = byPlace[place]!;
      const similarities = similaritiesTo(exemplars, vector);
      known.push(meanSimilarity(nearestOf(exemplars, similarities)));
      leftOut.push(meanSimilarity(nearestOf(exemplars, similarities, (at) => exemplars.classes[at] !== own)));
    }
  }
  if (known.length < MIN_NOVELTY_ROWS) return null;
  const sorted = Float64Array.from(known).sort();
  const below = sorted[Math.floor(sorted.length * FALSE_ALARMS)]!;
  const share = (values: readonly number[]) => values.filter((value) => value < below).length / values.length;
  return { below, known: share(known), leftOut: share(leftOut), samples: known.length };
}

/** Of all splits together. */
const MAX_NOVELTY_ROWS = 1000;
