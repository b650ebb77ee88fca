// Counted texts → a fitted model and how it was judged: folds or rows held out, the same ones that choose the regularization.
// Invariants: as in train.ts; X1 with a strict guarantee only the scouting rows choose, so that the proving ones stay unseen.
import { countDocuments, type Idf } from '../features/idf.ts';
import { type Csr, compactColumns, selectRows } from '../features/sparse.ts';
import { defaultMinDocFreq, fitTermWeights, weighCounts } from '../features/weigh.ts';
import { LinearScorer } from '../models/linear-model.ts';
import { fitPath, type LrFit, sumClasses } from '../models/logistic-regression.ts';
import type { Random } from '../ports.ts';
import {
  balancedWeights,
  chooseLeast,
  type Fitting,
  heldOutLoss,
  INVERSE_STRENGTHS,
  isUneven,
  prefersWeights,
  regParamOf,
} from './fit-choice.ts';
import { type Judgement, judge, judgeStrictly, type Predictions } from './judge.ts';
import { featureSpecOf, lrOptionsOf, type TrainOptions } from './options.ts';
import { rowsOfPart, splitRows } from './splits.ts';

export interface TrainProgress {
  /** What is being fitted: `fold 2 of 5`, `final`. */
  phase: string;
  iteration: number;
  objective: number;
}

export interface Data {
  texts: string[];
  labels: string[];
  /** Class of each row. */
  classes: Int32Array;
  weights: Float64Array | undefined;
  skipped: number;
}

export interface Fitted {
  fit: LrFit;
  idf: Idf;
  regParam: number;
}

export interface Judged extends Judgement {
  /** Rows that were judged, in the order of the predictions, and their uncalibrated predictions. */
  rows: readonly number[];
  raw: Float64Array;
  /** Rows that judged a fit, and those it was made of. */
  splits: readonly { held: readonly number[]; rest: readonly number[] }[];
  source: 'out-of-fold' | 'held-out';
  fitting: Fitting;
  /** The model that was judged, where it is the final one. */
  final?: Fitted;
}

/** Rows up to which `auto` judges by folds. */
const MAX_FOLDED_ROWS = 5000;
/** Iterations of a fit that only judges; along a path each starts close to its end. */
const TRIAL_ITERATIONS = 20;
/** Folds that try every strength. */
const SCOUT_FOLDS = 2;

/** What a way of fitting predicts for rows outside training. */
interface Attempt {
  predictions: Predictions;
  /** Which of several strengths this is, and the loss of each. */
  best: number;
  losses: readonly number[];
}

function bestOf(tried: readonly Predictions[], classes: number): Attempt {
  const losses = tried.length > 1 ? tried.map((predictions) => heldOutLoss(predictions, classes)) : [];
  const best = chooseLeast(losses);
  return { predictions: tried[best]!, best, losses };
}

const lossOf = (raw: readonly number[], truth: Int32Array, classes: number): number =>
  raw.length === 0 ? 0 : heldOutLoss({ raw: Float64Array.from(raw), truth }, classes);

export class TextTrainer {
  readonly minDocFreq: number;
  readonly #counts: Csr;
  readonly #columns: Int32Array | undefined;
  readonly #data: Data;
  readonly #options: TrainOptions;
  readonly #tell: (progress: TrainProgress) => void;
  #iterationsTried = 0;

  constructor(counts: Csr, data: Data, options: TrainOptions, tell: (progress: TrainProgress) => void) {
    const { lexical } = featureSpecOf(options);
    // folds and paths make many vectors as long as the width: the columns that occur suffice for them
    const compact = lexical === undefined ? undefined : compactColumns(counts);
    this.#counts = compact?.x ?? counts;
    this.#columns = compact?.columns;
    this.#data = data;
    this.#options = options;
    this.#tell = tell;
    this.minDocFreq = options.minDocFreq ?? defaultMinDocFreq(featureSpecOf(options), counts.rows);
  }

  /** The model over all rows. */
  fitFinal(fitting: Fitting): Fitted {
    const rows = allRows(this.#counts.rows);
    const strengths = fitting.inverseStrength === null ? null : [fitting.inverseStrength];
    return this.#expand([...this.#fits(rows, 'final', strengths, fitting.weighClasses)][0]!); // one strength, one fit
  }

  /** A fit over the columns that occur, as one over all buckets. */
  #expand(fitted: Fitted): Fitted {
    const columns = this.#columns;
    if (columns === undefined) return fitted;
    const { numFeatures } = this.#options;
    const { fit, idf } = fitted;
    const weights = new Float64Array(numFeatures);
    const docFreq = new Uint32Array(numFeatures);
    columns.forEach((bucket, j) => {
      weights[bucket] = idf.weights[j]!;
      docFreq[bucket] = idf.docFreq[j]!;
    });
    const model = { ...fit.model, width: numFeatures, columns: fit.model.columns.map((j) => columns[j]!) };
    return { ...fitted, fit: { ...fit, model }, idf: { weights, docFreq, numDocs: idf.numDocs } };
  }

