// Texts → vectors of a deployment: quota, money, retries and ledger as for questions.
// Invariants: E1 intent before request, outcome after it; every attempt is a row of the ledger. E2 what the limits of run and day do not pay for is not
// sent. E3 a deployment that fails rests: for some minutes nobody asks it again, and whoever comes is told at once why. E4 one text that is refused
// takes no other with it. E5 vectors are not stored here: the caller keeps them, and a crash between the two costs one call more.
import { type ErrorCode, RetryableError, TerminalError } from '../../errors.ts';
import { sha256Hex } from '../../ids.ts';
import type { Clock, LakeStore, Logger, Random, StateTable } from '../../ports.ts';
import { type CallLog, type Intent, nextAttempt } from '../calls.ts';
import { type CallErrorRule, ruleFor } from '../deployments/call-errors.ts';
import { type ChatReply, type EmbeddingClient, openAiEmbeddings, TransportFailure } from '../deployments/client.ts';
import type { DeploymentConfig, LlmSettings } from '../deployments/deployment.ts';
import { serviceWords } from '../deployments/error-words.ts';
import { Pool, type Turn } from '../deployments/pool.ts';
import { restAfterRefusal } from '../deployments/refusal-rest.ts';
import { Budget, ceilings } from '../money/budget.ts';
import { costNano, costNanoAtMost, mostPromptTokens, priceOn } from '../money/price.ts';
import { embeddingUsageOf, outcomeOf } from '../outcome.ts';
import { cutToTokens } from '../prompt.ts';
import { loadTokenCounter, type TokenCounter } from '../tokens.ts';
import { type EmbeddingPlace, embeddingLog } from './embedding-ledger.ts';
import { readEmbeddings } from './embedding-reply.ts';

/** A deployment that gives vectors. */
export interface EmbeddingDeployment extends DeploymentConfig {
  /** Numbers of a vector to ask for; absent: as many as the model gives. */
  dimensions?: number;
}

export interface EmbeddingDeps {
  store: LakeStore;
  state: StateTable;
  clock: Clock;
  random: Random;
  logger: Logger;
  instanceId: string;
  settings: LlmSettings;
  createClient?: (deployment: DeploymentConfig) => EmbeddingClient;
}

/** Who pays. */
export interface EmbeddingAccount extends EmbeddingPlace {
  /** USD the run may spend, on questions and vectors together. */
  maxUsd: number | undefined;
}

export interface Embedded {
  /** [texts, dimensions] of length 1; rows of `missing` are zero. */
  vectors: Float32Array;
  dimensions: number;
  missing: ReadonlySet<number>;
  /** Why the first missing one is missing. */
  code?: ErrorCode;
}

/** Servers of one's own take 32 texts at a time unless they are told otherwise. */
const MOST_TEXTS = 32;
const MOST_TOKENS = 32_000;
/** A request of more than a share of the quota's minute would wait for the whole of it. */
const MOST_SHARE_OF_MINUTE = 0.25;
const TIMEOUT_MS = 60_000;
const EXPIRY_MARGIN_MS = 5000;
/** An activity waits so long for quota, then it comes back. */
const WAIT_MS = 120_000;
const MAX_BACKOFF_MS = 30_000;
/** Refused for so long without one answer: it is not the busy minute any more. */
const GIVE_UP_MS = 10 * 60_000;
/** E3. */
export const REST_MS = 5 * 60_000;
/** Times the text of a refused length is halved. */
const MOST_HALVINGS = 4;

interface Piece {
  at: number;
  text: string;
  tokens: number;
  halvings: number;
}

/** A deployment in this process: its quota, its breaker, its rest. */
export class EmbeddingService {
  readonly config: EmbeddingDeployment;
  readonly #deps: EmbeddingDeps;
  readonly #pool: Pool<EmbeddingClient>;
  #rest: { until: number; error: { code: ErrorCode; message: string } } | undefined;
  /** Since when it has refused for its quota without an answer between. */
  #refusedSince: number | undefined;

  /** @throws {TerminalError} config.invalid when documents may not be sent there */
  constructor(config: EmbeddingDeployment, deps: EmbeddingDeps) {
    this.config = config;
    this.#deps = deps;
    const createClient = deps.createClient ?? openAiEmbeddings;
    this.#pool = new Pool<EmbeddingClient>({ ...deps, deployments: [config], createClient });
  }

