// Decisions on many documents at once: two commits for all of them instead of two for each.
// Invariants: B1 each document's decision is what it would be alone (feedback.ts): the same rows, the same numbers, the same refusals. B2 what cannot
// share a commit (somebody else decided meanwhile, an earlier attempt was cut short) is decided alone. B3 a refusal keeps no other decision from being stored.
// B4 sent again it has the same id, and with an id of the caller's the same answer: an answer that was lost costs nobody the way back.
import pLimit from 'p-limit';
import type { BatchAnswer, BatchDecision, FeedbackAnswer } from '../api/answers.ts';
import type { BatchRequest } from '../api/decisions.ts';
import { SluiceError, TerminalError } from '../errors.ts';
import { documentHistories } from '../insight/results.ts';
import { reviewLeasePath } from '../paths.ts';
import { type DecisionLake, tableOf } from '../pipeline/decision-lake.ts';
import { offerDecision } from '../pipeline/near-duplicates.ts';
import { batchIdOf, readChosenBatch, recordBatch } from './batch-record.ts';
import {
  answerOf,
  checkLabel,
  feedbackIdOf,
  feedbackRow,
  giveFeedback,
  resultRow,
  type Standing,
  txnOf,
} from './feedback.ts';

const FILES_AT_ONCE = 8;

type Fresh = Standing & { request: BatchRequest };
/** `seen`: the number that the decision has, where that is known. */
type Alone = { request: BatchRequest; seen?: number };

/** Ids of decisions by document: those that this batch stores, and those that were there already. */
interface Said {
  stored: Map<string, string>;
  before: Map<string, string>;
}

/**
 * Store decisions; the answers are in the order of the requests, with the id by which they are taken back as one.
 * @param requests  500 at most (the schema); several on one document are given one after the other
 * @param chosenId  of the caller: sent again with it the answer is the same (B4)
 * @throws {RequestError} request.invalid when the id was used for other documents
 * @throws {TerminalError} request.forbidden when somebody else has used it
 */
export async function giveFeedbackBatch(
  lake: DecisionLake,
  requests: readonly BatchRequest[],
  reviewer: string,
  chosenId?: string,
): Promise<BatchAnswer> {
  const documents = new Set(requests.map(({ documentId }) => documentId));
  const earlier = chosenId === undefined ? undefined : await readChosenBatch(lake, chosenId, reviewer, documents);
  const said: Said = { stored: new Map(), before: new Map() };
  const answers = new Map<BatchRequest, BatchDecision>();
  const alone: Alone[] = [];
  const fresh = await standings(lake, requests, reviewer, { answers, alone, said, earlier: earlier?.decisions });
  const idOf = (stored: ReadonlyMap<string, string>) =>
    chosenId ?? batchIdOf([...said.before.values(), ...stored.values()]);
  const toStore = new Map(
    [...fresh, ...alone.map(({ request, seen }) => ({ request, number: seen }))].flatMap(({ request, number }) =>
      number === undefined ? [] : [[request.documentId, feedbackIdOf(request, reviewer, number)] as const],
    ),
  );
  if (toStore.size > 0) await recordBatch(lake, idOf(toStore), reviewer, toStore);
  const together = await storeTogether(lake, fresh, reviewer);
  for (const { request, number } of fresh) {
    const answer = together.get(request);
    if (answer !== undefined) said.stored.set(request.documentId, answer.feedbackId);
    answers.set(request, answer ? told(request, answer) : await decideAlone(lake, request, reviewer, said, number)); // B2
  }
  for (const { request, seen } of alone) answers.set(request, await decideAlone(lake, request, reviewer, said, seen));
  const decisions = requests.map((request) => answers.get(request) ?? told(request, undefined));
  return { decisions, batchId: await recordBatch(lake, idOf(said.stored), reviewer, said.stored) };
}

/** What sorting fills, and what the caller's id has stored before. */
interface Sorted {
  answers: Map<BatchRequest, BatchDecision>;
  alone: Alone[];
  said: Said;
  earlier: Readonly<Record<string, string>> | undefined;
}

