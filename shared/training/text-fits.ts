// Fits to some of the counted texts, and what they say of others.
import { countDocuments, type Idf } from '../features/idf.ts';
import { weighByLabels } from '../features/label-weights.ts';
import type { RowReader } from '../features/row-reader.ts';
import { type Csr, compactColumns, selectRows } from '../features/sparse.ts';
import { defaultMinDocFreq, fitTermWeights, readWeighedRows, type Weighing, weighCounts } from '../features/weigh.ts';
import { LinearScorer } from '../models/linear-model.ts';
import { fitSvmPath } from '../models/linear-svm.ts';
import { fitPath, type LrFit } from '../models/logistic-regression.ts';
import { sumClasses } from '../models/lr-model.ts';
import { balancedWeights, regParamOf, type Way } from './fit-choice.ts';
import { featureSpecOf, lrOptionsOf, type TrainOptions } from './options.ts';

export interface TrainProgress {
  /** What is being fitted: `fold 2 of 5`, `final`. */
  phase: string;
  /** Of the fit; where labels are fitted one after the other, how many are. */
  iteration: number;
  objective: number;
  /** Labels to fit one after the other. */
  labels?: number;
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

/** Iterations of a fit that only judges strengths; along a path each starts close to its end. */
const TRIAL_ITERATIONS = 20;
/** Ways that are alike but for the strength: one path of fits. */
export interface WayPath extends Pick<Way, 'weighing'> {
  strengths: readonly number[] | null;
  weighClasses: boolean;
}

export class TextFits {
  readonly minDocFreq: number;
  /** Of the columns that occur often enough. */
  readonly counts: Csr;
  /** Of all fits but the final one. */
  iterationsTried = 0;
  readonly #columns: Int32Array | undefined;
  readonly #data: Data;
  readonly #options: TrainOptions;
  readonly #tell: (progress: TrainProgress) => void;

  constructor(counts: Csr, data: Data, options: TrainOptions, tell: (progress: TrainProgress) => void) {
    const spec = featureSpecOf(options);
    this.minDocFreq = options.minDocFreq ?? defaultMinDocFreq(spec, counts.rows);
    // folds and paths make many vectors as long as the width: columns that are in too few rows are in too few of any fold
    const compact = spec.lexical === undefined ? undefined : compactColumns(counts, this.minDocFreq);
    this.counts = compact?.x ?? counts;
    this.#columns = compact?.columns;
    this.#data = data;
    this.#options = options;
    this.#tell = tell;
  }

  get rows(): number {
    return this.counts.rows;
  }

  /** A fit over the columns that occur, as one over all buckets. */
  expand(fitted: Fitted): Fitted {
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

  /** Fits of a path, in the order of its strengths. @param rows  that it is fitted to */
  *path(rows: readonly number[], phase: string, { weighing, strengths, weighClasses }: WayPath): Generator<Fitted> {
    const weights = this.#rowWeights(rows, weighClasses);
    const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? rows.length;
    const regParams = strengths === null ? [this.#options.regParam ?? 0] : strengths.map((C) => regParamOf(C, total));
    const options = lrOptionsOf(this.#options, regParams[0]!);
    const { x, idf } = this.#vectors(rows, weighing, weights);
    const input = {
      x,
      labels: Int32Array.from(rows, (row) => this.#data.classes[row]!),
      numClasses: this.#data.labels.length,
      ...(weights === undefined ? {} : { weights }),
    };
    // where weighings are compared a trial has as many iterations as the final fit: one that is stopped early is another model
    const isTrial = strengths !== null && phase !== 'final' && this.#options.lexical?.version !== 2;
    const maxIter = isTrial ? Math.min(TRIAL_ITERATIONS, options.maxIter) : options.maxIter;
    const tell = (at: Omit<TrainProgress, 'phase'>): void => this.#tell({ phase, ...at });
    const path =
      this.#options.loss === 'logistic'
        ? fitPath(input, { ...options, maxIter }, regParams, tell)
        : fitSvmPath(input, options, regParams, tell);
    let at = 0;
    for (const fit of path) {
      if (phase !== 'final') this.iterationsTried += fit.iterations;
      yield { fit, idf, regParam: regParams[at++]! };
    }
  }

  #vectors(rows: readonly number[], weighing: Weighing, rowWeights?: Float64Array): { x: Csr | RowReader; idf: Idf } {
    const spec = featureSpecOf(this.#options);
    const counts = rows.length === this.counts.rows ? this.counts : selectRows(this.counts, rows);
    const idf = fitTermWeights(spec, countDocuments(counts), counts.rows, this.minDocFreq, this.#columns, weighing);
    if (weighing === 'labels') {
      const classes = Int32Array.from(rows, (row) => this.#data.classes[row]!);
      weighByLabels(idf.weights, counts, classes, this.#data.labels.length, rowWeights);
    }
    const x =
      spec.lexical === undefined
        ? weighCounts(spec, counts, idf.weights)
        : readWeighedRows(this.counts, rows, idf.weights);
    return { x, idf };
  }

  #rowWeights(rows: readonly number[], weighClasses: boolean): Float64Array | undefined {
    const { weights, classes } = this.#data;
    if (!weighClasses) return weights === undefined ? undefined : Float64Array.from(rows, (row) => weights[row]!);
    const byClass = balancedWeights(this.classWeights(rows));
    return Float64Array.from(rows, (row) => (weights?.[row] ?? 1) * byClass[classes[row]!]!);
  }

  /** Sum of the weights of each class's rows. */
  classWeights(rows: readonly number[]): Float64Array {
    const { weights, classes, labels } = this.#data;
    return sumClasses(
      Int32Array.from(rows, (row) => classes[row]!),
      labels.length,
      weights === undefined ? undefined : Float64Array.from(rows, (row) => weights[row]!),
    );
  }

  /** Uncalibrated predictions [rows, labels]. */
  predict({ fit, idf }: Fitted, rows: readonly number[]): Float64Array {
    const x = weighCounts(featureSpecOf(this.#options), selectRows(this.counts, rows), idf.weights);
    return new LinearScorer(fit.model).probabilities(x);
  }
}
