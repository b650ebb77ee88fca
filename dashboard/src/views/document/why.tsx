// What the model saw: its likeliest labels, and term by term why the first and not the second.

import type { Decision } from '../../../../shared/api/answers.ts';
import { Bars } from '../../charts/bars.tsx';
import { DivergingBars } from '../../charts/diverging-bars.tsx';
import { percent, signed } from '../../format.ts';

import { words } from '../../words/document.ts';
import { byPull, rivalsOf, sentencesOf } from './reasons.ts';

export function TopLabels({ row }: { row: Decision }) {
  const top = row.topLabels;
  if (top.length === 0) return null;
  return (
    <Bars
      title={words.likeliest}
      caption={words.likeliestCaption(row.modelVersion ?? '')}
      kinds={[{ name: words.columnConfidence, tone: 1 }]}
      rows={top.map(({ label, probability }) => ({ name: label, values: [probability] }))}
      format={(value) => percent(value, 1)}
    />
  );
}

export function WhyNotRunnerUp({ row }: { row: Decision }) {
  const evidence = byPull(row.evidence);
  const rivals = rivalsOf(row);
  if (rivals === undefined || evidence.length === 0) return null;
  return (
    <DivergingBars
      title={words.whyNot(rivals.label, rivals.runnerUp)}
      caption={words.whyNotCaption(sentencesOf(evidence, rivals).join(' '))}
      kinds={[
        { name: rivals.label, tone: 1 },
        { name: rivals.runnerUp, tone: 2 },
      ]}
      rows={evidence.map((one) => ({ name: one.term, values: [one.weight, one.runnerUpWeight] }))}
      format={(value) => signed(value, 2)}
    />
  );
}
