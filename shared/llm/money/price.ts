// What a call costs, in whole nano-dollars. Integer arithmetic only: sums over millions of calls stay exact.
import { TerminalError } from '../../errors.ts';
import type { DeploymentConfig, Price } from '../deployments/deployment.ts';

export interface Usage {
  promptTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  completionTokens: number;
  /** Part of completionTokens. */
  reasoningTokens: number;
}

const MILLION = 1_000_000n;

/** The price in force on a day. @throws {TerminalError} config.invalid when there is none */
export function priceOn(deployment: DeploymentConfig, nowMs: number): Price {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const known = deployment.prices.filter((p) => p.effectiveFrom <= day);
  const price = known.sort((a, b) => (a.effectiveFrom < b.effectiveFrom ? 1 : -1))[0];
  if (price === undefined)
    throw new TerminalError('config.invalid', `deployment ${deployment.name} has no price for ${day}`);
  return price;
}

/** The price of batch jobs on a day. @throws {TerminalError} config.invalid when there is none, or the deployment takes no jobs */
export function batchPriceOn(deployment: DeploymentConfig, nowMs: number): Price {
  if (deployment.batch === undefined)
    throw new TerminalError('config.invalid', `deployment ${deployment.name} takes no batch jobs`);
  const { priceShare } = deployment.batch;
  const scale = (amount: bigint) => BigInt(Math.round(Number(amount) * priceShare));
  const { input, cached, cacheWrite, output, ...price } = priceOn(deployment, nowMs);
  return {
    ...price,
    id: `${price.id}-batch`,
    input: scale(input),
    cached: scale(cached),
    cacheWrite: scale(cacheWrite),
    output: scale(output),
  };
}

/** Cost of a call in nano-dollars, rounded half up. Reasoning tokens are inside the completion tokens. */
export function costNano(price: Price, usage: Usage): bigint {
  const plain = Math.max(0, usage.promptTokens - usage.cachedTokens - usage.cacheWriteTokens);
  const scaled =
    BigInt(plain) * price.input +
    BigInt(usage.cachedTokens) * price.cached +
    BigInt(usage.cacheWriteTokens) * price.cacheWrite +
    BigInt(usage.completionTokens) * price.output;
  return (scaled + MILLION / 2n) / MILLION;
}

/** The smallest amount. @throws {TypeError} when there is none */
export const leastNano = (amounts: readonly bigint[]): bigint =>
  // biome-ignore lint/complexity/useMathMinMax: Math.min does not take bigint
  amounts.reduce((least, amount) => (amount < least ? amount : least));

/** Room for what the token counter can't see (templates of the service), in the highest cost of a call. */
const PROMPT_ROOM = 1.05;
const PROMPT_ROOM_TOKENS = 32;

/** The most tokens a prompt of so many counted ones is billed as. */
export function mostPromptTokens(counted: number): number {
  return Math.ceil(counted * PROMPT_ROOM) + PROMPT_ROOM_TOKENS;
}

/** The most a call can cost: nothing cached, the answer as long as allowed. */
export function costNanoAtMost(price: Price, promptTokens: number, maxOutputTokens: number): bigint {
  // biome-ignore lint/complexity/useMathMinMax: Math.max does not take bigint
  const dearest = price.cacheWrite > price.input ? price.cacheWrite : price.input;
  const scaled = BigInt(promptTokens) * dearest + BigInt(maxOutputTokens) * price.output;
  return (scaled + MILLION - 1n) / MILLION;
}
