// Whether a run asks the LLM, and if not, why: the wish of the host, the wish of the run, or nothing to ask.
// Invariants: W1 a host on which the LLM is switched off sends no text to it, whatever a run asks for. W2 a wish of a run holds in its re-runs
// until a re-run says otherwise.
import type { LlmUse } from '../api/runs.ts';
import { runPaths } from '../paths.ts';
import { MAX_ASKED_LABELS } from '../taxonomy.ts';
import { type RunRecord, readJson } from './records.ts';
import type { PipelineServices } from './services.ts';

/**
 * @param wish    of the run; undefined: none
 * @param labels  of the run's taxonomy; default: as many as may be
 */
export function llmUse(
  { config, llm }: Pick<PipelineServices, 'config' | 'llm'>,
  wish: boolean | undefined,
  labels = 0,
): LlmUse {
  if (!config.LLM_ENABLED || wish === false) return 'off';
  if (llm === undefined) return 'none';
  return labels > MAX_ASKED_LABELS ? 'too-many-labels' : 'asked';
}

/** What a run's request, or that of the run it repeats, says about asking the LLM (W2). */
export async function wishOf(services: Pick<PipelineServices, 'lake'>, run: RunRecord): Promise<boolean | undefined> {
  const said = run.request?.llm ?? run.rerun?.llm;
  if (said !== undefined || run.rerun === null) return said;
  const base = await readJson<RunRecord>(services.lake, runPaths.request(run.rerun.runId));
  return base === undefined ? undefined : wishOf(services, base);
}
