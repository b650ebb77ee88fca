// A cold start in words: how far label descriptions can be trusted.
import type { ColdAccept } from '../shared/pipeline/cold-accept.ts';
import { MIN_CHECKED } from '../shared/pipeline/cold-threshold.ts';

/** How far descriptions can be trusted, by what people said of their decisions until the run began. */
export function describeCold(cold: ColdAccept | null | undefined): string {
  if (cold === null || cold === undefined || cold.checked === 0) return 'nobody has checked how often that is right';
  const said = `people agreed with ${cold.right} of the ${cold.checked} they checked`;
  if (cold.basis === 'missed') return `${said}: too few, so it decided nothing alone`;
  if (cold.basis === 'unchecked')
    return `${said}${cold.checked < MIN_CHECKED ? `; from ${MIN_CHECKED} on its threshold follows them` : '; of what it was sure of too few were checked'}`;
  return `${said}, and it decided alone from confidence ${cold.accept.toFixed(2)} on`;
}
