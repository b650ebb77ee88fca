// The LLM stage as the pipeline sees it: deployments and limits from the settings, deadlines from the clock.
import type { Config } from '../config.ts';
import type { Row } from '../lake/tables.ts';
import { classifyDocuments, type LlmDeps, readLedger } from '../llm/classify.ts';
import { deploymentsFromConfig, llmSettingsFromConfig } from '../llm/deployment.ts';
import type { Llm } from './services.ts';

// An activity ends well before the function's time limit and goes on in the next one.
const ACTIVITY_MS = 4 * 60_000;

/**
 * Undefined when no LLM is configured or it is switched off.
 * @param azureToken  token provider for a scope; used for Azure deployments without a key
 */
export function openLlm(
  config: Config,
  deps: Omit<LlmDeps, 'deployments' | 'settings'>,
  azureToken: (scope: string) => () => Promise<string>,
): Llm | undefined {
  const deployments = deploymentsFromConfig(config, azureToken);
  if (deployments.length === 0) return undefined;
  const full: LlmDeps = { ...deps, deployments, settings: llmSettingsFromConfig(config) };
  return {
    async classify({ maxCostUsd, ...request }) {
      const outcome = await classifyDocuments(
        {
          ...request,
          deadlineMs: deps.clock.now() + ACTIVITY_MS,
          ...(maxCostUsd === undefined ? {} : { budget: { runUsd: maxCostUsd } }),
        },
        full,
      );
      return outcome.status === 'done'
        ? { status: 'done', answers: outcome.answers, calls: outcome.calls }
        : { status: 'waiting', retryAt: outcome.retryAt };
    },
    ledger: async (runId, batchId) => (await readLedger(deps.store, runId, batchId)).map((row): Row => ({ ...row })),
  };
}
