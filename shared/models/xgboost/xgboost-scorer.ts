// Scores rows with an XGBoost booster, as the library does: float32 features and thresholds, float32 sums in the order of the trees.
// Invariant: X1 an absent entry of a sparse row is missing unless `absent` says zero: the two give different predictions, and only the
// way the training matrix was made says which is right.
// Source: dmlc/xgboost src/predictor/cpu_predictor.cc.
import { TerminalError } from '../../errors.ts';
import type { Csr } from '../../features/sparse.ts';
import { type Contributions, requireWidth, type Scorer } from '../scorer.ts';
import type { Booster, BoosterHead } from './booster.ts';
import { treeContributions } from './contributions.ts';
import { Forest } from './forest.ts';

export interface XgboostOptions {
  /** What an entry means that a sparse row does not hold. SparkXGB trains on dense rows by default: zero. */
  absent: 'missing' | 'zero';
  /** A stored value that means missing as well; NaN always does. */
  missing: number;
  /** best: rounds up to best_iteration, as the scikit-learn wrapper and SparkXGB predict; all: as Booster.predict; or the first n. */
  rounds: 'best' | 'all' | number;
}

export const defaultXgboostOptions: XgboostOptions = { absent: 'missing', missing: Number.NaN, rounds: 'all' };

const MULTI = /^multi:soft(prob|max)$/;
const BINARY = /^(binary:(logistic|logitraw)|reg:logistic)$/;

export class XgboostScorer implements Scorer {
  readonly kind = 'xgboost';
  readonly width: number;
  readonly classes: number;
  readonly booster: Booster;
  readonly #options: XgboostOptions;
  /** Rounds that are used. */
  readonly rounds: number;
  readonly #treeEnd: number;
  /** Features the trees split on, ascending; a row is spread over these only. */
  readonly #used: Int32Array;
  /** Feature → place in #used, -1 when no tree asks. */
  readonly #slots: Int32Array;
  readonly #forest: Forest | undefined;

  constructor(booster: Booster, options: Partial<XgboostOptions> = {}) {
    this.booster = booster;
    this.width = booster.width;
    this.#options = { ...defaultXgboostOptions, ...options };
    this.classes = classesOf(booster);
    this.rounds = roundsOf(booster, this.#options.rounds);
    this.#treeEnd = this.rounds === 0 ? 0 : booster.roundEnds[this.rounds - 1]!;
    this.#slots = new Int32Array(booster.width).fill(-1);
    const used = new Set<number>();
    for (const feature of booster.features) {
      if (feature < 0 || this.#slots[feature] === 0) continue;
      this.#slots[feature] = 0;
      used.add(feature);
    }
    this.#used = Int32Array.from(used).sort();
    this.#used.forEach((feature, slot) => {
      this.#slots[feature] = slot;
    });
    this.#forest = Forest.build(booster, this.#slots, this.#used.length);
  }

