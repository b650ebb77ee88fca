// The Batch API lane: half the price and no quota to pace, for runs that can wait a day. It only fills the log of answers;
// classifyDocuments then reads them as its own, asks the live lane for what is missing, and judges everything in one way.
// Invariants: B1 a part is submitted once: the plan is written first, and before submitting, jobs are searched for it by their metadata.
//             B2 answers are stored before files are removed. B3 whatever a job leaves undone is asked live, never lost.
import { SluiceError } from '../errors.ts';
import { runPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import type { Taxonomy } from '../taxonomy.ts';
import { type BatchLaneLimits, defaultBatchLaneLimits, splitParts } from './batch-parts.ts';
import { BATCH_ENDPOINT, type BatchJob, type BatchTransport, isTerminal } from './batch-transport.ts';
import { ruleFor } from './call-errors.ts';
import { CallLog, type Intent } from './calls.ts';
import { chatBody } from './chat-body.ts';
import type { DeploymentConfig, Price } from './deployment.ts';
import type { Pack } from './judge.ts';
import { outcomeOf } from './outcome.ts';
import { type LlmDocument, loadOrMakePlan, type Shown, showDocuments } from './prepare.ts';
import { costNano, costNanoAtMost, priceOn } from './price.ts';
import { documentsMessage } from './prompt.ts';
import { type LlmDeps, type LlmRuntime, type Question, runtimeOf } from './runtime.ts';

export interface BatchLaneRequest {
  runId: string;
  taxonomy: Taxonomy;
  /** All batches of the run with the documents to ask about. */
  batches: readonly { batchId: string; documents: readonly LlmDocument[] }[];
}

export type BatchLaneOutcome =
  /** Call again at this time, ms since the epoch. */
  | { status: 'running'; pollAt: number; parts: number; ended: number }
  /** Every job has ended: classify the batches now; `leftover` packs will be asked live. */
  | { status: 'collected'; answered: number; leftover: number };

const ENQUEUED_SHARE = 0.8;
const MIN_POLL_MS = 60_000;
const MAX_POLL_MS = 10 * 60_000;

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

  constructor(
    request: BatchLaneRequest,
    deps: LlmDeps,
    transport: BatchTransport,
    limits: BatchLaneLimits,
    runtime: LlmRuntime,
  ) {
    const deployment = deps.deployments.find((d) => d.batch !== undefined);
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
    for (const [index, part] of plan.parts.entries()) {
      const end =
        (await readJson<PartEnd>(store, this.#path(`part-${index}-end`))) ??
        (await this.#advancePart(index, part, plan.createdAt));
      if (end !== undefined) ends.push(end);
    }
    if (ends.length === plan.parts.length)
      return {
        status: 'collected',
        answered: ends.reduce((sum, end) => sum + end.answered, 0),
        leftover: ends.reduce((sum, end) => sum + end.leftover, 0),
      };
    const age = clock.now() - plan.createdAt;
    const pollAt = clock.now() + Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, age / 10));
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

  async #advancePart(index: number, part: readonly PlannedPack[], startedAt: number): Promise<PartEnd | undefined> {
    const { store, logger } = this.#deps;
    const job = await this.#transport.get(await this.#submitOnce(index, part));
    if (!isTerminal(job)) return undefined;
    const { runId } = this.#request;
    if (job.problems.length > 0) logger.warn('llm.batch.failed', { run: runId, part: index, problem: job.problems[0] });
    const files = [job.outputFileId, job.errorFileId].filter((id) => id !== null);
    const texts = await Promise.all(files.map((id) => this.#transport.download(id)));
    const answered = await this.#keepLines(texts.join('\n'), part, startedAt);
    const end: PartEnd = { answered, leftover: part.length - answered };
    await store.write(this.#path(`part-${index}-end`), JSON.stringify(end));
    const input = job.metadata.sluice_file;
    for (const id of input === undefined ? files : [input, ...files]) await this.#transport.remove(id);
    return end;
  }

  /** Id of the part's job, submitted now if it was not before. */
  async #submitOnce(index: number, part: readonly PlannedPack[]): Promise<string> {
    const { store, logger } = this.#deps;
    const { runId } = this.#request;
    const jobPath = this.#path(`part-${index}-job`);
    const known = await readJson<{ jobId: string }>(store, jobPath);
    if (known !== undefined) return known.jobId;
    const metadata = { sluice_run: runId, sluice_part: `${index}-${this.#question.version}` };
    // A crash may have come between submitting and writing it down.
    const isOurs = (job: BatchJob) => Object.entries(metadata).every(([name, value]) => job.metadata[name] === value);
    let jobId = (await this.#transport.recent()).find(isOurs)?.id;
    if (jobId === undefined) {
      const lines = part.map((planned) => `${this.#line(planned)}\n`).join('');
      const file = await this.#transport.upload(`${runId}-${index}.jsonl`, lines);
      jobId = (await this.#transport.create(file, { ...metadata, sluice_file: file })).id;
      logger.info('llm.batch.submitted', { run: runId, part: index, lines: part.length });
    }
    await store.write(jobPath, JSON.stringify({ jobId }));
    return jobId;
  }

  /** Keep the answers of a job's files; lines that failed stay open for the live lane. */
  async #keepLines(text: string, part: readonly PlannedPack[], startedAt: number): Promise<number> {
    const planned = new Map(part.map((p) => [customId(p), p]));
    const logs = new Map<string, CallLog>();
    let answered = 0;
    for (const line of text.split('\n')) {
      const read = readLine(line);
      const found = read === undefined ? undefined : planned.get(read.customId);
      if (read === undefined || found === undefined) continue;
      const reply = { status: read.status, headers: { 'x-request-id': read.requestId }, body: read.body };
      const rule = ruleFor(reply);
      if (rule !== undefined && rule.class !== 'document' && rule.class !== 'packing') continue;
      const log = logs.get(found.batchId) ?? new CallLog(this.#deps.store, this.#request.runId, found.batchId);
      logs.set(found.batchId, log);
      const intent = this.#intent(found, startedAt);
      await log.announce(intent);
      const price = this.#price();
      const outcome = outcomeOf(reply, rule, 1, this.#deps.clock.now(), (usage) => costNano(price, usage));
      await log.keepAnswer(found.pack.key, { ...outcome, serviceTier: 'batch', body: read.body });
      answered++;
    }
    return answered;
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
      costAtMost: String(costNanoAtMost(price, promptTokens, pack.maxOutputTokens)),
      reservation: `batch-${pack.key}`,
    };
  }

  #price(): Price {
    const price = priceOn(this.#deployment, this.#deps.clock.now());
    const scale = (amount: bigint) => BigInt(Math.round(Number(amount) * this.#batch.priceShare));
    const { input, cached, cacheWrite, output } = price;
    return {
      ...price,
      id: `${price.id}-batch`,
      input: scale(input),
      cached: scale(cached),
      cacheWrite: scale(cacheWrite),
      output: scale(output),
    };
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
    return `${runPaths.folder(this.#request.runId)}/llm-batch/${name}.json`;
  }
}

const customId = ({ batchId, pack }: PlannedPack): string => `${batchId}.${pack.key}`;

interface OutputLine {
  customId: string;
  status: number;
  requestId: string;
  body: unknown;
}

function readLine(text: string): OutputLine | undefined {
  if (text.trim() === '') return undefined;
  const line = JSON.parse(text) as {
    custom_id?: unknown;
    response?: { status_code?: unknown; request_id?: unknown; body?: unknown } | null;
  }; // checked below
  if (typeof line.custom_id !== 'string' || typeof line.response?.status_code !== 'number') return undefined;
  return {
    customId: line.custom_id,
    status: line.response.status_code,
    requestId: String(line.response.request_id ?? ''),
    body: line.response.body,
  };
}

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
