// After a run: its answers are offered to later documents that nearly repeat the ones they were given for.
import { batchId as batchIdOf } from '../ids.ts';
import { nearDuplicatePaths, runPaths } from '../paths.ts';
import { readAnswers } from './ask-documents.ts';
import type { IndexEntry } from './near-duplicate-index.ts';
import type { BatchSignatures } from './near-duplicates.ts';
import { type Plan, readJson, requireJson, writeJson } from './records.ts';
import type { PipelineServices } from './services.ts';

/** Offer the answers of a completed run. Safe to repeat. */
export async function offerAnswers(services: PipelineServices, runId: string): Promise<void> {
  const { lake, config } = services;
  if (config.NEAR_DUPLICATES === 'off') return;
  const plan = await requireJson<Plan>(lake, runPaths.plan(runId));
  const entries: IndexEntry[] = [];
  for (let i = 0; i < plan.batches; i++) {
    const input = { runId, batchId: batchIdOf(i) };
    const found = await readJson<BatchSignatures>(lake, runPaths.signatures(runId, input.batchId));
    if (found === undefined) continue;
    const answers = await readAnswers(services, input);
    for (const [id, signature] of Object.entries(found.signatures)) {
      if (found.inherited[id] !== undefined) continue; // heirs do not pass on: the first document does
      const answer = answers.get(id);
      const isLabelled = answer?.outcome === 'label';
      entries.push({
        id,
        signature,
        label: isLabelled ? answer.label : null,
        confidence: isLabelled ? answer.confidence : null,
      });
    }
  }
  if (entries.length > 0) await writeJson(lake, nearDuplicatePaths.run(plan.taxonomyVersion, runId), { entries });
}
