// Which decisions were given together, so that they can be taken back as one.
// Invariants: R1 a record is there before the first of its decisions is stored, so that who never got the answer can take them back. R2 the same batch
// sent again has the same record: its id is the caller's, or made of the ids of the decisions.
import { RequestError } from '../api/problem.ts';
import { TerminalError } from '../errors.ts';
import { sha256Hex } from '../ids.ts';
import { reviewBatchPath } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { readJson, writeJson } from '../pipeline/records.ts';

export interface BatchRecord {
  reviewer: string;
  /** Id of what was said, by document; of what a process died before storing too. */
  decisions: Record<string, string>;
}

/** R2. @param feedbackIds  of all decisions of a batch, those that were there already too */
export const batchIdOf = (feedbackIds: readonly string[]): string =>
  sha256Hex([...feedbackIds].sort().join('\0')).slice(0, 32);

/** @returns undefined for an id that nothing was given under @throws {TerminalError} request.forbidden for somebody else's */
export async function readBatch(lake: DecisionLake, id: string, reviewer: string): Promise<BatchRecord | undefined> {
  const record = await readJson<BatchRecord>(lake.services.lake, reviewBatchPath(id));
  if (record !== undefined && record.reviewer !== reviewer)
    throw new TerminalError('request.forbidden', 'these decisions are somebody else’s');
  return record;
}

/**
 * The record of an id that a caller has chosen.
 * @param documents  of the request: a batch does not grow by others
 * @throws {RequestError} request.invalid when the id was used for other documents
 */
export async function readChosenBatch(
  lake: DecisionLake,
  id: string,
  reviewer: string,
  documents: ReadonlySet<string>,
): Promise<BatchRecord | undefined> {
  const record = await readBatch(lake, id, reviewer);
  if (record !== undefined && !Object.keys(record.decisions).every((documentId) => documents.has(documentId)))
    throw new RequestError([{ field: 'batchId', message: 'was used for other documents; choose a new one' }]);
  return record;
}

/** Remember decisions of a batch beside those that are known of it. @returns its id; null while nothing is known under it */
export async function recordBatch(
  lake: DecisionLake,
  id: string,
  reviewer: string,
  decisions: ReadonlyMap<string, string>,
): Promise<string | null> {
  const known = (await readBatch(lake, id, reviewer))?.decisions ?? {};
  const isNew = [...decisions].some(([documentId, said]) => known[documentId] !== said);
  if (isNew) {
    const record: BatchRecord = { reviewer, decisions: { ...known, ...Object.fromEntries(decisions) } };
    await writeJson(lake.services.lake, reviewBatchPath(id), record);
  }
  return isNew || Object.keys(known).length > 0 ? id : null;
}
