// What a run will take, before anything is paid.
import type { RunQuote } from '../../../../shared/insight/quote-run.ts';
import { count, duration, money } from '../../format.ts';
import { Facts } from '../../parts/basics.tsx';
import { words } from '../../words/runs.ts';
import { budgetWarning, typedNumber } from './run-form.ts';

interface QuoteBoxProps {
  quote: RunQuote | undefined;
  /** The form was changed since. */
  isStale: boolean;
  isAsking: boolean;
  /** As typed. */
  maxCostUsd: string;
}

export function QuoteBox({ quote, isStale, isAsking, maxCostUsd }: QuoteBoxProps) {
  return (
    <section class="quote" aria-label={words.quote} aria-live="polite" aria-busy={isAsking}>
      {isAsking ? (
        <p>
          <span class="spinner" aria-hidden="true" />
          {words.readingSample}
        </p>
      ) : quote === undefined ? (
        <p class="dim">{words.quoteNote}</p>
      ) : (
        <Quoted quote={quote} isStale={isStale} maxCostUsd={maxCostUsd} />
      )}
    </section>
  );
}

function Quoted({ quote, isStale, maxCostUsd }: { quote: RunQuote; isStale: boolean; maxCostUsd: string }) {
  const warning = budgetWarning(typedNumber(maxCostUsd), quote);
  return (
    <>
      <p class="quote-money">
        <strong>{money(quote.usd)}</strong>{' '}
        <span class="dim">{words.range(money(quote.usdLow), money(quote.usdHigh))}</span>
        {isStale && <span class="badge warn">{words.formChanged}</span>}
      </p>
      <Facts
        facts={[
          [words.columnDocuments, words.inFiles(count(quote.documents), count(quote.files))],
          [words.asked, words.inCalls(count(quote.asked), count(quote.calls))],
          [words.tokens, words.tokensInOut(count(quote.tokensIn), count(quote.tokensOut))],
          ...(quote.vectors === null || quote.vectors === undefined // an app of before says nothing of them
            ? []
            : ([
                [words.vectors, words.vectorsMore(count(quote.vectors.documents), money(quote.vectors.usd))],
              ] satisfies [string, string][])),
          [words.quotaTime, quote.minutes === 0 ? words.none : duration(quote.minutes * 60)],
          [words.sample, words.sampleOf(count(quote.sampledFiles), count(quote.files))],
        ]}
      />
      {quote.files === 0 && <p class="note warn">{words.noFiles}</p>}
      {warning !== null && <p class="note warn">{warning === 'below' ? words.budgetBelow : words.budgetWithin}</p>}
    </>
  );
}
