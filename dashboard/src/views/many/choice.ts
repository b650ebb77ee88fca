// Which of the documents that fit are chosen, and what is sent for them.
// Invariants: C1 a document stands once, however many rows of it fit. C2 what a person has decided is chosen only by itself, never with all, and
// goes out so that the server leaves it alone unless it was. C3 what is chosen is among what is shown.
import type { Decision } from '../../../../shared/api/answers.ts';
import type { BatchRequest } from '../../../../shared/api/decisions.ts';
import { isErased, nameOf, type PathParts, shownPath } from '../../result-row.ts';

export interface Candidate extends PathParts {
  documentId: string;
  label: string | null;
  status: Decision['status'];
  confidence: number | null;
  /** To the one that others are to be like, 0..1; null where nothing was asked so. */
  similarity: number | null;
  isByPerson: boolean;
}

/** undefined for what was erased: nobody decides on it. */
export const candidateOf = (row: Decision, similarity: number | null = null): Candidate | undefined =>
  isErased(row)
    ? undefined
    : {
        ...nameOf(shownPath(row), row.archivePath),
        documentId: row.documentId,
        label: row.label,
        status: row.status,
        confidence: row.confidence,
        similarity,
        isByPerson: row.decidedBy === 'human',
      };

/** C1: the newest row is first; what a person said in any of them counts. */
export function withMore(known: readonly Candidate[], more: readonly (Candidate | undefined)[]): Candidate[] {
  const all = new Map(known.map((one) => [one.documentId, one]));
  for (const one of more) {
    if (one === undefined) continue;
    const before = all.get(one.documentId);
    all.set(
      one.documentId,
      before === undefined ? one : { ...before, isByPerson: before.isByPerson || one.isByPerson },
    );
  }
  return [...all.values()];
}

export type Chosen = ReadonlySet<string>;

/** C2 */
export const allOf = (candidates: readonly Candidate[]): Chosen =>
  new Set(candidates.filter(({ isByPerson }) => !isByPerson).map(({ documentId }) => documentId));

export const peoplesOf = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.filter(({ isByPerson }) => isByPerson);

/** One taken in or out. */
export function toggled(chosen: Chosen, documentId: string): Chosen {
  const next = new Set(chosen);
  if (!next.delete(documentId)) next.add(documentId);
  return next;
}

/** All from one to another, both included, whichever comes first; C2 for those between. */
export function withRange(chosen: Chosen, candidates: readonly Candidate[], from: number, to: number): Chosen {
  const between = candidates.slice(Math.min(from, to), Math.max(from, to) + 1);
  const last = candidates[to];
  return new Set([...chosen, ...allOf(between), ...(last === undefined ? [] : [last.documentId])]);
}

/** C3: the chosen ones in the order they are shown in. */
export const chosenOf = (candidates: readonly Candidate[], chosen: Chosen): Candidate[] =>
  candidates.filter(({ documentId }) => chosen.has(documentId));

/** C2: bodies of POST /api/feedback/batch, one after the other. @param size  decisions of one */
export function requestsOf(candidates: readonly Candidate[], label: string, size: number): BatchRequest[][] {
  const all = candidates.map(({ documentId, isByPerson }) => ({
    documentId,
    label,
    ...(isByPerson ? {} : { unlessPerson: true }),
  }));
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** The tile to go to for a key, or undefined where the key means nothing here. @param columns  tiles in a row */
export function tileAfterKey(key: string, at: number, count: number, columns: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: count - 1,
  };
  const next = moves[key];
  return next === undefined || next < 0 || next >= count ? undefined : next;
}
