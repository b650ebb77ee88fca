// Counted texts → a fitted model and how it was judged: folds or rows held out, the same ones that choose the regularization.
// Invariants: as in train.ts; X1 with a strict guarantee only the scouting rows choose, so that the proving ones stay unseen.
import type { LexicalSettings } from '../features/lexical.ts';
import type { Csr } from '../features/sparse.ts';
import { WEIGHINGS, type Weighing } from '../features/weigh.ts';
import type { Random } from '../ports.ts';
import { MAX_HEAD_ROWS } from './encoder-head.ts';
import { chooseTrial, type Fitting, heldOutLoss, isUneven, prefersWeights, STRENGTHS, type Way } from './fit-choice.ts';
import { type Judgement, judge, judgeStrictly, type Predictions } from './judge.ts';
import { featureSpecOf, type TrainOptions } from './options.ts';
import { drawAlike, rowsOfPart, splitRows } from './splits.ts';
import { type Data, type Fitted, TextFits, type TrainProgress, type WayPath } from './text-fits.ts';

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
/** Folds where an encoder judges them too, at least: models of nine tenths of the rows prove nearly what the final one can. */
const ENCODED_FOLDS = 10;
/** Values of the features × labels up to which more rows than these are judged by folds where an encoder judges them too (banking77 has 0.8e8). */
const MAX_FOLDED_WORK = 1e8;
/** Rows that judge the ways that are tried: as many folds as hold so many, at most two. */
const SCOUTED_ROWS = 900;
const MAX_SCOUT_FOLDS = 2;
/** Rows that train the ways that are tried, where one part is held out: which of two ways serves better shows on some thousands. */
const SCOUT_ROWS = 4000;

/** Rows outside training that judge ways of fitting. */
interface Bench {
  /** Predictions of each strength of a path, for the rows that choose. */
  scout(path: WayPath): Predictions[];
  /** Predictions of one way for all rows that judge. @param scouted  those that scout() made of it */
  complete(path: WayPath, scouted?: Predictions): Predictions;
}

export class TextTrainer {
  readonly #fits: TextFits;
  readonly #data: Data;
  readonly #options: TrainOptions;

  constructor(counts: Csr, data: Data, options: TrainOptions, tell: (progress: TrainProgress) => void) {
    this.#fits = new TextFits(counts, data, options, tell);
    this.#data = data;
    this.#options = options;
  }

  get minDocFreq(): number {
    return this.#fits.minDocFreq;
  }

