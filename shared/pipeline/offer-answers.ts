// After a run: its answers are offered to later documents that nearly repeat the ones they were given for.
import { nearDuplicatePaths, runPaths } from '../paths.ts';
import { readAnswers } from './ask-documents.ts';
import type { IndexEntry } from './near-duplicate-index.ts';
import type { BatchSignatures } from './near-duplicates.ts';
import { readJson, readPlan, writeJson } from './records.ts';
import type { PipelineServices } from './services.ts';

/** Offer the answers of a completed run. Safe to repeat. */
export async function offerAnswers(services: PipelineServices, runId: string): Promise<void> {
  const { lake, config } = services;
  if (config.NEAR_DUPLICATES === 'off') return;
  const plan = await readPlan(lake, runId);
  const entries: IndexEntry[] = [];
  const folder = runPaths.signaturesFolder(runId);
  // Only batches that had questions have signatures: one listing tells them.
  const batches: string[] = [];
  for await (const { path } of lake.list(folder)) batches.push(path.slice(folder.length + 1, -'.json'.length));
  for (const batchId of batches.sort()) {
    const input = { runId, batchId };
    const found = await readJson<BatchSignatures>(lake, runPaths.signatures(runId, batchId));
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
