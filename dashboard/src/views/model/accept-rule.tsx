// When the model's label stands without asking, in a sentence, with what limits the sentence.
import type { ModelReport } from '../../../../shared/api/insights.ts';

import { Badge } from '../../parts/basics.tsx';
import { words } from '../../words/model.ts';
import { acceptSentence } from './threshold.ts';

export function AcceptRuleNote({ report }: { report: ModelReport }) {
  const { accept, acceptByLabel, metrics } = report;
  const basis = words.bases[accept.basis];
  const alone = acceptByLabel?.filter((threshold) => threshold !== null).length ?? 0;
  return (
    <section class="card">
      <h2 class="row">
        {words.whenItStands}
        <Badge
          tone={accept.basis === 'guarantee' ? 'good' : accept.basis === 'default' ? 'warn' : 'plain'}
          title={basis.title}
        >
          {basis.name}
        </Badge>
      </h2>
      <p class="rule">{acceptSentence(accept)}</p>
      {acceptByLabel !== null && <p class="rule">{words.labelByLabel(alone, acceptByLabel.length)}</p>}
      {accept.basis === 'guarantee' && (
        <p class="rule-notes">
          {words.aboutLikeDocuments}
          {metrics?.source === 'out-of-fold' && ` ${words.provenOnParts}`}
        </p>
      )}
    </section>
  );
}
