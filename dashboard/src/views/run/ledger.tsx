// What the LLM was asked and paid for: the ledger summed up, and the bill beside the quote.
import type { RunReport } from '../../../../shared/api/insights.ts';

import { count, duration, money, percent } from '../../format.ts';
import { Facts, TableBox } from '../../parts/basics.tsx';
import { Head, number } from '../../parts/table-head.tsx';
import type { RunStatus } from '../runs/steps.ts';
import { billAgainst } from './quota.ts';

export function Ledger({ run, report }: { run: RunStatus; report: RunReport }) {
  const { ledger } = report;
  const { tokens, latency } = ledger;
  return (
    <section class="card" aria-labelledby="ledger-title">
      <h3 id="ledger-title">Ledger</h3>
      {ledger.attempts === 0 ? (
        <p class="dim">The LLM was not asked: nothing was paid.</p>
      ) : (
        <>
          <Facts
            facts={[
              ['Calls', count(ledger.calls)],
              ['Attempts', `${count(ledger.attempts)}, ${count(ledger.throttled)} refused (429)`],
              ['Tokens in', `${count(tokens.prompt)}, ${count(tokens.cached)} of them cached`],
              ['Tokens out', count(tokens.completion)],
              ['Paid', money(ledger.costUsd)],
              ['Per document asked', run.asked === 0 ? null : money(ledger.costUsd / run.asked)],
              [
                'Latency',
                latency === null ? null : `${duration(latency.p50)} median, ${duration(latency.p95)} 95th percentile`,
              ],
            ]}
          />
          <div class="ledger-tables">
            <TableBox label="Calls by outcome">
              <Outcomes ledger={ledger} />
            </TableBox>
            <TableBox label="Calls by deployment">
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
      <Head columns={['Outcome', number('Attempts'), number('Cost')]} />
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
      <Head columns={['Deployment', number('Attempts'), number('429s'), number('Tokens'), number('Cost')]} />
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

const BILL_TEXTS = {
  below: 'The bill is below the quoted range.',
  within: 'The bill is within the quoted range.',
  above: 'The bill is above the quoted range: the sample was unlike the rest, or calls were repeated.',
} as const;

/** The quoted range as a bar, the bill as a line in it. */
export function Bill({ quote, usd }: { quote: NonNullable<RunStatus['quote']>; usd: number }) {
  const verdict = billAgainst(quote, usd);
  const most = Math.max(quote.usdHigh, usd, Number.MIN_VALUE) * 1.1;
  const share = (value: number) => `${(100 * value) / most}%`;
  const off = quote.usd === 0 ? null : usd / quote.usd - 1;
  return (
    <div class="bill">
      <h3>Quote and bill</h3>
      <div
        class="bill-range"
        role="img"
        aria-label={`Quoted ${money(quote.usdLow)} to ${money(quote.usdHigh)}, billed ${money(usd)}`}
      >
        <span
          class="bill-quote"
          style={{ left: share(quote.usdLow), width: share(Math.max(0, quote.usdHigh - quote.usdLow)) }}
        />
        <span class={`bill-paid ${verdict}`} style={{ left: share(usd) }} />
      </div>
      <p>
        Quoted {money(quote.usd)} ({money(quote.usdLow)} to {money(quote.usdHigh)}), billed {money(usd)}
        {off !== null && `, ${off < 0 ? '−' : '+'}${percent(Math.abs(off))}`}. {BILL_TEXTS[verdict]}
      </p>
    </div>
  );
}
