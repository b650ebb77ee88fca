// The review queue as a pure machine: what is on screen, what was decided but not sent yet, what can be undone.
// Invariants: Q1 a decision is sent once it is older than the time to undo it, or when the next is made, never before. Q2 a document that was
// decided, put aside or lost to others is not shown again by a later answer; only an undo brings it back. Q3 no decision is lost: one that
// could not be sent waits in `unsent`. Q4 the document in focus stays in focus while answers arrive.
import type { ReviewItem } from '../../../../shared/api/answers.ts';
import { words } from '../../words/review.ts';

/** A document that waits on screen. */
export interface Waiting extends ReviewItem {
  /** Brought back by hand; the server's answers do not name it. */
  isBroughtBack: boolean;
  /** The label that is stored already: the next decision corrects it. */
  storedLabel: string | null;
}

export interface Decision {
  item: Waiting;
  label: string;
  note: string;
  /** Where it stood, so that an undo puts it there. */
  place: number;
}

export type Past = { kind: 'decided'; decision: Decision } | { kind: 'skipped'; item: Waiting; place: number };

export interface Message {
  text: string;
  tone: 'good' | 'plain' | 'warn' | 'bad';
}

export interface Queue {
  items: readonly Waiting[];
  /** Index of the document in focus; 0 when there is none. */
  at: number;
  /** Decided, and still to be undone without a trace. */
  held: Decision | undefined;
  /** Sent, not yet answered. */
  sending: readonly string[];
  /** Could not be sent. */
  unsent: readonly Decision[];
  /** What can be undone, the newest last. */
  past: readonly Past[];
  gone: ReadonlySet<string>;
  /** Notes being written, by document. */
  notes: Readonly<Record<string, string>>;
  isAsking: boolean;
  /** The server had no more than it gave. */
  isExhausted: boolean;
  /** What happened last, in words. */
  message: Message | undefined;
}

export type Event =
  | { kind: 'asked' }
  | { kind: 'arrived'; items: readonly ReviewItem[]; limit: number; nowMs: number }
  | { kind: 'ask-failed' }
  | { kind: 'decided'; label: string }
  | { kind: 'elapsed'; documentId: string }
  | { kind: 'skipped' }
  | { kind: 'undone' }
  | { kind: 'moved'; by: number }
  | { kind: 'noted'; text: string }
  | { kind: 'stored'; documentId: string }
  /** Somebody else decided, or it was erased: there is nothing left to decide. */
  | { kind: 'lost'; decision: Decision; text: string }
  /** The server does not take the label: the document comes back. */
  | { kind: 'refused'; decision: Decision; text: string }
  | { kind: 'send-failed'; decision: Decision }
  | { kind: 'retried' }
  /** The viewer goes: nothing may be left behind. */
  | { kind: 'left' }
  | { kind: 'skipped-shown' }
  /** Another filter: another queue. What was decided can still be undone. */
  | { kind: 'restarted' };

export type Effect = { kind: 'send'; decision: Decision } | { kind: 'skip'; documentId: string };

export interface Step {
  queue: Queue;
  effects: readonly Effect[];
}

export const emptyQueue: Queue = {
  items: [],
  at: 0,
  held: undefined,
  sending: [],
  unsent: [],
  past: [],
  gone: new Set(),
  notes: {},
  isAsking: false,
  isExhausted: false,
  message: undefined,
};

/** What an event makes of the queue, and what is to be sent for it. */
export function step(queue: Queue, event: Event): Step {
  switch (event.kind) {
    case 'asked':
      return quiet({ ...queue, isAsking: true });
    case 'arrived':
      return quiet(arrive(queue, event));
    case 'ask-failed':
      return quiet({ ...queue, isAsking: false, isExhausted: true });
    case 'decided':
      return decide(queue, event.label);
    case 'elapsed':
      return queue.held?.item.documentId === event.documentId ? release(queue) : quiet(queue);
    case 'skipped':
      return skip(queue);
    case 'undone':
      return quiet(undo(queue));
    case 'moved':
      return quiet({ ...queue, at: within(queue.at + event.by, queue.items.length) });
    case 'noted': {
      const focus = queue.items[queue.at];
      return quiet(
        focus === undefined ? queue : { ...queue, notes: { ...queue.notes, [focus.documentId]: event.text } },
      );
    }
    case 'stored':
      return quiet({ ...queue, sending: queue.sending.filter((id) => id !== event.documentId) });
    case 'lost':
      return quiet({ ...forget(queue, event.decision), message: { text: event.text, tone: 'plain' } });
    case 'refused':
      return quiet({
        ...bringBack(forget(queue, event.decision), event.decision.item, queue.at),
        message: { text: event.text, tone: 'bad' },
      });
    case 'send-failed':
      return quiet(failSending(queue, event.decision));
    case 'retried':
      return sendAll({ ...queue, unsent: [] }, queue.unsent);
    case 'left': {
      const { queue: released, effects } = release(queue);
      const rest = sendAll({ ...released, unsent: [] }, queue.unsent);
      return { queue: rest.queue, effects: [...rest.effects, ...effects] };
    }
    case 'skipped-shown':
      return quiet(showSkipped(queue));
    case 'restarted':
      return quiet({ ...queue, items: [], at: 0, isAsking: false, isExhausted: false, message: undefined });
  }
}

const quiet = (queue: Queue): Step => ({ queue, effects: [] });

