// Plots of a model: how training went, how far its confidence can be believed, what precision costs in coverage.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { LineChart } from '../../charts/line-chart.tsx';
import { count, fixed, percent, significant } from '../../format.ts';
import { words } from '../../words/model.ts';
import { coveragePoints, objectivePoints, reliabilityPoints } from './plot-points.ts';
import { atThreshold, shareText, thresholdText } from './threshold.ts';

type Evaluation = NonNullable<ModelReport['evaluation']>;

const whole = (value: number): string => percent(value);

export function TrainingCurve({ history }: { history: readonly number[] }) {
  const { points, isLog } = objectivePoints(history);
  const ys = points.map(([, y]) => y);
  const format = (y: number) => significant(isLog ? 10 ** y : y);
  return (
    <LineChart
      title={words.objectiveBy(isLog)}
      caption={words.objectiveCaption}
      series={[{ name: words.objective, tone: 1, points }]}
      x={{ name: words.iteration, format: (x) => (Number.isInteger(x) ? count(x) : '') }}
      y={{ name: words.objective, format, domain: [Math.min(...ys), Math.max(...ys)] }}
      table={{
        columns: [words.iteration, words.objective],
        rows: history.map((value, i) => [i, significant(value, 5)]),
      }}
    />
  );
}

export function Reliability({ evaluation }: { evaluation: Evaluation }) {
  const { points, sizes } = reliabilityPoints(evaluation.reliability);
  return (
    <LineChart
      title={words.reliability}
      caption={words.reliabilityCaption(percent(evaluation.ece, 1))}
      series={[
        {
          name: words.asConfident,
          tone: 'dim',
          isDashed: true,
          points: [
            [0, 0],
            [1, 1],
          ],
        },
        { name: words.observed, tone: 1, points, dots: sizes },
      ]}
      x={{ name: words.axisConfidence, format: whole, domain: [0, 1] }}
      y={{ name: words.shareRight, format: whole, domain: [0, 1] }}
      table={{
        columns: [words.axisConfidence, words.shareRight, words.columnDocuments],
        rows: evaluation.reliability
          .filter(({ rows }) => rows > 0)
          .map(({ confidence, accuracy, rows }) => [percent(confidence, 1), percent(accuracy, 1), count(rows)]),
      }}
    />
  );
}

/** @param chosen  a threshold tried out, drawn when it differs from the model's own */
export function CoverageAgainstPrecision({ report, chosen }: { report: ModelReport; chosen: number }) {
  const curve = report.evaluation?.coverage ?? [];
  const { threshold, precision, basis } = report.accept;
  const { points, floor } = coveragePoints(curve, precision);
  const tried = atThreshold(curve, chosen);
  const isOther = Math.abs(chosen - threshold) > 1e-9 && tried.precision !== null;
  return (
    <LineChart
      title={words.coverageAgainst}
      caption={words.coverageCaption}
      series={[
        { name: words.thresholds, tone: 1, points },
        ...(isOther
          ? [
              {
                name: words.tried(thresholdText(chosen)),
                tone: 2,
                points: [[tried.coverage, tried.precision ?? 0]] as const,
                dots: [1],
              },
            ]
          : []),
      ]}
      x={{ name: words.axisCoverage, format: whole, domain: [0, 1] }}
      y={{ name: words.axisPrecision, format: whole, domain: [floor, 1] }}
      marks={
        threshold > 1 // decides nothing: no place on the curve
          ? []
          : [
              {
                x: atThreshold(curve, threshold, report.accept).coverage,
                name: words.markThreshold(thresholdText(threshold)),
                side: 'bottom',
              },
            ]
      }
      levels={[
        {
          y: precision,
          name: basis === 'guarantee' ? words.promised(shareText(precision)) : words.aimedAt(shareText(precision)),
          side: 'left',
        },
      ]}
      table={{
        columns: [words.columnThreshold, words.columnAccepted, words.columnCoverage, words.axisPrecision],
        rows: curve.map((point) => [
          fixed(point.threshold, 4),
          count(point.accepted),
          percent(point.coverage, 1),
          percent(point.precision, 1),
        ]),
      }}
    />
  );
}
