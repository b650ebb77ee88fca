// The LLM stage of one batch: documents in, one answer for each out. Safe to run twice, at once or after a crash.
// Invariants: S1 every document gets exactly one answer. S2 an answer that is stored is never paid for again. S3 running out of quota or time gives
//             'waiting', never a failed document. S4 the work to do follows from the plan and the stored answers alone.

import { ERROR_REMEDIES, type ErrorCode } from '../errors.ts';
import { runPaths } from '../paths.ts';
import { parseRecord } from '../record-json.ts';
import type { Taxonomy } from '../taxonomy.ts';
import { type AskContext, isOrphan } from './ask.ts';
import { CallLog } from './calls.ts';
import { type CalibrationCurve, calibrated } from './confidence.ts';
import { readCurve } from './curves.ts';
import type { Decision } from './judge.ts';
import { Budget, ceilings } from './money/budget.ts';
import { finishedPath, type LedgerRow, ledgerRows } from './money/ledger.ts';
import { type BatchPlan, type LlmDocument, loadOrMakePlan, type Shown, showDocuments } from './prepare.ts';
import { type LlmDeps, runtimeOf } from './runtime.ts';
import { Work } from './work.ts';

export { readLedger } from './money/ledger.ts';
export type { LlmDocument } from './prepare.ts';
export type { LlmDeps } from './runtime.ts';

export interface LlmAnswer {
  id: string;
  outcome: 'label' | 'failed' | 'review';
  /** For review with llm.low-confidence: what the model suggests. */
  label: string | null;
  confidence: number | null;
  /** Confidence before calibration, as the model stated it or its token probabilities say. */
  stated?: number | null;
  quote: string | null;
  quoteVerified: boolean | null;
  code: ErrorCode | null;
  message: string | null;
  deployment: string | null;
  promptVersion: string;
  tokensIn: number;
  tokensOut: number;
  costUsd: number;
  cached: boolean;
}

export interface ClassifyRequest {
  runId: string;
  batchId: string;
  taxonomy: Taxonomy;
  documents: readonly LlmDocument[];
  /** When this call must have returned, ms since the epoch. */
  deadlineMs: number;
  /** USD the run may spend on the LLM; the day's ceiling is a setting. */
  budget?: { runUsd?: number | undefined };
}

export type ClassifyOutcome =
  | { status: 'done'; answers: LlmAnswer[]; calls: number; tokensIn: number; tokensOut: number; costNanoUsd: bigint }
  | { status: 'waiting'; retryAt: number; answered: number };

interface Finished {
  answers: LlmAnswer[];
  ledger: LedgerRow[];
}

/** Codes that people or a later run can mend without touching the document. */
const REVIEW_CODES: ReadonlySet<ErrorCode> = new Set([
  'llm.unsure',
  'llm.low-confidence',
  'llm.budget-spent',
  'llm.prompt-cut',
  'llm.configuration',
  'llm.quota-exhausted',
  'llm.unavailable',
]);
/** A quote that is not in the document makes the rest of the answer less credible. */
const FALSE_QUOTE_FACTOR = 0.9;
const MIN_WAIT_MS = 250;

/**
 * Ask the LLM about the documents of a batch.
 * @returns 'waiting' when quota or time ran out: call again with the same request at `retryAt` (ms since the epoch)
 * @throws  {TerminalError} config.invalid when no deployment may be used
 */
export async function classifyDocuments(request: ClassifyRequest, deps: LlmDeps): Promise<ClassifyOutcome> {
  const { store, state, clock, random, settings } = deps;
  const donePath = finishedPath(request.runId, request.batchId);
  const stored = await store.readIfExists(donePath);
  if (stored !== undefined) return doneFrom(parseRecord<Finished>(stored.bytes, donePath));
  const runtime = await runtimeOf(deps);
  const question = runtime.question(request.taxonomy);
  const shown = await showDocuments(request.documents, question, runtime, deps);
  const { plan, isNew } = await loadOrMakePlan(request, shown, question, runtime, deps);
  const log = new CallLog(store, request.runId, request.batchId);
  const limits = ceilings({
    runId: request.runId,
    runUsd: request.budget?.runUsd,
    dayUsd: settings.maxCostUsdPerDay,
    nowMs: clock.now(),
  });
  const budget = new Budget(limits, { state, clock, random });
  if (!isNew) {
    await log.load();
    await settleStored(log, budget, { deps, runtime });
  }
  const context: AskContext = {
    deps,
    runtime,
    question,
    log,
    budget,
    startedAt: clock.now(),
    deadlineMs: request.deadlineMs,
  };
  const work = new Work(context, plan, shown);
  await work.run();
  const curve =
    settings.calibration.length > 0 ? settings.calibration : ((await readCurve(store, question.version))?.curve ?? []);
  const answers = assemble(request, work, shown, plan, { curve, minConfidence: settings.minConfidence });
  if (work.retryAt !== undefined) {
    // Money may be waited for as long as another run's job takes: without a trace of it this run would look stalled.
    if (work.isShortOfMoney)
      await store.write(
        `${runPaths.llm(request.runId, request.batchId)}/waiting.json`,
        JSON.stringify({ at: clock.now(), until: work.retryAt }),
      );
    return { status: 'waiting', retryAt: Math.max(work.retryAt, clock.now() + MIN_WAIT_MS), answered: answers.length };
  }
  await runtime.cache(question.version).keep(`${request.runId}/${request.batchId}`, work.cacheable());
  const ledger = ledgerRows(log, request.runId, request.batchId, (key) => work.answered.get(key));
  const finished: Finished = { answers, ledger };
  await store.write(finishedPath(request.runId, request.batchId), JSON.stringify(finished));
  return doneFrom(finished);
}

