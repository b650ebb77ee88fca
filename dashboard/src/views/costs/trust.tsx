// Whether decisions can be trusted: how much the model leaves to others, and what people said about what was proposed.
import type { TrustReport } from '../../../../shared/api/insights.ts';

import { Bars } from '../../charts/bars.tsx';
import { LineChart } from '../../charts/line-chart.tsx';
import { count, day, list, percent } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge, type Tone } from '../../parts/basics.tsx';
import { Empty } from '../../parts/states.tsx';
import { canReview } from '../../session.ts';
import { words } from '../../words/costs.ts';
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
      title={words.escalation}
      caption={trendSentence(now, before)}
      series={[
        { name: words.notAlone, tone: 3, points: line(escalated), dots: true },
        { name: words.askedToLlm, tone: 1, points: line(({ asked }) => asked), dots: true },
        { name: words.leftToPeople, tone: 'warn', points: line(({ review }) => review), dots: true },
      ]}
      x={{
        name: words.dayUtc,
        format: dayOf,
        domain: [dayNumber(days[0]?.date ?? ''), dayNumber(days.at(-1)?.date ?? '')],
      }}
      y={{ name: words.shareReadable, format: (share) => percent(share), domain: [0, highest] }}
      table={{
        columns: Object.values(words.columns),
        rows: filled.map((one) => [
          day(one.date),
          ...[one.documents, one.byModel, one.asked, one.review, one.failed].map(count),
        ]),
      }}
    />
  );
}

function trendSentence(now: number | null, before: number | null): string {
  const what = words.notAloneShare;
  if (now === null) return `${what} ${words.noRunInWeek}`;
  if (before === null) return `${what} ${words.lastWeek(percent(now, 1))}`;
  const points = (now - before) * 100;
  const direction = Math.abs(points) < 0.5 ? 'same' : points > 0 ? 'up' : 'down';
  const advice = points >= 2 ? ` ${words.mayHaveChanged}` : '';
  return `${what} ${words.trend(percent(now, 1), percent(before, 1), direction)}${advice}`;
}

const TONES: Readonly<Record<Verdict['state'], Tone>> = {
  kept: 'good',
  broken: 'bad',
  open: 'plain',
  unchecked: 'warn',
};

export function PromiseNote({ promise, spotChecks }: Pick<TrustReport, 'promise' | 'spotChecks'>) {
  if (promise === null) return null;
  const verdict = judgePromise(promise);

  return (
    <section class="card">
      <h3 class="row">
        {words.championsPromise} <Badge tone={TONES[verdict.state]}>{words.verdicts[verdict.state]}</Badge>
      </h3>
      <p class="rule">{verdict.sentence}</p>
      {verdict.advice !== null && <p class="rule">{verdict.advice}</p>}
      <p class="rule">
        {spotCheckSentence(spotChecks)} <a href={links.spotChecks}>{words.checkSome}</a>
      </p>
      <p class="rule-notes">
        {words.notRandom(
          (text) => (
            <a href={links.model(promise.modelVersion)}>{text}</a>
          ),
          promise.modelVersion,
        )}
      </p>
    </section>
  );
}

/** What people said; an invitation where they have not. */
export function Agreement({ trust }: { trust: TrustReport }) {
  const decisions = trust.agreement.reduce((sum, one) => sum + one.decisions, 0);
  if (decisions === 0)
    return (
      <Empty title={words.nobodyReviewed}>
        <p>{canReview.value ? words.openReview((text) => <a href={links.review}>{text}</a>) : words.reviewerCan}</p>
      </Empty>
    );
  return (
    <div class="grid tops">
      <Bars
        title={words.agreement}
        caption={list(
          trust.agreement
            .filter((one) => one.decisions > 0)
            .map((one) => words.keptBy(words.proposers[one.proposedBy], percent(one.kept / one.decisions, 1))),
        )}
        kinds={[
          { name: words.kept, tone: 'good' },
          { name: words.changed, tone: 'bad' },
        ]}
        rows={trust.agreement.map((one) => ({
          name: words.proposers[one.proposedBy],
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
      title={words.quality}
      caption={words.qualityCaption}
      series={[
        {
          name: words.kept,
          tone: 1,
          points: filled.map(({ week, kept, decisions }) => [mondayNumber(week), kept / decisions]),
          dots: filled.map(({ decisions }) => decisions / most),
        },
      ]}
      x={{
        name: words.week,
        domain: [Math.min(...mondays) - 0.4, Math.max(...mondays) + 0.4],
        format: (week) => (Number.isInteger(week) ? dayOf(week * 7 - MONDAY) : ''),
      }}
      y={{ name: words.kept, format: (share) => percent(share), domain: [Math.floor(lowest * 10) / 10, 1] }}
      table={{
        columns: Object.values(words.weekColumns),
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
