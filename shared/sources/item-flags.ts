// What a round must know of a bucket of items without reading it.
import type { DriveItem } from './drive-items.ts';

export interface BucketFlags {
  /** When the first of its items may be read that waits, ms since the epoch. */
  waitAt?: number;
  /** Items that may be gone, and could not be asked for yet. */
  suspects?: number;
  /** Landed items that are gone and are not removed yet. */
  removals?: number;
  /** Items whose columns were refused: when the first may be tried again, and how many for which reason. */
  held?: { at: number; codes: Record<string, number> };
  /** Items by what became of them, landed ones left out. */
  states?: Record<string, number>;
}

/** @returns undefined where nothing is to be said */
export function flagsOf(items: Iterable<DriveItem>): BucketFlags | undefined {
  const flags: BucketFlags = {};
  for (const { kind, state, code, waitUntil, isSuspect, held, eTag } of items) {
    if (waitUntil !== null && kind === 'file') flags.waitAt = Math.min(flags.waitAt ?? waitUntil, waitUntil);
    if (isSuspect === true) flags.suspects = (flags.suspects ?? 0) + 1;
    if (code === 'sync.removals') flags.removals = (flags.removals ?? 0) + 1;
    if (state !== 'landed' && state !== 'none') {
      flags.states ??= {};
      flags.states[state] = (flags.states[state] ?? 0) + 1;
    }
    if (held === undefined) continue;
    const at = held.eTag === eTag ? held.until : 0;
    flags.held ??= { at, codes: {} };
    flags.held.at = Math.min(flags.held.at, at);
    if (state === 'landed') flags.held.codes[held.code] = (flags.held.codes[held.code] ?? 0) + 1;
  }
  return Object.keys(flags).length === 0 ? undefined : flags;
}
