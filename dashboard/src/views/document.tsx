// One document: its text with what decided marked in it, the reasons, the story of its decisions, and a place to decide anew.
import { useMemo } from 'preact/hooks';
import '../../style/document.css';
import type { Decision, DecisionHistory, Evidence } from '../../../shared/api/answers.ts';
import type { DocumentText } from '../../../shared/api/insights.ts';
import { count, when } from '../format.ts';
import { links } from '../links.ts';
import { MarkedText, MarksLegend } from '../parts/marked-text.tsx';
import { PageBesideText } from '../parts/page/page-beside-text.tsx';
import { Place } from '../parts/place.tsx';
import { Empty, Loading, Show } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { type Resource, useResource } from '../resource.ts';
import { isErased, nameOf, shownPath } from '../result-row.ts';
import { canReview } from '../session.ts';
import { words } from '../words/document.ts';
import { DecideForm } from './document/decide-form.tsx';
import { Decided } from './document/decision.tsx';
import { rivalsOf } from './document/reasons.ts';
import { Download, Source } from './document/source.tsx';
import { Timeline } from './document/timeline.tsx';
import { TopLabels, WhyNotRunnerUp } from './document/why.tsx';
import { RunLink } from './runs/run-link.tsx';

const POLL_MS = 30_000;

export function DocumentView({ documentId = '' }: { documentId?: string }) {
  const answer = useResource<DecisionHistory>(`results/${encodeURIComponent(documentId)}`, POLL_MS);
  const { latest } = answer.data ?? {};
  useTitle(latest === undefined ? words.document : nameOf(shownPath(latest), latest.archivePath).name);
  return (
    <>
      <p class="back">
        <a href={links.documents()}>{words.documents}</a>
      </p>
      <Show resource={answer} what={words.theDocument}>
        {(data) => (isErased(data.latest) ? <Erased {...data} /> : <Document {...data} onDecided={answer.reload} />)}
      </Show>
    </>
  );
}

function Document({ documentId, latest, history, feedback, onDecided }: DecisionHistory & { onDecided: () => void }) {
  const name = nameOf(shownPath(latest), latest.archivePath);
  const isText = latest.status !== 'failed' || (latest.chars ?? 0) > 0;
  const text = useResource<DocumentText>(canReview.value && isText ? `documents/${documentId}/text` : null);
  return (
    <>
      <div class="view-head">
        <div>
          <h1>{name.name}</h1>
          <Place row={latest} />
        </div>
        {canReview.value && (
          <span class="row">
            {isText && <a href={links.documents({ like: documentId, select: '1' })}>{words.likeThis}</a>}
            <Download documentId={documentId} name={name.name} />
          </span>
        )}
      </div>
      <div class={`document-columns ${canReview.value ? 'with-page' : ''}`}>
        <div class="stack">
          <Content row={latest} text={isText ? text : undefined} />
        </div>
        <div class="stack">
          <Decided row={latest} />
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
function Content({ row, text }: { row: Decision; text: Resource<DocumentText> | undefined }) {
  const evidence = useMemo(() => row.evidence, [row]);
  const warnings = useMemo(() => row.warnings, [row]);
  const quote = row.quoteVerified === true ? row.quote : null;
  return (
    <section class="card">
      <h2 class="visually-hidden">{words.content}</h2>
      {!canReview.value ? (
        <p class="dim">{words.reviewersOnly}</p>
      ) : (
        <PageBesideText
          key={`${row.documentId} ${row.contentSha256}`}
          {...{ documentId: row.documentId, evidence, quote, warnings }}
        >
          {text === undefined ? <p class="dim">{words.noText}</p> : <Text {...{ row, text, evidence, quote }} />}
        </PageBesideText>
      )}
    </section>
  );
}

interface TextProps {
  row: Decision;
  text: Resource<DocumentText>;
  evidence: readonly Evidence[];
  quote: string | null;
}

function Text({ row, text, evidence, quote }: TextProps) {
  const rivals = rivalsOf(row);
  return (
    <>
      {text.data === undefined && text.error === undefined ? (
        <Loading what={words.theText} />
      ) : (
        <Show resource={text} what={words.theText}>
          {(data) =>
            data.text === null ? (
              <p class="dim">{words.textNotKept}</p>
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
                {data.isTruncated && <p class="dim">{words.firstChars(count(data.text.length), count(data.chars))}</p>}
              </>
            )
          }
        </Show>
      )}
    </>
  );
}

function Erased({ latest, history }: DecisionHistory) {
  return (
    <>
      <h1 class="visually-hidden">{words.erasedDocument}</h1>
      <Empty title={words.wasErased}>
        <p>{words.erasedNote}</p>
        <p>{words.decisionsUntil(history.length, when(latest.decidedAt), <RunLink runId={latest.runId} />)}</p>
      </Empty>
    </>
  );
}
