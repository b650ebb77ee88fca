// The Batch API lane: half the price and no quota to pace, for runs that can wait a day. It only fills the log of answers;
// classifyDocuments then reads them as its own, asks the live lane for what is missing, and judges everything in one way.
// Invariants: B1 a part is submitted once: the plan is written first, and before submitting, jobs are searched for it by their metadata.
//             B2 answers are stored before files are removed. B3 whatever a job leaves undone is asked live, never lost.
//             B4 the highest cost of a job is set aside before it is created; money that others have set aside is waited for.
//             B5 an endpoint that is away is waited for, one that refuses is left alone.
import { loadOrMakePlan } from '../prepare.ts';
import type { LlmDeps } from '../runtime.ts';
import { LaneContext, type PlannedPack, readJson, readOrWrite } from './lane-context.ts';
import type { BatchLaneOutcome, BatchLaneRequest } from './lane-request.ts';
import { type PartEnd, PartJob } from './part-job.ts';
import { type BatchLaneLimits, defaultBatchLaneLimits, splitParts } from './parts.ts';
import type { BatchTransport } from './transport.ts';

const ENQUEUED_SHARE = 0.8;
const MIN_POLL_MS = 60_000;
const MAX_POLL_MS = 10 * 60_000;

interface LanePlan {
  createdAt: number;
  parts: PlannedPack[][];
}

/**
 * Submit what is not submitted, collect what has ended. Safe to call at any time and twice.
 * @throws {SluiceError} config.invalid when no deployment takes batch jobs
 */
export async function advanceBatchLane(
  request: BatchLaneRequest,
  deps: LlmDeps,
  transport: BatchTransport,
  limits: BatchLaneLimits = defaultBatchLaneLimits,
): Promise<BatchLaneOutcome> {
  const lane = await LaneContext.open(request, deps, transport);
  const { store, clock } = deps;
  const plan = await readOrWrite<LanePlan>(store, lane.path(`plan-${lane.question.version}`), () =>
    planOf(lane, limits),
  );
  const ends: PartEnd[] = [];
  // When money for a part may be there.
  let fundsAt = Number.POSITIVE_INFINITY;
  for (const [index, packs] of plan.parts.entries()) {
    const part = { index, packs, createdAt: plan.createdAt };
    const job = new PartJob(lane, part);
    const end = (await readJson<PartEnd>(store, lane.path(`part-${index}-end`))) ?? (await job.advance());
    if (end !== undefined) ends.push(end);
    if (job.fundsAt !== undefined) fundsAt = Math.min(fundsAt, job.fundsAt);
  }
  if (ends.length === plan.parts.length)
    return {
      status: 'collected',
      answered: ends.reduce((sum, end) => sum + end.answered, 0),
      leftover: ends.reduce((sum, end) => sum + end.leftover, 0),
    };
  const age = clock.now() - plan.createdAt;
  const pollMs = Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, age / 10));
  const untilDeadline = (request.deadlineMs ?? Number.POSITIVE_INFINITY) - clock.now();
  const inTime = clock.now() + (untilDeadline > 0 ? Math.min(pollMs, untilDeadline) : MIN_POLL_MS);
  const pollAt = Math.min(inTime, fundsAt);
  // Waiting is progress: without a trace of it the run would look stalled.
  await store.write(lane.path('polled'), JSON.stringify({ at: clock.now(), ended: ends.length }));
  return { status: 'running', pollAt, parts: plan.parts.length, ended: ends.length };
}

async function planOf(lane: LaneContext, limits: BatchLaneLimits): Promise<LanePlan> {
  const all: PlannedPack[] = [];
  for (const { batchId } of lane.request.batches) {
    const batch = { runId: lane.request.runId, batchId, taxonomy: lane.request.taxonomy };
    const { plan } = await loadOrMakePlan(
      batch,
      lane.shown.get(batchId) ?? new Map(),
      lane.question,
      lane.runtime,
      lane.deps,
    );
    all.push(...plan.packs.map((pack) => ({ batchId, pack })));
  }
  const within = { ...limits, tokens: lane.batch.enqueuedTokens * ENQUEUED_SHARE };
  const parts = splitParts(
    all,
    (p) => lane.line(p),
    (p) => lane.promptTokens(p),
    within,
  );
  return { createdAt: lane.deps.clock.now(), parts };
}