  /** Margins [rows, groups], row-major, float32. @throws {TerminalError} model.width-mismatch */
  margins(x: Csr): Float32Array {
    requireWidth(x, this.width);
    const { groups, baseMargins } = this.booster;
    const out = new Float32Array(x.rows * groups);
    for (let i = 0; i < x.rows; i++) out.set(baseMargins, i * groups);
    if (this.#forest === undefined) this.#addLeavesOneByOne(x, out);
    else this.#addLeavesInBlocks(x, out, this.#forest);
    return out;
  }

  #addLeavesInBlocks(x: Csr, out: Float32Array, forest: Forest): void {
    const { groups } = this.booster;
    const { absent, missing } = this.#options;
    const isAbsentZero = absent === 'zero' && missing !== 0;
    for (let from = 0; from < x.rows; from += forest.blockRows) {
      const rows = Math.min(forest.blockRows, x.rows - from);
      if (isAbsentZero) forest.clear();
      for (let row = 0; row < rows; row++) forest.fillRow(row, x, from + row, missing);
      forest.addLeaves(rows, this.#treeEnd, out, from * groups);
      if (isAbsentZero) continue;
      for (let row = 0; row < rows; row++) forest.emptyRow(row, x, from + row);
    }
  }

  /** For categorical splits. */
  #addLeavesOneByOne(x: Csr, out: Float32Array): void {
    const { groups, roots, treeGroups, treeWeights, features, values, left, right } = this.booster;
    const row = new Float32Array(this.#used.length);
    for (let i = 0; i < x.rows; i++) {
      this.#spread(x, i, row);
      for (let t = 0; t < this.#treeEnd; t++) {
        const at = i * groups + treeGroups[t]!;
        let node = roots[t]!;
        while (features[node]! >= 0) node = this.#isLeft(node, row) ? left[node]! : right[node]!;
        const leaf = values[node]!;
        const weight = treeWeights[t]!;
        out[at] = out[at]! + (weight === 1 ? leaf : Math.fround(leaf * weight));
      }
    }
  }

  /** What the library's predict() gives [rows, groups]: probabilities, expected counts, class numbers… by objective. */
  predict(x: Csr): Float32Array {
    const margins = this.margins(x);
    const { objective, groups } = this.booster;
    if (MULTI.test(objective)) {
      softmaxFloat32(margins, groups);
      return objective === 'multi:softprob' ? margins : classNumbers(margins, groups);
    }
    return margins.map(outputTransform(objective));
  }

  /** @throws {TerminalError} model.unsupported when the model is no classifier */
  probabilities(x: Csr): Float64Array {
    const { objective, groups } = this.booster;
    requireClassifier(this.booster);
    const isMulti = MULTI.test(objective);
    const margins = this.margins(x);
    if (isMulti) return Float64Array.from(softmaxFloat32(margins, groups));
    const transform = outputTransform(objective === 'binary:logitraw' ? 'binary:logistic' : objective);
    const probabilities = new Float64Array(x.rows * 2);
    for (let i = 0; i < x.rows; i++) {
      const p = Math.fround(transform(margins[i]!));
      probabilities[2 * i] = 1 - p;
      probabilities[2 * i + 1] = p;
    }
    return probabilities;
  }

  contributions(x: Csr, row: number, label: number, runnerUp: number, out: Contributions): true {
    out.own.set(this.#contributions(x, row, label));
    out.runnerUp.set(this.#contributions(x, row, runnerUp));
    return true;
  }

  #contributions(x: Csr, row: number, label: number): Float64Array {
    const { groups } = this.booster;
    const sign = groups === 1 && label === 0 ? -1 : 1; // a binary margin speaks for class 1
    const { values } = this.shapValues(x, row, groups === 1 ? 0 : label);
    return Float64Array.from(x.indices.subarray(x.indptr[row]!, x.indptr[row + 1]!), (column) => {
      const slot = this.#slots[column]!;
      return slot < 0 || values[slot] === 0 ? 0 : sign * values[slot]!;
    });
  }

  /**
   * Exact Shapley values of a row's margin: bias + sum of values = margin.
   * @returns values by used feature (see usedFeatures)
   */
  shapValues(x: Csr, row: number, group: number): { values: Float64Array; bias: number } {
    requireWidth(x, this.width);
    const spread = new Float32Array(this.#used.length);
    this.#spread(x, row, spread);
    const isLeft = (node: number): boolean => this.#isLeft(node, spread);
    const slotOf = (node: number): number => this.#slots[this.booster.features[node]!]!;
    return treeContributions(this.booster, group, this.#treeEnd, this.#used.length, slotOf, isLeft);
  }

  /** Features that any tree splits on, ascending. */
  get usedFeatures(): Int32Array {
    return this.#used;
  }

  /** Fill a row's used features: NaN where missing. */
  #spread(x: Csr, i: number, row: Float32Array): void {
    const { absent, missing } = this.#options;
    row.fill(absent === 'zero' && missing !== 0 ? 0 : Number.NaN);
    for (let e = x.indptr[i]!, end = x.indptr[i + 1]!; e < end; e++) {
      const slot = this.#slots[x.indices[e]!]!;
      if (slot < 0) continue;
      const value = x.values[e]!;
      row[slot] = value === missing ? Number.NaN : value;
    }
  }

  /** Where a row goes from a split. */
  #isLeft(node: number, row: Float32Array): boolean {
    const { features, values, defaultLeft, categories } = this.booster;
    const v = row[this.#slots[features[node]!]!]!;
    if (Number.isNaN(v)) return defaultLeft[node] === 1;
    const set = categories.get(node);
    return set === undefined ? v < values[node]! : v < 0 || !set.has(Math.trunc(v));
  }
}

/**
 * Probabilities of one class out of several must come of it.
 * @throws {TerminalError} model.unsupported for regressions, rankings, hard decisions (binary:hinge) and several labels at once
 */
export function requireClassifier({ objective, groups }: BoosterHead): void {
  const why =
    objective === 'binary:hinge'
      ? 'gives decisions, no probabilities; train with binary:logistic'
      : BINARY.test(objective) && groups > 1
        ? `decides ${groups} labels independently of each other; a model for one label out of several is needed`
        : MULTI.test(objective) || BINARY.test(objective)
          ? undefined
          : 'is no classifier';
  if (why !== undefined) throw new TerminalError('model.unsupported', `XGBoost objective "${objective}" ${why}`);
}

/** A margin of one group is that of the second of two classes. */
export const classesOf = ({ groups }: BoosterHead): number => (groups > 1 ? groups : 2);

/** How many rounds are used. @throws {TerminalError} request.invalid */
export function roundsOf(booster: BoosterHead, asked: XgboostOptions['rounds']): number {
  const all = booster.roundEnds.length;
  if (asked === 'all') return all;
  if (asked === 'best') return Math.min(booster.bestRounds ?? all, all);
  if (!(Number.isInteger(asked) && asked >= 1 && asked <= all))
    throw new TerminalError('request.invalid', `rounds: need 1 to ${all}, have ${asked}`);
  return asked;
}

/** Output of one margin by objective; the identity for those without a link. */
function outputTransform(objective: string): (margin: number) => number {
  if (objective === 'binary:logistic' || objective === 'reg:logistic')
    return (m) => 1 / (Math.fround(Math.exp(Math.min(-m, Math.fround(88.7)))) + 1);
  if (objective === 'binary:hinge') return (m) => (m > 0 ? 1 : 0);
  if (/^(count:poisson|reg:gamma|reg:tweedie)$/.test(objective)) return Math.exp;
  return (m) => m;
}

/** Softmax of each row in place: float32 exponentials, the sum in double. */
function softmaxFloat32(margins: Float32Array, groups: number): Float32Array {
  for (let from = 0; from < margins.length; from += groups) {
    let max = margins[from]!;
    for (let k = 1; k < groups; k++) max = Math.max(max, margins[from + k]!);
    let sum = 0;
    for (let k = from; k < from + groups; k++) {
      margins[k] = Math.exp(Math.fround(margins[k]! - max));
      sum += margins[k]!;
    }
    for (let k = from; k < from + groups; k++) margins[k] = margins[k]! / Math.fround(sum);
  }
  return margins;
}

function classNumbers(values: Float32Array, groups: number): Float32Array {
  return Float32Array.from({ length: values.length / groups }, (_, row) => {
    let best = 0;
    for (let k = 1; k < groups; k++) if (values[row * groups + k]! > values[row * groups + best]!) best = k;
    return best;
  });
}
