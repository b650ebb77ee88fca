// Settings of a simulated deployment, and what a request is charged under them.

import type { LimitSettings } from './openai-limits.ts';
import type { ServerProfile } from './openai-profiles.ts';
import type { HeaderProfile } from './openai-replies.ts';

export interface DeploymentSettings extends LimitSettings {
  /** What a request is charged at arrival. */
  chargeRule: 'prompt-and-max' | 'max-only' | 'exact';
  /** Factor on every charge; the client does not know it. */
  chargeBias: number;
  /** Response time: `latencyMs` plus `msPerToken` for each answer token, spread log-normally by `latencySpread`. */
  latencyMs: number;
  msPerToken: number;
  latencySpread: number;
  headers: HeaderProfile;
  /** Between these times (ms since the epoch) no connection succeeds. */
  outages: readonly { fromMs: number; toMs: number }[];
  /** Identical system prompts of at least 1,024 tokens are billed as cached. */
  promptCaching: boolean;
  /** Tokens of context; longer prompts get 400 context_length_exceeded. */
  contextTokens: number;
  /** Length of the vectors that `/embeddings` gives. */
  embeddingDimensions: number;
  /** Plays a server of another make. */
  profile?: ServerProfile | undefined;
}

export const defaultDeploymentSettings: DeploymentSettings = {
  tpm: 200_000,
  rpm: 200,
  window: 'sliding60',
  rpmSliceSeconds: 10,
  countRejected: false,
  cuts: [],
  chargeRule: 'prompt-and-max',
  chargeBias: 1,
  latencyMs: 150,
  msPerToken: 1,
  latencySpread: 0.2,
  headers: 'azure',
  outages: [],
  promptCaching: true,
  contextTokens: 128_000,
  embeddingDimensions: 512,
};

/** Tokens that a request is charged at arrival, before the bias. @param chars  length of prompt and schema */
export function chargeOf(settings: DeploymentSettings, promptTokens: number, chars: number, maxTokens: number): number {
  if (settings.chargeRule === 'max-only') return maxTokens;
  if (settings.chargeRule === 'exact') return promptTokens + maxTokens;
  return Math.ceil(chars / 4) + maxTokens;
}
