// What a run will cost, from a sample of its documents, before anything is paid. Pure.
// Invariant: the range covers the sampling error only; a sample that is not drawn at random proves nothing.
import type { LlmSettings, Price } from '../deployments/deployment.ts';
import { makePack } from '../judge.ts';
import { planPacks } from '../pack.ts';
import { DELIMITER_TOKENS } from '../prompt.ts';
import { costNano } from './price.ts';

/** A document of the sample. */
export interface SampledDocument {
  /** Tokens that would be shown of it. */
  tokens: number;
  /** The cheap model is unsure: the LLM would be asked. */
  isAsked: boolean;
}

export interface QuoteInput {
  /** Documents of the whole run. */
  documents: number;
  sample: readonly SampledDocument[];
  /** Tokens of everything but the documents in each call (PromptFrame.overheadTokens). */
  overheadTokens: number;
  settings: Pick<
    LlmSettings,
    'packDocuments' | 'packTokens' | 'maxOutputTokens' | 'outputTokensPerDocument' | 'reasoningTokens' | 'utilisation'
  >;
  /** Answer tokens a document really takes; default 55 % of what is allowed for it. */
  outputTokensUsed?: number;
  /** Tokens of thought that a call takes; default those set aside by the settings. */
  thoughtTokens?: number;
  /** Tokens that a call may think beyond those of the settings: they count against the quota. */
  thoughtAllowed?: number;
  price: Price;
  /** Quota of all deployments together. */
  tpm: number;
  rpm: number;
  /** By the Batch API: jobs wait for no quota, and end within a day. */
  isBatch?: boolean;
  /** The static prompt is served from the service's cache. Default: not assumed. */
  isPrefixCached?: boolean;
}

export interface Quote {
  documents: number;
  /** Documents the LLM will be asked about. */
  asked: number;
  calls: number;
  tokensIn: number;
  tokensOut: number;
  usd: number;
  /** 95 % range from the sampling error. */
  usdLow: number;
  usdHigh: number;
  /** How the LLM would be asked. */
  lane: 'live' | 'batch';
  /** Time the quota needs; a day for batch jobs, which end within it. Minutes. */
  minutes: number;
}

const DAY_MINUTES = 24 * 60;
const Z95 = 1.96;
const USED_SHARE = 0.55;
const MIN_CACHED_PREFIX = 1024;

/** Extrapolate from the sample. An empty sample gives a quote of zero calls for zero documents, and throws for more. */
export function quoteRun(input: QuoteInput): Quote {
  const { documents, sample, settings, price } = input;
  const lane = input.isBatch === true ? 'batch' : 'live';
  if (sample.length === 0) {
    if (documents > 0) throw new RangeError(`a quote for ${documents} documents needs a sample`);
    const nothing = { documents: 0, asked: 0, calls: 0, tokensIn: 0, tokensOut: 0, usd: 0, usdLow: 0, usdHigh: 0 };
    return { ...nothing, lane, minutes: 0 };
  }
  const asked = sample.filter((d) => d.isAsked);
  const share = asked.length / sample.length;
  const expectedAsked = share * documents;
  const packs = planPacks(
    asked.map((d) => d.tokens + DELIMITER_TOKENS),
    { maxDocuments: settings.packDocuments, maxTokens: Math.max(1, settings.packTokens - input.overheadTokens) },
  );
  // The last pack of a small sample is only partly filled; a long run's are full.
  const perCall =
    asked.length === 0 ? settings.packDocuments : Math.max(asked.length / packs.length, fullPackSize(asked, input));
  const calls = Math.ceil(expectedAsked / perCall);
  const meanTokens =
    asked.length === 0 ? 0 : asked.reduce((sum, d) => sum + d.tokens + DELIMITER_TOKENS, 0) / asked.length;
  const outPerDocument = input.outputTokensUsed ?? settings.outputTokensPerDocument * USED_SHARE;
  const tokensIn = Math.round(calls * input.overheadTokens + expectedAsked * meanTokens);
  const tokensOut = Math.round(
    expectedAsked * outPerDocument + calls * (input.thoughtTokens ?? settings.reasoningTokens),
  );
  const cachedTokens =
    input.isPrefixCached && input.overheadTokens >= MIN_CACHED_PREFIX
      ? Math.floor(input.overheadTokens / 128) * 128 * calls
      : 0;
  const usd =
    Number(
      costNano(price, {
        promptTokens: tokensIn,
        cachedTokens,
        cacheWriteTokens: 0,
        completionTokens: tokensOut,
        reasoningTokens: 0,
      }),
    ) / 1e9;
  const error = relativeError(sample);
  const maxOut = makePack(Array.from({ length: Math.max(1, Math.round(perCall)) }, String), {
    promptVersion: '',
    ...settings,
  }).maxOutputTokens;
  const quotaMinutes = Math.max(
    (tokensIn + calls * (maxOut + (input.thoughtAllowed ?? 0))) / (input.tpm * settings.utilisation),
    calls / (input.rpm * settings.utilisation),
  );
  return {
    documents,
    asked: Math.round(expectedAsked),
    calls,
    tokensIn,
    tokensOut,
    usd,
    usdLow: usd * Math.max(0, 1 - error),
    usdHigh: usd * (1 + error),
    lane,
    minutes: lane === 'batch' && calls > 0 ? DAY_MINUTES : quotaMinutes,
  };
}

/** Documents per call when there are many: the sample repeated until its last pack no longer matters. */
function fullPackSize(asked: readonly SampledDocument[], input: QuoteInput): number {
  const repeats = Math.ceil(400 / asked.length);
  const many = Array.from({ length: repeats }, () => asked).flat();
  const packs = planPacks(
    many.map((d) => d.tokens + DELIMITER_TOKENS),
    {
      maxDocuments: input.settings.packDocuments,
      maxTokens: Math.max(1, input.settings.packTokens - input.overheadTokens),
    },
  );
  return many.length / packs.length;
}

/** Relative half-width of the 95 % range of the mean cost per document: tokens where it is asked, nothing where it is not. */
function relativeError(sample: readonly SampledDocument[]): number {
  const values = sample.map((d) => (d.isAsked ? d.tokens + DELIMITER_TOKENS : 0));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  if (mean === 0) return 1;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return (Z95 * Math.sqrt(variance / values.length)) / mean;
}
