// Documents that wait for a person, one after the other, by keyboard or by touch.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import '../../style/review.css';
import type { ReviewProgress } from '../../../shared/api/insights.ts';

import { guideMoved } from '../guide.ts';
import { links, queryOf } from '../links.ts';
import { Empty, ErrorNote, Loading } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { TrainingOfferCard } from '../parts/training-offer.tsx';
import { useResource } from '../resource.ts';
import { reviewerName } from '../reviewer-name.ts';
import { canReview, labels, session, sessionMoved } from '../session.ts';
import { words as offerWords } from '../words/offer.ts';
import { words } from '../words/review.ts';
import { DocumentInFocus } from './review/document-in-focus.tsx';
import { Help } from './review/help.tsx';
import { type Command, commandOf, keysOf } from './review/keys.ts';
import { LabelPanel } from './review/label-panel.tsx';
import { LINES, lineOf } from './review/lines.ts';
import { placeOf, pressOf } from './review/press.ts';
import { DayProgress, NothingWaits, withOnTheWay } from './review/progress.tsx';
import { StatusLine } from './review/status-line.tsx';
import { askAgain, askError, type Choice, dispatch, queue, storedCount, useQueue } from './review/use-queue.ts';
import { useRunName } from './runs/run-link.tsx';

const PROGRESS_POLL_MS = 15_000;

export function ReviewView() {
  useTitle(words.title);
  if (!canReview.value)
    return (
      <>
        <h1>{words.title}</h1>
        <Empty title={words.needsReviewer}>
          <p>
            {words.askForRole((text) => (
              <a href={links.documents({ status: 'review' })}>{text}</a>
            ))}
          </p>
        </Empty>
      </>
    );
  return <Desk />;
}

function Desk() {
  const choice = useChoice();
  useQueue(choice);
  const { route } = useLocation();
  const { items, at, held, past, isExhausted } = queue.value;
  const focus = items[at];
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const noteField = useRef<HTMLTextAreaElement>(null);
  const answer = useProgress();
  // A correction counts no document twice.
  const onTheWay = held !== undefined && held.item.storedLabel === null ? 1 : 0;
  const progress = answer.data && withOnTheWay(answer.data, onTheWay);
  const keys = keysOf(labels.value);
  // Where people disagree nothing is kept out of habit.
  const proposed = choice.line === 'disagreement' ? undefined : (focus?.label ?? focus?.topLabels[0]?.label);
  const obey = (command: Command) => {
    if (command.kind === 'label') dispatch({ kind: 'decided', label: command.label });
    else if (command.kind === 'accept' && proposed !== undefined) dispatch({ kind: 'decided', label: proposed });
    else if (command.kind === 'skip') dispatch({ kind: 'skipped' });
    else if (command.kind === 'undo') dispatch({ kind: 'undone' });
    else if (command.kind === 'next') dispatch({ kind: 'moved', by: 1 });
    else if (command.kind === 'previous') dispatch({ kind: 'moved', by: -1 });
    else if (command.kind === 'note') noteField.current?.focus();
    else if (command.kind === 'help') setIsHelpOpen(true);
    else if (command.kind === 'like' && focus !== undefined)
      route(links.documents({ like: focus.documentId, select: '1' }));
    else if (command.kind === 'open' && focus !== undefined) route(links.document(focus.documentId));
  };
  useKeys(keys, obey, isHelpOpen);
  const hasNoLabels = labels.value.length === 0;
  useEffect(() => {
    if (hasNoLabels) sessionMoved(); // they may have come by terminal since it was read
  }, [hasNoLabels]);
  const skipped = past.filter(({ kind }) => kind === 'skipped').length;
  return (
    <>
      <div class="view-head">
        <h1>{words.title}</h1>
        <Choices choice={choice} onHelp={() => setIsHelpOpen(true)} />
      </div>
      {progress !== undefined && <DayProgress progress={progress} />}
      <TrainingOfferCard decided={storedCount.value}>
        <a href={links.models}>{offerWords.open}</a>
      </TrainingOfferCard>
      {choice.line === 'disagreement' && (
        <p class="note review-note">
          {words.disagreementNote}
          {session.value?.authMode === 'function-keys' && reviewerName.value === '' && ` ${words.nameFirst}`}
        </p>
      )}
      {choice.line === 'spot-check' && (
        <p class="note review-note">
          {words.spotCheckNote((text) => (
            <a href={links.costs}>{text}</a>
          ))}
        </p>
      )}
      <StatusLine onUndo={() => obey({ kind: 'undo' })} />
      {askError.value !== undefined && items.length === 0 ? (
        <ErrorNote error={askError.value} onRetry={askAgain} />
      ) : focus === undefined ? (
        !isExhausted ? (
          <Loading what={words.nextDocument} />
        ) : (
          <NothingWaits progress={progress} choice={choice} skipped={skipped} />
        )
      ) : (
        <div class="review-desk">
          <DocumentInFocus key={focus.documentId} item={focus} ahead={items.length - at - 1} next={items[at + 1]} />
          <LabelPanel item={focus} keys={keys} proposed={proposed} noteField={noteField} onCommand={obey} />
        </div>
      )}
      {isHelpOpen && <Help keys={keys} onClose={() => setIsHelpOpen(false)} />}
    </>
  );
}

