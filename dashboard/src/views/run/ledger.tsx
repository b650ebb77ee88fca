// What the LLM was asked and paid for: the ledger summed up, and the bill beside the quote.
import type { RunReport } from '../../../../shared/api/insights.ts';

import { count, duration, money, percent } from '../../format.ts';
import { Facts, TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import { words } from '../../words/run.ts';
import type { RunStatus } from '../runs/steps.ts';
import { billAgainst } from './quota.ts';

export function Ledger({ run, report }: { run: RunStatus; report: RunReport }) {
  const { ledger } = report;
  const { tokens, latency } = ledger;
  return (
    <section class="card" aria-labelledby="ledger-title">
      <h3 id="ledger-title">{words.ledger}</h3>
      {ledger.attempts === 0 ? (
        <p class="dim">{words.notAsked}</p>
      ) : (
        <>
          <Facts
            facts={[
              [words.calls, count(ledger.calls)],
              [words.attempts, words.attemptsRefused(count(ledger.attempts), count(ledger.throttled))],
              [words.tokensIn, words.ofThemCached(count(tokens.prompt), count(tokens.cached))],
              [words.tokensOut, count(tokens.completion)],
              [words.paid, money(ledger.costUsd)],
              [words.perAsked, run.asked === 0 ? null : money(ledger.costUsd / run.asked)],
              [words.latency, latency === null ? null : words.latencyOf(duration(latency.p50), duration(latency.p95))],
            ]}
          />
          <div class="ledger-tables">
            <TableBox label={words.callsByOutcome}>
              <Outcomes ledger={ledger} />
            </TableBox>
            <TableBox label={words.callsByDeployment}>
              <Deployments ledger={ledger} />
            </TableBox>
          </div>
        </>
      )}
      {run.quote !== null && <Bill quote={run.quote} usd={run.costUsd} />}
    </section>
  );
}

function Outcomes({ ledger }: { ledger: RunReport['ledger'] }) {
  return (
    <table class="small">
      <Head columns={[words.columnOutcome, number(words.attempts), number(words.cost)]} />
      <tbody>
        {ledger.byOutcome.map(({ outcome, attempts, costUsd }) => (
          <tr key={outcome}>
            <th scope="row">{outcome}</th>
            <td class="number">{count(attempts)}</td>
            <td class="number">{money(costUsd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Deployments({ ledger }: { ledger: RunReport['ledger'] }) {
  return (
    <table class="small">
      <Head
        columns={[
          words.deployment,
          number(words.attempts),
          number(words.refused),
          number(words.tokens),
          number(words.cost),
        ]}
      />
      <tbody>
        {ledger.deployments.map(({ deployment, attempts, throttled, tokens, costUsd }) => (
          <tr key={deployment}>
            <th scope="row">{deployment}</th>
            <td class="number">{count(attempts)}</td>
            <td class="number">{count(throttled)}</td>
            <td class="number">{count(tokens)}</td>
            <td class="number">{money(costUsd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The quoted range as a bar, the bill as a line in it. */
export function Bill({ quote, usd }: { quote: NonNullable<RunStatus['quote']>; usd: number }) {
  const verdict = billAgainst(quote, usd);
  const most = Math.max(quote.usdHigh, usd, Number.MIN_VALUE) * 1.1;
  const share = (value: number) => `${(100 * value) / most}%`;
  const off = quote.usd === 0 ? null : usd / quote.usd - 1;
  return (
    <div class="bill">
      <h3>{words.bill}</h3>
      <div
        class="bill-range"
        role="img"
        aria-label={words.billSaid(money(quote.usdLow), money(quote.usdHigh), money(usd))}
      >
        <span
          class="bill-quote"
          style={{ left: share(quote.usdLow), width: share(Math.max(0, quote.usdHigh - quote.usdLow)) }}
        />
        <span class={`bill-paid ${verdict}`} style={{ left: share(usd) }} />
      </div>
      <p>
        {words.billText(
          money(quote.usd),
          money(quote.usdLow),
          money(quote.usdHigh),
          money(usd),
          off === null ? '' : `, ${off < 0 ? '−' : '+'}${percent(Math.abs(off))}`,
        )}{' '}
        {words.bills[verdict]}
      </p>
    </div>
  );
}
