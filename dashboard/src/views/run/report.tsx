// A finished run explained in plots: labels, confidence, formats, who decided, quota.
import type { RunReport } from '../../../../shared/api/insights.ts';

import { Bars } from '../../charts/bars.tsx';
import { Columns } from '../../charts/columns.tsx';
import { clockTime, count, percent, short } from '../../format.ts';
import { links } from '../../links.ts';
import { words } from '../../words/run.ts';
import type { RunStatus } from '../runs/steps.ts';
import { formatName } from './format-names.ts';
import { peakShare, tokensPerMinute } from './quota.ts';

const deciders = () =>
  [
    { name: words.deciders.model, tone: 1 },
    { name: words.deciders.encoder, tone: 5 },
    { name: words.deciders.llm, tone: 2 },
    { name: words.deciders.duplicate, tone: 3 },
    { name: words.deciders.human, tone: 4 },
  ] as const;

export function Labels({ report }: { report: RunReport }) {
  return (
    <Bars
      title={words.labels}
      caption={words.labelsCaption}
      kinds={deciders()}
      rows={report.labels.map(({ label, byModel, byEncoder, byLlm, byDuplicate, byHuman }) => ({
        name: label,
        values: [byModel, byEncoder, byLlm, byDuplicate, byHuman],
        href: links.documents({ run: report.runId, label, status: 'labelled' }),
      }))}
      format={count}
    />
  );
}

export function ConfidenceHistogram({ report }: { report: RunReport }) {
  const { labelled, review } = report.confidence;
  const hasReview = review.some((documents) => documents > 0);
  return (
    <Columns
      title={words.confidence}
      caption={words.confidenceCaption}
      kinds={[
        { name: words.nodes.labelled, tone: 'good' },
        ...(hasReview ? [{ name: words.nodes.review, tone: 'warn' } as const] : []),
      ]}
      columns={labelled.map((documents, bin) => ({
        key: String(bin),
        values: [documents, ...(hasReview ? [review[bin] ?? 0] : [])],
      }))}
      format={count}
      formatKey={(bin) => percent(Number(bin) / labelled.length)}
    />
  );
}

export function Formats({ run }: { run: RunStatus }) {
  const rows = Object.entries(run.formats).sort(([, a], [, b]) => b - a);
  return (
    <Bars
      title={words.formatsTitle}
      caption={words.formatsCaption}
      kinds={[{ name: words.columnDocuments, tone: 1 }]}
      rows={rows.map(([mediaType, documents]) => ({
        name: formatName(mediaType),
        values: [documents],
        href: links.documents({ run: run.runId, mediaType }),
      }))}
      format={count}
    />
  );
}

export function QuotaUse({ report }: { report: RunReport }) {
  const { quota, ledger } = report;
  const limit = quota.tokensPerMinuteLimit;
  const peak = peakShare(quota);
  const said = [peak === null ? '' : words.atMost(percent(peak)), words.callsRefused(ledger.throttled)];
  return (
    <Columns
      title={words.quotaUse}
      caption={words.quotaCaption(said.join(' ').trim())}
      kinds={[{ name: words.tokensPerMinute, tone: 1 }]}
      columns={tokensPerMinute(quota).map(({ at, tokens }) => ({ key: at, values: [Math.round(tokens)] }))}
      format={short}
      formatKey={clockTime}
      {...(limit === null ? {} : { level: { y: limit, name: words.limit(short(limit)) } })}
    />
  );
}
