// Costs and trust: what the decisions of a period cost, and whether they can be relied on.
import { useLocation } from 'preact-iso';
import type { CostReport, TrustReport } from '../../../shared/api/insights.ts';

import '../../style/costs.css';
import { percent } from '../format.ts';
import { links, queryOf } from '../links.ts';
import { Tile } from '../parts/basics.tsx';
import { Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { UncheckedNote } from '../parts/unchecked-note.tsx';
import { type Resource, useResource } from '../resource.ts';
import { words } from '../words/costs.ts';
import { MoneyCharts, MoneyTiles } from './costs/money.tsx';
import { datesOf, fillDays } from './costs/period.ts';
import { Agreement, Escalation, PromiseNote } from './costs/trust.tsx';

const PERIODS = [7, 30, 90];
const DEFAULT_DAYS = 30;
const RENEW_MS = 30_000;

export function CostsView() {
  useTitle(words.title);
  const { query, route } = useLocation();
  const asked = Number(query.days);
  const days = PERIODS.includes(asked) ? asked : DEFAULT_DAYS;
  const costs = useResource<CostReport>(`costs?days=${days}`, RENEW_MS);
  const trust = useResource<TrustReport>(`trust?days=${days}`, RENEW_MS);
  const dates = datesOf(days, new Date().toISOString().slice(0, 10));
  return (
    <div class="stack">
      <div class="view-head">
        <h1>{words.title}</h1>
        <label class="inline">
          {words.period}
          <select
            value={String(days)}
            onChange={(event) => route(`${links.costs}${queryOf({ days: event.currentTarget.value })}`, true)}
          >
            {PERIODS.map((n) => (
              <option key={n} value={String(n)}>
                {words.days(n)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Show resource={costs} what={words.theCosts}>
        {(report) => (
          <>
            <div class="tiles">
              <MoneyTiles costs={report} />
              <AgreementTile trust={trust} />
            </div>
            <h2>{words.costs}</h2>
            <MoneyCharts costs={report} dates={dates} />
          </>
        )}
      </Show>
      <h2>{words.trust}</h2>
      <Show resource={trust} what={words.whatPeopleDecided}>
        {(report) => <Trust trust={report} dates={dates} />}
      </Show>
    </div>
  );
}

function AgreementTile({ trust: { data } }: { trust: Resource<TrustReport> }) {
  if (data === undefined) return null;
  const decisions = data.agreement.reduce((sum, one) => sum + one.decisions, 0);
  const kept = data.agreement.reduce((sum, one) => sum + one.kept, 0);
  return (
    <Tile
      name={words.agreementTile}
      value={decisions === 0 ? '–' : percent(kept / decisions, 1)}
      note={decisions === 0 ? words.nobodyYet : words.proposalsKept(kept, decisions)}
      {...(decisions === 0 ? { href: links.review } : {})}
    />
  );
}

function Trust({ trust, dates }: { trust: TrustReport; dates: readonly string[] }) {
  const days = fillDays(trust.escalation, dates, (date) => ({
    date,
    documents: 0,
    byModel: 0,
    asked: 0,
    review: 0,
    failed: 0,
  }));
  return (
    <>
      <UncheckedNote unchecked={trust.unchecked} />
      <Escalation days={days} />
      <PromiseNote promise={trust.promise} spotChecks={trust.spotChecks} />
      <Agreement trust={trust} />
    </>
  );
}
