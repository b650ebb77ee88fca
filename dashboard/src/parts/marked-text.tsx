// A document's text with the terms and the quote of its decision marked. Text is text here: nothing of it becomes markup.
import { useMemo } from 'preact/hooks';
import type { Evidence } from '../../../shared/api/answers.ts';
import { planHighlights } from '../highlight.ts';
import '../../style/marked-text.css';
import { words } from '../words/parts.ts';

interface MarkedTextProps {
  text: string;
  evidence: readonly Evidence[];
  quote: string | null;
}

export function MarkedText({ text, evidence, quote }: MarkedTextProps) {
  const parts = useMemo(() => planHighlights(text, evidence, quote), [text, evidence, quote]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section class="marked-text" aria-label={words.textOfDocument} tabIndex={0}>
      {parts.map(({ text: part, side, isQuote }, i) => {
        const kind = [side, isQuote && 'quote'].filter(Boolean).join(' ');
        return kind === '' ? (
          part
        ) : (
          <mark key={i} class={kind}>
            {part}
          </mark>
        );
      })}
    </section>
  );
}

/** What the marks mean. */
export function MarksLegend({ label, runnerUp, hasQuote }: MarksLegendProps) {
  return (
    <ul class="legend marks-legend">
      {label !== undefined && (
        <li>
          {words.supports(
            (text) => (
              <mark class="label">{text}</mark>
            ),
            label,
          )}
        </li>
      )}
      {runnerUp !== undefined && (
        <li>
          {words.supports(
            (text) => (
              <mark class="runner-up">{text}</mark>
            ),
            runnerUp,
          )}
        </li>
      )}
      {hasQuote && (
        <li>
          {words.quotedByLlm((text) => (
            <mark class="quote">{text}</mark>
          ))}
        </li>
      )}
    </ul>
  );
}

interface MarksLegendProps {
  label: string | undefined;
  runnerUp: string | undefined;
  hasQuote: boolean;
}
