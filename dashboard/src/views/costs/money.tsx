// What was paid in the period: by day against the budget, by label, by deployment.
import type { CostReport } from '../../../../shared/api/insights.ts';

import { Bars } from '../../charts/bars.tsx';
import { Columns } from '../../charts/columns.tsx';
import { count, day, money, percent, short } from '../../format.ts';
import { links } from '../../links.ts';
import { Meter, TableBox, Tile } from '../../parts/basics.tsx';
import { Empty } from '../../parts/states.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { fillDays, isWorthDrawing } from './period.ts';

const MAX_LABELS = 20;

export function MoneyTiles({ costs }: { costs: CostReport }) {
  const { total, budget } = costs;
  const wasted = costs.days.reduce((sum, one) => sum + one.wastedUsd, 0);
  return (
    <>
      <Tile name="Cost of the period" value={money(total.costUsd)} note={`${count(total.documents)} documents`} />
      <Tile
        name="Per 1,000 documents"
        value={total.perThousandUsd === null ? '–' : money(total.perThousandUsd)}
        note={total.asked === 0 ? 'nothing was asked' : `${money(total.costUsd / total.asked)} for an asked one`}
      />
      <Tile
        name="Asked share"
        value={total.documents === 0 ? '–' : percent(total.asked / total.documents, 1)}
        note={`${count(total.asked)} documents asked to the LLM`}
      />
      <SpentToday budget={budget} />
      <Tile
        name="Paid for nothing"
        value={money(wasted)}
        note={
          wasted === 0
            ? 'every answer was used'
            : `${percent(wasted / (total.costUsd || 1), 1)} of the cost: answers that could not be used`
        }
        {...(total.costUsd > 0 && wasted / total.costUsd > 0.05 ? { tone: 'warn' as const } : {})}
      />
    </>
  );
}

function SpentToday({ budget: { perDayUsd, spentTodayUsd } }: { budget: CostReport['budget'] }) {
  if (perDayUsd === null)
    return (
      <Tile
        name="Spent today (UTC)"
        value={money(spentTodayUsd)}
        note={
          <>
            no daily budget: <code>LLM_MAX_COST_USD_PER_DAY</code> sets one
          </>
        }
      />
    );
  const share = perDayUsd === 0 ? 1 : spentTodayUsd / perDayUsd;
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'good';
  return (
    <Tile
      name="Spent today (UTC)"
      value={money(spentTodayUsd)}
      {...(tone === 'good' ? {} : { tone })}
      note={
        <span class="budget">
          <Meter value={share} label={`${percent(share)} of the daily budget`} tone={tone} />
          {percent(share)} of {money(perDayUsd)}
          {share >= 1 && ': documents wait in review until tomorrow'}
        </span>
      }
    />
  );
}

export function MoneyCharts({ costs, dates }: { costs: CostReport; dates: readonly string[] }) {
  if (costs.days.length === 0)
    return (
      <Empty title="No run in this period">
        <p>
          Choose a longer period, or <a href={links.runs}>start a run</a>.
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
      title="Cost per day"
      caption={
        perDayUsd === null
          ? 'Days are UTC.'
          : `Days are UTC. The daily budget is ${money(perDayUsd)}${isDrawn ? '' : ', far above what was spent'}.`
      }
      kinds={[
        { name: 'used answers', tone: 1 },
        { name: 'paid for nothing', tone: 'warn' },
      ]}
      columns={days.map(({ date, costUsd, wastedUsd }) => ({
        key: date,
        values: [Math.max(0, costUsd - wastedUsd), Math.min(wastedUsd, costUsd)],
      }))}
      format={money}
      formatKey={day}
      {...(isDrawn ? { level: { y: perDayUsd, name: `daily budget ${money(perDayUsd)}` } } : {})}
    />
  );
}

function CostByLabel({ labels }: { labels: CostReport['labels'] }) {
  const rows = [...labels].sort((a, b) => b.costUsd - a.costUsd);
  return (
    <Bars
      title="Cost by label"
      caption={
        rows.length > MAX_LABELS
          ? `The ${MAX_LABELS} most expensive of ${count(rows.length)} labels.`
          : 'A label that costs much is one the model is unsure of: more examples of it make it cheaper.'
      }
      kinds={[{ name: 'cost', tone: 1 }]}
      rows={rows.slice(0, MAX_LABELS).map(({ label, costUsd }) => ({ name: label, values: [costUsd] }))}
      format={money}
    />
  );
}

function Deployments({ deployments }: { deployments: CostReport['deployments'] }) {
  return (
    <section class="stack">
      <h3>By deployment</h3>
      <TableBox label="Cost by deployment">
        <table>
          <Head columns={['Deployment', number('Calls'), number('Tokens'), number('Cost')]} />
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
