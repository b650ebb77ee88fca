// One document: its text with what decided marked in it, the reasons, the story of its decisions, and a place to decide anew.
import { useMemo } from 'preact/hooks';
import '../../style/document.css';
import type { DocumentText } from '../../../shared/api/insights.ts';

import { count, when } from '../format.ts';
import { links } from '../links.ts';
import { MarkedText, MarksLegend } from '../parts/marked-text.tsx';
import { PageBesideText } from '../parts/page/page-beside-text.tsx';
import { Place } from '../parts/place.tsx';
import { Empty, Loading, Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { type Resource, useResource } from '../resource.ts';
import {
  type DocumentAnswer,
  type Evidence,
  evidenceOf,
  isErased,
  nameOf,
  type ResultRow,
  shownPath,
  warningsOf,
} from '../result-row.ts';
import { canReview } from '../session.ts';
import { DecideForm } from './document/decide-form.tsx';
import { Decision } from './document/decision.tsx';
import { rivalsOf } from './document/reasons.ts';
import { Download, Source } from './document/source.tsx';
import { Timeline } from './document/timeline.tsx';
import { TopLabels, WhyNotRunnerUp } from './document/why.tsx';

const POLL_MS = 30_000;

export function DocumentView({ documentId = '' }: { documentId?: string }) {
  const answer = useResource<DocumentAnswer>(`results/${encodeURIComponent(documentId)}`, POLL_MS);
  const { latest } = answer.data ?? {};
  useTitle(latest === undefined ? 'Document' : nameOf(shownPath(latest), latest.archive_path).name);
  return (
    <>
      <p class="back">
        <a href={links.documents()}>Documents</a>
      </p>
      <Show resource={answer} what="the document">
        {(data) => (isErased(data.latest) ? <Erased {...data} /> : <Document {...data} onDecided={answer.reload} />)}
      </Show>
    </>
  );
}

function Document({ documentId, latest, history, feedback, onDecided }: DocumentAnswer & { onDecided: () => void }) {
  const name = nameOf(shownPath(latest), latest.archive_path);
  const isText = latest.status !== 'failed' || (latest.chars ?? 0) > 0;
  const text = useResource<DocumentText>(canReview.value && isText ? `documents/${documentId}/text` : null);
  return (
    <>
      <div class="view-head">
        <div>
          <h1>{name.name}</h1>
          <Place row={latest} />
        </div>
        {canReview.value && <Download documentId={documentId} name={name.name} />}
      </div>
      <div class={`document-columns ${canReview.value ? 'with-page' : ''}`}>
        <div class="stack">
          <Content row={latest} text={isText ? text : undefined} />
        </div>
        <div class="stack">
          <Decision row={latest} />
          {canReview.value && <DecideForm documentId={documentId} latest={latest} onDecided={onDecided} />}
          <TopLabels row={latest} />
          <WhyNotRunnerUp row={latest} />
        </div>
      </div>
      <div class="grid document-more">
        <Timeline history={history} feedback={feedback} />
        <Source row={latest} history={history} />
      </div>
    </>
  );
}

/** The document as it looks and what was read of it; a file that could not be read may still be looked at. */
function Content({ row, text }: { row: ResultRow; text: Resource<DocumentText> | undefined }) {
  const evidence = useMemo(() => evidenceOf(row), [row]);
  const warnings = useMemo(() => warningsOf(row), [row]);
  const quote = row.llm_quote_verified === true ? row.llm_quote : null;
  return (
    <section class="card">
      <h2 class="visually-hidden">Content</h2>
      {!canReview.value ? (
        <p class="dim">
          Pages and texts are shown to reviewers. Ask an administrator for the role reviewer to see them here.
        </p>
      ) : (
        <PageBesideText
          key={`${row.document_id} ${row.content_sha256}`}
          {...{ documentId: row.document_id, evidence, quote, warnings }}
        >
          {text === undefined ? (
            <p class="dim">No text could be read of it.</p>
          ) : (
            <Text {...{ row, text, evidence, quote }} />
          )}
        </PageBesideText>
      )}
    </section>
  );
}

interface TextProps {
  row: ResultRow;
  text: Resource<DocumentText>;
  evidence: readonly Evidence[];
  quote: string | null;
}

function Text({ row, text, evidence, quote }: TextProps) {
  const rivals = rivalsOf(row);
  return (
    <>
      {text.data === undefined && text.error === undefined ? (
        <Loading what="the text" />
      ) : (
        <Show resource={text} what="the text">
          {(data) =>
            data.text === null ? (
              <p class="dim">The text is no longer kept. Run the document again to read it here.</p>
            ) : (
              <>
                {(evidence.length > 0 || quote !== null) && (
                  <MarksLegend
                    label={evidence.length > 0 ? rivals?.label : undefined}
                    runnerUp={evidence.length > 0 ? rivals?.runnerUp : undefined}
                    hasQuote={quote !== null}
                  />
                )}
                <MarkedText text={data.text} evidence={evidence} quote={quote} />
                {data.isTruncated && (
                  <p class="dim">
                    The first {count(data.text.length)} of {count(data.chars)} characters.
                  </p>
                )}
              </>
            )
          }
        </Show>
      )}
    </>
  );
}

function Erased({ latest, history }: DocumentAnswer) {
  return (
    <>
      <h1 class="visually-hidden">Erased document</h1>
      <Empty title="This document was erased">
        <p>
          Its name, its text, its labels and everything said about it were removed on request. Counts and costs of its
          runs stay as they were.
        </p>
        <p>
          {history.length === 1 ? 'One decision' : `${count(history.length)} decisions`}, the last on{' '}
          {when(latest.processed_at)} in run <a href={links.run(latest.run_id)}>{latest.run_id}</a>.
        </p>
      </Empty>
    </>
  );
}
