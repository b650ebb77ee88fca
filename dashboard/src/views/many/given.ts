// Decisions on many documents as they are sent, part by part, and taken back as one.
// Invariants: G1 one thing at a time. G2 what was stored before a failure can be taken back. G3 what was given last outlives the view.
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
  /** Documents that were never sent, because of `error`. */
  unsent: number;
  error: ApiError | undefined;
  /** Of what was stored and not taken back. */
  batches: readonly string[];
  /** Documents taken back; undefined before anybody asked for it. */
  undone: number | undefined;
}

/** What is under way; undefined while nothing is. */
export const underWay = signal<{ kind: 'deciding' | 'undoing'; done: number; total: number } | undefined>(undefined);
/** What was given last. */
export const given = signal<Given | undefined>(undefined);

let names: ReadonlyMap<string, string> = new Map();

/** POST a body, as sendJson does. @throws {ApiError} */
type Send = <T>(method: 'POST', path: string, body?: unknown) => Promise<T>;

/** Give documents a label. */
export async function decideMany(
  label: string,
  candidates: readonly Candidate[],
  send: Send = sendJson,
): Promise<void> {
  if (underWay.value !== undefined || candidates.length === 0) return; // G1
  names = new Map(candidates.map(({ documentId, name }) => [documentId, name]));
  const total = candidates.length;
  const empty = { decided: 0, unchanged: 0, refused: [], unsent: 0, batches: [], error: undefined, undone: undefined };
  let state: Given = { label, ...empty };
  let done = 0;
  underWay.value = { kind: 'deciding', done, total };
  try {
    for (const decisions of requestsOf(candidates, label, AT_ONCE)) {
      state = added(state, await send<BatchAnswer>('POST', 'feedback/batch', { decisions }));
      done += decisions.length;
      underWay.value = { kind: 'deciding', done, total };
    }
  } catch (error) {
    state = { ...state, unsent: total - done, error: asApiError(error) }; // G2
  } finally {
    given.value = state;
    underWay.value = undefined;
  }
}

/** Take back what was given last. */
export async function undoGiven(send: Send = sendJson): Promise<void> {
  const last = given.value;
  if (last === undefined || last.batches.length === 0 || underWay.value !== undefined) return;
  let state: Given = { ...last, refused: [], unsent: 0, error: undefined, undone: last.undone ?? 0 };
  const total = last.batches.length;
  underWay.value = { kind: 'undoing', done: 0, total };
  try {
    for (const batch of last.batches) {
      const path = `feedback/batch/${encodeURIComponent(batch)}/undo`;
      const { decisions } = await send<{ decisions: UndoneDecision[] }>('POST', path);
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
    underWay.value = undefined;
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
