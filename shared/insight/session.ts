// What the page must know first: who looks at it, what that person may do, and by which labels and limits the app works.

import type { Session } from '../api/insights.ts';

import { SluiceError } from '../errors.ts';
import { llmUse } from '../pipeline/llm-use.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { loadTaxonomy } from '../pipeline/taxonomies.ts';

/** @param caller  as the platform signed it in; the holder of a function key has no name of its own */
export async function describeSession(
  { config, lake, llm, pipelineVersion }: PipelineServices,
  caller: { name: string; roles: readonly Session['roles'][number][] },
): Promise<Session> {
  const isSignedIn = config.AUTH_MODE === 'entra';
  return {
    name: isSignedIn ? caller.name : null,
    roles: [...caller.roles],
    authMode: isSignedIn ? 'entra' : 'function-keys',
    llm: llm === undefined ? null : (llm.deployments ?? []).map(({ name }) => name).join(', '),
    llmUse: llmUse({ config, llm }, undefined),
    acceptThreshold: config.ACCEPT_THRESHOLD ?? null,
    reviewThreshold: config.REVIEW_THRESHOLD,
    budget: {
      perRunUsd: config.LLM_MAX_COST_USD_PER_RUN ?? null,
      perDayUsd: config.LLM_MAX_COST_USD_PER_DAY ?? null,
    },
    maxUploadBytes: config.UPLOAD_MAX_BYTES,
    pipelineVersion,
    taxonomy: await currentTaxonomy(lake, config.TAXONOMY_VERSION),
  };
}

/** Null where nobody has published labels yet. */
async function currentTaxonomy(
  lake: PipelineServices['lake'],
  wanted: string | undefined,
): Promise<Session['taxonomy']> {
  try {
    const { version, name, labels } = await loadTaxonomy(lake, wanted);
    return { version, name, labels: labels.map((label) => ({ name: label.name, description: label.description })) };
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'request.invalid') return null;
    throw error;
  }
}