  /**
   * Vectors of texts as they may be shown; equal texts are sent once.
   * @param dimensions  numbers each must have; undefined: as the service gives them
   * @throws {RetryableError} encoder.unavailable when quota has to be waited for
   * @throws {TerminalError} encoder.refused, encoder.unreachable, encoder.bad-output, encoder.dimensions-changed
   */
  async embed(texts: readonly string[], dimensions: number | undefined, account: EmbeddingAccount): Promise<Embedded> {
    const count = await loadTokenCounter();
    const log = embeddingLog(this.#deps.store, account);
    await log.load();
    const { clock, settings } = this.#deps;
    const limits = { runId: account.runId, runUsd: account.maxUsd, dayUsd: settings.maxCostUsdPerDay };
    const call = {
      ...{ log, count, account },
      budget: new Budget(ceilings({ ...limits, nowMs: clock.now() }), this.#deps),
      latestStart: clock.now() + WAIT_MS,
    };
    const first = new Map<string, number>();
    const pieces: Piece[] = [];
    texts.forEach((text, at) => {
      if (text === '' || first.has(text)) return;
      first.set(text, at);
      pieces.push({ at, text, tokens: count(text), halvings: 0 });
    });
    const found = new Map<number, Float32Array>();
    let width = dimensions;
    let code: ErrorCode | undefined = texts.includes('') ? 'encoder.text-refused' : undefined;
    const open = this.#packs(pieces);
    for (let pack = open.shift(); pack !== undefined; pack = open.shift()) {
      const asked = await this.#ask(pack, width, call);
      if ('vectors' in asked) {
        width = asked.dimensions;
        for (const [i, { at }] of pack.entries()) found.set(at, asked.vectors.subarray(i * width, (i + 1) * width));
        continue;
      }
      code ??= asked.code;
      if (asked.code === 'encoder.budget-spent') break; // E2
      open.unshift(...smaller(pack, asked.isTooLong, count)); // E4
    }
    const vectors = new Float32Array(texts.length * (width ?? 0));
    const missing = new Set<number>();
    texts.forEach((text, at) => {
      const vector = found.get(first.get(text) ?? -1);
      if (vector === undefined) missing.add(at);
      else vectors.set(vector, at * vector.length);
    });
    return {
      ...{ vectors, dimensions: width ?? 0, missing },
      ...(missing.size === 0 || code === undefined ? {} : { code }),
    };
  }

  #packs(pieces: readonly Piece[]): Piece[][] {
    const most = Math.min(MOST_TOKENS, this.config.tpm * MOST_SHARE_OF_MINUTE);
    const packs: Piece[][] = [];
    let tokens = 0;
    for (const piece of pieces) {
      const last = packs.at(-1);
      if (last !== undefined && last.length < MOST_TEXTS && tokens + piece.tokens <= most) last.push(piece);
      else {
        packs.push([piece]);
        tokens = 0;
      }
      tokens += piece.tokens;
    }
    return packs;
  }

  /** One pack until it is answered, refused, or not paid for. */
  async #ask(pack: readonly Piece[], dimensions: number | undefined, call: Call): Promise<Answered | Unanswered> {
    const { clock, random, settings } = this.#deps;
    let isRetry = false;
    for (let failures = 0; ; ) {
      this.#refuseWhileResting();
      const tokens = mostPromptTokens(pack.reduce((sum, piece) => sum + piece.tokens, 0));
      const most = costNanoAtMost(priceOn(this.config, clock.now()), tokens, 0);
      // Money that others have only set aside is as good as spent: what is missing is less than one call.
      if ((await call.budget.probe(most)).kind !== 'taken') return UNPAID;
      const turn = await this.#pool.take(tokens, call.latestStart, { isRetry });
      if (turn.kind !== 'go') throw this.#wait(turn.kind === 'wait' ? turn.until : clock.now() + REST_MS);
      const sent = await this.#send(pack, { dimensions, tokens, most }, turn, call);
      if (sent === 'raced') continue;
      if (!('rule' in sent)) return sent;
      const { rule, words } = sent;
      isRetry = true;
      const told = `${this.config.name}: ${rule.id}${words === '' ? '' : `: ${words}`}`;
      switch (rule.class) {
        case 'packing':
        case 'document':
          return { code: 'encoder.text-refused', isTooLong: rule.class === 'packing' };
        case 'throttle':
        case 'capacity':
          this.#refusedSince ??= clock.now();
          if (clock.now() - this.#refusedSince > GIVE_UP_MS) throw this.#giveUp('encoder.unreachable', told);
          continue;
        case 'exhausted':
        case 'configuration':
          throw this.#giveUp(rule.code === 'encoder.dimensions-changed' ? rule.code : 'encoder.refused', told);
        default:
          if (++failures >= settings.fastAttempts)
            throw this.#giveUp(rule.code === 'encoder.bad-output' ? rule.code : 'encoder.unreachable', told);
          await clock.sleep(random.next() * Math.min(MAX_BACKOFF_MS, 500 * 2 ** failures));
      }
    }
  }

  /** Announce, pay, send, note. The turn is given back whatever happens. */
  async #send(
    pack: readonly Piece[],
    { dimensions, tokens, most }: { dimensions: number | undefined; tokens: number; most: bigint },
    turn: Turn<EmbeddingClient>,
    { log, budget, account }: Call,
  ): Promise<Answered | Unanswered | { rule: CallErrorRule; words: string } | 'raced'> {
    const { clock, random, instanceId, logger } = this.#deps;
    const { member, grant } = turn;
    try {
      const texts = pack.map(({ text }) => text);
      const key = sha256Hex(JSON.stringify([account.runId, account.batchId, this.config.name, texts]));
      const record = log.record(key);
      const attempt = nextAttempt(record);
      const reservation = `${key.slice(0, 16)}-${attempt}-${Math.floor(random.next() * 2 ** 32).toString(16)}`;
      const mayTakeMs = TIMEOUT_MS + EXPIRY_MARGIN_MS;
      if ((await budget.reserve(reservation, most, mayTakeMs)).kind !== 'taken') return UNPAID;
      const price = priceOn(this.config, clock.now());
      const intent: Intent = {
        ...{ callKey: key, attempt, instanceId, deployment: this.config.name, reservation },
        ...{ startedAt: clock.now(), expiresAt: clock.now() + mayTakeMs },
        ...{ documentCount: texts.length, chargeEstimate: tokens, promptTokens: tokens, maxOutputTokens: 0 },
        ...{ priceId: price.id, costAtMost: String(most) },
      };
      if (!(await log.announce(intent))) {
        await budget.settle(reservation, 0n);
        await log.refresh(key);
        return 'raced';
      }
      await member.quota.leave(grant, tokens);
      const wanted = this.config.dimensions;
      const body = {
        ...{ ...this.config.parameters, model: this.config.model, input: texts, encoding_format: 'float' as const },
        ...(wanted === undefined ? {} : { dimensions: wanted }),
      };
      const reply = await member.client.send(body, { timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
        if (error instanceof TransportFailure) return error;
        throw error;
      });
      const read = isSuccess(reply) ? readEmbeddings(reply.body, texts.length, dimensions) : undefined;
      const rule =
        read === undefined
          ? ruleAfter(reply, member.hasSucceeded)
          : 'problem' in read
            ? NO_VECTORS[read.problem]
            : undefined;
      const words =
        read !== undefined && 'problem' in read
          ? read.words
          : rule === undefined || reply instanceof TransportFailure
            ? ''
            : serviceWords(reply.body, texts.join('\n'));
      const outcome = {
        ...outcomeOf(reply, rule, attempt, clock.now(), (usage) => costNano(price, usage), embeddingUsageOf),
        ...(rule === undefined ? {} : { words }),
      };
      if (rule === undefined) await log.keepAnswer(key, { ...outcome, body: null });
      else await log.keepOutcome(key, outcome);
      await budget.settle(reservation, outcome.cost === null ? most : BigInt(outcome.cost));
      await this.#learn(turn, reply, rule);
      logger.info('llm.call', {
        ...{ runId: account.runId, call: key, attempt, deployment: this.config.name, documents: texts.length },
        ...{ rule: rule?.id ?? null, status: outcome.httpStatus, tokensIn: outcome.usage?.promptTokens, tokensOut: 0 },
        ...{ costUsd: Number(outcome.cost ?? 0) / 1e9, ms: clock.now() - intent.startedAt },
      });
      if (rule !== undefined) return { rule, words };
      return read as Answered; // without a rule it was read
    } finally {
      this.#pool.release(member);
    }
  }

