// What a training on people's decisions would give, before it is done: judged on rows that no judging model has seen, as the training itself judges.
// Invariants: G1 what the local stages had proposed and what a model would say are compared on the same documents or not at all. G2 near copies lie on
// one side of every split and count once in the interval. G3 equal decisions give equal estimates.

import { fitLabels } from '../features/string-indexer.ts';
import { createTermCounter } from '../features/term-counter.ts';
import { argmax } from '../models/scorer.ts';
import { clopperPearson } from '../models/threshold.ts';
import { seededRandom } from '../ports.ts';
import { completeTrainOptions, featureSpecOf } from './options.ts';
import { groupTexts, splitRows } from './splits.ts';
import { TextTrainer } from './text-trainer.ts';

export interface JudgedDecision {
  text: string;
  /** What people said. */
  label: string;
  /** What the local stages had proposed before; null: nothing. */
  proposed: string | null;
}

export interface ExpectedGain {
  /** Decided documents it rests on. */
  documents: number;
  /** Share of them that a model trained on the others labels rightly, with its 95 % interval. */
  right: number;
  low: number;
  high: number;
  /** Of those for which a label had been proposed: share where it was right, and what the model says of the same ones; null: too few. */
  before: { documents: number; right: number; model: number } | null;
  /** Expected with twice as many decisions: how errors fell from half of these to all goes on. null: not to be told. */
  twice: number | null;
  /** Share it would decide alone with `aim` right, proven; where that is 0, how many more decisions a proof needs at least (0: not to be told). */
  alone: number;
  missing: number;
  aim: number;
}

/** Decisions below which nothing is estimated. */
export const MIN_JUDGED = 20;
const LEVEL = 0.05;
const HALVES = 2;

/** null: too few decisions, or all of one label. */
export function expectedGain(decisions: readonly JudgedDecision[], seed = 1): ExpectedGain | null {
  if (decisions.length < MIN_JUDGED || new Set(decisions.map(({ label }) => label)).size < 2) return null;
  const all = judgeRows(decisions, seed);
  const groups = new Set(all.groups).size;
  const right = shareOf(all.isRight);
  const [low, high] = clopperPearson(right * groups, groups, LEVEL);
  const proposed = decisions.flatMap(({ proposed }, row) => (proposed === null ? [] : [row]));
  const part = splitRows(all.classes, all.groups, HALVES, seededRandom(seed));
  const half = decisions.filter((_, row) => part[row] === 0);
  const isEnough = half.length >= MIN_JUDGED / HALVES && new Set(half.map(({ label }) => label)).size > 1;
  return {
    documents: decisions.length,
    ...{ right, low, high },
    before:
      proposed.length < MIN_JUDGED
        ? null
        : {
            documents: proposed.length,
            right: shareOf(proposed.map((row) => (decisions[row]!.proposed === decisions[row]!.label ? 1 : 0))),
            model: shareOf(proposed.map((row) => all.isRight[row]!)),
          },
    twice: isEnough ? goneOn(shareOf(judgeRows(half, seed).isRight), right) : null,
    alone: all.accept.coverage,
    missing: all.accept.missing ?? 0,
    aim: all.accept.precision,
  };
}

/** Errors that fell by some factor when decisions doubled fall by it again; where they did not fall, nothing is expected. */
function goneOn(halfRight: number, right: number): number {
  const [before, now] = [1 - halfRight, 1 - right];
  return before <= now || before === 0 ? right : 1 - (now * now) / before;
}

function judgeRows(decisions: readonly JudgedDecision[], seed: number) {
  const options = completeTrainOptions({ calibration: 'folds', seed });
  const labels = fitLabels(decisions.map(({ label }) => label));
  const place = new Map(labels.map((label, k) => [label, k]));
  const classes = Int32Array.from(decisions, ({ label }) => place.get(label)!); // made of these labels
  const texts = decisions.map(({ text }) => text);
  const counts = createTermCounter(featureSpecOf(options)).count(texts);
  const groups = groupTexts(texts, classes);
  const trainer = new TextTrainer(
    counts,
    { texts: [], labels, classes, weights: undefined, skipped: 0 },
    options,
    () => {},
  );
  const { probabilities, choice } = trainer.judge(groups, seededRandom(seed));
  const width = labels.length;
  const isRight = Uint8Array.from(classes, (label, row) =>
    argmax(probabilities, row * width, (row + 1) * width) === label ? 1 : 0,
  );
  return { isRight, groups, classes, accept: choice.accept };
}

const shareOf = (bits: ArrayLike<number>): number =>
  Array.from(bits).reduce((sum, bit) => sum + bit, 0) / Math.max(1, bits.length);
