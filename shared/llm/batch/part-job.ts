// One job of a lane: money set aside, submitted once, its answers kept, its money settled.
// Invariants: those of lane.ts, B1 to B5.
import { RetryableError, SluiceError } from '../../errors.ts';
import { CallLog, type Intent } from '../calls.ts';
import { type CallErrorRule, ruleFor } from '../deployments/call-errors.ts';
import type { ChatReply } from '../deployments/client.ts';
import { serviceWords } from '../deployments/error-words.ts';
import { Budget, ceilings } from '../money/budget.ts';
import { costNano, costNanoAtMost, mostPromptTokens } from '../money/price.ts';
import { outcomeOf } from '../outcome.ts';
import { cutRule, lessonFrom } from '../reply.ts';
import { type Funds, fundPart, settlePart, unfunded } from './funds.ts';
import { customId, type LaneContext, type PlannedPack, readJson, readOrWrite } from './lane-context.ts';
import { readLine } from './lines.ts';
import { type BatchJob, isTerminal } from './transport.ts';

/** Jobs end within 24 h; whoever cannot be asked about them for longer is not waited for. */
const PATIENCE_MS = 30 * 3_600_000;

/** Code of a job for which the deployment's queue has no room. */
const QUEUE_FULL = /token_limit|queue|quota_exceeded/i;
/** At one to ten minutes each. */
const MOST_TRIES = 30;

export interface LanePart {
  index: number;
  packs: readonly PlannedPack[];
  createdAt: number;
}

export interface PartEnd {
  answered: number;
  leftover: number;
}

interface SubmittedJob {
  /** Null between a job that found no room and the next one. */
  jobId: string | null;
  tries: number;
}

export class PartJob {
  readonly #lane: LaneContext;
  readonly #part: LanePart;
  /** When money for the part may be there, ms since the epoch; undefined when it does not wait for money. */
  fundsAt: number | undefined;

  constructor(lane: LaneContext, part: LanePart) {
    this.#lane = lane;
    this.#part = part;
  }

