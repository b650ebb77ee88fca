// The simulator without a socket: one request in, one answer with its delay out. Time and chance are injected.
// Invariants: S1 everything billed is in the billing log, once. S2 a refused request (429, 4xx, 5xx) is never billed.
//             S3 every answer says `simulator`; nothing here is a language model.
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/ports.ts';
import { drawFault, type FaultKind, type FaultPlan } from './faults.ts';
import { hash, LabelScorer, readPromptDocuments, readPromptLabels } from './openai-answers.ts';
import { chargeOf, type DeploymentSettings } from './openai-deployment.ts';
import { type EmbeddingBody, embeddingReply, readEmbeddingRequest } from './openai-embeddings.ts';
import { Limits } from './openai-limits.ts';
import { failureOf, refusalOf, type ServerProfile, shaped, tokensRead } from './openai-profiles.ts';
import { type CompletionBody, type Prompt, readPrompt, schemaLabels } from './openai-prompt.ts';
import {
  contentFilter,
  disturb,
  earlyFault,
  normal,
  problem,
  rateHeaders,
  type SimulatedReply,
  throttled,
} from './openai-replies.ts';

export const SIMULATOR_MODEL = 'simulator';
export const SIMULATOR_FINGERPRINT = 'fp_sluice_simulator_not_a_language_model';

/** One billed request: the ground truth a ledger is compared with. */
export interface BillingEntry {
  requestId: string;
  deployment: string;
  /** Milliseconds since the epoch at admission. */
  at: number;
  /** SHA-256 of the messages: equal hashes are repeated calls. */
  promptHash: string;
  documents: number;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  charged: number;
  finishReason: string;
  /** What the client got: the answer, or nothing although it was billed. */
  delivered: boolean;
}

export interface SimulatorStats {
  requests: number;
  admitted: number;
  throttled: number;
  charged: number;
  failed: number;
}

export interface CoreOptions {
  seed: number;
  clock: Clock;
  countTokens: (text: string) => number;
  deployment: DeploymentSettings;
  /** Settings of single deployments, by name. */
  deployments: Readonly<Record<string, Partial<DeploymentSettings>>>;
  faults: FaultPlan;
  /** Deployments that exist; absent: whatever is named does. */
  known?: readonly string[];
}

interface State {
  settings: DeploymentSettings;
  limits: Limits;
  stats: SimulatorStats;
}

const PROMPT_OVERHEAD_TOKENS = 3;
const CACHE_TTL_MS = 10 * 60_000;
const MAX_KEPT_TEXTS = 64;

/** How an answer that was billed is lost. */
const ENDS: Readonly<Record<string, SimulatedReply['kind']>> = {
  hang: 'hang',
  'reset-after-billing': 'drop',
  'cut-body': 'cut',
};
const DROPPED: SimulatedReply = { kind: 'drop', status: 0, headers: {}, body: null, delayMs: 1 };

const notFound = (requestId: string): SimulatedReply =>
  problem(
    requestId,
    404,
    'DeploymentNotFound',
    'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
  );

