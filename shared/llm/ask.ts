// One pack → its stored answer. The only place where a request is sent and the only owner of retries.
// Invariants: A1 intent before request, raw answer before anything else. A2 a pack that is answered is not asked.
//             A3 refusals for quota are no failure: they end in `wait`. A4 at most `fastAttempts` failing requests per activity and pack.

import { type CallLog, type Intent, nextAttempt, runningAttempt } from './calls.ts';
import { chatBody, outputTokens } from './chat-body.ts';
import { type CallErrorRule, PROMPT_CUT } from './deployments/call-errors.ts';
import { TransportFailure } from './deployments/client.ts';
import { inWords } from './deployments/lessons.ts';
import type { Hopeless, Turn } from './deployments/pool.ts';
import type { Pack } from './judge.ts';
import type { Budget } from './money/budget.ts';
import { costNano, costNanoAtMost, leastNano, mostPromptTokens, priceOn } from './money/price.ts';
import { outcomeOf } from './outcome.ts';
import { documentsMessage } from './prompt.ts';
import { cutRule, learn, lessonFrom, ruleAfter, thoughtOf, wordsOf } from './reply.ts';
import type { LlmDeps, LlmRuntime, Question } from './runtime.ts';

export type Asked =
  | { kind: 'answered' }
  /** Ask again at this time, ms since the epoch. */
  | { kind: 'wait'; until: number }
  /** Others have set aside the money that is missing: ask again at this time. */
  | { kind: 'reserved'; until: number }
  /** The money that is left does not pay for the call. */
  | { kind: 'unfunded' }
  /** Somebody has split the pack: its parts are asked. */
  | { kind: 'split' }
  | Hopeless;

export interface AskContext {
  deps: LlmDeps;
  runtime: LlmRuntime;
  question: Question;
  log: CallLog;
  budget: Budget;
  /** When the activity began and must have ended, ms since the epoch. */
  startedAt: number;
  deadlineMs: number;
}

/** A call cannot run longer than its timeout; clocks of instances may differ by this much. */
const EXPIRY_MARGIN_MS = 5000;
const BUSY_RECHECK_MS = 2000;
const SLOW_RETRY_MS = 15_000;
const MAX_BACKOFF_MS = 30_000;
/** Forms of a request that are tried for one pack in one activity. */
const MOST_LESSONS = 16;

/**
 * Make sure a pack is answered.
 * @param texts     its documents as shown, in its order
 * @param onFunded  told when the money for a call is set aside
 */
export async function ask(
  context: AskContext,
  pack: Pack,
  texts: readonly string[],
  onFunded: () => void,
): Promise<Asked> {
  const { deps, runtime, question, log } = context;
  const { clock, settings } = deps;
  const { user, promptTokens } = prompt(context, texts);
  // Services estimate the prompt by its characters; whichever is larger is what the quota is charged.
  const chargedPrompt = Math.max(promptTokens, Math.ceil((question.overheadChars + user.length) / 4));
  let failures = 0;
  let lessons = 0;
  let avoid: string | undefined;
  let isRetry = false;
  for (;;) {
    const record = log.record(pack.key);
    if (record.answer !== undefined) return { kind: 'answered' };
    if (record.splitAt !== undefined) return { kind: 'split' };
    const running = runningAttempt(record, clock.now());
    if (running !== undefined && !isOrphan(context, running)) {
      await log.refresh(pack.key);
      if (record.answer !== undefined) return { kind: 'answered' };
      if (record.splitAt !== undefined) return { kind: 'split' };
      return { kind: 'wait', until: Math.min(running.expiresAt, clock.now() + BUSY_RECHECK_MS) };
    }
    if (runtime.failingForMs() > settings.giveUpAfterMs)
      return { kind: 'hopeless', code: 'llm.unavailable', words: '' };
    // Before the quota is touched: a slot that is not used is lost.
    const funding = await context.budget.probe(mostCost(context, pack, promptTokens));
    if (funding.kind !== 'taken') return funding.kind === 'spent' ? { kind: 'unfunded' } : funding;
    const charge = chargedPrompt + longestOutput(context, pack);
    const timeoutMs = callTimeout(
      context,
      pack,
      [...record.outcomes.values()].filter((o) => o.rule === 'timeout').length,
    );
    const turn = await runtime.pool.take(charge, Math.max(context.startedAt, context.deadlineMs - timeoutMs), {
      avoid,
      isRetry,
    });
    if (turn.kind !== 'go') return turn;
    const sent = await send(context, pack, { user, texts, promptTokens, charge, timeoutMs, onFunded }, turn);
    if (sent.kind === 'unfunded' || sent.kind === 'reserved') return sent;
    if (sent.kind === 'raced') {
      await log.refresh(pack.key);
      continue;
    }
    if (sent.rule === undefined) return { kind: 'answered' };
    isRetry = true;
    avoid = undefined;
    if (sent.rule.class === 'throttle') continue;
    if (sent.rule.class === 'lesson' && ++lessons < MOST_LESSONS) continue;
    avoid = turn.member.config.name;
    if (sent.rule.class === 'configuration' || sent.rule.class === 'exhausted' || sent.rule.class === 'capacity')
      continue;
    failures++;
    runtime.noteFailure();
    const backoff = deps.random.next() * Math.min(MAX_BACKOFF_MS, 500 * 2 ** failures);
    if (failures >= settings.fastAttempts) return { kind: 'wait', until: clock.now() + SLOW_RETRY_MS + backoff };
    if (runtime.pool.members.length === 1) await clock.sleep(backoff);
  }
}

