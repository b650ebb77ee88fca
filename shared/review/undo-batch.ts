// Taking back the decisions of a batch as one: the documents are what they were before, and nobody counts or learns from what was said.
// Invariants: U1 only what still stands is taken back: a document that was decided again, erased, or whose decision a later run has used is told and left
// alone. U2 safe to repeat: rows of `results` go first, then what was said is blanked, so that what was cut short is found again. U3 the number of a
// document's decisions stays, so a decision after it is a new one. U4 a reviewer takes back their own.
import type { UndoneDecision } from '../api/answers.ts';
import { codeOf, TerminalError } from '../errors.ts';
import { type DocumentHistory, documentHistories } from '../insight/results.ts';
import { rewriteRows } from '../lake/delta/rewrite.ts';
import type { Row } from '../lake/tables.ts';
import { nearDuplicatePaths } from '../paths.ts';
import { type DecisionLake, tableOf } from '../pipeline/decision-lake.ts';
import { offerDecision } from '../pipeline/near-duplicates.ts';
import { type BatchRecord, readBatch } from './batch-record.ts';

/** A decision that still stands. */
interface Standing {
  documentId: string;
  said: Row;
  history: DocumentHistory;
}

const MAX_ATTEMPTS = 4;

/**
 * Take a batch back.
 * @throws {TerminalError} review.no-batch for an id that is unknown or too old, request.forbidden for somebody else's
 */
export async function undoBatch(lake: DecisionLake, batchId: string, reviewer: string): Promise<UndoneDecision[]> {
  const record = await readBatch(lake, batchId, reviewer);
  if (record === undefined) throw new TerminalError('review.no-batch', `no decisions are known under ${batchId}`);
  for (let attempt = 1; ; attempt++) {
    try {
      return await takeBack(lake, record);
    } catch (error) {
      // Somebody has changed the same files meanwhile: look again at what stands.
      if (codeOf(error) !== 'lake.commit-conflict' || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function takeBack(lake: DecisionLake, { decisions }: BatchRecord): Promise<UndoneDecision[]> {
  const ids = Object.keys(decisions);
  const histories = await documentHistories(lake.query, ids);
  const answers = new Map<string, UndoneDecision>();
  const standing: Standing[] = [];
  for (const documentId of ids) {
    const history = histories.get(documentId);
    const [said] = history?.feedback ?? [];
    const refuse = (code: string, message: string) =>
      answers.set(documentId, { documentId, state: 'refused', code, message });
    if (history === undefined) refuse('document.not-found', `document ${documentId} is not known`);
    else if (history.latest.failure_code === 'document.erased')
      refuse('document.erased', `document ${documentId} was erased`);
    else if (!history.feedback.some((row) => row.feedback_id === decisions[documentId]))
      answers.set(documentId, { documentId, state: 'unchanged', code: null, message: null }); // never stored
    else if (said === undefined || said.feedback_id !== decisions[documentId])
      refuse('lake.conflict', `document ${documentId} was decided again since`);
    else if (said.label === null)
      answers.set(documentId, { documentId, state: 'unchanged', code: null, message: null });
    else if (usedByLaterRun(history, said))
      refuse('lake.conflict', `a later run has used the decision on document ${documentId}`);
    else standing.push({ documentId, said, history });
  }
  const since = Math.min(...standing.map(({ said }) => atOf(said.created_at)));
  // A document that a person had decided in the meantime, in the same batch even, has a moment of its own.
  const isAlone = ({ said, history }: Standing) =>
    history.history.some(
      (row) =>
        row.decided_by === 'human' && atOf(row.processed_at) >= since && atOf(row.processed_at) < atOf(said.created_at),
    );
  const { alone = [], together = [] } = Object.groupBy(standing, (one) => (isAlone(one) ? 'alone' : 'together'));
  for (const group of [together, ...alone.map((one) => [one])]) {
    if (group.length === 0) continue;
    await rewriteRows(
      tableOf(lake, 'results'),
      [
        { column: 'document_id', op: 'in', values: group.map(({ documentId }) => documentId) },
        { column: 'decided_by', op: '=', value: 'human' },
        {
          column: 'processed_at',
          op: '>=',
          value: new Date(Math.min(...group.map(({ said }) => atOf(said.created_at)))).toISOString(),
        },
      ],
      { kind: 'delete' },
    );
    await rewriteRows(
      tableOf(lake, 'feedback'),
      [{ column: 'feedback_id', op: 'in', values: group.map(({ said }) => String(said.feedback_id)) }],
      { kind: 'set', values: { label: null, previous_label: null, note: null } },
    );
  }
  for (const { documentId, history } of standing) {
    await forgetOffer(lake, history);
    lake.services.logger.info('review.undone', { documentId });
    answers.set(documentId, { documentId, state: 'undone', code: null, message: null });
  }
  return ids.map(
    (documentId) => answers.get(documentId) ?? { documentId, state: 'unchanged', code: null, message: null },
  );
}

/** A row of another run that was decided so, or another decision that a rewrite by time would take along. */
const usedByLaterRun = ({ history }: DocumentHistory, said: Row): boolean =>
  history.some(
    (row) =>
      row.decided_by === 'human' && atOf(row.processed_at) >= atOf(said.created_at) && row.run_id !== said.run_id,
  );

const atOf = (time: Row[string] | undefined): number => Date.parse(String(time));

/** What near copies would take over is what a person said before, if anybody did. */
async function forgetOffer({ services: { lake } }: DecisionLake, { latest, feedback }: DocumentHistory): Promise<void> {
  if (typeof latest.taxonomy_version !== 'string') return;
  const documentId = String(latest.document_id);
  const before = feedback.slice(1).find((row) => typeof row.label === 'string');
  if (before === undefined) await lake.delete(nearDuplicatePaths.person(latest.taxonomy_version, documentId));
  else await offerDecision(lake, latest.taxonomy_version, documentId, String(before.label));
}
