// Documents that nearly repeat one which the LLM or a person has decided: they inherit its label instead of being asked about.
// Invariants: U1 only decisions of completed runs under the same taxonomy are inherited, and the heir names the document its label comes from.
// U2 what a batch inherits is settled once, before anything is asked: a replay sees the same. U3 re-runs inherit nothing: they are meant to decide
// anew; nor does a document from itself. U4 what a person said about the first document counts for all later heirs.
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import { minhash } from '../features/minhash.ts';
import { nearDuplicatePaths, runPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import type { ExtractedRow } from './extracted.ts';
import { type IndexEntry, type Inherited, indexOf } from './near-duplicate-index.ts';
import { createJson, type Plan, readBatch, readJson, requireJson, writeJson } from './records.ts';
import type { PipelineServices } from './services.ts';
import type { StepInput } from './step.ts';

/** Signatures of the documents that are, or would be, asked about, and what they inherit. */
export interface BatchSignatures {
  /** Base64 of 64 little-endian 32-bit places, by document. */
  signatures: Record<string, string>;
  inherited: Record<string, Inherited>;
}

/** U2: what the batch's uncertain documents inherit; nothing when the setting is off. */
export async function settleNearDuplicates(
  services: PipelineServices,
  plan: Plan,
  input: StepInput,
  candidates: readonly ExtractedRow[],
): Promise<Record<string, Inherited>> {
  const { lake, config } = services;
  if (config.NEAR_DUPLICATES === 'off' || candidates.length === 0) return {};
  const path = runPaths.signatures(input.runId, input.batchId);
  const settled = await readJson<BatchSignatures>(lake, path);
  if (settled !== undefined) return settled.inherited;
  const isRerun = (await readBatch(lake, input.runId, input.batchId)).base !== null; // U3
  const index = isRerun ? undefined : await indexOf(services, plan.taxonomyVersion);
  const found: BatchSignatures = { signatures: {}, inherited: {} };
  for (const row of candidates) {
    if (isDoubtful(parseWarnings(row.warnings_json))) continue; // half a text is near to what it is not
    const signature = minhash(row.text);
    if (signature === undefined) continue;
    found.signatures[row.document_id] = Buffer.from(signature.buffer).toString('base64');
    const inherited = index?.find(row.document_id, signature, config.NEAR_DUPLICATE_SIMILARITY);
    if (inherited !== undefined) found.inherited[row.document_id] = inherited;
  }
  await createJson(lake, path, found);
  return (await requireJson<BatchSignatures>(lake, path)).inherited; // another worker may have been first
}

/** What the batch has inherited, for its decisions. */
export async function readInherited(services: PipelineServices, input: StepInput): Promise<Record<string, Inherited>> {
  return (
    (await readJson<BatchSignatures>(services.lake, runPaths.signatures(input.runId, input.batchId)))?.inherited ?? {}
  );
}

/** U4. */
export async function offerDecision(lake: LakeStore, taxonomy: string, id: string, label: string): Promise<void> {
  await writeJson(lake, nearDuplicatePaths.person(taxonomy, id), { id, label });
}

/** Remove a document from a run's signatures and from the index. */
export async function forgetSignatures(lake: LakeStore, { runId, batchId }: StepInput, id: string): Promise<void> {
  const path = runPaths.signatures(runId, batchId);
  const found = await readJson<BatchSignatures>(lake, path);
  if (found !== undefined) {
    const { [id]: _, ...signatures } = found.signatures;
    const { [id]: __, ...inherited } = found.inherited;
    await writeJson(lake, path, { signatures, inherited } satisfies BatchSignatures);
  }
  for await (const file of lake.list(nearDuplicatePaths.root)) {
    if (file.path.endsWith(`/people/${id}.json`)) await lake.delete(file.path);
    if (!file.path.endsWith(`/${runId}.json`)) continue;
    const { entries } = await requireJson<{ entries: IndexEntry[] }>(lake, file.path);
    await writeJson(lake, file.path, { entries: entries.filter((entry) => entry.id !== id) });
  }
}