  /** B5. */
  async advance(): Promise<PartEnd | undefined> {
    const { clock, logger } = this.#lane.deps;
    try {
      return await this.#advance();
    } catch (error) {
      if (!(error instanceof SluiceError) || !error.code.startsWith('llm.')) throw error;
      logger.warn('llm.batch.failed', { run: this.#lane.request.runId, part: this.#part.index, problem: error.code });
      // Only its files could not be removed: they expire.
      const ended = await readJson<PartEnd>(this.#lane.deps.store, this.#lane.path(`part-${this.#part.index}-end`));
      if (ended !== undefined) return ended;
      if (error instanceof RetryableError && clock.now() - this.#part.createdAt < PATIENCE_MS) return undefined;
      // A job whose end nobody tells may have been billed: its money stays counted.
      const submitted = await readJson<SubmittedJob>(
        this.#lane.deps.store,
        this.#lane.path(`part-${this.#part.index}-job`),
      );
      const funds = await readJson<Funds>(this.#lane.deps.store, this.#lane.path(`part-${this.#part.index}-funds`));
      return this.#end(0, (submitted?.jobId ?? null) === null ? 0n : BigInt(funds?.costAtMost ?? 0));
    }
  }

  async #advance(): Promise<PartEnd | undefined> {
    const { logger, clock } = this.#lane.deps;
    const { runId, deadlineMs } = this.#lane.request;
    const isLate = deadlineMs !== undefined && clock.now() >= deadlineMs;
    const funds = await this.#funds(isLate);
    if ('until' in funds) {
      this.fundsAt = funds.until;
      return undefined;
    }
    if (funds.count === 0) return this.#end(0, 0n);
    const jobId = await this.#submitOnce(funds, isLate);
    if (jobId === undefined) return this.#end(0, 0n);
    let job = await this.#lane.transport.get(jobId);
    if (!isTerminal(job) && isLate && job.status !== 'cancelling') {
      await this.#lane.transport.cancel(jobId);
      job = await this.#lane.transport.get(jobId);
    }
    if (!isTerminal(job)) return undefined;
    if (job.problems.length > 0)
      logger.warn('llm.batch.failed', { run: runId, part: this.#part.index, problem: job.problems[0] });
    if (job.problems.some((problem) => QUEUE_FULL.test(problem)) && (await this.#tryLater(job, isLate)))
      return undefined;
    const files = [job.outputFileId, job.errorFileId].filter((id) => id !== null);
    const texts = await Promise.all(files.map((id) => this.#lane.transport.download(id)));
    const { answered, cost } = await this.#keepLines(texts.join('\n'));
    const end = await this.#end(answered, cost);
    const input = job.metadata.sluice_file;
    for (const id of input === undefined ? files : [input, ...files]) await this.#lane.transport.remove(id);
    return end;
  }

  /** The queue of the deployment is full of other jobs: a new job is made at the next look, often enough to outlast them. */
  async #tryLater(job: BatchJob, isLate: boolean): Promise<boolean> {
    const path = this.#lane.path(`part-${this.#part.index}-job`);
    const tries = ((await readJson<SubmittedJob>(this.#lane.deps.store, path))?.tries ?? 0) + 1;
    if (isLate || tries > MOST_TRIES) return false;
    const next: SubmittedJob = { jobId: null, tries };
    await this.#lane.deps.store.write(path, JSON.stringify(next));
    if (job.metadata.sluice_file !== undefined) await this.#lane.transport.remove(job.metadata.sluice_file);
    return true;
  }

  /** B4. Without money until it is too late, everything is asked live. @returns or when to ask again */
  async #funds(isLate: boolean): Promise<Funds | { until: number }> {
    const { store, clock } = this.#lane.deps;
    const path = this.#lane.path(`part-${this.#part.index}-funds`);
    const known = await readJson<Funds>(store, path);
    if (known !== undefined) return known;
    const nowMs = clock.now();
    const isTooLate = isLate || nowMs - this.#part.createdAt >= PATIENCE_MS;
    const price = this.#lane.price();
    const costs = this.#part.packs.map((p) =>
      costNanoAtMost(price, mostPromptTokens(this.#lane.promptTokens(p)), this.#lane.outputTokens(p)),
    );
    const time = { nowMs, mayTakeMs: PATIENCE_MS };
    const funds = isTooLate ? unfunded(nowMs) : await fundPart(this.#name(), costs, this.#budget(nowMs), time);
    return 'until' in funds ? funds : readOrWrite<Funds>(store, path, async () => funds);
  }

  async #end(answered: number, cost: bigint): Promise<PartEnd> {
    const { clock } = this.#lane.deps;
    const path = this.#lane.path(`part-${this.#part.index}-funds`);
    const funds = (await readJson<Funds>(this.#lane.deps.store, path)) ?? unfunded(clock.now());
    await settlePart(this.#name(), this.#part.packs.length, funds, cost, this.#budget(funds.at));
    const end: PartEnd = { answered, leftover: this.#part.packs.length - answered };
    await this.#lane.deps.store.write(this.#lane.path(`part-${this.#part.index}-end`), JSON.stringify(end));
    return end;
  }

  #budget(nowMs: number): Budget {
    const { runId, budget } = this.#lane.request;
    const dayUsd = this.#lane.deps.settings.maxCostUsdPerDay;
    return new Budget(ceilings({ runId, runUsd: budget?.runUsd, dayUsd, nowMs }), this.#lane.deps);
  }

  /** Id of the part's job, submitted now if it was not before; undefined when it was not and must not be any more. */
  async #submitOnce(funds: Funds, isLate: boolean): Promise<string | undefined> {
    const { store, logger } = this.#lane.deps;
    const { runId, name } = this.#lane.request;
    const jobPath = this.#lane.path(`part-${this.#part.index}-job`);
    const { jobId: known = null, tries = 0 } = (await readJson<SubmittedJob>(store, jobPath)) ?? {};
    if (known !== null) return known;
    const metadata = { sluice_run: runId, sluice_part: `${this.#name()}-${tries}` };
    // A crash may have come between submitting and writing it down.
    const isOurs = (job: BatchJob) => Object.entries(metadata).every(([name, value]) => job.metadata[name] === value);
    let jobId = (await this.#lane.transport.recent()).find(isOurs)?.id;
    if (jobId === undefined) {
      if (isLate) return undefined;
      const packs = this.#part.packs.slice(0, funds.count);
      const lines = packs.map((planned) => `${this.#lane.line(planned)}\n`).join('');
      const file = await this.#lane.transport.upload(
        `${[runId, name, this.#part.index].filter((s) => s !== undefined).join('-')}.jsonl`,
        lines,
      );
      jobId = (await this.#lane.transport.create(file, { ...metadata, sluice_file: file })).id;
      logger.info('llm.batch.submitted', { run: runId, part: this.#part.index, lines: packs.length });
    }
    await store.write(jobPath, JSON.stringify({ jobId, tries } satisfies SubmittedJob));
    return jobId;
  }

  #name(): string {
    const { runId, name } = this.#lane.request;
    return `${runId}-${name ?? ''}-${this.#part.index}-${this.#lane.question.version}`;
  }

  /** Keep the answers of a job's files; lines that failed stay open for the live lane. */
  async #keepLines(text: string): Promise<{ answered: number; cost: bigint }> {
    const planned = new Map(this.#part.packs.map((p) => [customId(p), p]));
    const logs = new Map<string, CallLog>();
    let [answered, total] = [0, 0n];
    for (const line of text.split('\n')) {
      const read = readLine(line);
      const found = read === undefined ? undefined : planned.get(read.customId);
      if (read === undefined || found === undefined) continue;
      const reply = { status: read.status, headers: { 'x-request-id': read.requestId }, body: read.body };
      const rule = await this.#ruleOf(reply, found);
      const log =
        logs.get(found.batchId) ?? new CallLog(this.#lane.deps.store, this.#lane.request.runId, found.batchId);
      logs.set(found.batchId, log);
      const intent = this.#intent(found, this.#part.createdAt);
      await log.announce(intent);
      const price = this.#lane.price();
      const outcome = {
        ...outcomeOf(reply, rule, 1, this.#lane.deps.clock.now(), (usage) => costNano(price, usage)),
        serviceTier: 'batch',
        ...(rule === undefined ? {} : { words: serviceWords(reply.body, this.#lane.user(found)) }),
      };
      total += BigInt(outcome.cost ?? intent.costAtMost);
      if (rule !== undefined && rule.class !== 'document' && rule.class !== 'packing') {
        await log.keepOutcome(found.pack.key, outcome);
        continue;
      }
      await log.keepAnswer(found.pack.key, { ...outcome, body: read.body });
      answered++;
    }
    return { answered, cost: total };
  }

  /** What the answer teaches of form, thought and context counts here as it does live; with a rule it was no answer. */
  async #ruleOf(reply: ChatReply, planned: PlannedPack): Promise<CallErrorRule | undefined> {
    const { deployment, book, question } = this.#lane;
    const most = this.#lane.outputTokens(planned);
    const body = this.#lane.body(planned);
    const taught = lessonFrom({ config: deployment, lessons: book }, reply, body, planned.pack, most);
    if (taught !== undefined && Object.keys(taught.lesson).length > 0) await book.learn(taught.lesson);
    if (taught?.rule !== undefined) return taught.rule;
    const sent = this.#lane.promptTokens(planned) - question.schemaTokens;
    return (await cutRule(sent, reply, book)) ?? ruleFor(reply);
  }

  #intent(planned: PlannedPack, startedAt: number): Intent {
    const { pack } = planned;
    const price = this.#lane.price();
    const promptTokens = this.#lane.promptTokens(planned);
    const maxOutputTokens = this.#lane.outputTokens(planned);
    return {
      callKey: pack.key,
      attempt: 1,
      instanceId: this.#lane.deps.instanceId,
      deployment: this.#lane.deployment.name,
      startedAt,
      expiresAt: this.#lane.deps.clock.now(),
      documentCount: pack.documents.length,
      chargeEstimate: promptTokens + maxOutputTokens,
      promptTokens,
      maxOutputTokens,
      priceId: price.id,
      costAtMost: String(costNanoAtMost(price, mostPromptTokens(promptTokens), maxOutputTokens)),
      reservation: `batch-${pack.key}`,
    };
  }
}