export class SimulatorCore {
  readonly billing: BillingEntry[] = [];
  /** Admissions by deployment, for charts of charged against limit: `[at, charge, admitted]`. */
  readonly admissions: { deployment: string; at: number; charge: number; admitted: boolean }[] = [];
  faults: FaultPlan;
  readonly #options: CoreOptions;
  readonly #states = new Map<string, State>();
  readonly #scorers = new Map<string, LabelScorer>();
  readonly #warmPrefixes = new Map<string, number>();
  #sequence = 0;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.faults = options.faults;
  }

  /** Answer POST …/chat/completions. `lane` batch skips the rate limits. */
  complete(deployment: string, body: CompletionBody, lane: 'live' | 'batch' = 'live'): SimulatedReply {
    const now = this.#options.clock.now();
    const requestId = `sim-${this.#options.seed}-${++this.#sequence}`;
    if (this.#options.known?.includes(deployment) === false) return notFound(requestId);
    const state = this.state(deployment);
    const { settings, stats } = state;
    stats.requests++;
    if (lane === 'live' && settings.outages.some((o) => now >= o.fromMs && now < o.toMs)) {
      stats.failed++;
      return DROPPED;
    }
    const prompt = readPrompt(body);
    if (prompt === undefined)
      return problem(requestId, 400, 'invalid_request_error', "'messages' must be a non-empty array of texts.");
    const schemaText =
      body.response_format?.json_schema === undefined ? '' : JSON.stringify(body.response_format.json_schema);
    const profile: Partial<ServerProfile> = settings.profile ?? {};
    const sentTokens =
      prompt.messages.reduce((sum, m) => sum + this.#options.countTokens(m.content) + PROMPT_OVERHEAD_TOKENS, 0) +
      PROMPT_OVERHEAD_TOKENS +
      (schemaText === '' ? 0 : this.#options.countTokens(schemaText));
    const refusal = refusalOf(profile, body, sentTokens);
    if (refusal !== undefined) return { ...problem(requestId, refusal.status, '', ''), body: refusal.body };
    const promptTokens = tokensRead(profile, sentTokens);
    const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? 16_384;
    const charge = Math.ceil(
      chargeOf(settings, promptTokens, prompt.chars + schemaText.length, maxTokens) * settings.chargeBias,
    );

    if (promptTokens > settings.contextTokens)
      return problem(
        requestId,
        400,
        'context_length_exceeded',
        `This model's maximum context length is ${settings.contextTokens} tokens.`,
      );
    const admitted = this.#admit(deployment, requestId, charge, now, lane);
    if ('kind' in admitted) return admitted;
    const { headers } = admitted;
    const fault = this.#fault(deployment, requestId, prompt.user);
    const failure = failureOf(profile, body, this.#sequence, stats.failed);
    if (failure !== undefined) {
      stats.failed++;
      return { kind: 'answer', ...failure, headers, delayMs: 5 };
    }
    const early = earlyFault(fault, requestId, headers);
    if (early !== undefined) {
      stats.failed++;
      return early;
    }
    const poison = this.faults.poisonWord ?? 'POISON';
    if (poison !== '' && prompt.user.includes(poison)) return contentFilter(requestId, headers);

    const documents = readPromptDocuments(prompt.user);
    const refused = this.faults.refusalWord !== undefined && prompt.user.includes(this.faults.refusalWord);
    // a thought that takes all of the allowance leaves no answer
    const thoughtTokens = Math.min(maxTokens, profile.thought?.tokens ?? 0);
    const left = maxTokens - thoughtTokens;
    const answer =
      left > 0
        ? this.#answer(prompt, documents, body, refused ? 'refusal' : fault, left)
        : { content: null, refusal: null, finishReason: 'length' };
    const { message, finishReason } = shaped(profile, answer);
    const answerTokens = this.#options.countTokens(answer.content ?? answer.refusal ?? '') + 1;
    const completionTokens = Math.min(maxTokens, thoughtTokens + answerTokens);
    const cachedTokens = this.#cachedTokens(settings, deployment, prompt.system, now);
    const isLost = fault !== undefined && fault in ENDS;
    this.billing.push({
      requestId,
      deployment,
      at: now,
      promptHash: prompt.hash,
      documents: documents.length,
      promptTokens,
      cachedTokens,
      completionTokens,
      charged: charge,
      finishReason: answer.finishReason,
      delivered: !isLost,
    });
    return {
      kind: ENDS[fault ?? ''] ?? 'answer',
      status: 200,
      headers,
      delayMs: this.#delayMs(settings, requestId, completionTokens, fault),
      body: {
        id: `chatcmpl-${requestId}`,
        object: 'chat.completion',
        created: Math.floor(now / 1000),
        model: SIMULATOR_MODEL,
        system_fingerprint: SIMULATOR_FINGERPRINT,
        service_tier: 'default',
        choices: [
          {
            index: 0,
            finish_reason: finishReason,
            logprobs: null,
            message,
          },
        ],
        usage: {
          prompt_tokens: promptTokens,
          // some count thought in the total only
          completion_tokens: completionTokens - (profile.thought?.shown === 'total' ? thoughtTokens : 0),
          total_tokens: promptTokens + completionTokens,
          prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: profile.thought?.shown === 'usage' ? thoughtTokens : 0 },
        },
      },
    };
  }

  /** Answer POST …/embeddings: same limits, faults and bill as completions; what only a text can suffer is no fault here. */
  embed(deployment: string, body: EmbeddingBody): SimulatedReply {
    const now = this.#options.clock.now();
    const requestId = `sim-${this.#options.seed}-${++this.#sequence}`;
    if (this.#options.known?.includes(deployment) === false) return notFound(requestId);
    const { settings, stats } = this.state(deployment);
    stats.requests++;
    if (settings.outages.some((o) => now >= o.fromMs && now < o.toMs)) {
      stats.failed++;
      return DROPPED;
    }
    const most = settings.embeddingDimensions;
    const asked = readEmbeddingRequest(body, most, this.#options.countTokens);
    if ('problem' in asked) return problem(requestId, 400, 'invalid_request_error', asked.problem);
    const charge = Math.ceil(asked.tokens * settings.chargeBias);
    const admitted = this.#admit(deployment, requestId, charge, now, 'live');
    if ('kind' in admitted) return admitted;
    const { headers } = admitted;
    const prompt = asked.texts.join('\n');
    const fault = this.#fault(deployment, requestId, prompt);
    const early = earlyFault(fault, requestId, headers);
    if (early !== undefined) {
      stats.failed++;
      return early;
    }
    const kind = ENDS[fault ?? ''] ?? 'answer';
    this.billing.push({
      ...{ requestId, deployment, at: now, documents: asked.texts.length, charged: charge, finishReason: 'stop' },
      promptHash: createHash('sha256').update(JSON.stringify(asked.texts)).digest('hex'),
      ...{ promptTokens: asked.tokens, cachedTokens: 0, completionTokens: 0, delivered: kind === 'answer' },
    });
    const delayMs = this.#delayMs(settings, requestId, 0, fault);
    return { kind, status: 200, headers, delayMs, body: embeddingReply(asked, SIMULATOR_MODEL, most) };
  }

  /** Headers of an admitted request, or its refusal. */
  #admit(
    deployment: string,
    requestId: string,
    charge: number,
    now: number,
    lane: 'live' | 'batch',
  ): { headers: Record<string, string> } | SimulatedReply {
    const { settings, stats, limits } = this.state(deployment);
    const admission = lane === 'live' ? limits.admit(now, charge) : undefined;
    if (admission !== undefined) this.admissions.push({ deployment, at: now, charge, admitted: admission.admitted });
    const limitHeaders = admission === undefined ? {} : rateHeaders(settings, admission, this.#sequence);
    const headers = {
      'x-request-id': requestId,
      'apim-request-id': requestId,
      'x-sluice-simulator': '1',
      ...limitHeaders,
    };
    if (admission !== undefined && !admission.admitted) {
      stats.throttled++;
      return throttled(settings, admission, headers);
    }
    stats.admitted++;
    stats.charged += charge;
    return { headers };
  }

  #fault(deployment: string, requestId: string, prompt: string): FaultKind | undefined {
    const draw = hash(requestId, this.#options.seed ^ 0x5bd1) / 4294967296;
    const isFaulty = this.faults.only?.({ deployment, prompt }) ?? true;
    return isFaulty ? drawFault(this.faults, draw) : undefined;
  }

  #delayMs(
    settings: DeploymentSettings,
    requestId: string,
    answerTokens: number,
    fault: FaultKind | undefined,
  ): number {
    const spread = Math.exp(settings.latencySpread * normal(hash(requestId, this.#options.seed ^ 0x77)));
    const late = fault === 'slow' ? (this.faults.slowMs ?? 30_000) : 0;
    return Math.round((settings.latencyMs + settings.msPerToken * answerTokens) * spread + late);
  }

  /** Change settings while running; new limits start with empty windows. */
  configure(deployment: string, change: Partial<DeploymentSettings>): void {
    const state = this.state(deployment);
    state.settings = { ...state.settings, ...change };
    if (['window', 'rpmSliceSeconds'].some((key) => key in change)) state.limits = new Limits(state.settings);
    else state.limits.settings = state.settings;
  }

  state(deployment: string): State {
    const known = this.#states.get(deployment);
    if (known !== undefined) return known;
    const settings = { ...this.#options.deployment, ...this.#options.deployments[deployment] };
    const created: State = {
      settings,
      limits: new Limits(settings),
      stats: { requests: 0, admitted: 0, throttled: 0, charged: 0, failed: 0 },
    };
    this.#states.set(deployment, created);
    return created;
  }

  stats(): Record<string, SimulatorStats> {
    return Object.fromEntries([...this.#states].map(([name, { stats }]) => [name, stats]));
  }

  #answer(
    prompt: Prompt,
    documents: readonly { id: number; text: string }[],
    body: CompletionBody,
    fault: FaultKind | undefined,
    maxTokens: number,
  ): { content: string | null; refusal: string | null; finishReason: string } {
    if (fault === 'refusal')
      return { content: null, refusal: "I'm sorry, I can't help with that.", finishReason: 'stop' };
    if (fault === 'null-content') return { content: null, refusal: null, finishReason: 'stop' };
    if (fault === 'filtered-output') return { content: '{"results":[', refusal: null, finishReason: 'content_filter' };
    const scorer = this.#scorer(prompt.system, body);
    const results = documents.map((document) => scorer.answer(document));
    const content = JSON.stringify({ results: disturb(results, fault) });
    if (fault === 'cut-json') {
      const kept = content.slice(0, Math.max(12, Math.floor(content.length * 0.6)));
      return { content: kept, refusal: null, finishReason: 'length' };
    }
    if (fault === 'broken-json')
      return { content: content.replace(/[\]}]+$/, ''), refusal: null, finishReason: 'stop' };
    if (fault === 'prose')
      return {
        content: `Here are the results:\n\`\`\`json\n${content}\n\`\`\`\nDone.`,
        refusal: null,
        finishReason: 'stop',
      };
    if (this.#options.countTokens(content) > maxTokens) {
      const charsPerToken = content.length / this.#options.countTokens(content);
      return {
        content: content.slice(0, Math.floor(maxTokens * charsPerToken)),
        refusal: null,
        finishReason: 'length',
      };
    }
    return { content, refusal: null, finishReason: 'stop' };
  }

  #scorer(system: string, body: CompletionBody): LabelScorer {
    const known = this.#scorers.get(system);
    if (known !== undefined) return known;
    const scorer = new LabelScorer(readPromptLabels(system, schemaLabels(body)), this.#options.seed);
    if (this.#scorers.size >= MAX_KEPT_TEXTS) this.#scorers.clear();
    this.#scorers.set(system, scorer);
    return scorer;
  }

  #cachedTokens(settings: DeploymentSettings, deployment: string, system: string, now: number): number {
    if (!settings.promptCaching) return 0;
    const tokens = this.#options.countTokens(system);
    if (tokens < 1024) return 0;
    const key = `${deployment}\0${system}`;
    const warmUntil = this.#warmPrefixes.get(key) ?? -Infinity;
    this.#warmPrefixes.set(key, now + CACHE_TTL_MS);
    return now < warmUntil ? Math.floor(tokens / 128) * 128 : 0;
  }
}