/** The batch has ended: its answers are stored. */
export async function isAnswered(store: LlmDeps['store'], { runId, batchId }: { runId: string; batchId: string }) {
  return (await store.stat(finishedPath(runId, batchId))) !== undefined;
}

/** Amounts that a crash left set aside although the call has ended: at its cost, or at the highest where nobody knows it. */
async function settleStored(
  log: CallLog,
  budget: Budget,
  process: Pick<AskContext, 'deps' | 'runtime'>,
): Promise<void> {
  const now = process.deps.clock.now();
  const costs = new Map<string, bigint>();
  for (const key of log.keys()) {
    const record = log.record(key);
    for (const intent of record.intents.values()) {
      const outcome = record.answer?.attempt === intent.attempt ? record.answer : record.outcomes.get(intent.attempt);
      if (outcome !== undefined || intent.expiresAt <= now || isOrphan(process, intent))
        costs.set(intent.reservation, BigInt(outcome?.cost ?? intent.costAtMost));
    }
  }
  if (costs.size > 0) await budget.settleAll(costs);
}

/** Answers of all documents that have one by now. */
function assemble(
  request: ClassifyRequest,
  work: Work,
  shown: ReadonlyMap<string, Shown>,
  plan: BatchPlan,
  bar: Bar,
): LlmAnswer[] {
  const keyOf = new Map<string, string>();
  for (const { key, ids } of shown.values()) for (const id of ids) keyOf.set(id, key);
  const paid = new Set<string>();
  return request.documents.flatMap(({ id }) => {
    const key = keyOf.get(id) ?? '';
    const decided = work.decisions.get(key);
    const skipped = work.notAsked.get(key);
    if (decided === undefined && skipped === undefined) return [];
    // The first document with a text carries its cost; copies are free.
    const spent = paid.has(key) ? undefined : work.spent.get(key);
    const isCached = decided?.isCached === true || (decided !== undefined && paid.has(key));
    paid.add(key);
    const common = {
      id,
      deployment: decided?.deployment ?? null,
      promptVersion: plan.sizing.promptVersion,
      tokensIn: Math.round(spent?.tokensIn ?? 0),
      tokensOut: Math.round(spent?.tokensOut ?? 0),
      costUsd: (spent?.nano ?? 0) / 1e9,
      cached: isCached,
    };
    return [
      {
        ...common,
        ...verdict(
          request.taxonomy,
          bar,
          decided?.decision ?? { kind: 'failed', code: skipped ?? 'internal', words: work.words },
        ),
      },
    ];
  });
}

interface Bar {
  curve: CalibrationCurve;
  /** Answers below go to review. 0..1. */
  minConfidence: number;
}

type Verdict = Pick<
  LlmAnswer,
  'stated' | 'outcome' | 'label' | 'confidence' | 'quote' | 'quoteVerified' | 'code' | 'message'
>;

function verdict(taxonomy: Taxonomy, bar: Bar, decision: Decision): Verdict {
  const failure = (code: ErrorCode): Verdict => ({
    outcome: REVIEW_CODES.has(code) ? 'review' : 'failed',
    label: null,
    confidence: null,
    quote: null,
    quoteVerified: null,
    code,
    message: ERROR_REMEDIES[code],
  });
  if (decision.kind === 'failed') return withWords(failure(decision.code), decision.words);
  const { label, confidence: stated, quote, quoteVerified } = decision.result;
  const confidence = calibrated(bar.curve, stated) * (quoteVerified === false ? FALSE_QUOTE_FACTOR : 1);
  const name = label === null ? undefined : taxonomy.labels[label]?.name;
  if (name === undefined) return { ...failure('llm.unsure'), confidence, stated };
  const common = { label: name, confidence, stated, quote, quoteVerified };
  if (confidence < bar.minConfidence)
    return { ...common, outcome: 'review', code: 'llm.low-confidence', message: ERROR_REMEDIES['llm.low-confidence'] };
  return { ...common, outcome: 'label', code: null, message: null };
}

/** The service's own words behind the advice. */
function withWords(failure: Verdict, words: string | undefined): Verdict {
  return words ? { ...failure, message: `${failure.message} The service said: ${words}` } : failure;
}

function doneFrom({ answers, ledger }: Finished): ClassifyOutcome {
  const sum = (of: (row: LedgerRow) => number) => ledger.reduce((total, row) => total + of(row), 0);
  return {
    status: 'done',
    answers,
    calls: ledger.length,
    tokensIn: sum((row) => row.tokens_prompt),
    tokensOut: sum((row) => row.tokens_completion),
    costNanoUsd: ledger.reduce((total, row) => total + BigInt(row.cost_nano_usd), 0n),
  };
}