/** Sorts the requests: answered already, to be given alone, and those that may share a commit. */
async function standings(
  lake: DecisionLake,
  requests: readonly BatchRequest[],
  reviewer: string,
  { answers, alone, said, earlier }: Sorted,
): Promise<Fresh[]> {
  // Before the histories: who decides in between has the number.
  const txns = (await tableOf(lake, 'results').snapshot())?.txns;
  const histories = await documentHistories(lake.query, [...new Set(requests.map(({ documentId }) => documentId))]);
  const labels = new Map<string, Promise<void>>();
  const seen = new Set<string>();
  const fresh: Fresh[] = [];
  for (const request of requests) {
    const { documentId, label } = request;
    const found = histories.get(documentId);
    const decided = txns?.get(txnOf(documentId))?.version ?? 0;
    // What is refused is refused in the words of the one way there is.
    if (seen.has(documentId) || found === undefined || found.latest.failure_code === 'document.erased') {
      alone.push({ request });
      continue;
    }
    seen.add(documentId);
    const { latest, feedback } = found;
    const key = JSON.stringify([latest.taxonomy_version ?? null, label]);
    const isKnown = labels.get(key) ?? checkLabel(lake, label, latest);
    labels.set(key, isKnown);
    try {
      await isKnown;
    } catch (error) {
      answers.set(request, refused(request, error)); // B3
      continue;
    }
    const [before] = feedback;
    const isStored = feedback.length === decided;
    if (isStored && before?.label === label && before.reviewer === reviewer) {
      const answer = answerOf(before, earlier?.[documentId] === before.feedback_id); // B4
      said.before.set(documentId, answer.feedbackId);
      answers.set(request, told(request, answer));
    } else if (request.unlessPerson && latest.decided_by === 'human')
      answers.set(request, refused(request, byPerson(documentId)));
    else if (!isStored)
      alone.push({ request, seen: decided + 1 }); // cut short before, or in work just now
    else fresh.push({ request, latest, before, number: decided + 1 });
  }
  return fresh;
}

/** @returns what was stored; nothing when the commit met another's: nothing of it is there then, or only its first half, which each document alone completes */
async function storeTogether(
  lake: DecisionLake,
  fresh: readonly Fresh[],
  reviewer: string,
): Promise<Map<BatchRequest, FeedbackAnswer>> {
  const stored = new Map<BatchRequest, FeedbackAnswer>();
  const [first, ...others] = fresh.map(({ request, number }) => ({
    appId: txnOf(request.documentId),
    appVersion: number,
  }));
  if (first === undefined || others.length === 0) return stored;
  const rows = await Promise.all(fresh.map((each) => feedbackRow(lake, each.request, reviewer, each)));
  const options = { ...first, others, operation: 'REVIEW' };
  if (await isTaken(() => tableOf(lake, 'feedback').append(rows, options))) return stored;
  const limit = pLimit(FILES_AT_ONCE);
  const { lake: files, logger } = lake.services;
  await Promise.all(
    fresh.map(({ request: { documentId, label }, latest: { taxonomy_version } }) =>
      limit(async () => {
        if (typeof taxonomy_version === 'string') await offerDecision(files, taxonomy_version, documentId, label);
      }),
    ),
  );
  const results = fresh.map(({ request, latest }) => resultRow(lake, latest, request.label));
  if (await isTaken(() => tableOf(lake, 'results').append(results, options))) return stored;
  await Promise.all(fresh.map(({ request }) => limit(() => files.delete(reviewLeasePath(request.documentId)))));
  for (const [index, { request, number }] of fresh.entries()) {
    logger.info('review.decided', { documentId: request.documentId, number });
    stored.set(request, answerOf(rows[index] ?? {}, true));
  }
  return stored;
}

/** Was (a part of) it there already, by somebody else or by an attempt before? */
async function isTaken(append: () => Promise<{ alreadyApplied: boolean }>): Promise<boolean> {
  try {
    return (await append()).alreadyApplied;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'lake.commit-conflict') return true;
    throw error;
  }
}

/** @param said  gets its id @param number  that the decision would have had in the batch; what another has completed of it is new all the same */
async function decideAlone(
  lake: DecisionLake,
  request: BatchRequest,
  reviewer: string,
  said: Said,
  number?: number,
): Promise<BatchDecision> {
  try {
    const given = await giveFeedback(lake, request, reviewer, number);
    const answer = number === undefined ? given : { ...given, isNew: true };
    (answer.isNew ? said.stored : said.before).set(request.documentId, answer.feedbackId);
    return told(request, answer);
  } catch (error) {
    return refused(request, error);
  }
}

const told = ({ documentId, label }: BatchRequest, answer: FeedbackAnswer | undefined): BatchDecision => ({
  documentId,
  label,
  state: answer?.isNew === false ? 'unchanged' : 'decided',
  previousLabel: answer?.previousLabel ?? null,
  code: null,
  message: null,
});

const byPerson = (documentId: string): TerminalError =>
  new TerminalError('review.decided-by-person', `document ${documentId} was decided by a person already`);

/** @throws what is no refusal of this one decision */
function refused({ documentId, label }: BatchRequest, error: unknown): BatchDecision {
  if (!(error instanceof SluiceError) || !REFUSALS.has(error.code)) throw error;
  return { documentId, label, state: 'refused', previousLabel: null, code: error.code, message: error.message };
}

const REFUSALS: ReadonlySet<string> = new Set([
  'request.invalid',
  'document.not-found',
  'document.erased',
  'lake.conflict',
  'review.decided-by-person',
]);