  /** Tell quota and breaker what happened. */
  async #learn(
    { member, grant }: Turn<EmbeddingClient>,
    reply: ChatReply | TransportFailure,
    rule: CallErrorRule | undefined,
  ): Promise<void> {
    if (!(reply instanceof TransportFailure)) member.quota.observe(grant, reply.headers);
    if (rule === undefined || rule.class === 'document' || rule.class === 'packing') {
      member.refusals = 0;
      member.hasSucceeded ||= rule === undefined;
      this.#refusedSince = undefined;
      member.breaker.succeed();
      return;
    }
    const status = reply instanceof TransportFailure ? null : reply.status;
    this.#deps.logger.warn('llm.call.failed', { deployment: member.config.name, rule: rule.id, status });
    if (rule.class === 'transient' || rule.class === 'ambiguous') member.breaker.fail(rule.id === 'not-sent');
    else member.breaker.abstain();
    if (rule.class === 'throttle' || rule.class === 'capacity')
      await restAfterRefusal(member, reply, rule.class, this.#deps);
  }

  /** E3. */
  #refuseWhileResting(): void {
    const now = this.#deps.clock.now();
    const rest = this.#rest;
    if (rest === undefined || rest.until <= now || rest.until > now + REST_MS) return; // the last: the clock was set back
    throw new TerminalError(rest.error.code, rest.error.message, { ids: { deployment: this.config.name } });
  }

  #giveUp(code: ErrorCode, told: string): TerminalError {
    const message = `Deployment ${told}`;
    this.#rest = { until: this.#deps.clock.now() + REST_MS, error: { code, message } };
    this.#refusedSince = undefined;
    return new TerminalError(code, message, { ids: { deployment: this.config.name } });
  }

  #wait(until: number): RetryableError {
    const retryAfterMs = Math.max(1000, until - this.#deps.clock.now());
    return new RetryableError('encoder.unavailable', `Deployment ${this.config.name} has no quota left for now`, {
      ...{ retryAfterMs, ids: { deployment: this.config.name } },
    });
  }
}

