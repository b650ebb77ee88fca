// Runs the review queue: asks for documents, sends decisions in their order, keeps time.
// Invariants: U1 decisions on a document reach the server in the order they were made. U2 what is held, and what waits behind a request under way, is
// sent when the view, the tab or the window goes; what no answer is known of is sent when the tab is loaded again, before documents are asked for. U3 the queue outlives the view, so that a look at a document or at a run loses neither place nor undo.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { BatchAnswer, FeedbackAnswer, ReviewItem } from '../../../../shared/api/answers.ts';
import { ApiError, getJson, sendJson } from '../../api.ts';
import { queryOf } from '../../links.ts';
import { problemOf } from '../../problem.ts';
import { toast, toastError } from '../../toasts.tsx';
import { words } from '../../words/review.ts';
import { createLeftBehind } from './left-behind.ts';
import { askOf, type Line } from './lines.ts';
import { isRetryDue, planAsk } from './plan-ask.ts';
import { type Decision, type Effect, type Event, emptyQueue, step } from './queue.ts';
import { createSender } from './sender.ts';

const HOLDER_NAME = 'sluice.review-holder';
/** Time in which a decision can be undone without a trace. */
export const UNDO_MS = 5000;
const TICK_MS = 2000;

export interface Choice {
  line: Line;
  label: string | undefined;
  run: string | undefined;
}

export const queue = signal(emptyQueue);
/** Why documents could not be fetched; undefined after a success. */
export const askError = signal<ApiError | undefined>(undefined);
/** Counts decisions the server has taken, for whoever shows the progress. */
export const storedCount = signal(0);

let choice: Choice | undefined;
let askedAtMs = 0;
let failedAtMs = 0;
let round = 0;

export function dispatch(event: Event, isClosing = false): void {
  const { queue: next, effects } = step(queue.value, event);
  queue.value = next;
  for (const effect of effects) run(effect);
  if (!isClosing) return;
  sender.close(); // U2: a closing window has no time to wait for the request before
  leftBehind.keep(sender.unanswered());
}

const leftBehind = createLeftBehind(sessionStorage);

/** Until then the server would give the documents of these decisions once more. */
let isResending = false;

/** U2: of an earlier page of this tab. One that cannot be sent now is tried with the next load. */
async function sendLeftBehind(): Promise<void> {
  isResending = true;
  try {
    const { stored, refused } = await leftBehind.resend((decisions) =>
      sendJson<BatchAnswer>('POST', 'feedback/batch', { decisions }),
    );
    if (stored > 0) {
      storedCount.value += stored;
      toast(words.storedFromBefore(stored), 'good');
    }
    if (refused > 0) toast(words.refusedFromBefore(refused), 'bad');
  } catch (error) {
    toastError(error);
  } finally {
    isResending = false;
  }
}

function run(effect: Effect): void {
  if (effect.kind === 'skip') {
    // A skip that does not arrive costs nothing: the lease runs out by itself.
    sendJson('POST', 'review/skip', { documentId: effect.documentId, holder: holder() }).catch(() => undefined);
    return;
  }
  sender.add(effect.decision);
}

const sender = createSender(
  {
    one: ({ item, label, note }, keepalive) =>
      sendJson<FeedbackAnswer>('POST', 'feedback', bodyOf(item.documentId, label, note), { keepalive }),
    many: async (decisions, keepalive) => {
      const body = { decisions: decisions.map(({ item, label, note }) => bodyOf(item.documentId, label, note)) };
      return (await sendJson<BatchAnswer>('POST', 'feedback/batch', body, { keepalive })).decisions;
    },
  },
  {
    stored(decision) {
      leftBehind.answered(decision.item.documentId);
      dispatch({ kind: 'stored', documentId: decision.item.documentId });
      storedCount.value++;
    },
    failed: (decision, error) => tellFailure(decision, error),
  },
);

const bodyOf = (documentId: string, label: string, note: string) => ({
  documentId,
  label,
  ...(note === '' ? {} : { note }),
});

