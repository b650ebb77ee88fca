// When the model's label stands without asking, in a sentence, with what limits the sentence.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { count } from '../../format.ts';
import { Badge } from '../../parts/basics.tsx';
import { acceptSentence, BASIS_TEXT } from './threshold.ts';

export function AcceptRuleNote({ report }: { report: ModelReport }) {
  const { accept, acceptByLabel, metrics } = report;
  const basis = BASIS_TEXT[accept.basis];
  const alone = acceptByLabel?.filter((threshold) => threshold !== null).length ?? 0;
  return (
    <section class="card">
      <h2 class="row">
        When its label stands
        <Badge
          tone={accept.basis === 'guarantee' ? 'good' : accept.basis === 'default' ? 'warn' : 'plain'}
          title={basis.title}
        >
          {basis.name}
        </Badge>
      </h2>
      <p class="rule">{acceptSentence(accept)}</p>
      {acceptByLabel !== null && (
        <p class="rule">
          The promise holds label by label: {count(alone)} of {count(acceptByLabel.length)} labels have a threshold of
          their own; documents with another label are always asked.
        </p>
      )}
      {accept.basis === 'guarantee' && (
        <p class="rule-notes">
          It is a promise about documents like those held out: another source, language or year is to be proven again.
          {metrics?.source === 'out-of-fold' &&
            ' It was proven on models trained on parts of the rows; the final model has seen all of them.'}
        </p>
      )}
    </section>
  );
}
