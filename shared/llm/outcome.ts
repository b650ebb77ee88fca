// Reply of an endpoint → what is kept of the attempt. Every member of the reply is checked: any JSON may come.

import type { Outcome } from './calls.ts';
import { choiceOf } from './completion.ts';
import type { CallErrorRule } from './deployments/call-errors.ts';
import { type ChatReply, TransportFailure } from './deployments/client.ts';

import type { Usage } from './money/price.ts';

/** The outcome of an attempt. A cost of null is money that may be spent. */
export function outcomeOf(
  reply: ChatReply | TransportFailure,
  rule: CallErrorRule | undefined,
  attempt: number,
  endedAt: number,
  price: (usage: Usage) => bigint,
  readUsage: (body: unknown) => Usage | null = usageOf,
): Outcome {
  if (reply instanceof TransportFailure)
    return {
      attempt,
      endedAt,
      httpStatus: null,
      requestId: null,
      model: null,
      serviceTier: null,
      finishReason: null,
      usage: null,
      cost: reply.kind === 'not-sent' ? '0' : null,
      rule: rule?.id ?? null,
    };
  const isOk = reply.status >= 200 && reply.status < 300;
  const usage = isOk ? readUsage(reply.body) : null; // an answer that failed may be billed all the same
  const { model, service_tier: tier } = (reply.body ?? {}) as { model?: unknown; service_tier?: unknown }; // checked below
  // An error status is not billed; a success without usage may cost anything up to the estimate.
  const isUnknown = rule === undefined || rule.class === 'ambiguous';
  const cost = usage !== null ? String(price(usage)) : isUnknown ? null : '0';
  return {
    attempt,
    endedAt,
    httpStatus: reply.status,
    requestId: reply.headers['x-request-id'] ?? reply.headers['apim-request-id'] ?? null,
    model: typeof model === 'string' ? model : null,
    serviceTier: typeof tier === 'string' ? tier : null,
    finishReason: choiceOf(reply.body).finishReason,
    usage,
    cost,
    rule: rule?.id ?? null,
  };
}

const count = (told: unknown): number | undefined => {
  const value = typeof told === 'string' && /^\d{1,12}(\.\d+)?$/.test(told) ? Number(told) : told;
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined;
};

/** Tokens of embeddings: nothing is written, so no service counts an answer; some tell only the total. */
export function embeddingUsageOf(body: unknown): Usage | null {
  const usage = (body as { usage?: Record<string, unknown> } | null)?.usage; // as below
  if (typeof usage !== 'object' || usage === null) return null;
  const promptTokens = count(usage.prompt_tokens) ?? count(usage.total_tokens);
  if (promptTokens === undefined) return null;
  return { promptTokens, cachedTokens: 0, cacheWriteTokens: 0, completionTokens: 0, reasoningTokens: 0 };
}

/** Tokens of a completion, in the shapes of OpenAI, DeepSeek (cache hits beside) and Gemini or xAI (thoughts only in the total). */
export function usageOf(body: unknown): Usage | null {
  const usage = (body as { usage?: Record<string, unknown> } | null)?.usage; // any JSON may come; numbers are checked one by one
  if (typeof usage !== 'object' || usage === null) return null;
  const promptTokens = count(usage.prompt_tokens);
  const shown = count(usage.completion_tokens);
  if (promptTokens === undefined || shown === undefined) return null;
  const prompt = (usage.prompt_tokens_details ?? {}) as Record<string, unknown>;
  const completion = (usage.completion_tokens_details ?? {}) as Record<string, unknown>;
  // Whatever the total holds beyond the two is thought, and billed.
  const hidden = Math.max(0, (count(usage.total_tokens) ?? 0) - promptTokens - shown);
  return {
    promptTokens,
    completionTokens: shown + hidden,
    cachedTokens: count(prompt.cached_tokens) ?? count(usage.prompt_cache_hit_tokens) ?? 0,
    cacheWriteTokens: count(prompt.cache_write_tokens) ?? 0,
    reasoningTokens: Math.min(shown + hidden, Math.max(count(completion.reasoning_tokens) ?? 0, hidden)),
  };
}