  judge(groups: Uint32Array, random: Random): Judged {
    const { calibration, guarantee } = this.#options;
    const usesFolds = calibration === 'folds' || (calibration === 'auto' && this.#counts.rows < MAX_FOLDED_ROWS);
    if (guarantee) return this.#judgeStrictly(groups, random);
    return usesFolds ? this.#judgeByFolds(groups, random) : this.#judgeByHoldout(groups, random);
  }

  /** Inverse strengths to try; null: the one regParam that was given. */
  get #strengths(): readonly number[] | null {
    return this.#options.regParam === null ? INVERSE_STRENGTHS : null;
  }

  #judgeByFolds(groups: Uint32Array, random: Random): Judged {
    const { classes, labels } = this.#data;
    const folds = Math.min(this.#options.folds, this.#counts.rows);
    const part = splitRows(classes, groups, folds, random);
    const attempt = (strengths: readonly number[] | null, weighClasses: boolean): Attempt => {
      const raw = new Float64Array(this.#counts.rows * labels.length);
      // Several strengths are tried on the first folds only; the others are fitted with the best of them.
      const scouts = (strengths?.length ?? 1) > 1 ? Math.min(SCOUT_FOLDS, folds) : 0;
      const scouted = Array.from({ length: scouts }, (_, fold) => this.#foldRows(part, fold)).flatMap(
        ({ held }) => held,
      );
      const scoutedTruth = Int32Array.from(scouted, (row) => classes[row]!);
      const perStrength = (strengths ?? []).map((): number[] => []);
      const predict = (fold: number, wanted: readonly number[] | null): Float64Array[] => {
        const { held, rest } = this.#foldRows(part, fold);
        if (held.length === 0 || rest.length === 0) return []; // all texts are equal: nothing can be held out
        const phase = `fold ${fold + 1} of ${folds}`;
        return Array.from(this.#fits(rest, phase, wanted, weighClasses), (fitted) => this.#predict(fitted, held));
      };
      const store = (rows: readonly number[], predicted: ArrayLike<number>): void => {
        rows.forEach((row, i) => {
          for (let k = 0; k < labels.length; k++) raw[row * labels.length + k] = predicted[i * labels.length + k]!;
        });
      };
      for (let fold = 0; fold < scouts; fold++)
        predict(fold, strengths).forEach((predicted, at) => {
          for (const p of predicted) perStrength[at]!.push(p);
        });
      const losses = scouts === 0 ? [] : perStrength.map((all) => lossOf(all, scoutedTruth, labels.length));
      const best = chooseLeast(losses);
      if (scouts > 0) store(scouted, perStrength[best]!);
      const chosen = strengths === null ? null : [strengths[best]!];
      for (let fold = scouts; fold < folds; fold++) {
        const [predicted] = predict(fold, chosen);
        if (predicted !== undefined) store(this.#foldRows(part, fold).held, predicted);
      }
      return { predictions: { raw, truth: classes }, best, losses };
    };
    const { predictions, fitting } = this.#choose(attempt);
    return {
      ...judge({ ...predictions, groups }, labels.length, this.#options),
      rows: allRows(this.#counts.rows),
      raw: predictions.raw,
      splits: Array.from({ length: folds }, (_, fold) => this.#foldRows(part, fold)),
      source: 'out-of-fold',
      fitting,
    };
  }

  #foldRows(part: Uint16Array, fold: number): { held: number[]; rest: number[] } {
    return { held: rowsOfPart(part, fold, true), rest: rowsOfPart(part, fold, false) };
  }

  #judgeByHoldout(groups: Uint32Array, random: Random): Judged {
    const { classes, labels } = this.#data;
    const part = splitRows(classes, groups, Math.round(1 / this.#options.holdout), random);
    const held = rowsOfPart(part, 0, true);
    const rest = rowsOfPart(part, 0, false);
    const truth = Int32Array.from(held, (row) => classes[row]!);
    const { predictions, fitting } = this.#choose((strengths, weighClasses) =>
      bestOf(
        Array.from(this.#fits(rest, 'held-out check', strengths, weighClasses), (fitted) => ({
          raw: this.#predict(fitted, held),
          truth,
        })),
        labels.length,
      ),
    );
    return {
      ...judge({ ...predictions, groups: held.map((row) => groups[row]!) }, labels.length, this.#options),
      rows: held,
      raw: predictions.raw,
      splits: [{ held, rest }],
      source: 'held-out',
      fitting,
    };
  }

  // One part calibrates and scouts, another proves; the model has seen neither and is kept as it is.
  #judgeStrictly(groups: Uint32Array, random: Random): Judged {
    const { classes, labels } = this.#data;
    const parts = Math.max(3, Math.round(2 / this.#options.holdout));
    const part = splitRows(classes, groups, parts, random);
    const training = allRows(this.#counts.rows).filter((row) => part[row]! > 1);
    const side = (wanted: number, fitted: Fitted): Predictions => {
      const rows = rowsOfPart(part, wanted, true);
      const truth = Int32Array.from(rows, (row) => classes[row]!);
      return { raw: this.#predict(fitted, rows), truth, groups: rows.map((row) => groups[row]!) };
    };
    const models = new Map<Predictions, Fitted>();
    const { predictions, fitting } = this.#choose((strengths, weighClasses) =>
      bestOf(
        Array.from(this.#fits(training, 'final', strengths, weighClasses), (fitted) => {
          const scouted = side(0, fitted);
          models.set(scouted, fitted);
          return scouted;
        }),
        labels.length,
      ),
    );
    const final = models.get(predictions)!; // made above, with the predictions
    const tested = side(1, final);
    return {
      ...judgeStrictly(predictions, tested, labels, this.#options),
      rows: rowsOfPart(part, 1, true),
      raw: tested.raw,
      splits: [{ held: rowsOfPart(part, 1, true), rest: training }],
      source: 'held-out',
      fitting,
      final: this.#expand(final),
    };
  }

  /** Try the strengths, and class weights where classes are very uneven; what served best on rows outside training. */
  #choose(attempt: (strengths: readonly number[] | null, weighClasses: boolean) => Attempt): {
    predictions: Predictions;
    fitting: Fitting;
  } {
    const classes = this.#data.labels.length;
    const strengths = this.#strengths;
    const { predictions: plain, best, losses } = attempt(strengths, false);
    const inverseStrength = strengths?.[best] ?? null;
    let predictions = plain;
    let weighClasses = false;
    if (this.#options.classWeights === 'auto' && isUneven(this.#classWeights(allRows(this.#counts.rows)))) {
      const { predictions: weighted } = attempt(inverseStrength === null ? null : [inverseStrength], true);
      if (prefersWeights(predictions, weighted, classes)) {
        predictions = weighted;
        weighClasses = true;
      }
    }
    const tried =
      strengths === null ? [] : strengths.map((C, i) => ({ inverseStrength: C, logLoss: losses[i] ?? Number.NaN }));
    return { predictions, fitting: { inverseStrength, weighClasses, tried, iterationsTried: this.#iterationsTried } };
  }

  *#fits(
    rows: readonly number[],
    phase: string,
    strengths: readonly number[] | null,
    weighClasses: boolean,
  ): Generator<Fitted> {
    const spec = featureSpecOf(this.#options);
    const isAll = rows.length === this.#counts.rows;
    const counts = isAll ? this.#counts : selectRows(this.#counts, rows);
    const idf = fitTermWeights(spec, countDocuments(counts), counts.rows, this.minDocFreq, this.#columns);
    const weights = this.#rowWeights(rows, weighClasses);
    const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? rows.length;
    const given = this.#options.regParam ?? 0;
    const regParams = strengths === null ? [given] : strengths.map((C) => regParamOf(C, total));
    const options = lrOptionsOf(this.#options, regParams[0]!);
    const input = {
      x: weighCounts(spec, counts, idf.weights),
      labels: Int32Array.from(rows, (row) => this.#data.classes[row]!),
      numClasses: this.#data.labels.length,
      ...(weights === undefined ? {} : { weights }),
    };
    const iterations = strengths !== null && phase !== 'final' ? Math.min(TRIAL_ITERATIONS, options.maxIter) : null;
    const path = fitPath(input, iterations === null ? options : { ...options, maxIter: iterations }, regParams, (at) =>
      this.#tell({ phase, ...at }),
    );
    let at = 0;
    for (const fit of path) {
      if (phase !== 'final') this.#iterationsTried += fit.iterations;
      yield { fit, idf, regParam: regParams[at++]! };
    }
  }

  #rowWeights(rows: readonly number[], weighClasses: boolean): Float64Array | undefined {
    const { weights, classes } = this.#data;
    if (!weighClasses) return weights === undefined ? undefined : Float64Array.from(rows, (row) => weights[row]!);
    const byClass = balancedWeights(this.#classWeights(rows));
    return Float64Array.from(rows, (row) => (weights?.[row] ?? 1) * byClass[classes[row]!]!);
  }

  #classWeights(rows: readonly number[]): Float64Array {
    const { weights, classes, labels } = this.#data;
    return sumClasses(
      Int32Array.from(rows, (row) => classes[row]!),
      labels.length,
      weights === undefined ? undefined : Float64Array.from(rows, (row) => weights[row]!),
    );
  }

  #predict({ fit, idf }: Fitted, rows: readonly number[]): Float64Array {
    const x = weighCounts(featureSpecOf(this.#options), selectRows(this.#counts, rows), idf.weights);
    return new LinearScorer(fit.model).probabilities(x);
  }
}

const allRows = (count: number): number[] => Array.from({ length: count }, (_, row) => row);
