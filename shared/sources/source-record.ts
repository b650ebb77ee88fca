// What a source keeps of its last round, and when the next is due.
import type { SourceEntry } from '../api/source-entry.ts';
import type { RecordCheck } from '../record-json.ts';
import type { Drive } from './feed.ts';

/** What a source keeps of its last round. */
export interface SourceRecord {
  drives: Drive[];
  startedAt: number | null;
  endedAt: number | null;
  /** When something waits to be read; ms since the epoch. */
  nextAt: number | null;
  error: { code: string; message: string } | null;
  /** Failed rounds in a row. */
  failures: number;
  /** When the round that is under way began, and the last one that ended well; what is told later is not in it. */
  openedAt?: number | null;
  roundAt?: number | null;
  /** Version of the decisions that the last round could write back. */
  decided?: number;
}

export const NEW_SOURCE: SourceRecord = {
  drives: [],
  startedAt: null,
  endedAt: null,
  nextAt: null,
  error: null,
  failures: 0,
};

const LONGEST_PAUSE_MS = 60 * 60_000;

export const isSourceRecord: RecordCheck = ({ drives, failures }) =>
  Array.isArray(drives) && typeof failures === 'number';

/** When the next round is due; null while paused. Failed rounds are tried again at longer and longer distances. */
export function nextAt(entry: SourceEntry, record: SourceRecord): number | null {
  if (entry.paused) return null;
  if (record.endedAt === null) return 0;
  const everyMs = entry.everyMinutes * 60_000;
  if (record.failures > 0)
    return record.endedAt + Math.min(LONGEST_PAUSE_MS, everyMs * 2 ** Math.min(record.failures - 1, 6));
  return Math.min(record.endedAt + everyMs, record.nextAt ?? Number.POSITIVE_INFINITY);
}
