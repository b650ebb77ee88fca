// The name that a reviewer with a function key gives themselves, remembered in this browser.
// Invariants: N1 it is sent only where the API knows nobody by name: a signed-in person is who they are. N2 what is remembered is a name that
// the API takes (shared/api/reviewer.ts).
import { signal } from '@preact/signals-core';

const SAVED = 'sluice.reviewer';
const MAX_CHARS = 100;

/** Controls, marks of direction and halves of characters; joiners stay, as some scripts need them. */
const UNFIT = /[^\P{C}\u200C\u200D]|[\p{Zl}\p{Zp}]/gu;

/** '' for none. */
export const reviewerName = signal('');

/** What was typed as a name the API takes; '' where there is nothing of one. */
export function nameOf(typed: string): string {
  const line = typed.replace(/\s+/gu, ' ').replace(UNFIT, '').trim().slice(0, MAX_CHARS).replace(UNFIT, '').trim();
  return /[\p{L}\p{N}]/u.test(line) ? line : '';
}

/** @param storage  of the browser: the name of the visit before */
export function recallReviewer(storage: Pick<Storage, 'getItem'>): void {
  reviewerName.value = nameOf(storage.getItem(SAVED) ?? '');
}

/** Remember a name for this visit and the next; '' forgets it. */
export function nameReviewer(typed: string, storage: Pick<Storage, 'setItem' | 'removeItem'>): void {
  reviewerName.value = nameOf(typed);
  if (reviewerName.value === '') storage.removeItem(SAVED);
  else storage.setItem(SAVED, reviewerName.value);
}

/** N1. @param isSignedIn  by the platform, which says who it is */
export const reviewerHeaders = (isSignedIn: boolean): Record<string, string> =>
  isSignedIn || reviewerName.value === '' ? {} : { 'x-sluice-reviewer': encodeURIComponent(reviewerName.value) };
