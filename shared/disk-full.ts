// A disk without room, however it shows itself: the system’s own code, DuckDB’s words (it calls a full temporary folder out of memory), or what a
// caller made of either.
import { RetryableError } from './errors.ts';

const CODES = new Set(['ENOSPC', 'EDQUOT']);
const WORDS = /No space left on device|disk quota exceeded|not enough space on the disk|failed to offload data block/i;
const MAX_CAUSES = 5;

/** The same error, or `disk.full` where its reason is a full disk: the work is put back and done again when there is room. */
export function nameFullDisk(error: unknown): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < MAX_CAUSES; at = at.cause, depth++) {
    const { code, path } = at as { code?: unknown; path?: unknown }; // a system error has them
    if (error instanceof RetryableError) return error;
    if ((typeof code !== 'string' || !CODES.has(code)) && !WORDS.test(at.message)) continue;
    const where = typeof path === 'string' ? path.replace(/[^/\\]*$/, '') : 'the temporary folder';
    return new RetryableError('disk.full', `The disk is full: nothing more can be written to ${where}`, {
      cause: error,
    });
  }
  return error;
}
