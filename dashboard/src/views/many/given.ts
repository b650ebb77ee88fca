// Decisions on many documents as they are sent, part by part, and taken back as one.
// Invariants: G1 one thing at a time. G2 what was stored can be taken back, though its answer was lost: each part has an id before it is sent, and is sent
// again once under it. G3 what was given last outlives the view, and a reload of the tab.
import { signal } from '@preact/signals';
import type { BatchAnswer, UndoneDecision } from '../../../../shared/api/answers.ts';
import { ApiError, sendJson } from '../../api.ts';
import { type Candidate, requestsOf } from './choice.ts';

/** Decisions of one request: they share two commits, and each answer is a step of the progress. */
const AT_ONCE = 100;

/** A document that was left as it is, and why. */
export interface Refused {
  name: string;
  documentId: string;
  code: string;
  message: string;
}

export interface Given {
  label: string;
  /** Documents that got the label, and those that had it already by the same reviewer. */
  decided: number;
  unchanged: number;
  refused: readonly Refused[];
  /** Documents that were sent without an answer: whether they got the label is not known. */
  unsure: number;
  /** Documents that were never sent, because of `error`. */
  unsent: number;
  error: ApiError | undefined;
  /** Of what was stored, or may be, and not taken back. */
  batches: readonly string[];
  /** Documents taken back; undefined before anybody asked for it. */
  undone: number | undefined;
}

/** What is under way; undefined while nothing is. */
export const underWay = signal<{ kind: 'deciding' | 'undoing'; done: number; total: number } | undefined>(undefined);
/** What was given last. */
export const given = signal<Given | undefined>(undefined);

const SAVED = 'sluice.given';

let names: ReadonlyMap<string, string> = new Map();

/** POST a body, as sendJson does. @throws {ApiError} */
type Send = <T>(method: 'POST', path: string, body?: unknown) => Promise<T>;

/** G3. @param storage  of the tab */
export function recallGiven(storage: Pick<Storage, 'getItem'>): void {
  const saved = storage.getItem(SAVED);
  if (saved !== null) given.value = { ...(JSON.parse(saved) as Given), refused: [], error: undefined }; // written by `remember`
}

function remember(state: Given, storage: Pick<Storage, 'setItem' | 'removeItem'> | undefined): void {
  if (state.batches.length === 0) storage?.removeItem(SAVED);
  else storage?.setItem(SAVED, JSON.stringify({ ...state, refused: [], error: undefined }));
}

/** Give documents a label. @param storage  of the tab */
export async function decideMany(
  label: string,
  candidates: readonly Candidate[],
  send: Send = sendJson,
  storage: Pick<Storage, 'setItem' | 'removeItem'> | undefined = globalThis.sessionStorage,
): Promise<void> {
  if (underWay.value !== undefined || candidates.length === 0) return; // G1
  names = new Map(candidates.map(({ documentId, name }) => [documentId, name]));
  const total = candidates.length;
  const nothing = { decided: 0, unchanged: 0, refused: [], unsure: 0, unsent: 0, batches: [] };
  let state: Given = { label, ...nothing, error: undefined, undone: undefined };
  let done = 0;
  underWay.value = { kind: 'deciding', done, total };
  try {
    for (const decisions of requestsOf(candidates, label, AT_ONCE)) {
      const before = state;
      const batchId = newBatchId();
      state = { ...before, unsure: decisions.length, batches: [...before.batches, batchId] };
      remember({ ...state, unsent: total - done - decisions.length }, storage);
      try {
        state = added(before, await sendUntilAnswered(send, { decisions, batchId }));
      } catch (error) {
        if (!isLost(error)) state = { ...before, unsent: decisions.length };
        throw error;
      }
      done += decisions.length;
      underWay.value = { kind: 'deciding', done, total };
    }
  } catch (error) {
    state = { ...state, unsent: total - done - state.unsure, error: asApiError(error) }; // G2
  } finally {
    given.value = state;
    remember(state, storage);
    underWay.value = undefined;
  }
}

/** 32 hex digits at random. `randomUUID` is only there under https. */
const newBatchId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** May it have been stored all the same? */
const isLost = (error: unknown): boolean => error instanceof ApiError && (error.status === 0 || error.status >= 500);

/** G2: who was answered by nobody, or by a host in trouble, asks once more; the same id makes it the same decisions. */
async function sendUntilAnswered(send: Send, body: object): Promise<BatchAnswer> {
  try {
    return await send<BatchAnswer>('POST', 'feedback/batch', body);
  } catch (error) {
    if (!isLost(error)) throw error;
    return await send<BatchAnswer>('POST', 'feedback/batch', body);
  }
}

/** Take back what was given last. */
export async function undoGiven(
  send: Send = sendJson,
  storage: Pick<Storage, 'setItem' | 'removeItem'> | undefined = globalThis.sessionStorage,
): Promise<void> {
  const last = given.value;
  if (last === undefined || last.batches.length === 0 || underWay.value !== undefined) return;
  let state: Given = { ...last, refused: [], unsure: 0, unsent: 0, error: undefined, undone: last.undone ?? 0 };
  const total = last.batches.length;
  underWay.value = { kind: 'undoing', done: 0, total };
  try {
    for (const batch of last.batches) {
      const decisions = await takenBack(send, batch);
      const undone = decisions.filter((one) => one.state === 'undone').length;
      const batches = state.batches.filter((one) => one !== batch);
      state = {
        ...state,
        batches,
        undone: (state.undone ?? 0) + undone,
        refused: [...state.refused, ...told(decisions)],
      };
      underWay.value = { kind: 'undoing', done: total - batches.length, total };
    }
  } catch (error) {
    state = { ...state, error: asApiError(error) };
  } finally {
    given.value = state;
    remember(state, storage);
    underWay.value = undefined;
  }
}

async function takenBack(send: Send, batch: string): Promise<UndoneDecision[]> {
  try {
    const path = `feedback/batch/${encodeURIComponent(batch)}/undo`;
    return (await send<{ decisions: UndoneDecision[] }>('POST', path)).decisions;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'review.no-batch') return []; // nothing of it was stored
    throw error;
  }
}

function added(state: Given, { decisions, batchId }: BatchAnswer): Given {
  const count = (wanted: BatchAnswer['decisions'][number]['state']) =>
    decisions.filter((one) => one.state === wanted).length;
  return {
    ...state,
    decided: state.decided + count('decided'),
    unchanged: state.unchanged + count('unchanged'),
    refused: [...state.refused, ...told(decisions)],
    batches: batchId === null ? state.batches : [...state.batches, batchId],
  };
}

const told = (decisions: readonly (BatchAnswer['decisions'][number] | UndoneDecision)[]): Refused[] =>
  decisions
    .filter(({ state }) => state === 'refused')
    .map(({ documentId, code, message }) => ({
      documentId,
      name: names.get(documentId) ?? documentId.slice(0, 12),
      code: code ?? '',
      message: message ?? '',
    }));

const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, { detail: String(error) });