/** What a pack costs at most where it is cheapest, nano-dollars. */
export const costAtMost = (context: AskContext, pack: Pack, texts: readonly string[]): bigint =>
  mostCost(context, pack, prompt(context, texts).promptTokens);

function mostCost({ deps, runtime }: AskContext, pack: Pack, promptTokens: number): bigint {
  const tokens = mostPromptTokens(promptTokens);
  return leastNano(
    runtime.pool.members.map(({ config, lessons }) =>
      costNanoAtMost(priceOn(config, deps.clock.now()), tokens, outputTokens(pack, config, lessons.current)),
    ),
  );
}

function prompt({ question, runtime }: AskContext, texts: readonly string[]): { user: string; promptTokens: number } {
  const user = documentsMessage(texts);
  return { user, promptTokens: question.overheadTokens + runtime.count(user) };
}

/** An intent of this very process that this process is not running: it died with our predecessor. */
export function isOrphan({ deps, runtime }: Pick<AskContext, 'deps' | 'runtime'>, intent: Intent): boolean {
  return intent.instanceId === deps.instanceId && !runtime.inFlight.has(`${intent.callKey}#${intent.attempt}`);
}

/** Answer tokens of a pack where most are allowed. */
const longestOutput = ({ runtime }: AskContext, pack: Pack): number =>
  Math.max(...runtime.pool.members.map(({ config, lessons }) => outputTokens(pack, config, lessons.current)));

function callTimeout(context: AskContext, pack: Pack, timeouts: number): number {
  const { settings } = context.deps;
  const longest = longestOutput(context, pack);
  const slowness = settings.reasoningTokens > 0 || longest > pack.maxOutputTokens ? 3 : 1;
  const planned = (settings.callBaseMs + settings.callMsPerOutputToken * longest) * slowness * 2 ** timeouts;
  return Math.min(settings.callMaxMs, planned);
}

interface Request {
  user: string;
  /** The documents in it. */
  texts: readonly string[];
  promptTokens: number;
  charge: number;
  timeoutMs: number;
  onFunded(): void;
}

type Sent =
  | { kind: 'raced' }
  | { kind: 'unfunded' }
  | { kind: 'reserved'; until: number }
  | { kind: 'sent'; rule: CallErrorRule | undefined };