/** Q2, Q4. What is missing from an answer that had room for it, or whose lease is over, is somebody else's by now. */
function arrive(queue: Queue, { items, limit, nowMs }: Extract<Event, { kind: 'arrived' }>): Queue {
  const focus = queue.items[queue.at]?.documentId;
  const isComplete = items.length < limit;
  const newest = new Map(items.map((item) => [item.documentId, item]));
  const known = new Set(queue.items.map(({ documentId }) => documentId));
  const kept = queue.items.flatMap((item) => {
    const fresh = newest.get(item.documentId);
    if (fresh !== undefined) return [{ ...item, ...fresh }];
    const isLost = !item.isBroughtBack && (isComplete || Date.parse(item.leasedUntil) <= nowMs);
    return isLost ? [] : [item];
  });
  const added = items
    .filter(({ documentId }) => !known.has(documentId) && !queue.gone.has(documentId))
    .map((item) => ({ ...item, isBroughtBack: false, storedLabel: null }));
  const all = [...kept, ...added];
  const found = all.findIndex(({ documentId }) => documentId === focus);
  const isFocusLost = focus !== undefined && found < 0;
  return {
    ...queue,
    items: all,
    at: found >= 0 ? found : within(queue.at, all.length),
    isAsking: false,
    isExhausted: isComplete,
    ...(isFocusLost ? { message: { text: words.takenByOther, tone: 'plain' } } : {}),
  };
}

/** Q1: the decision before is sent now; this one waits for an undo. */
function decide(queue: Queue, label: string): Step {
  const item = queue.items[queue.at];
  if (item === undefined) return quiet(queue);
  const { queue: released, effects } = release(queue);
  const decision: Decision = { item, label, note: (queue.notes[item.documentId] ?? '').trim(), place: queue.at };
  return { queue: { ...without(released, item), held: decision, message: undefined }, effects };
}

function skip(queue: Queue): Step {
  const item = queue.items[queue.at];
  if (item === undefined) return quiet(queue);
  const { queue: released, effects } = release(queue);
  return {
    queue: {
      ...without(released, item),
      past: [...released.past, { kind: 'skipped', item, place: queue.at }],
      message: { text: words.skipped, tone: 'plain' },
    },
    effects: [...effects, { kind: 'skip', documentId: item.documentId }],
  };
}

function undo(queue: Queue): Queue {
  if (queue.held !== undefined) {
    const { item, place } = queue.held;
    const back = bringBack({ ...queue, held: undefined }, item, place);
    return { ...back, message: { text: words.undone, tone: 'plain' } };
  }
  const last = queue.past.at(-1);
  if (last === undefined) return { ...queue, message: { text: words.nothingToUndo, tone: 'plain' } };
  const past = queue.past.slice(0, -1);
  if (last.kind === 'skipped') {
    const back = bringBack({ ...queue, past }, { ...last.item, isBroughtBack: true }, last.place);
    return { ...back, message: { text: words.broughtBack, tone: 'plain' } };
  }
  const { item, label, place } = last.decision;
  const unsent = queue.unsent.filter((one) => one.item.documentId !== item.documentId);
  if (unsent.length < queue.unsent.length)
    return {
      ...bringBack({ ...queue, past, unsent }, item, place),
      message: { text: words.undone, tone: 'plain' },
    };
  return {
    ...bringBack({ ...queue, past }, { ...item, isBroughtBack: true, storedLabel: label }, place),
    message: { text: words.nextCorrects(label), tone: 'warn' },
  };
}

function showSkipped(queue: Queue): Queue {
  const skipped = queue.past.flatMap((one) => (one.kind === 'skipped' ? [one] : []));
  const past = queue.past.filter(({ kind }) => kind !== 'skipped');
  return skipped.reduceRight<Queue>((all, { item }) => bringBack(all, { ...item, isBroughtBack: true }, 0), {
    ...queue,
    past,
  });
}

function release(queue: Queue): Step {
  if (queue.held === undefined) return quiet(queue);
  const decided: Past = { kind: 'decided', decision: queue.held };
  return sendAll({ ...queue, held: undefined, past: [...queue.past, decided] }, [queue.held]);
}

const sendAll = (queue: Queue, decisions: readonly Decision[]): Step => ({
  queue: { ...queue, sending: [...queue.sending, ...decisions.map(({ item }) => item.documentId)] },
  effects: decisions.map((decision) => ({ kind: 'send', decision })),
});

/** Q3. Where the document was brought back meanwhile, the decision is the viewer's again. */
function failSending(queue: Queue, decision: Decision): Queue {
  const { documentId } = decision.item;
  const sending = queue.sending.filter((id) => id !== documentId);
  const isMine = ({ documentId: id }: Waiting) => id === documentId;
  if (queue.items.some(isMine)) {
    const items = queue.items.map((item) =>
      isMine(item) ? { ...item, storedLabel: decision.item.storedLabel } : item,
    );
    return { ...queue, sending, items };
  }
  if (queue.held !== undefined && isMine(queue.held.item)) return { ...queue, sending };
  return { ...queue, sending, unsent: [...queue.unsent, decision] };
}

/** Into the past goes nothing that the server did not take. */
function forget(queue: Queue, { item: { documentId } }: Decision): Queue {
  return {
    ...queue,
    sending: queue.sending.filter((id) => id !== documentId),
    past: queue.past.filter((one) => one.kind === 'skipped' || one.decision.item.documentId !== documentId),
  };
}

function without(queue: Queue, item: Waiting): Queue {
  const items = queue.items.filter(({ documentId }) => documentId !== item.documentId);
  return { ...queue, items, at: within(queue.at, items.length), gone: new Set(queue.gone).add(item.documentId) };
}

function bringBack(queue: Queue, item: Waiting, place: number): Queue {
  const items = queue.items.filter(({ documentId }) => documentId !== item.documentId);
  const at = Math.min(Math.max(0, place), items.length);
  const gone = new Set(queue.gone);
  gone.delete(item.documentId);
  return { ...queue, items: items.toSpliced(at, 0, item), at, gone };
}

const within = (at: number, length: number): number => Math.max(0, Math.min(at, length - 1));
