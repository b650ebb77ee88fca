// What a run will take, before anything is paid.
import type { RunQuote } from '../../../../shared/insight/quote-run.ts';
import { count, duration, money } from '../../format.ts';
import { Facts } from '../../parts/basics.tsx';
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
    <section class="quote" aria-label="Quote" aria-live="polite" aria-busy={isAsking}>
      {isAsking ? (
        <p>
          <span class="spinner" aria-hidden="true" />
          Reading a sample of the documents; nothing is paid…
        </p>
      ) : quote === undefined ? (
        <p class="dim">A quote reads a random sample as the run would, without asking the LLM.</p>
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
        <span class="dim">
          {money(quote.usdLow)} to {money(quote.usdHigh)} with 95 % confidence
        </span>
        {isStale && <span class="badge warn">the form was changed since</span>}
      </p>
      <Facts
        facts={[
          ['Documents', `${count(quote.documents)} in ${count(quote.files)} files`],
          ['Asked to the LLM', `${count(quote.asked)} in ${count(quote.calls)} calls`],
          ['Tokens', `${count(quote.tokensIn)} in, ${count(quote.tokensOut)} out`],
          ...(quote.vectors === null || quote.vectors === undefined // an app of before says nothing of them
            ? []
            : ([
                ['Vectors', `${count(quote.vectors.documents)} documents, ${money(quote.vectors.usd)} more`],
              ] satisfies [string, string][])),
          ['Time for the quota', quote.minutes === 0 ? 'none' : duration(quote.minutes * 60)],
          ['Sample', `${count(quote.sampledFiles)} of ${count(quote.files)} files`],
        ]}
      />
      {quote.files === 0 && <p class="note warn">There are no files here. Check the container and the folder.</p>}
      {warning !== null && (
        <p class="note warn">
          {warning === 'below'
            ? 'The budget is below the quote: the least certain documents are asked until it is spent, the others wait for review.'
            : 'The budget may not suffice: what it does not cover waits for review.'}
        </p>
      )}
    </>
  );
}