/** Announce, pay, send, store. The turn is given back whatever happens. */
async function send(context: AskContext, pack: Pack, request: Request, turn: Turn): Promise<Sent> {
  const { deps, runtime, log, budget } = context;
  const { clock } = deps;
  const { member } = turn;
  const attempt = nextAttempt(log.record(pack.key));
  const flight = `${pack.key}#${attempt}`;
  try {
    const price = priceOn(member.config, clock.now());
    const mostTokens = mostPromptTokens(request.promptTokens);
    const lessons = member.lessons.current;
    const maxOutputTokens = outputTokens(pack, member.config, lessons);
    const most = costNanoAtMost(price, mostTokens, maxOutputTokens);
    const reservation = `${pack.key.slice(0, 16)}-${attempt}-${Math.floor(deps.random.next() * 2 ** 32).toString(16)}`;
    const funding = await budget.reserve(reservation, most, request.timeoutMs + EXPIRY_MARGIN_MS);
    if (funding.kind !== 'taken') return funding.kind === 'spent' ? { kind: 'unfunded' } : funding;
    request.onFunded();
    const intent: Intent = {
      callKey: pack.key,
      attempt,
      instanceId: deps.instanceId,
      deployment: member.config.name,
      startedAt: clock.now(),
      expiresAt: clock.now() + request.timeoutMs + EXPIRY_MARGIN_MS,
      documentCount: pack.documents.length,
      chargeEstimate: request.charge,
      promptTokens: mostTokens,
      maxOutputTokens,
      priceId: price.id,
      costAtMost: String(most),
      reservation,
    };
    runtime.inFlight.add(flight);
    if (!(await log.announce(intent))) {
      await budget.settle(reservation, 0n);
      return { kind: 'raced' };
    }
    await member.quota.leave(turn.grant, request.charge);
    const body = chatBody(context.question, pack, request.user, member.config, lessons);
    const reply = await member.client.send(body, { timeoutMs: request.timeoutMs }).catch((error: unknown) => {
      if (error instanceof TransportFailure) return error;
      throw error;
    });
    const taught = lessonFrom(member, reply, body, pack, maxOutputTokens);
    const taughtRule =
      taught?.rule ?? (await cutRule(request.promptTokens - context.question.schemaTokens, reply, member.lessons));
    const rule = taughtRule ?? ruleAfter(context, member, pack, reply);
    const outcome = {
      ...outcomeOf(reply, rule, attempt, clock.now(), (usage) => costNano(price, usage)),
      ...(rule === undefined ? {} : { words: wordsOf(reply, request) }),
    };
    const isFinal = rule === undefined || rule.class === 'document' || rule.class === 'packing';
    if (isFinal)
      await log.keepAnswer(pack.key, { ...outcome, body: reply instanceof TransportFailure ? null : reply.body });
    else await log.keepOutcome(pack.key, outcome);
    await budget.settle(reservation, outcome.cost === null ? most : BigInt(outcome.cost));
    if (rule === undefined && outcome.usage !== null && !(reply instanceof TransportFailure)) {
      const thought = thoughtOf(reply.body);
      const answered = Math.max(0, outcome.usage.completionTokens - thought);
      runtime.observeOutput(answered, pack.documents.length);
      await member.lessons.noteThought(thought);
    }
    if (taught !== undefined && Object.keys(taught.lesson).length > 0) {
      await member.lessons.learn(taught.lesson);
      const learnt = inWords(taught.lesson).join('; ');
      deps.logger.warn('llm.deployment.learnt', { deployment: member.config.name, learnt });
    }
    if (rule === PROMPT_CUT && outcome.usage !== null) {
      const contextTokens = Math.min(outcome.usage.promptTokens, member.lessons.current.contextTokens ?? Infinity);
      await member.lessons.learn({ contextTokens });
      deps.logger.warn('llm.prompt-cut', {
        deployment: member.config.name,
        sent: request.promptTokens,
        read: contextTokens,
      });
    }
    await learn(context, turn, { reply, rule, pack, request });
    deps.logger.info('llm.call', {
      runId: log.runId,
      call: pack.key,
      attempt,
      deployment: member.config.name,
      documents: pack.documents.length,
      rule: rule?.id ?? null,
      status: outcome.httpStatus,
      tokensIn: outcome.usage?.promptTokens,
      tokensOut: outcome.usage?.completionTokens,
      costUsd: Number(outcome.cost ?? 0) / 1e9,
      ms: clock.now() - intent.startedAt,
    });
    return { kind: 'sent', rule: isFinal ? undefined : rule };
  } finally {
    runtime.inFlight.delete(flight);
    runtime.pool.release(member);
  }
}
