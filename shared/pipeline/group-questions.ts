// Where money is scarce: the questions of the whole run in groups, the least certain first. A group is asked as a batch of its own, so its calls are
// full even where a batch of the run has only one question that the money reaches.
// Invariant: Q1 a group is asked to its end, or not at all because no question can be paid any more; then neither can those after it.
import { runPaths } from '../paths.ts';
import { type AskedDocument, askDocuments, askedCount, costOf, writeAnswers } from './ask-documents.ts';
import { readExtracted } from './extracted.ts';
import { isBatchLane } from './lane.ts';
import { type Plan, requireJson } from './records.ts';
import { readScores } from './score-rows.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepResult } from './step.ts';
import { loadTaxonomy } from './taxonomies.ts';

/** Questions of one group, by the batch that holds their texts. */
export type GroupMembers = Readonly<Record<string, readonly string[]>>;

/** Stands for a batch id in the LLM stage, its files and its ledger: q00000 … */
export const groupId = (index: number): string => `q${String(index).padStart(5, '0')}`;
export const isGroupId = (id: string): boolean => id.startsWith('q');

/** Ask a group. Its outcome counts no documents when the money does not reach it. */
export function askGroup(
  services: PipelineServices,
  { runId, group }: { runId: string; group: number },
): Promise<StepResult> {
  const place = { runId, batchId: groupId(group) };
  return runStep(services, 'classify', place, async (plan) => {
    if (!(await isAnyPaid(services, plan))) return { documents: 0, asked: 0, costNanoUsd: '0' };
    const members = await requireJson<GroupMembers>(services.lake, runPaths.group(runId, place.batchId));
    const documents: AskedDocument[] = [];
    for (const [batchId, ids] of Object.entries(members)) {
      const wanted = new Set(ids);
      const scores = new Map((await readScores(services, { runId, batchId })).map((s) => [s.document_id, s]));
      for (const { document_id: id, text } of await readExtracted(services, runId, batchId, { withText: true }))
        if (wanted.has(id)) documents.push({ id, text, topLabels: scores.get(id)?.top_labels_json ?? '[]' });
    }
    const asked = await askDocuments(services, plan, place, documents);
    if ('retryAt' in asked) return asked;
    await writeAnswers(services, place, asked);
    return {
      documents: documents.length,
      asked: askedCount(asked.answers),
      costNanoUsd: await costOf(services, place),
    };
  });
}

/** Does the money that is left pay for any question at all? */
async function isAnyPaid(services: PipelineServices, plan: Plan): Promise<boolean> {
  const taxonomy = await loadTaxonomy(services.lake, plan.taxonomyVersion);
  const left = await services.llm?.moneyLeft?.({
    runId: plan.runId,
    taxonomy,
    maxCostUsd: plan.maxCostUsd ?? undefined,
    isBatch: await isBatchLane(services, plan),
  });
  return left === undefined || left.nanoUsd >= left.leastNanoUsd;
}
