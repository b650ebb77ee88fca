// Plots of a model: how training went, how far its confidence can be believed, what precision costs in coverage.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { LineChart } from '../../charts/line-chart.tsx';
import { count, percent } from '../../format.ts';
import { coveragePoints, objectivePoints, reliabilityPoints } from './plot-points.ts';
import { atThreshold, shareText, thresholdText } from './threshold.ts';

type Evaluation = NonNullable<ModelReport['evaluation']>;

const whole = (value: number): string => percent(value);

export function TrainingCurve({ history }: { history: readonly number[] }) {
  const { points, isLog } = objectivePoints(history);
  const ys = points.map(([, y]) => y);
  const format = (y: number) => (isLog ? 10 ** y : y).toPrecision(2);
  return (
    <LineChart
      title={`Objective by iteration${isLog ? ' (log scale)' : ''}`}
      caption="Mean loss on the training rows with its penalty, at the start and after each iteration of the final fit."
      series={[{ name: 'objective', tone: 1, points }]}
      x={{ name: 'iteration', format: (x) => (Number.isInteger(x) ? count(x) : '') }}
      y={{ name: 'objective', format, domain: [Math.min(...ys), Math.max(...ys)] }}
      table={{ columns: ['iteration', 'objective'], rows: history.map((value, i) => [i, value.toPrecision(5)]) }}
    />
  );
}

export function Reliability({ evaluation }: { evaluation: Evaluation }) {
  const { points, sizes } = reliabilityPoints(evaluation.reliability);
  return (
    <LineChart
      title="Reliability"
      caption={`Share right among documents of like confidence; dots grow with their number. On the dashed line confidence means what it says; the mean gap is ${percent(evaluation.ece, 1)}.`}
      series={[
        {
          name: 'as confident as right',
          tone: 'dim',
          isDashed: true,
          points: [
            [0, 0],
            [1, 1],
          ],
        },
        { name: 'observed', tone: 1, points, dots: sizes },
      ]}
      x={{ name: 'confidence', format: whole, domain: [0, 1] }}
      y={{ name: 'share right', format: whole, domain: [0, 1] }}
      table={{
        columns: ['confidence', 'share right', 'documents'],
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
      title="Coverage against precision"
      caption="Going right, more documents are decided without the LLM and fewer of them rightly. Every point is a threshold."
      series={[
        { name: 'thresholds, strict to loose', tone: 1, points },
        ...(isOther
          ? [
              {
                name: `tried: ${thresholdText(chosen)}`,
                tone: 2,
                points: [[tried.coverage, tried.precision ?? 0]] as const,
                dots: [1],
              },
            ]
          : []),
      ]}
      x={{ name: 'coverage: share the model decides alone', format: whole, domain: [0, 1] }}
      y={{ name: 'precision', format: whole, domain: [floor, 1] }}
      marks={[
        { x: atThreshold(curve, threshold).coverage, name: `threshold ${thresholdText(threshold)}`, side: 'bottom' },
      ]}
      levels={[
        {
          y: precision,
          name: `${basis === 'guarantee' ? 'promised' : 'aimed at'}: ${shareText(precision)}`,
          side: 'left',
        },
      ]}
      table={{
        columns: ['threshold', 'accepted', 'coverage', 'precision'],
        rows: curve.map((point) => [
          point.threshold.toFixed(4),
          count(point.accepted),
          percent(point.coverage, 1),
          percent(point.precision, 1),
        ]),
      }}
    />
  );
}