interface Call {
  log: CallLog;
  count: TokenCounter;
  account: EmbeddingAccount;
  budget: Budget;
  /** ms since the epoch */
  latestStart: number;
}

interface Answered {
  vectors: Float32Array;
  dimensions: number;
}

interface Unanswered {
  code: 'encoder.budget-spent' | 'encoder.text-refused';
  isTooLong: boolean;
}

const UNPAID: Unanswered = { code: 'encoder.budget-spent', isTooLong: false };

const NO_VECTORS: Record<'bad-output' | 'dimensions-changed', CallErrorRule> = {
  'bad-output': { id: 'no-vectors', class: 'ambiguous', code: 'encoder.bad-output' },
  'dimensions-changed': { id: 'other-dimensions', class: 'configuration', code: 'encoder.dimensions-changed' },
};

const isSuccess = (reply: ChatReply | TransportFailure): reply is ChatReply =>
  !(reply instanceof TransportFailure) && reply.status >= 200 && reply.status < 300;

/** A request of this form was accepted before: then it is these texts, not the configuration. */
function ruleAfter(reply: ChatReply | TransportFailure, hasSucceeded: boolean): CallErrorRule | undefined {
  const rule = ruleFor(reply);
  return rule?.id === 'bad-request' && hasSucceeded ? { ...rule, class: 'document' } : rule;
}

/** What is asked instead of a refused pack: its halves; of a text alone that is too long, its ends; nothing of one that is refused. */
function smaller(pack: readonly Piece[], isTooLong: boolean, count: TokenCounter): Piece[][] {
  if (pack.length > 1) {
    const half = Math.ceil(pack.length / 2);
    return [pack.slice(0, half), pack.slice(half)];
  }
  const [piece] = pack;
  if (piece === undefined || !isTooLong || piece.halvings >= MOST_HALVINGS) return [];
  const { text, tokens } = cutToTokens(piece.text, Math.max(16, Math.floor(piece.tokens / 2)), count);
  return [[{ ...piece, text, tokens, halvings: piece.halvings + 1 }]];
}
