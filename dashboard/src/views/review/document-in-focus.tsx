// The document to decide: its name, why it waits, and its text with what the model saw marked in it.
import { useState } from 'preact/hooks';
import type { DocumentText } from '../../../../shared/api/insights.ts';

import { count, when } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge } from '../../parts/basics.tsx';
import { MarkedText, MarksLegend } from '../../parts/marked-text.tsx';
import { useResource } from '../../resource.ts';
import { nameOf } from '../../result-row.ts';
import type { Waiting } from './queue.ts';

export function DocumentInFocus({ item, ahead }: { item: Waiting; ahead: number }) {
  const name = nameOf(item.path, item.archivePath);
  const [first, second] = item.topLabels;
  const quote = item.quoteVerified === true ? item.quote : null;
  const hasMarks = item.evidence.length > 0;
  const [isWhole, setIsWhole] = useState(false);
  const whole = useResource<DocumentText>(isWhole ? `documents/${item.documentId}/text` : null);
  const text = whole.data?.text ?? item.excerpt;
  return (
    <article class="card review-document">
      <header>
        <h2>
          <a href={links.document(item.documentId)}>{name.name}</a>
        </h2>
        <p class="dim path">{[name.folder, name.archive].filter(Boolean).join('/')}</p>
        <p class="review-why">
          {item.code !== null && (
            <span title={item.message ?? undefined}>
              <Badge tone="warn">{item.code}</Badge>
            </span>
          )}{' '}
          <span class="dim">
            {item.code === null ? 'decided' : 'waits since'} {when(item.decidedAt)} ·{' '}
            {ahead === 0 ? 'the last one here' : `${count(ahead)} ready behind it`}
          </span>
        </p>
        {item.storedLabel !== null && (
          <p class="note warn">
            <strong>{item.storedLabel}</strong> is stored already. What you decide now is stored as a correction.
          </p>
        )}
      </header>
      {(hasMarks || quote !== null) && (
        <MarksLegend
          label={hasMarks ? first?.label : undefined}
          runnerUp={hasMarks ? second?.label : undefined}
          hasQuote={quote !== null}
        />
      )}
      {text === null ? (
        <p class="note">
          The text is no longer kept. <a href={links.document(item.documentId)}>Open the document</a> to download the
          original.
        </p>
      ) : (
        <MarkedText text={text} evidence={item.evidence} quote={quote} />
      )}
      {text !== null && whole.data === undefined && (
        <p class="row">
          {whole.error !== undefined ? (
            <span class="dim">{whole.error.message}</span>
          ) : (
            <button type="button" class="quiet" disabled={isWhole} onClick={() => setIsWhole(true)}>
              {isWhole ? 'Loading…' : 'More of the text'}
            </button>
          )}
        </p>
      )}
    </article>
  );
}