function tellFailure(decision: Decision, error: unknown): void {
  if (!(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500) {
    failedAtMs = Date.now();
    dispatch({ kind: 'send-failed', decision });
    return;
  }
  leftBehind.answered(decision.item.documentId);
  if (error.code === 'lake.conflict')
    dispatch({
      kind: 'lost',
      decision,
      text: words.decidedByOther,
    });
  else if (error.status === 404 || error.status === 410)
    dispatch({ kind: 'lost', decision, text: words.erasedMeanwhile });
  else {
    const { message, remedy } = problemOf(error.code, error.message, error.remedy);
    dispatch({ kind: 'refused', decision, text: `${message} ${remedy}` });
  }
}

async function ask(limit: number, { line, label, run: runId }: Choice): Promise<void> {
  const mine = round;
  askedAtMs = Date.now();
  dispatch({ kind: 'asked' });
  try {
    const path = `review${queryOf({ ...askOf(line), limit, label, run: runId, holder: holder() })}`;
    const { documents } = await getJson<{ documents: ReviewItem[] }>(path);
    if (mine !== round) return; // another filter by now
    askError.value = undefined;
    dispatch({ kind: 'arrived', items: documents, limit, nowMs: Date.now() });
  } catch (error) {
    if (mine !== round) return;
    askError.value = error instanceof ApiError ? error : new ApiError(0, { detail: String(error) });
    dispatch({ kind: 'ask-failed' });
  }
}

function askIfDue(): void {
  if (choice === undefined || document.hidden || isResending) return;
  const limit = planAsk(queue.value, Date.now(), askedAtMs);
  if (limit !== undefined) void ask(limit, choice);
}

/** What could not be sent goes by itself once the host may answer again. */
function retryIfDue(): void {
  if (isRetryDue(queue.value, Date.now(), failedAtMs)) dispatch({ kind: 'retried' });
}

/** Ask at once, after a failure. */
export function askAgain(): void {
  askedAtMs = 0;
  askError.value = undefined;
  askIfDue();
}

/** Keeps the queue of a choice running while the view is open. */
export function useQueue(next: Choice): void {
  const key = JSON.stringify(next);
  useEffect(() => {
    void sendLeftBehind().then(askIfDue);
  }, []);
  useEffect(() => {
    if (choice !== undefined && JSON.stringify(choice) !== key) {
      round++;
      askedAtMs = 0;
      askError.value = undefined;
      dispatch({ kind: 'left' });
      dispatch({ kind: 'restarted' });
    }
    choice = next;
    askIfDue();
  }, [key]);
  useEffect(() => {
    const leave = () => dispatch({ kind: 'left' }, true); // U2
    const close = () => {
      leave();
      releaseAll();
    };
    const onVisibility = () => {
      if (document.hidden) return leave();
      leftBehind.clear();
      askIfDue();
    };
    const stop = queue.subscribe(() => queueMicrotask(askIfDue));
    const onTick = () => {
      retryIfDue();
      askIfDue();
    };
    const onOnline = () => {
      failedAtMs = 0;
      retryIfDue();
      askAgain();
    };
    // A tab that is closed forgets what is kept in it.
    const onUnload = (event: BeforeUnloadEvent) => {
      if (queue.value.unsent.length > 0) event.preventDefault();
    };
    const timer = setInterval(onTick, TICK_MS);
    addEventListener('online', onOnline);
    addEventListener('beforeunload', onUnload);
    addEventListener('pagehide', close);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      stop();
      clearInterval(timer);
      removeEventListener('online', onOnline);
      removeEventListener('beforeunload', onUnload);
      removeEventListener('pagehide', close);
      document.removeEventListener('visibilitychange', onVisibility);
      dispatch({ kind: 'left' });
    };
  }, []);
  const heldId = queue.value.held?.item.documentId;
  useEffect(() => {
    if (heldId === undefined) return;
    const timer = setTimeout(() => dispatch({ kind: 'elapsed', documentId: heldId }), UNDO_MS);
    return () => clearTimeout(timer);
  }, [heldId]);
}

/** The window closes: its documents are for others. A tab that comes back asks for them again, and gets those that nobody took. */
function releaseAll(): void {
  const documentIds = queue.value.items.filter((item) => !item.isBroughtBack).map((item) => item.documentId);
  askedAtMs = 0;
  if (documentIds.length === 0) return;
  const body = { documentIds: documentIds.slice(0, MAX_RELEASED), holder: holder() };
  // A release that does not arrive costs nothing: the leases run out by themselves.
  sendJson('POST', 'review/release', body, { keepalive: true }).catch(() => undefined);
}

/** Limit of the route. */
const MAX_RELEASED = 100;

/** Name of this tab for leases. */
function holder(): string {
  const kept = sessionStorage.getItem(HOLDER_NAME);
  if (kept !== null) return kept;
  // Not randomUUID: it is missing where the page is served without TLS.
  const name = [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  sessionStorage.setItem(HOLDER_NAME, name);
  return name;
}
