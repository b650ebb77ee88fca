// What the model saw: its likeliest labels, and term by term why the first and not the second.
import { Bars } from '../../charts/bars.tsx';
import { DivergingBars } from '../../charts/diverging-bars.tsx';
import { percent } from '../../format.ts';
import { evidenceOf, type ResultRow, topLabelsOf } from '../../result-row.ts';
import { byPull, rivalsOf, sentencesOf } from './reasons.ts';

const signed = new Intl.NumberFormat(undefined, {
  signDisplay: 'exceptZero',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

export function TopLabels({ row }: { row: ResultRow }) {
  const top = topLabelsOf(row);
  if (top.length === 0) return null;
  return (
    <Bars
      title="Likeliest labels"
      caption={`Calibrated confidence of model ${row.model_version ?? ''}, before anyone else was asked.`}
      kinds={[{ name: 'confidence', tone: 1 }]}
      rows={top.map(({ label, probability }) => ({ name: label, values: [probability] }))}
      format={(value) => percent(value, 1)}
    />
  );
}

export function WhyNotRunnerUp({ row }: { row: ResultRow }) {
  const evidence = byPull(evidenceOf(row));
  const rivals = rivalsOf(row);
  if (rivals === undefined || evidence.length === 0) return null;
  return (
    <DivergingBars
      title={`Why ${rivals.label} and not ${rivals.runnerUp}`}
      caption={`${sentencesOf(evidence, rivals).join(' ')} A bar to the right adds to the label's score, one to the left takes from it.`}
      kinds={[
        { name: rivals.label, tone: 1 },
        { name: rivals.runnerUp, tone: 2 },
      ]}
      rows={evidence.map((one) => ({ name: one.term, values: [one.weight, one.runnerUpWeight] }))}
      format={(value) => signed.format(value)}
    />
  );
}
