// Whether decisions can be trusted: how much the model leaves to others, and what people said about what was proposed.
import type { TrustReport } from '../../../../shared/api/insights.ts';

import { Bars } from '../../charts/bars.tsx';
import { LineChart } from '../../charts/line-chart.tsx';
import { count, day, percent } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, type Tone } from '../../parts/basics.tsx';
import { Empty } from '../../parts/states.tsx';
import { canReview } from '../../session.ts';
import { Corrections } from './corrections.tsx';
import { weekTrend } from './period.ts';
import { judgePromise, spotCheckSentence, type Verdict } from './promise.ts';

type EscalationDay = TrustReport['escalation'][number];

const DAY_MS = 86_400_000;
const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
const dayOf = (number: number): string =>
  Number.isInteger(number) ? day(new Date(number * DAY_MS).toISOString().slice(0, 10)) : '';
const readable = ({ documents }: EscalationDay): number => documents; // failed ones are not among them
const escalated = ({ documents, byModel }: EscalationDay): number => documents - byModel;
/** Day 0 of the epoch was a Thursday: weeks are counted so that each begins on a Monday. */
const MONDAY = 3;
const mondayNumber = (week: string): number => (dayNumber(week) + MONDAY) / 7;

export function Escalation({ days }: { days: readonly EscalationDay[] }) {
  const filled = days.filter((one) => readable(one) > 0);
  if (filled.length === 0) return null;
  const line = (part: (one: EscalationDay) => number) =>
    filled.map((one) => [dayNumber(one.date), part(one) / readable(one)] as const);
  const { now, before } = weekTrend(days, escalated, readable);
  const highest = Math.max(0.1, ...filled.map((one) => escalated(one) / readable(one)));
  return (
    <LineChart
      title="Escalation rate"
      caption={trendSentence(now, before)}
      series={[
        { name: 'not decided by the model alone', tone: 3, points: line(escalated), dots: true },
        { name: 'asked to the LLM', tone: 1, points: line(({ asked }) => asked), dots: true },
        { name: 'left to people', tone: 'warn', points: line(({ review }) => review), dots: true },
      ]}
      x={{
        name: 'day (UTC)',
        format: dayOf,
        domain: [dayNumber(days[0]?.date ?? ''), dayNumber(days.at(-1)?.date ?? '')],
      }}
      y={{ name: 'share of readable documents', format: (share) => percent(share), domain: [0, highest] }}
      table={{
        columns: ['day', 'documents', 'by the model', 'asked', 'in review', 'failed'],
        rows: filled.map((one) => [
          day(one.date),
          ...[one.documents, one.byModel, one.asked, one.review, one.failed].map(count),
        ]),
      }}
    />
  );
}

function trendSentence(now: number | null, before: number | null): string {
  const what = 'Share of readable documents the model did not decide alone.';
  if (now === null) return `${what} No run in the last 7 days.`;
  if (before === null) return `${what} In the last 7 days: ${percent(now, 1)}.`;
  const points = (now - before) * 100;
  const direction = Math.abs(points) < 0.5 ? 'unchanged' : points > 0 ? 'rising' : 'falling';
  const advice = points >= 2 ? ' Documents may have changed: look at what is asked, and train on the decisions.' : '';
  return `${what} In the last 7 days: ${percent(now, 1)}, in the 7 before ${percent(before, 1)}: ${direction}.${advice}`;
}

const VERDICTS: Readonly<Record<Verdict['state'], { name: string; tone: Tone }>> = {
  kept: { name: 'kept', tone: 'good' },
  broken: { name: 'not kept', tone: 'bad' },
  open: { name: 'not contradicted', tone: 'plain' },
  unchecked: { name: 'unchecked', tone: 'warn' },
};

export function PromiseNote({ promise, spotChecks }: Pick<TrustReport, 'promise' | 'spotChecks'>) {
  if (promise === null) return null;
  const verdict = judgePromise(promise);
  const { name, tone } = VERDICTS[verdict.state];
  return (
    <section class="card">
      <h3 class="row">
        The champion’s promise <Badge tone={tone}>{name}</Badge>
      </h3>
      <p class="rule">{verdict.sentence}</p>
      {verdict.advice !== null && <p class="rule">{verdict.advice}</p>}
      <p class="rule">
        {spotCheckSentence(spotChecks)} <a href={links.spotChecks}>Check some</a>
      </p>
      <p class="rule-notes">
        Otherwise checked are the documents people opened, which is no random sample. How the promise was made:{' '}
        <a href={links.model(promise.modelVersion)}>model {promise.modelVersion}</a>.
      </p>
    </section>
  );
}

const PROPOSERS = { model: 'the model', llm: 'the LLM', duplicate: 'a duplicate', encoder: 'the encoder' } as const;

/** What people said; an invitation where they have not. */
export function Agreement({ trust }: { trust: TrustReport }) {
  const decisions = trust.agreement.reduce((sum, one) => sum + one.decisions, 0);
  if (decisions === 0)
    return (
      <Empty title="Nobody has reviewed in this period">
        <p>
          {canReview.value ? (
            <>
              <a href={links.review}>Open Review</a>: each decision there is held against what was proposed.
            </>
          ) : (
            'Somebody with the reviewer role can decide documents in Review; each decision is held against what was proposed.'
          )}
        </p>
      </Empty>
    );
  return (
    <div class="grid tops">
      <Bars
        title="Agreement by who had proposed"
        caption={trust.agreement
          .filter((one) => one.decisions > 0)
          .map((one) => `${PROPOSERS[one.proposedBy]}: ${percent(one.kept / one.decisions, 1)} kept`)
          .join(', ')}
        kinds={[
          { name: 'kept', tone: 'good' },
          { name: 'changed', tone: 'bad' },
        ]}
        rows={trust.agreement.map((one) => ({
          name: PROPOSERS[one.proposedBy],
          values: [one.kept, one.decisions - one.kept],
        }))}
        format={count}
      />
      <Quality weeks={trust.weeks} />
      <Corrections corrections={trust.corrections} />
    </div>
  );
}

function Quality({ weeks }: { weeks: TrustReport['weeks'] }) {
  const filled = weeks.filter(({ decisions }) => decisions > 0);
  const most = Math.max(1, ...filled.map(({ decisions }) => decisions));
  const mondays = filled.map(({ week }) => mondayNumber(week));
  const lowest = Math.min(0.9, ...filled.map(({ kept, decisions }) => kept / decisions));
  return (
    <LineChart
      title="Quality by week"
      caption="Share of proposals that people kept, by the week’s Monday; dots grow with the number of decisions."
      series={[
        {
          name: 'kept',
          tone: 1,
          points: filled.map(({ week, kept, decisions }) => [mondayNumber(week), kept / decisions]),
          dots: filled.map(({ decisions }) => decisions / most),
        },
      ]}
      x={{
        name: 'week',
        domain: [Math.min(...mondays) - 0.4, Math.max(...mondays) + 0.4],
        format: (week) => (Number.isInteger(week) ? dayOf(week * 7 - MONDAY) : ''),
      }}
      y={{ name: 'kept', format: (share) => percent(share), domain: [Math.floor(lowest * 10) / 10, 1] }}
      table={{
        columns: ['week of', 'decisions', 'kept', 'share', 'reviewers'],
        rows: filled.map(({ week, decisions, kept, reviewers }) => [
          day(week),
          count(decisions),
          count(kept),
          percent(kept / decisions, 1),
          count(reviewers),
        ]),
      }}
    />
  );
}
