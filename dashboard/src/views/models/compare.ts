// Two versions side by side, from what each was measured on.
import type { ModelMetrics } from '../../../../shared/models/bundle.ts';
import type { RegisteredModel } from '../../../../shared/models/registry.ts';
import { words } from '../../words/models.ts';

export type Better = 'a' | 'b' | 'same';

export interface MetricRow {
  /** As the catalogue names it. */
  key: keyof typeof words.metrics;
  a: number | null;
  b: number | null;
  /** b − a; null where one of them is unknown. */
  difference: number | null;
  better: Better | null;
  isShare: boolean;
}

interface Metric {
  key: MetricRow['key'];
  of: (model: RegisteredModel) => number | null | undefined;
  isLowBetter?: true;
  /** Neither high nor low is better. */
  isNeutral?: true;
  isShare: boolean;
}

const measured =
  (name: keyof ModelMetrics & ('accuracy' | 'macroF1' | 'logLoss' | 'ece')) => (model: RegisteredModel) =>
    model.metrics?.[name];

const METRICS: readonly Metric[] = [
  { key: 'accuracy', of: measured('accuracy'), isShare: true },
  { key: 'macroF1', of: measured('macroF1'), isShare: true },
  {
    key: 'logLoss',
    of: measured('logLoss'),
    isLowBetter: true,
    isShare: false,
  },
  {
    key: 'ece',
    of: measured('ece'),
    isLowBetter: true,
    isShare: true,
  },
  {
    key: 'threshold',
    of: (model) => model.accept.threshold,
    isNeutral: true,
    isShare: false,
  },
  {
    key: 'coverage',
    of: ({ accept }) => (accept.basis === 'default' ? null : accept.coverage),
    isShare: true,
  },
  {
    key: 'precision',
    of: ({ accept }) => (accept.basis === 'default' ? null : accept.observedPrecision),
    isShare: true,
  },
];

const EQUAL = 1e-9;

const judge = (difference: number | null, isLowBetter: boolean): Better | null => {
  if (difference === null) return null;
  if (Math.abs(difference) < EQUAL) return 'same';
  return difference > 0 === isLowBetter ? 'a' : 'b';
};

export const compareMetrics = (a: RegisteredModel, b: RegisteredModel): MetricRow[] =>
  METRICS.map(({ key, of, isLowBetter, isNeutral, isShare }) => {
    const [left, right] = [of(a) ?? null, of(b) ?? null];
    const difference = left === null || right === null ? null : right - left;
    const better = isNeutral ? null : judge(difference, isLowBetter === true);
    return { key, a: left, b: right, difference, better, isShare };
  });

export interface LabelRow {
  label: string;
  /** F1 0..1; null where the version does not know the label. */
  a: number | null;
  b: number | null;
  difference: number | null;
  better: Better | null;
}

/** F1 of every label of either version, the largest difference first; nothing while one of them was never evaluated. */
export function compareLabels(a: RegisteredModel, b: RegisteredModel): LabelRow[] {
  if (a.metrics === null || b.metrics === null) return [];
  const f1 = (model: RegisteredModel) => new Map(model.metrics?.perLabel.map((one) => [one.label, one.f1]));
  const [left, right] = [f1(a), f1(b)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((label) => {
      const [x, y] = [left.get(label) ?? null, right.get(label) ?? null];
      const difference = x === null || y === null ? null : y - x;
      return { label, a: x, b: y, difference, better: judge(difference, false) };
    })
    .sort((x, y) => Math.abs(y.difference ?? 2) - Math.abs(x.difference ?? 2) || x.label.localeCompare(y.label));
}

/** Whether the numbers can be held against each other: the same rows, judged the same way. null: yes. */
export function comparisonLimit(a: RegisteredModel, b: RegisteredModel): string | null {
  if (a.metrics === null || b.metrics === null) return words.neverEvaluated(a.metrics === null ? a.version : b.version);
  const data = [a.training.dataFingerprint, b.training.dataFingerprint];
  if (data[0] === undefined || data[0] !== data[1]) return words.otherDocuments;
  if (a.metrics.source !== b.metrics.source)
    return words.otherWays(words.measuredOn[a.metrics.source], words.measuredOn[b.metrics.source]);
  return null;
}
