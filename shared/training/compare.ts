// Two models on the same labelled texts: which is better, and whether the difference could be chance.
import { TerminalError } from '../errors.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { type Evaluation, measure } from '../models/metrics.ts';
import { argmax } from '../models/scorer.ts';
import { tailProbability } from '../models/threshold.ts';

export interface ModelComparison {
  a: Evaluation;
  b: Evaluation;
  bothRight: number;
  onlyA: number;
  onlyB: number;
  bothWrong: number;
  /** Exact McNemar test, two-sided: the chance of so uneven a split of the disagreements if both models were equally good. */
  pValue: number;
  /** Documents whose predicted label differs. */
  changed: number;
  perLabel: { label: string; f1A: number; f1B: number; difference: number }[];
}

/**
 * Compare on the same examples.
 * @throws {TerminalError} train.no-rows
 */
export function compareModels(
  a: LoadedModel,
  b: LoadedModel,
  examples: readonly { text: string; label: string }[],
): ModelComparison {
  if (examples.length === 0) throw new TerminalError('train.no-rows', 'Comparing needs at least one labelled row');
  const [left, right] = [predict(a, examples), predict(b, examples)];
  const counts = { bothRight: 0, onlyA: 0, onlyB: 0, bothWrong: 0 };
  let changed = 0;
  examples.forEach(({ label }, row) => {
    const isRightA = left.labels[row] === label;
    const isRightB = right.labels[row] === label;
    counts[isRightA ? (isRightB ? 'bothRight' : 'onlyA') : isRightB ? 'onlyB' : 'bothWrong']++;
    if (left.labels[row] !== right.labels[row]) changed++;
  });
  const f1 = (evaluation: Evaluation) => new Map(evaluation.perLabel.map((entry) => [entry.label, entry.f1]));
  const [f1A, f1B] = [f1(left.evaluation), f1(right.evaluation)];
  return {
    a: left.evaluation,
    b: right.evaluation,
    ...counts,
    pValue: mcNemar(counts.onlyA, counts.onlyB),
    changed,
    perLabel: [...new Set([...f1A.keys(), ...f1B.keys()])].map((label) => {
      const [before, after] = [f1A.get(label) ?? 0, f1B.get(label) ?? 0];
      return { label, f1A: before, f1B: after, difference: after - before };
    }),
  };
}

/** Two-sided exact test of onlyA against onlyB as fair coin throws. */
export function mcNemar(onlyA: number, onlyB: number): number {
  const trials = onlyA + onlyB;
  return trials === 0 ? 1 : Math.min(1, 2 * tailProbability(Math.max(onlyA, onlyB), trials, 0.5));
}

function predict(model: LoadedModel, examples: readonly { text: string; label: string }[]) {
  const probabilities = model.score(model.featurize(examples.map(({ text }) => text)));
  const classes = model.labels.length;
  const place = new Map(model.labels.map((label, k) => [label, k]));
  const truth = examples.map(({ label }) => place.get(label) ?? -1);
  const strangers = examples.filter(({ label }) => !place.has(label)).map(({ label }) => label);
  return {
    evaluation: measure(probabilities, model.labels, truth, strangers),
    labels: examples.map((_, row) => model.labels[argmax(probabilities, row * classes, (row + 1) * classes)]),
  };
}

/** The comparison in a few lines. */
export function renderComparison(names: readonly [string, string], comparison: ModelComparison): string {
  const { a, b, onlyA, onlyB, pValue, changed } = comparison;
  const line = (title: string, left: number, right: number) =>
    `${title.padEnd(18)}${left.toFixed(4).padStart(10)}${right.toFixed(4).padStart(10)}${signed(right - left).padStart(10)}`;
  const worst = [...comparison.perLabel].sort((p, q) => p.difference - q.difference).slice(0, 5);
  return [
    `${''.padEnd(18)}${names[0].padStart(10)}${names[1].padStart(10)}`,
    line('accuracy', a.accuracy, b.accuracy),
    line('macro F1', a.macroF1, b.macroF1),
    line('log loss', a.logLoss, b.logLoss),
    line('calibration error', a.ece, b.ece),
    '',
    `${changed} of ${a.samples} documents change their label; ${onlyA} right only with ${names[0]}, ${onlyB} only with ${names[1]}.`,
    pValue < 0.05
      ? `The difference is hardly chance (p = ${pValue.toPrecision(2)}, exact McNemar test).`
      : `The difference may be chance (p = ${pValue.toPrecision(2)}, exact McNemar test).`,
    ...worst.filter(({ difference }) => difference < 0).map((l) => `F1 of ${l.label}: ${signed(l.difference)}`),
    '',
  ].join('\n');
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