function Choices({ choice, onHelp }: { choice: Choice; onHelp: () => void }) {
  const { route } = useLocation();
  const set = (changed: Partial<Choice>) => {
    const { line, label, run } = { ...choice, ...changed };
    route(`${links.review}${queryOf({ order: line === 'uncertain' ? undefined : line, label, run })}`, true);
  };
  return (
    <div class="row review-choices">
      <select
        aria-label={words.order}
        value={choice.line}
        onChange={(event) => set({ line: lineOf(event.currentTarget.value) })}
      >
        {LINES.map((line) => (
          <option key={line} value={line}>
            {words.lines[line]}
          </option>
        ))}
      </select>
      <select
        aria-label={words.proposedLabel}
        value={choice.label ?? ''}
        onChange={(event) => set({ label: event.currentTarget.value || undefined })}
      >
        <option value="">{words.allProposals}</option>
        {labels.value.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {choice.run !== undefined && <RunButton runId={choice.run} onClick={() => set({ run: undefined })} />}
      <button type="button" class="keys-only" onClick={onHelp}>
        {words.keys} <kbd>?</kbd>
      </button>
    </div>
  );
}

/** The run that the queue is narrowed to; pressing it widens it again. */
const RunButton = ({ runId, onClick }: { runId: string; onClick: () => void }) => (
  <button type="button" title={runId} onClick={onClick}>
    {words.run(useRunName(runId))} ×
  </button>
);

/** The choice in the address. While the next view is being loaded, the address is its own already. */
function useChoice(): Choice {
  const { path, query } = useLocation();
  const own = useRef<Choice>({ line: 'uncertain', label: undefined, run: undefined });
  if (path === links.review)
    own.current = {
      line: lineOf(query.order),
      label: query.label || undefined,
      run: query.run || undefined,
    };
  return own.current;
}

/** Since midnight of the viewer, renewed with each decision that was stored. */
function useProgress() {
  const [since] = useState(() => new Date(new Date().setHours(0, 0, 0, 0)).toISOString());
  const progress = useResource<ReviewProgress>(`review/progress${queryOf({ since })}`, PROGRESS_POLL_MS);
  const { reload } = progress;
  const stored = storedCount.value;
  useEffect(() => {
    if (stored === 0) return;
    reload();
    guideMoved();
  }, [stored, reload]);
  return progress;
}

function useKeys(keys: ReadonlyMap<string, string>, obey: (command: Command) => void, isOff: boolean): void {
  const newest = useRef({ keys, obey, isOff });
  newest.current = { keys, obey, isOff };
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (newest.current.isOff || event.defaultPrevented) return;
      const command = commandOf({ ...pressOf(event), on: placeOf(event.target) }, newest.current.keys);
      if (command === undefined) return;
      event.preventDefault();
      newest.current.obey(command);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
