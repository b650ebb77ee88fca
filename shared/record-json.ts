// JSON records that Sluice keeps in the lake, and what becomes of one that is damaged: an error with the file's name, never a bare SyntaxError.
// Invariants: C1 a damaged record is `lake.corrupt-record` and names its path. C2 a list shows the readable ones and tells the others (BrokenRecord).
import { codeOf, ERROR_REMEDIES, SluiceError, TerminalError } from './errors.ts';

/** What can be said of a record without trusting it. Absent: any object or array will do. */
export type RecordCheck = (record: Record<string, unknown>) => boolean;

/** A record that a list would show if it could be read. */
export interface BrokenRecord {
  /** Run id, training id or name, as its path has it. */
  id: string;
  /** In the lake container. */
  path: string;
  code: string;
  message: string;
  remedy: string;
}

/**
 * A record from its bytes. Its writers are ours, so the shape is trusted beyond `check`.
 * @throws {TerminalError} lake.corrupt-record
 */
export function parseRecord<T>(bytes: Buffer, path: string, check?: RecordCheck): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw corrupt(path, bytes.length === 0 ? 'is empty' : `is no JSON (${bytes.length} bytes)`);
  }
  if (typeof value !== 'object' || value === null) throw corrupt(path, 'is no record');
  if (check?.(value as Record<string, unknown>) === false) throw corrupt(path, 'lacks what such a record holds');
  return value as T;
}

/** C2. @throws what is not a damaged record */
export function brokenRecord(id: string, error: unknown): BrokenRecord {
  if (!isCorruptRecord(error)) throw error;
  const { code, message, ids } = error;
  return { id, path: String(ids.path), code, message, remedy: ERROR_REMEDIES[code] };
}

export const isCorruptRecord = (error: unknown): error is SluiceError =>
  error instanceof SluiceError && codeOf(error) === 'lake.corrupt-record';

const corrupt = (path: string, problem: string): TerminalError =>
  new TerminalError('lake.corrupt-record', `${path} ${problem}`, { ids: { path } });
