// What the limits leave, and the least that a question costs: whether there is any use in asking.
import type { Taxonomy } from '../../taxonomy.ts';
import { makePack } from '../judge.ts';
import { type LlmDeps, runtimeOf } from '../runtime.ts';
import { Budget, ceilings } from './budget.ts';
import { batchPriceOn, costNanoAtMost, leastNano, mostPromptTokens, priceOn } from './price.ts';

export interface MoneyLeft {
  /** Under the tighter of the run's and the day's limit, beside what is spent; infinite without a limit. */
  nanoUsd: number;
  /** Below this no question can be asked, however short. */
  leastNanoUsd: number;
}

/** The shortest answers seen are still allowed so many tokens. */
const LEAST_OUTPUT_TOKENS = 15;

/** Reads the budget's records; sends nothing. */
export async function moneyLeft(
  request: { runId: string; taxonomy: Taxonomy; runUsd: number | undefined; isBatch: boolean },
  deps: LlmDeps,
): Promise<MoneyLeft> {
  const { settings, clock } = deps;
  const runtime = await runtimeOf(deps);
  const nowMs = clock.now();
  const limits = { runId: request.runId, runUsd: request.runUsd, dayUsd: settings.maxCostUsdPerDay, nowMs };
  const left = await new Budget(ceilings(limits), deps).left();
  const sizing = { ...settings, promptVersion: '', outputTokensPerDocument: LEAST_OUTPUT_TOKENS };
  const { maxOutputTokens } = makePack(['any'], sizing);
  const tokens = mostPromptTokens(runtime.question(request.taxonomy).overheadTokens);
  const prices = runtime.pool.members.flatMap(({ config }) => [
    priceOn(config, nowMs),
    ...(request.isBatch && config.batch !== undefined ? [batchPriceOn(config, nowMs)] : []),
  ]);
  return {
    nanoUsd: left === undefined ? Number.POSITIVE_INFINITY : Number(left),
    leastNanoUsd: Number(leastNano(prices.map((price) => costNanoAtMost(price, tokens, maxOutputTokens)))),
  };
}
