// One document: its text with what decided marked in it, the reasons, the story of its decisions, and a place to decide anew.
import { useMemo } from 'preact/hooks';
import '../../style/document.css';
import type { DocumentText } from '../../../shared/api/insights.ts';

import { count, when } from '../format.ts';
import { links } from '../links.ts';
import { MarkedText, MarksLegend } from '../parts/marked-text.tsx';
import { Empty, Loading, Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { type Resource, useResource } from '../resource.ts';
import { type DocumentAnswer, evidenceOf, isErased, nameOf, type ResultRow, shownPath } from '../result-row.ts';
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
          <p class="path">{[name.folder, name.archive].filter(Boolean).join('/')}</p>
        </div>
        {canReview.value && <Download documentId={documentId} name={name.name} />}
      </div>
      <div class="document-columns">
        <div class="stack">
          <Decision row={latest} />
          {isText && <Text row={latest} text={text} />}
        </div>
        <div class="stack">
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

function Text({ row, text }: { row: ResultRow; text: Resource<DocumentText> }) {
  const evidence = useMemo(() => evidenceOf(row), [row]);
  const rivals = rivalsOf(row);
  const quote = row.llm_quote_verified === true ? row.llm_quote : null;
  return (
    <section class="card">
      <h2>Text</h2>
      {!canReview.value ? (
        <p class="dim">Texts are shown to reviewers. Ask an administrator for the role reviewer to read it here.</p>
      ) : text.data === undefined && text.error === undefined ? (
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
    </section>
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
