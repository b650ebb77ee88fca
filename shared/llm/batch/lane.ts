// The Batch API lane: half the price and no quota to pace, for runs that can wait a day. It only fills the log of answers;
// classifyDocuments then reads them as its own, asks the live lane for what is missing, and judges everything in one way.
// Invariants: B1 a part is submitted once: the plan is written first, and before submitting, jobs are searched for it by their metadata.
//             B2 answers are stored before files are removed. B3 whatever a job leaves undone is asked live, never lost.
//             B4 the highest cost of a job is set aside before it is created; money that others have set aside is waited for.
//             B5 an endpoint that is away is waited for, one that refuses is left alone.
import { RetryableError, SluiceError } from '../../errors.ts';
import type { LakeStore } from '../../ports.ts';
import type { Taxonomy } from '../../taxonomy.ts';
import { CallLog, type Intent } from '../calls.ts';
import { chatBody } from '../chat-body.ts';
import { ruleFor } from '../deployments/call-errors.ts';
import type { DeploymentConfig, Price } from '../deployments/deployment.ts';
import type { Pack } from '../judge.ts';
import { Budget, ceilings } from '../money/budget.ts';
import { batchPriceOn, costNano, costNanoAtMost, mostPromptTokens } from '../money/price.ts';
import { outcomeOf } from '../outcome.ts';
import { type LlmDocument, loadOrMakePlan, type Shown, showDocuments } from '../prepare.ts';
import { documentsMessage } from '../prompt.ts';
import { type LlmDeps, type LlmRuntime, type Question, runtimeOf } from '../runtime.ts';
import { batchLaneFolder } from './cancel.ts';
import { type Funds, fundPart, settlePart, unfunded } from './funds.ts';
import { readLine } from './lines.ts';
import { type BatchLaneLimits, defaultBatchLaneLimits, splitParts } from './parts.ts';
import { BATCH_ENDPOINT, type BatchJob, type BatchTransport, isTerminal } from './transport.ts';

export interface BatchLaneRequest {
  runId: string;
  taxonomy: Taxonomy;
  /** Batches of the run with the documents to ask about. */
  batches: readonly { batchId: string; documents: readonly LlmDocument[] }[];
  /** Tells several lanes of one run apart. Default: the run has one. */
  name?: string;
  /** After this jobs are cancelled and what they have not answered is asked live, ms since the epoch. Default: the service's 24 h. */
  deadlineMs?: number | undefined;
  /** USD the run may spend on the LLM; the day's ceiling is a setting. */
  budget?: { runUsd?: number | undefined };
}

export type BatchLaneOutcome =
  /** Call again at this time, ms since the epoch. */
  | { status: 'running'; pollAt: number; parts: number; ended: number }
  /** Every job has ended: classify the batches now; `leftover` packs will be asked live. */
  | { status: 'collected'; answered: number; leftover: number };

const ENQUEUED_SHARE = 0.8;
const MIN_POLL_MS = 60_000;
const MAX_POLL_MS = 10 * 60_000;
/** Jobs end within 24 h; whoever cannot be asked about them for longer is not waited for. */
const PATIENCE_MS = 30 * 3_600_000;

/** Code of a job for which the deployment's queue has no room. */
const QUEUE_FULL = /token_limit|queue|quota_exceeded/i;
/** At one to ten minutes each. */
const MOST_TRIES = 30;

interface PlannedPack {
  batchId: string;
  pack: Pack;
}

interface LanePlan {
  createdAt: number;
  parts: PlannedPack[][];
}

interface PartEnd {
  answered: number;
  leftover: number;
}

interface SubmittedJob {
  /** Null between a job that found no room and the next one. */
  jobId: string | null;
  tries: number;
}

interface LanePart {
  index: number;
  packs: readonly PlannedPack[];
  createdAt: number;
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
  const runtime = await runtimeOf(deps);
  return new Lane(request, deps, transport, limits, runtime).advance();
}

class Lane {
  readonly #request: BatchLaneRequest;
  readonly #deps: LlmDeps;
  readonly #transport: BatchTransport;
  readonly #limits: BatchLaneLimits;
  readonly #runtime: LlmRuntime;
  readonly #question: Question;
  readonly #deployment: DeploymentConfig;
  readonly #batch: NonNullable<DeploymentConfig['batch']>;
  readonly #shown = new Map<string, ReadonlyMap<string, Shown>>();
  /** When money for a part may be there. */
  #fundsAt: number | undefined;

