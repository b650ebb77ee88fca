// The LLM stage as the pipeline sees it: deployments and limits from the settings, deadlines from the clock.
import type { Config } from '../config.ts';
import type { Row } from '../lake/tables.ts';
import { cancelJobs } from '../llm/batch/cancel.ts';
import { advanceBatchLane } from '../llm/batch/lane.ts';
import { openAiBatchTransport } from '../llm/batch/transport.ts';
import { classifyDocuments, isAnswered, type LlmDeps, readLedger } from '../llm/classify.ts';
import { type DeploymentConfig, deploymentsFromConfig, llmSettingsFromConfig } from '../llm/deployments/deployment.ts';
import { parseDeployments } from '../llm/deployments/deployment-json.ts';
import { spentOnDay } from '../llm/money/budget.ts';
import { moneyLeft } from '../llm/money/money-left.ts';
import { quoteStage } from '../llm/money/quote-stage.ts';
import { probeDeployment } from '../llm/probe.ts';
import type { Llm } from './services.ts';

// An activity ends well before the function's time limit and goes on in the next one.
const ACTIVITY_MS = 4 * 60_000;

/** How deployments sign in. */
export interface LlmAuth {
  /** Token provider for a scope. */
  azureToken(scope: string): () => Promise<string>;
  /** Reads a secret of the vault. */
  secret(name: string): Promise<string>;
}

/**
 * Undefined when no LLM is configured or it is switched off.
 * @throws {TerminalError} config.invalid when LLM_DEPLOYMENTS is wrong
 */
export function openLlm(
  config: Config,
  deps: Omit<LlmDeps, 'deployments' | 'settings'>,
  auth: LlmAuth,
): Llm | undefined {
  const deployments = openDeployments(config, auth);
  if (deployments.length === 0) return undefined;
  const residency = residencyOf(config);
  const full: LlmDeps = { ...deps, deployments, settings: { ...llmSettingsFromConfig(config), residency } };
  // Built where a lane is first used, and kept: the SDK is loaded once.
  const batchDeployment = allowed(deployments, residency).find(({ batch }) => batch !== undefined);
  const transport = batchDeployment === undefined ? undefined : openAiBatchTransport(batchDeployment);
  return {
    deployments: allowed(deployments, residency).map(({ name, tpm }) => ({ name, tokensPerMinute: tpm })),
    probe: () => Promise.all(allowed(deployments, residency).map((deployment) => probeDeployment(deployment, deps))),
    spentTodayUsd: () => spentOnDay(deps.state, deps.clock.now()),
    canBatch: transport !== undefined,
    cancelJobs: async (runId) => (transport === undefined ? 0 : cancelJobs(runId, deps, transport)),
    async classify({ maxCostUsd, batchLane, ...request }) {
      const budget = { runUsd: maxCostUsd };
      if (batchLane !== undefined && transport !== undefined && !(await isAnswered(deps.store, request))) {
        const { runId, batchId, taxonomy, documents } = request;
        const lane = await advanceBatchLane(
          { runId, name: batchId, taxonomy, batches: [{ batchId, documents }], budget, ...batchLane },
          full,
          transport,
        );
        if (lane.status === 'running') return { status: 'waiting', retryAt: lane.pollAt };
      }
      const outcome = await classifyDocuments(
        {
          ...request,
          deadlineMs: deps.clock.now() + ACTIVITY_MS,
          budget,
        },
        full,
      );
      return outcome.status === 'done'
        ? { status: 'done', answers: outcome.answers, calls: outcome.calls }
        : { status: 'waiting', retryAt: outcome.retryAt };
    },
    moneyLeft: ({ maxCostUsd, ...request }) => moneyLeft({ ...request, runUsd: maxCostUsd }, full),
    quote: (request) => quoteStage(request, full),
    ledger: async (runId, batchId) => (await readLedger(deps.store, runId, batchId)).map((row): Row => ({ ...row })),
  };
}

/** Residency classes that documents may be sent to; empty: all. */
export const residencyOf = (config: Config): string[] =>
  (config.LLM_RESIDENCY ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));

/** Those that documents may be sent to. */
function allowed(deployments: readonly DeploymentConfig[], residency: readonly string[]): DeploymentConfig[] {
  return deployments.filter((d) => residency.length === 0 || residency.includes(d.residency ?? ''));
}

/** Those of the settings. @throws {TerminalError} config.invalid */
export function openDeployments(config: Config, auth: LlmAuth): DeploymentConfig[] {
  if (config.LLM_DEPLOYMENTS === undefined || !config.LLM_ENABLED)
    return deploymentsFromConfig(config, auth.azureToken);
  return parseDeployments(config.LLM_DEPLOYMENTS, {
    identity: auth.azureToken(config.AZURE_OPENAI_SCOPE),
    key: (name) => () => auth.secret(name),
  });
}
