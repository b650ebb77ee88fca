// The document to decide: its name, why it waits, and its text with what the model saw marked in it.
import { useEffect, useState } from 'preact/hooks';
import type { DocumentText } from '../../../../shared/api/insights.ts';

import { getBlob } from '../../api.ts';
import { when } from '../../format.ts';
import { links } from '../../links.ts';
import { Badge } from '../../parts/basics.tsx';
import { MarkedText, MarksLegend } from '../../parts/marked-text.tsx';
import { PageBesideText } from '../../parts/page/page-beside-text.tsx';
import { Place } from '../../parts/place.tsx';
import { problemOf } from '../../problem.ts';
import { useResource } from '../../resource.ts';
import { nameOf } from '../../result-row.ts';
import { words } from '../../words/review.ts';
import type { Waiting } from './queue.ts';
import { SaidByPeople } from './said-by-people.tsx';

export function DocumentInFocus({ item, ahead, next }: { item: Waiting; ahead: number; next: Waiting | undefined }) {
  useDrawnAhead(next?.documentId);
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
        <Place row={{ path: item.path, archivePath: item.archivePath }} />
        <p class="review-why">
          {item.code !== null && (
            <span title={problemOf(item.code, item.message ?? '').message || undefined}>
              <Badge tone="warn">{item.code}</Badge>
            </span>
          )}{' '}
          <span class="dim">
            {item.code === null ? words.decidedAt(when(item.decidedAt)) : words.waitsSince(when(item.decidedAt))} ·{' '}
            {ahead === 0 ? words.lastOne : words.readyBehind(ahead)}
          </span>
        </p>
        <SaidByPeople said={item.said} />
        {item.storedLabel !== null && (
          <p class="note warn">
            {words.storedAlready(
              (text) => (
                <strong>{text}</strong>
              ),
              item.storedLabel,
            )}
          </p>
        )}
      </header>
      <PageBesideText documentId={item.documentId} evidence={item.evidence} quote={quote} warnings={item.warnings}>
        {(hasMarks || quote !== null) && (
          <MarksLegend
            label={hasMarks ? first?.label : undefined}
            runnerUp={hasMarks ? second?.label : undefined}
            hasQuote={quote !== null}
          />
        )}
        {text === null ? (
          <p class="note">
            {words.textNotKept((text) => (
              <a href={links.document(item.documentId)}>{text}</a>
            ))}
          </p>
        ) : (
          <MarkedText text={text} evidence={item.evidence} quote={quote} />
        )}
        {text !== null && whole.data === undefined && (
          <p class="row">
            {whole.error !== undefined ? (
              <span class="dim">{problemOf(whole.error.code, whole.error.message).message}</span>
            ) : (
              <button type="button" class="quiet" disabled={isWhole} onClick={() => setIsWhole(true)}>
                {isWhole ? words.loading : words.moreText}
              </button>
            )}
          </p>
        )}
      </PageBesideText>
    </article>
  );
}

/** The first page of the document behind it is drawn while this one is read. */
function useDrawnAhead(documentId: string | undefined): void {
  useEffect(() => {
    if (documentId === undefined) return;
    const timer = setTimeout(
      () => void getBlob(`documents/${documentId}/pages/1.png?width=1000`).catch(() => undefined), // told when it is looked at
      AHEAD_MS,
    );
    return () => clearTimeout(timer);
  }, [documentId]);
}

/** The page in focus goes first. */
const AHEAD_MS = 600;
