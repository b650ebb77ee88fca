// What was paid in the period: by day against the budget, by label, by deployment.
import type { CostReport } from '../../../../shared/api/insights.ts';

import { Bars } from '../../charts/bars.tsx';
import { Columns } from '../../charts/columns.tsx';
import { count, day, money, percent, short } from '../../format.ts';
import { links } from '../../links.ts';
import { Meter, TableBox, Tile } from '../../parts/basics.tsx';
import { Empty } from '../../parts/states.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { words } from '../../words/costs.ts';
import { fillDays, isWorthDrawing } from './period.ts';

const MAX_LABELS = 20;

export function MoneyTiles({ costs }: { costs: CostReport }) {
  const { total, budget } = costs;
  const wasted = costs.days.reduce((sum, one) => sum + one.wastedUsd, 0);
  return (
    <>
      <Tile name={words.costOfPeriod} value={money(total.costUsd)} note={words.documentsCount(total.documents)} />
      <Tile
        name={words.perThousand}
        value={total.perThousandUsd === null ? '–' : money(total.perThousandUsd)}
        note={total.asked === 0 ? words.nothingAsked : words.forAsked(money(total.costUsd / total.asked))}
      />
      <Tile
        name={words.askedShare}
        value={total.documents === 0 ? '–' : percent(total.asked / total.documents, 1)}
        note={words.askedLlm(total.asked)}
      />
      <SpentToday budget={budget} />
      <Tile
        name={words.paidForNothing}
        value={money(wasted)}
        note={wasted === 0 ? words.allUsed : words.notUsable(percent(wasted / (total.costUsd || 1), 1))}
        {...(total.costUsd > 0 && wasted / total.costUsd > 0.05 ? { tone: 'warn' as const } : {})}
      />
    </>
  );
}

function SpentToday({ budget: { perDayUsd, spentTodayUsd } }: { budget: CostReport['budget'] }) {
  if (perDayUsd === null)
    return (
      <Tile name={words.spentToday} value={money(spentTodayUsd)} note={words.noBudget((text) => <code>{text}</code>)} />
    );
  const share = perDayUsd === 0 ? 1 : spentTodayUsd / perDayUsd;
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'good';
  return (
    <Tile
      name={words.spentToday}
      value={money(spentTodayUsd)}
      {...(tone === 'good' ? {} : { tone })}
      note={
        <span class="budget">
          <Meter value={share} label={words.ofBudget(percent(share))} tone={tone} />
          {words.shareOf(percent(share), money(perDayUsd))}
          {share >= 1 && words.waitUntilTomorrow}
        </span>
      }
    />
  );
}

export function MoneyCharts({ costs, dates }: { costs: CostReport; dates: readonly string[] }) {
  if (costs.days.length === 0)
    return (
      <Empty title={words.noRun}>
        <p>
          {words.chooseLonger((text) => (
            <a href={links.runs}>{text}</a>
          ))}
        </p>
      </Empty>
    );
  return (
    <>
      <CostByDay costs={costs} dates={dates} />
      <div class="grid tops">
        {costs.labels.some(({ costUsd }) => costUsd > 0) && <CostByLabel labels={costs.labels} />}
        {costs.deployments.length > 0 && <Deployments deployments={costs.deployments} />}
      </div>
    </>
  );
}

function CostByDay({ costs, dates }: { costs: CostReport; dates: readonly string[] }) {
  const days = fillDays(costs.days, dates, (date) => ({
    date,
    costUsd: 0,
    documents: 0,
    asked: 0,
    calls: 0,
    wastedUsd: 0,
    tokens: 0,
  }));
  const { perDayUsd } = costs.budget;
  const highest = Math.max(...days.map(({ costUsd }) => costUsd));
  const isDrawn = perDayUsd !== null && isWorthDrawing(perDayUsd, highest);
  return (
    <Columns
      title={words.costPerDay}
      caption={perDayUsd === null ? words.daysUtc : words.dailyBudgetIs(money(perDayUsd), !isDrawn)}
      kinds={[
        { name: words.usedAnswers, tone: 1 },
        { name: words.kindPaidForNothing, tone: 'warn' },
      ]}
      columns={days.map(({ date, costUsd, wastedUsd }) => ({
        key: date,
        values: [Math.max(0, costUsd - wastedUsd), Math.min(wastedUsd, costUsd)],
      }))}
      format={money}
      formatKey={day}
      {...(isDrawn ? { level: { y: perDayUsd, name: words.dailyBudget(money(perDayUsd)) } } : {})}
    />
  );
}

function CostByLabel({ labels }: { labels: CostReport['labels'] }) {
  const rows = [...labels].sort((a, b) => b.costUsd - a.costUsd);
  return (
    <Bars
      title={words.costByLabel}
      caption={rows.length > MAX_LABELS ? words.mostExpensive(MAX_LABELS, rows.length) : words.costsMuch}
      kinds={[{ name: words.kindCost, tone: 1 }]}
      rows={rows.slice(0, MAX_LABELS).map(({ label, costUsd }) => ({ name: label, values: [costUsd] }))}
      format={money}
    />
  );
}

function Deployments({ deployments }: { deployments: CostReport['deployments'] }) {
  return (
    <section class="stack">
      <h3>{words.byDeployment}</h3>
      <TableBox label={words.costByDeployment}>
        <table>
          <Head columns={[words.deployment, number(words.calls), number(words.tokens), number(words.cost)]} />
          <tbody>
            {deployments.map(({ deployment, calls, tokens, costUsd }) => (
              <tr key={deployment}>
                <th scope="row" class="label-name">
                  {deployment}
                </th>
                <td class="number">{count(calls)}</td>
                <td class="number" title={count(tokens)}>
                  {short(tokens)}
                </td>
                <td class="number">{money(costUsd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  );
}