  constructor(
    request: BatchLaneRequest,
    deps: LlmDeps,
    transport: BatchTransport,
    limits: BatchLaneLimits,
    runtime: LlmRuntime,
  ) {
    // The pool has left out what the documents may not be sent to.
    const deployment = runtime.pool.members.find(({ config }) => config.batch !== undefined)?.config;
    if (deployment?.batch === undefined) throw new SluiceError('config.invalid', 'no deployment takes batch jobs');
    this.#request = request;
    this.#deps = deps;
    this.#transport = transport;
    this.#limits = limits;
    this.#runtime = runtime;
    this.#question = runtime.question(request.taxonomy);
    this.#deployment = deployment;
    this.#batch = deployment.batch;
    for (const { batchId, documents } of request.batches)
      this.#shown.set(batchId, showDocuments(documents, this.#question, runtime, deps));
  }

  async advance(): Promise<BatchLaneOutcome> {
    const { store, clock } = this.#deps;
    const plan = await readOrWrite<LanePlan>(store, this.#path(`plan-${this.#question.version}`), () => this.#plan());
    const ends: PartEnd[] = [];
    for (const [index, packs] of plan.parts.entries()) {
      const part = { index, packs, createdAt: plan.createdAt };
      const end = (await readJson<PartEnd>(store, this.#path(`part-${index}-end`))) ?? (await this.#tryPart(part));
      if (end !== undefined) ends.push(end);
    }
    if (ends.length === plan.parts.length)
      return {
        status: 'collected',
        answered: ends.reduce((sum, end) => sum + end.answered, 0),
        leftover: ends.reduce((sum, end) => sum + end.leftover, 0),
      };
    const age = clock.now() - plan.createdAt;
    const pollMs = Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, age / 10));
    const untilDeadline = (this.#request.deadlineMs ?? Number.POSITIVE_INFINITY) - clock.now();
    const inTime = clock.now() + (untilDeadline > 0 ? Math.min(pollMs, untilDeadline) : MIN_POLL_MS);
    const pollAt = Math.min(inTime, this.#fundsAt ?? inTime);
    // Waiting is progress: without a trace of it the run would look stalled.
    await store.write(this.#path('polled'), JSON.stringify({ at: clock.now(), ended: ends.length }));
    return { status: 'running', pollAt, parts: plan.parts.length, ended: ends.length };
  }

  async #plan(): Promise<LanePlan> {
    const all: PlannedPack[] = [];
    for (const { batchId } of this.#request.batches) {
      const batch = { runId: this.#request.runId, batchId, taxonomy: this.#request.taxonomy };
      const { plan } = await loadOrMakePlan(
        batch,
        this.#shown.get(batchId) ?? new Map(),
        this.#question,
        this.#runtime,
        this.#deps,
      );
      all.push(...plan.packs.map((pack) => ({ batchId, pack })));
    }
    const limits = { ...this.#limits, tokens: this.#batch.enqueuedTokens * ENQUEUED_SHARE };
    const parts = splitParts(
      all,
      (p) => this.#line(p),
      (p) => this.#promptTokens(p),
      limits,
    );
    return { createdAt: this.#deps.clock.now(), parts };
  }

  /** B5. */
  async #tryPart(part: LanePart): Promise<PartEnd | undefined> {
    const { clock, logger } = this.#deps;
    try {
      return await this.#advancePart(part);
    } catch (error) {
      if (!(error instanceof SluiceError) || !error.code.startsWith('llm.')) throw error;
      logger.warn('llm.batch.failed', { run: this.#request.runId, part: part.index, problem: error.code });
      // Only its files could not be removed: they expire.
      const ended = await readJson<PartEnd>(this.#deps.store, this.#path(`part-${part.index}-end`));
      if (ended !== undefined) return ended;
      if (error instanceof RetryableError && clock.now() - part.createdAt < PATIENCE_MS) return undefined;
      // A job whose end nobody tells may have been billed: its money stays counted.
      const submitted = await readJson<SubmittedJob>(this.#deps.store, this.#path(`part-${part.index}-job`));
      const funds = await readJson<Funds>(this.#deps.store, this.#path(`part-${part.index}-funds`));
      return this.#endPart(part, 0, (submitted?.jobId ?? null) === null ? 0n : BigInt(funds?.costAtMost ?? 0));
    }
  }

  async #advancePart(part: LanePart): Promise<PartEnd | undefined> {
    const { logger, clock } = this.#deps;
    const { runId, deadlineMs } = this.#request;
    const isLate = deadlineMs !== undefined && clock.now() >= deadlineMs;
    const funds = await this.#funds(part, isLate);
    if ('until' in funds) {
      this.#fundsAt = Math.min(this.#fundsAt ?? funds.until, funds.until);
      return undefined;
    }
    if (funds.count === 0) return this.#endPart(part, 0, 0n);
    const jobId = await this.#submitOnce(part, funds, isLate);
    if (jobId === undefined) return this.#endPart(part, 0, 0n);
    let job = await this.#transport.get(jobId);
    if (!isTerminal(job) && isLate && job.status !== 'cancelling') {
      await this.#transport.cancel(jobId);
      job = await this.#transport.get(jobId);
    }
    if (!isTerminal(job)) return undefined;
    if (job.problems.length > 0)
      logger.warn('llm.batch.failed', { run: runId, part: part.index, problem: job.problems[0] });
    if (job.problems.some((problem) => QUEUE_FULL.test(problem)) && (await this.#tryLater(part, job, isLate)))
      return undefined;
    const files = [job.outputFileId, job.errorFileId].filter((id) => id !== null);
    const texts = await Promise.all(files.map((id) => this.#transport.download(id)));
    const { answered, cost } = await this.#keepLines(texts.join('\n'), part);
    const end = await this.#endPart(part, answered, cost);
    const input = job.metadata.sluice_file;
    for (const id of input === undefined ? files : [input, ...files]) await this.#transport.remove(id);
    return end;
  }

  /** The queue of the deployment is full of other jobs: a new job is made at the next look, often enough to outlast them. */
  async #tryLater({ index }: LanePart, job: BatchJob, isLate: boolean): Promise<boolean> {
    const path = this.#path(`part-${index}-job`);
    const tries = ((await readJson<SubmittedJob>(this.#deps.store, path))?.tries ?? 0) + 1;
    if (isLate || tries > MOST_TRIES) return false;
    const next: SubmittedJob = { jobId: null, tries };
    await this.#deps.store.write(path, JSON.stringify(next));
    if (job.metadata.sluice_file !== undefined) await this.#transport.remove(job.metadata.sluice_file);
    return true;
  }

  /** B4. Without money until it is too late, everything is asked live. @returns or when to ask again */
  async #funds(part: LanePart, isLate: boolean): Promise<Funds | { until: number }> {
    const { store, clock } = this.#deps;
    const path = this.#path(`part-${part.index}-funds`);
    const known = await readJson<Funds>(store, path);
    if (known !== undefined) return known;
    const nowMs = clock.now();
    const isTooLate = isLate || nowMs - part.createdAt >= PATIENCE_MS;
    const price = this.#price();
    const costs = part.packs.map((p) =>
      costNanoAtMost(price, mostPromptTokens(this.#promptTokens(p)), p.pack.maxOutputTokens),
    );
    const time = { nowMs, mayTakeMs: PATIENCE_MS };
    const funds = isTooLate ? unfunded(nowMs) : await fundPart(this.#partName(part), costs, this.#budget(nowMs), time);
    return 'until' in funds ? funds : readOrWrite<Funds>(store, path, async () => funds);
  }

  async #endPart(part: LanePart, answered: number, cost: bigint): Promise<PartEnd> {
    const { clock } = this.#deps;
    const path = this.#path(`part-${part.index}-funds`);
    const funds = (await readJson<Funds>(this.#deps.store, path)) ?? unfunded(clock.now());
    await settlePart(this.#partName(part), part.packs.length, funds, cost, this.#budget(funds.at));
    const end: PartEnd = { answered, leftover: part.packs.length - answered };
    await this.#deps.store.write(this.#path(`part-${part.index}-end`), JSON.stringify(end));
    return end;
  }

  #budget(nowMs: number): Budget {
    const { runId, budget } = this.#request;
    const dayUsd = this.#deps.settings.maxCostUsdPerDay;
    return new Budget(ceilings({ runId, runUsd: budget?.runUsd, dayUsd, nowMs }), this.#deps);
  }

  /** Id of the part's job, submitted now if it was not before; undefined when it was not and must not be any more. */
  async #submitOnce(part: LanePart, funds: Funds, isLate: boolean): Promise<string | undefined> {
    const { store, logger } = this.#deps;
    const { runId, name } = this.#request;
    const jobPath = this.#path(`part-${part.index}-job`);
    const { jobId: known = null, tries = 0 } = (await readJson<SubmittedJob>(store, jobPath)) ?? {};
    if (known !== null) return known;
    const metadata = { sluice_run: runId, sluice_part: `${this.#partName(part)}-${tries}` };
    // A crash may have come between submitting and writing it down.
    const isOurs = (job: BatchJob) => Object.entries(metadata).every(([name, value]) => job.metadata[name] === value);
    let jobId = (await this.#transport.recent()).find(isOurs)?.id;
    if (jobId === undefined) {
      if (isLate) return undefined;
      const packs = part.packs.slice(0, funds.count);
      const lines = packs.map((planned) => `${this.#line(planned)}\n`).join('');
      const file = await this.#transport.upload(
        `${[runId, name, part.index].filter((s) => s !== undefined).join('-')}.jsonl`,
        lines,
      );
      jobId = (await this.#transport.create(file, { ...metadata, sluice_file: file })).id;
      logger.info('llm.batch.submitted', { run: runId, part: part.index, lines: packs.length });
    }
    await store.write(jobPath, JSON.stringify({ jobId, tries } satisfies SubmittedJob));
    return jobId;
  }

  #partName({ index }: LanePart): string {
    const { runId, name } = this.#request;
    return `${runId}-${name ?? ''}-${index}-${this.#question.version}`;
  }

  /** Keep the answers of a job's files; lines that failed stay open for the live lane. */
  async #keepLines(text: string, part: LanePart): Promise<{ answered: number; cost: bigint }> {
    const planned = new Map(part.packs.map((p) => [customId(p), p]));
    const logs = new Map<string, CallLog>();
    let [answered, total] = [0, 0n];
    for (const line of text.split('\n')) {
      const read = readLine(line);
      const found = read === undefined ? undefined : planned.get(read.customId);
      if (read === undefined || found === undefined) continue;
      const reply = { status: read.status, headers: { 'x-request-id': read.requestId }, body: read.body };
      const rule = ruleFor(reply);
      if (rule !== undefined && rule.class !== 'document' && rule.class !== 'packing') continue;
      const log = logs.get(found.batchId) ?? new CallLog(this.#deps.store, this.#request.runId, found.batchId);
      logs.set(found.batchId, log);
      const intent = this.#intent(found, part.createdAt);
      await log.announce(intent);
      const price = this.#price();
      const outcome = outcomeOf(reply, rule, 1, this.#deps.clock.now(), (usage) => costNano(price, usage));
      await log.keepAnswer(found.pack.key, { ...outcome, serviceTier: 'batch', body: read.body });
      total += BigInt(outcome.cost ?? intent.costAtMost);
      answered++;
    }
    return { answered, cost: total };
  }

  #intent(planned: PlannedPack, startedAt: number): Intent {
    const { pack } = planned;
    const price = this.#price();
    const promptTokens = this.#promptTokens(planned);
    return {
      callKey: pack.key,
      attempt: 1,
      instanceId: this.#deps.instanceId,
      deployment: this.#deployment.name,
      startedAt,
      expiresAt: this.#deps.clock.now(),
      documentCount: pack.documents.length,
      chargeEstimate: promptTokens + pack.maxOutputTokens,
      promptTokens,
      maxOutputTokens: pack.maxOutputTokens,
      priceId: price.id,
      costAtMost: String(costNanoAtMost(price, mostPromptTokens(promptTokens), pack.maxOutputTokens)),
      reservation: `batch-${pack.key}`,
    };
  }

  #price(): Price {
    return batchPriceOn(this.#deployment, this.#deps.clock.now());
  }

  #promptTokens(planned: PlannedPack): number {
    return this.#question.overheadTokens + this.#runtime.count(this.#user(planned));
  }

  #user({ batchId, pack }: PlannedPack): string {
    return documentsMessage(pack.documents.map((key) => this.#shown.get(batchId)?.get(key)?.text ?? ''));
  }

  #line(planned: PlannedPack): string {
    const body = {
      ...chatBody(this.#question, planned.pack, this.#user(planned), this.#deployment),
      model: this.#batch.model,
    };
    return JSON.stringify({ custom_id: customId(planned), method: 'POST', url: BATCH_ENDPOINT, body });
  }

  #path(name: string): string {
    const { runId, name: lane } = this.#request;
    return `${batchLaneFolder(runId)}/${lane === undefined ? '' : `${lane}/`}${name}.json`;
  }
}

const customId = ({ batchId, pack }: PlannedPack): string => `${batchId}.${pack.key}`;

async function readJson<T>(store: LakeStore, path: string): Promise<T | undefined> {
  const stored = await store.readIfExists(path);
  return stored === undefined ? undefined : (JSON.parse(stored.bytes.toString('utf8')) as T); // written by this module
}

async function readOrWrite<T>(store: LakeStore, path: string, make: () => Promise<T>): Promise<T> {
  const known = await readJson<T>(store, path);
  if (known !== undefined) return known;
  const made = await make();
  try {
    await store.write(path, JSON.stringify(made), { ifAbsent: true });
    return made;
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'lake.conflict') throw error;
    const first = await readJson<T>(store, path);
    if (first === undefined) throw error;
    return first;
  }
}
