// A finished run explained in plots: labels, confidence, formats, who decided, quota.
import type { RunReport } from '../../../../shared/api/insights.ts';

import { Bars } from '../../charts/bars.tsx';
import { Columns } from '../../charts/columns.tsx';
import { clockTime, count, percent, short } from '../../format.ts';
import { links } from '../../links.ts';
import type { RunStatus } from '../runs/steps.ts';
import { formatName } from './format-names.ts';
import { peakShare, tokensPerMinute } from './quota.ts';

const DECIDERS = [
  { name: 'model', tone: 1 },
  { name: 'encoder', tone: 5 },
  { name: 'LLM', tone: 2 },
  { name: 'duplicate', tone: 3 },
  { name: 'people', tone: 4 },
] as const;

export function Labels({ report }: { report: RunReport }) {
  return (
    <Bars
      title="Labels"
      caption="Labelled documents by who decided. A label leads to its documents."
      kinds={DECIDERS}
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
      title="Confidence"
      caption="Documents by calibrated confidence of their decision, in steps of 5 %."
      kinds={[{ name: 'labelled', tone: 'good' }, ...(hasReview ? [{ name: 'in review', tone: 'warn' } as const] : [])]}
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
      title="Formats"
      caption="What was read, by media type."
      kinds={[{ name: 'documents', tone: 1 }]}
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
  const said = [
    peak === null ? '' : `At most ${percent(peak)} of the limit was used.`,
    ledger.throttled === 0
      ? 'No call was refused (429).'
      : `${count(ledger.throttled)} ${ledger.throttled === 1 ? 'call was' : 'calls were'} refused (429).`,
  ];
  return (
    <Columns
      title="Quota use"
      caption={`Tokens of the minute up to each moment, as the service counts them. ${said.join(' ').trim()}`}
      kinds={[{ name: 'tokens per minute', tone: 1 }]}
      columns={tokensPerMinute(quota).map(({ at, tokens }) => ({ key: at, values: [Math.round(tokens)] }))}
      format={short}
      formatKey={clockTime}
      {...(limit === null ? {} : { level: { y: limit, name: `limit ${short(limit)} tokens per minute` } })}
    />
  );
}