  /** The model over all rows. */
  fitFinal(fitting: Fitting): Fitted {
    const rows = allRows(this.#fits.rows);
    const { weighing, weighClasses } = fitting;
    const path = { weighing, strengths: strengthsOf(fitting), weighClasses };
    return this.#fits.expand([...this.#fits.path(rows, 'final', path)][0]!); // one strength, one fit
  }

  /** @param isEncoded  a second stage is judged on the same splits */
  judge(groups: Uint32Array, random: Random, isEncoded = false): Judged {
    const { calibration, guarantee } = this.#options;
    const { labels } = this.#data;
    const usesFolds =
      calibration === 'folds' || (calibration === 'auto' && isFolded(this.#fits.counts, labels.length, isEncoded));
    if (guarantee) return this.#judgeStrictly(groups, random);
    const isFew = this.#fits.rows < MAX_FOLDED_ROWS;
    const folds =
      isEncoded && isFew && calibration === 'auto' ? Math.max(this.#options.folds, ENCODED_FOLDS) : this.#options.folds;
    return usesFolds ? this.#judgeByFolds(folds, groups, random) : this.#judgeByHoldout(groups, random);
  }

  #judgeByFolds(wanted: number, groups: Uint32Array, random: Random): Judged {
    const { classes, labels } = this.#data;
    const folds = Math.min(wanted, this.#fits.rows);
    const part = splitRows(classes, groups, folds, random);
    const split = (fold: number) => ({ held: rowsOfPart(part, fold, true), rest: rowsOfPart(part, fold, false) });
    // Several ways are tried on the first folds only.
    const scouts = Math.min(MAX_SCOUT_FOLDS, folds, Math.ceil((SCOUTED_ROWS * folds) / this.#fits.rows));
    const scoutedRows = Array.from({ length: scouts }, (_, fold) => split(fold).held).flat();
    const predict = (fold: number, path: WayPath): Float64Array[] => {
      const { held, rest } = split(fold);
      if (held.length === 0 || rest.length === 0) return []; // all texts are equal: nothing can be held out
      return Array.from(this.#fits.path(rest, `fold ${fold + 1} of ${folds}`, path), (fitted) =>
        this.#fits.predict(fitted, held),
      );
    };
    const { predictions, fitting } = this.#choose({
      scout: (path) => {
        const raw = (path.strengths ?? [null]).map(() => new Float64Array(scoutedRows.length * labels.length));
        let at = 0;
        for (let fold = 0; fold < scouts; fold++) {
          const predicted = predict(fold, path);
          predicted.forEach((p, strength) => {
            raw[strength]!.set(p, at);
          });
          at += split(fold).held.length * labels.length;
        }
        const truth = Int32Array.from(scoutedRows, (row) => classes[row]!);
        return raw.map((predicted) => ({ raw: predicted, truth }));
      },
      complete: (path, scouted) => {
        const raw = new Float64Array(this.#fits.rows * labels.length);
        const store = (rows: readonly number[], predicted: Float64Array): void => {
          rows.forEach((row, i) => {
            raw.set(predicted.subarray(i * labels.length, (i + 1) * labels.length), row * labels.length);
          });
        };
        if (scouted !== undefined) store(scoutedRows, scouted.raw);
        for (let fold = scouted === undefined ? 0 : scouts; fold < folds; fold++) {
          const [predicted] = predict(fold, path);
          if (predicted !== undefined) store(split(fold).held, predicted);
        }
        return { raw, truth: classes };
      },
    });
    return {
      ...judge({ ...predictions, groups }, labels.length, this.#options),
      rows: allRows(this.#fits.rows),
      raw: predictions.raw,
      splits: Array.from({ length: folds }, (_, fold) => split(fold)),
      source: 'out-of-fold',
      fitting,
    };
  }

  #judgeByHoldout(groups: Uint32Array, random: Random): Judged {
    const { classes, labels } = this.#data;
    const part = splitRows(classes, groups, Math.round(1 / this.#options.holdout), random);
    const held = rowsOfPart(part, 0, true);
    const rest = rowsOfPart(part, 0, false);
    const truth = Int32Array.from(held, (row) => classes[row]!);
    const fitTo = (rows: readonly number[], phase: string, path: WayPath): Predictions[] =>
      Array.from(this.#fits.path(rows, phase, path), (fitted) => ({ raw: this.#fits.predict(fitted, held), truth }));
    const some = drawAlike(rest, classes, SCOUT_ROWS);
    const { predictions, fitting } = this.#choose({
      scout: (path) => fitTo(some, 'trial', path),
      complete: (path, scouted) =>
        scouted !== undefined && some === rest ? scouted : fitTo(rest, 'held-out check', path)[0]!, // one strength, one fit
    });
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
    const training = allRows(this.#fits.rows).filter((row) => part[row]! > 1);
    const side = (wanted: number, fitted: Fitted): Predictions => {
      const rows = rowsOfPart(part, wanted, true);
      const truth = Int32Array.from(rows, (row) => classes[row]!);
      return { raw: this.#fits.predict(fitted, rows), truth, groups: rows.map((row) => groups[row]!) };
    };
    const models = new Map<Predictions, Fitted>();
    const scout = (path: WayPath): Predictions[] =>
      Array.from(this.#fits.path(training, 'final', path), (fitted) => {
        const scouted = side(0, fitted);
        models.set(scouted, fitted);
        return scouted;
      });
    const { predictions, fitting } = this.#choose({
      scout,
      complete: (path, scouted) => scouted ?? scout(path)[0]!, // one strength, one fit
    });
    const final = models.get(predictions)!; // made above, with the predictions
    const tested = side(1, final);
    return {
      ...judgeStrictly(predictions, tested, labels, this.#options),
      rows: rowsOfPart(part, 1, true),
      raw: tested.raw,
      splits: [{ held: rowsOfPart(part, 1, true), rest: training }],
      source: 'held-out',
      fitting,
      final: this.#fits.expand(final),
    };
  }

  /** Try the ways, and class weights where classes are very uneven; what served best on rows outside training. */
  #choose(bench: Bench): { predictions: Predictions; fitting: Fitting } {
    const classes = this.#data.labels.length;
    const { best, scouted, tried } = this.#scoutWays(bench);
    const path: WayPath = { weighing: best.weighing, strengths: strengthsOf(best), weighClasses: false };
    let predictions = bench.complete(path, scouted);
    let weighClasses = false;
    if (this.#options.classWeights === 'auto' && isUneven(this.#fits.classWeights(allRows(this.#fits.rows)))) {
      const weighted = bench.complete({ ...path, weighClasses: true });
      if (prefersWeights(predictions, weighted, classes)) {
        predictions = weighted;
        weighClasses = true;
      }
    }
    return { predictions, fitting: { ...best, weighClasses, tried, iterationsTried: this.#fits.iterationsTried } };
  }

  /** The way with the least held-out loss. A regParam that is given leaves nothing to choose. */
  #scoutWays(bench: Bench): { best: Way; scouted?: Predictions; tried: Fitting['tried'] } {
    const { lexical } = featureSpecOf(this.#options);
    if (this.#options.regParam !== null) return { best: { weighing: 'even', inverseStrength: null }, tried: [] };
    const tried: (Way & { inverseStrength: number; logLoss: number; scouted: Predictions })[] = [];
    const tryPath = (weighing: Weighing, strengths: readonly number[]): void => {
      bench.scout({ weighing, strengths, weighClasses: false }).forEach((scouted, i) => {
        const logLoss = scouted.truth.length === 0 ? 0 : heldOutLoss(scouted, this.#data.labels.length);
        tried.push({ weighing, inverseStrength: strengths[i]!, logLoss, scouted });
      });
    };
    const weighings = weighingsOf(lexical);
    const { stronger, compared, weaker } = STRENGTHS[this.#options.loss];
    const best = () => {
      const strongFirst = tried.toSorted((a, b) => a.inverseStrength - b.inverseStrength);
      return strongFirst[chooseTrial(strongFirst, compared)]!;
    };
    for (const weighing of weighings)
      tryPath(weighing, weighings.length > 1 ? [compared] : [stronger, compared, weaker]);
    if (weighings.length > 1) {
      tryPath(best().weighing, [weaker]);
      if (best().inverseStrength === compared) tryPath(best().weighing, [stronger]);
    }
    const { weighing, inverseStrength, scouted } = best();
    return { best: { weighing, inverseStrength }, scouted, tried: tried.map(({ scouted: _, ...way }) => way) };
  }
}

/** Models of version 1 know one weighing. */
const weighingsOf = (lexical: LexicalSettings | undefined): readonly Weighing[] =>
  lexical === undefined || lexical.version === 1 ? ['even'] : WEIGHINGS;

const strengthsOf = ({ inverseStrength }: Way): readonly number[] | null =>
  inverseStrength === null ? null : [inverseStrength];

const allRows = (count: number): number[] => Array.from({ length: count }, (_, row) => row);

/** Few rows are judged by folds; with an encoder more of them too, where that costs about what encoding them does. */
export function isFolded({ rows, values }: Pick<Csr, 'rows' | 'values'>, labels: number, isEncoded: boolean): boolean {
  if (rows < MAX_FOLDED_ROWS) return true;
  return isEncoded && rows <= MAX_HEAD_ROWS && values.length * labels <= MAX_FOLDED_WORK;
}
