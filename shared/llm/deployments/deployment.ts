// A deployment of a model, its price, and every number of the LLM stage with its default.
// Invariant: an unknown price is an error, never 0 (money that is not counted cannot be limited).
import type { Config } from '../../config.ts';
import { TerminalError } from '../../errors.ts';

/** Prices from a date on. Nano-dollars (1e-9 USD) per million tokens: 0.40 USD is 400_000_000n. */
export interface Price {
  /** Written into every ledger row it priced. */
  id: string;
  /** First day, YYYY-MM-DD (UTC). */
  effectiveFrom: string;
  input: bigint;
  cached: bigint;
  cacheWrite: bigint;
  output: bigint;
}

/** Forms in which an answer can be asked for, the strictest first. */
export const RESPONSE_FORMS = ['json_schema', 'json_object', 'none'] as const;
export type ResponseForm = (typeof RESPONSE_FORMS)[number];

export interface DeploymentConfig {
  /** Shown in results and ledger. */
  name: string;
  /** Sent as `model`: an Azure deployment name, or a model name elsewhere. */
  model: string;
  /** What the answers depend on; all deployments of a pool must agree, or the cache would mix models. Default: `model`. */
  modelVersion?: string;
  /** `…/openai/v1/` for Azure, `…/v1` elsewhere. */
  baseUrl: string;
  /** A key, or a function giving a fresh token for each call. */
  apiKey: string | (() => Promise<string>);
  /** Set only for Azure's dated API, e.g. 2024-10-21; the key then goes into the `api-key` header. */
  apiVersion?: string;
  /** Tokens and requests per minute of the quota. */
  tpm: number;
  rpm: number;
  /** Lower is asked first. Default 0. */
  priority?: number;
  /** `provisioned` is not paced: it is used until it refuses, then the request spills over. Default `standard`. */
  kind?: 'standard' | 'provisioned';
  /** Where data may be processed, e.g. `global`, `eu`, `westeurope`. Compared with LlmSettings.residency. */
  residency?: string;
  prices: readonly Price[];
  /** Older servers know the limit of an answer as `max_tokens`. Default `max_completion_tokens`. */
  outputLimit?: 'max_completion_tokens' | 'max_tokens';
  /** How the form of an answer is asked for. Default `json_schema`; a deployment that refuses it is asked in the next form. */
  responseFormat?: ResponseForm;
  /** Answer tokens set aside for thought, on top of those of the answer. Grows by itself with what answers show. Default 0. */
  reasoningTokens?: number;
  /** Extra members of the request body, e.g. `{ reasoning_effort: 'none' }`. Part of the prompt version. */
  parameters?: Readonly<Record<string, string | number | boolean>>;
  /** The deployment takes batch jobs: the name to send in them, the share of the price, input tokens that may be queued. */
  batch?: { model: string; priceShare: number; enqueuedTokens: number };
  /** Models that bill cache writes: mark the end of the static prompt, so that only it is written to the service's cache. */
  cacheBreakpoint?: boolean;
  /** The model gives token probabilities; they then replace the confidence it states. */
  logprobs?: boolean;
}

/** Every number of the LLM stage. */
export interface LlmSettings {
  /** Documents per call at most. */
  packDocuments: number;
  /** Prompt tokens per call at most. */
  packTokens: number;
  /** Tokens of one document shown at most; the middle is left out. */
  documentTokens: number;
  /** Answer tokens per call at most. */
  maxOutputTokens: number;
  /** Answer tokens a document needs, until calls have shown it. */
  outputTokensPerDocument: number;
  /** Answer tokens set aside for hidden reasoning. 0 for models without it. */
  reasoningTokens: number;
  /** Calls in flight per deployment and process. */
  concurrency: number;
  /** A process begins with a fifth of them (4 at least) and has all after so long, ms. */
  rampMs: number;
  /** Answers below go to review. 0..1. */
  minConfidence: number;
  /** Confidence as stated → share that is right, as rising points [stated, right], 0..1. Empty: as stated. */
  calibration: readonly (readonly [number, number])[];
  /** Share of the quota that is used. Above 0.985 refusals begin. */
  utilisation: number;
  /** Quota one process reserves ahead, ms. */
  leaseMs: number;
  /** Unused quota that may be made up for in a burst, ms. */
  burstMs: number;
  /** Fast attempts of one call within one activity after transient errors. */
  fastAttempts: number;
  /** After so long without success at a failing endpoint, documents go to review. ms. */
  giveUpAfterMs: number;
  /** Time allowed to a call: base plus per answer token, at most max. ms. */
  callBaseMs: number;
  callMsPerOutputToken: number;
  callMaxMs: number;
  /** Residency classes documents may be sent to; empty allows all. */
  residency: readonly string[];
  /** USD all runs of a day (UTC) may spend; undefined is no limit. */
  maxCostUsdPerDay?: number;
}

