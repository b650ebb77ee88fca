// What a round of a source works with.
import type { Clock, LakeStore, Logger } from '../ports.ts';
import type { Renamed } from './journal.ts';
import type { Decisions } from './write-back.ts';

export interface RoundDeps {
  lake: LakeStore;
  landing: LakeStore;
  clock: Clock;
  logger: Logger;
  /** Everything that was read from a landed file and decided on it goes. @param path  in the landing container */
  erase(path: string): Promise<void>;
  /** Landed files that are shown under another path now; some thousand at a time. */
  rename?(renamed: readonly Renamed[]): Promise<void>;
  /** What was decided, for sources that write it back. */
  decisions?: Decisions;
  /** Downloads at a time. */
  parallel: number;
}
