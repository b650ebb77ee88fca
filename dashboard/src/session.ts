// Who is looking, and what they may do.
import { computed, signal } from '@preact/signals';
import type { Session } from '../../shared/api/insights.ts';

/** undefined until it is read. */
export const session = signal<Session | undefined>(undefined);

export const canReview = computed(() => session.value?.roles.includes('reviewer') === true);
export const canOperate = computed(() => session.value?.roles.includes('operator') === true);

/** Labels of the current taxonomy; empty until one is published. */
export const labels = computed(() => session.value?.taxonomy?.labels.map(({ name }) => name) ?? []);

/** Counts what may have changed it; the frame reads it again then. */
export const sessionMoves = signal(0);
export const sessionMoved = (): void => {
  sessionMoves.value++;
};