export const defaultLlmSettings: LlmSettings = {
  packDocuments: 8,
  packTokens: 8000,
  documentTokens: 1500,
  maxOutputTokens: 4000,
  outputTokensPerDocument: 60,
  reasoningTokens: 0,
  concurrency: 8,
  rampMs: 30_000,
  minConfidence: 0.5,
  calibration: [],
  utilisation: 0.985,
  leaseMs: 2000,
  burstMs: 250,
  fastAttempts: 3,
  giveUpAfterMs: 30 * 60_000,
  callBaseMs: 5000,
  callMsPerOutputToken: 30,
  callMaxMs: 120_000,
  residency: [],
};

/** USD per million tokens → nano-dollars per million tokens, exact to nine decimals. */
export function nanoPerMillion(usdPerMillion: number): bigint {
  if (!Number.isFinite(usdPerMillion) || usdPerMillion < 0)
    throw new TerminalError('config.invalid', `price ${usdPerMillion} is not an amount of USD per million tokens`);
  const [whole = '0', fraction = ''] = usdPerMillion.toFixed(9).split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/**
 * The deployment that the settings describe; empty when none is configured or the LLM is switched off.
 * @param azureToken  gives the token provider of a scope; called only for Azure without a key
 */
export function deploymentsFromConfig(
  config: Config,
  azureToken: (scope: string) => () => Promise<string>,
): DeploymentConfig[] {
  if (!config.LLM_ENABLED) return [];
  const input = config.LLM_INPUT_USD_PER_MTOK;
  const output = config.LLM_OUTPUT_USD_PER_MTOK;
  const common = { tpm: config.LLM_TPM, rpm: config.LLM_RPM };
  const form = {
    responseFormat: RESPONSE_FORMS.find((known) => known === config.LLM_RESPONSE_FORMAT) ?? 'json_schema',
    ...(config.LLM_REASONING_TOKENS === 0 ? {} : { reasoningTokens: config.LLM_REASONING_TOKENS }),
  };
  const prices = (): Price[] => {
    if (input === undefined || output === undefined)
      throw new TerminalError(
        'config.invalid',
        'LLM_INPUT_USD_PER_MTOK and LLM_OUTPUT_USD_PER_MTOK must be set: an unknown price is not 0',
      );
    const cached = config.LLM_CACHED_USD_PER_MTOK ?? input;
    return [
      {
        id: `settings-${input}-${cached}-${output}`,
        effectiveFrom: '1970-01-01',
        input: nanoPerMillion(input),
        cached: nanoPerMillion(cached),
        cacheWrite: nanoPerMillion(input),
        output: nanoPerMillion(output),
      },
    ];
  };
  if (config.OPENAI_BASE_URL !== undefined && config.OPENAI_MODEL !== undefined)
    return [
      {
        ...common,
        name: config.OPENAI_MODEL,
        model: config.OPENAI_MODEL,
        baseUrl: config.OPENAI_BASE_URL,
        apiKey: config.OPENAI_API_KEY ?? 'none', // servers of one's own often want no key, the client wants a text
        ...form,
        prices: prices(),
      },
    ];
  if (config.AZURE_OPENAI_ENDPOINT !== undefined && config.AZURE_OPENAI_CHAT_DEPLOYMENT !== undefined)
    return [
      {
        ...common,
        name: config.AZURE_OPENAI_CHAT_DEPLOYMENT,
        model: config.AZURE_OPENAI_CHAT_DEPLOYMENT,
        baseUrl: `${config.AZURE_OPENAI_ENDPOINT.replace(/\/+$/, '').replace(/\/openai\/v1$/, '')}/openai/v1/`,
        apiKey: config.OPENAI_API_KEY ?? azureToken(config.AZURE_OPENAI_SCOPE),
        ...form,
        prices: prices(),
      },
    ];
  return [];
}

/** The settings of the stage that the environment may change. */
export function llmSettingsFromConfig(config: Config): LlmSettings {
  return {
    ...defaultLlmSettings,
    packDocuments: config.LLM_PACK_DOCUMENTS,
    packTokens: config.LLM_PACK_TOKENS,
    documentTokens: config.LLM_DOCUMENT_TOKENS,
    maxOutputTokens: config.LLM_MAX_OUTPUT_TOKENS,
    concurrency: config.LLM_CONCURRENCY,
    minConfidence: config.LLM_MIN_CONFIDENCE,
    ...(config.LLM_MAX_COST_USD_PER_DAY === undefined ? {} : { maxCostUsdPerDay: config.LLM_MAX_COST_USD_PER_DAY }),
  };
}

/** The model whose answers are cached: the same for all deployments of a pool. */
export function pooledModelVersion(deployments: readonly DeploymentConfig[]): string {
  const versions = new Set(deployments.map((d) => d.modelVersion ?? d.model));
  if (versions.size !== 1)
    throw new TerminalError(
      'config.invalid',
      `the deployments of a pool must serve one model version; have ${[...versions].join(', ') || 'none'}`,
    );
  return [...versions][0] ?? '';
}
