// One document out of the files of one batch: text, scores, answers, and its name in the plan.
// Invariants: B1 the other documents keep what they have; copies of the document get its answer, for the text is theirs too. B2 features that earlier
// versions stored go as a whole: nothing reads them any more. B3 safe to repeat at any point: the text goes last, so a batch that was cut short is found again.
import { documentId as idOf, sha256Hex } from '../ids.ts';
import type { LlmAnswer } from '../llm/classify.ts';
import { forgetExemplars } from '../models/encoder/forget-exemplars.ts';
import { forgetVectors } from '../models/encoder/vector-cache.ts';
import { llmCacheRoot, runPaths } from '../paths.ts';
import { type ExtractedRow, readExtracted, writeExtracted } from '../pipeline/extracted.ts';
import { groupId } from '../pipeline/group-questions.ts';
import { forgetSignatures } from '../pipeline/near-duplicates.ts';
import type { DatasetRow } from '../pipeline/plan.ts';
import { groupOf, readQuestions, readRanking } from '../pipeline/rank-questions.ts';
import { type PlannedBatch, readJson, writeJson } from '../pipeline/records.ts';
import { scoreColumns } from '../pipeline/scores.ts';
import type { PipelineServices } from '../pipeline/services.ts';

export interface BatchPlace {
  runId: string;
  batchId: string;
}

/** Remove the document; false when the batch does not hold it (any more). */
export async function eraseFromBatch(
  services: PipelineServices,
  place: BatchPlace,
  documentId: string,
): Promise<boolean> {
  const { runId, batchId } = place;
  const { lake } = services;
  const hasRows = (await lake.stat(runPaths.extracted(runId, batchId))) !== undefined;
  const rows = hasRows ? await readExtracted(services, runId, batchId, { withText: true }) : [];
  const row = rows.find((candidate) => candidate.document_id === documentId);
  const isHeld = row !== undefined && row.code !== 'document.erased';
  const heir = rows.find((candidate) => candidate.duplicate_of === documentId)?.document_id;
  await forgetSignatures(lake, place, documentId);
  await eraseAnswers(services, place, documentId, heir);
  await eraseGroup(services, place, documentId);
  await eraseFromPlan(services, place, documentId, row, rows);
  if (!isHeld) return false;
  await forgetVectors(lake, row.text);
  await forgetExemplars(lake, row.text);
  await eraseScores(services, place, documentId);
  await lake.delete(runPaths.features(runId, batchId)); // B2
  const isCopied = (candidate: ExtractedRow) => candidate.duplicate_of === documentId;
  const standIn = (candidate: ExtractedRow) => (candidate.document_id === heir ? null : (heir ?? null));
  await writeExtracted(
    services,
    runId,
    batchId,
    rows.map((candidate) => {
      if (candidate.document_id === documentId) return blank(candidate);
      return isCopied(candidate) ? { ...candidate, duplicate_of: standIn(candidate) } : candidate;
    }),
  );
  return true;
}

const blank = (row: ExtractedRow): ExtractedRow => ({
  ...row,
  source_path: '',
  archive_path: '',
  source_etag: '',
  content_sha256: null,
  media_type: null,
  size_bytes: 0,
  pages: null,
  chars: 0,
  language: null,
  status: 'failed',
  code: 'document.erased',
  message: null,
  duplicate_of: null,
  warnings_json: '[]',
  text: '',
});

async function eraseScores(services: PipelineServices, { runId, batchId }: BatchPlace, id: string): Promise<void> {
  const path = runPaths.scores(runId, batchId);
  if ((await services.lake.stat(path)) === undefined) return;
  const rows = await services.parquet.read(path);
  await services.parquet.write(
    path,
    scoreColumns,
    rows.filter((row) => row.document_id !== id),
  );
}

/** Raw answers hold several documents; what the run needs of them is in the ledger table and in answers.json. */
async function eraseAnswers(
  { lake }: PipelineServices,
  { runId, batchId }: BatchPlace,
  id: string,
  heir: string | undefined,
): Promise<void> {
  const folder = runPaths.llm(runId, batchId);
  const path = `${folder}/answers.json`;
  const stored = await readJson<{ answers: LlmAnswer[]; redacted?: Record<string, unknown> }>(lake, path);
  const own = stored?.answers.find((answer) => answer.id === id);
  if (stored !== undefined && own !== undefined) {
    const others = stored.answers.filter((answer) => answer.id !== id);
    const { [id]: _, ...redacted } = stored.redacted ?? {};
    const answers = heir === undefined ? others : [...others, { ...own, id: heir }];
    await writeJson(lake, path, { ...stored, answers, redacted });
  }
  for await (const file of lake.list(folder)) if (file.path !== path) await lake.delete(file.path);
  // The cache of answers has a part per batch.
  const part = sha256Hex(`${runId}/${batchId}`).slice(0, 24);
  for await (const file of lake.list(llmCacheRoot))
    if (file.path.split('/').at(-1)?.startsWith(`${part}.`)) await lake.delete(file.path);
}

/** Where money was scarce the document was asked with others of its group. */
async function eraseGroup(services: PipelineServices, { runId, batchId }: BatchPlace, id: string): Promise<void> {
  const ranking = await readRanking(services, runId);
  if (ranking === undefined || ranking.groups.length === 0) return;
  const question = (await readQuestions(services, { runId, batchId })).questions.find((q) => q.id === id);
  if (question === undefined) return;
  await eraseAnswers(services, { runId, batchId: groupId(groupOf(ranking, question)) }, id, undefined);
}

async function eraseFromPlan(
  { lake }: PipelineServices,
  { runId, batchId }: BatchPlace,
  id: string,
  row: ExtractedRow | undefined,
  rows: readonly ExtractedRow[],
): Promise<void> {
  const path = runPaths.planBatch(runId, batchId);
  const batch = await readJson<PlannedBatch>(lake, path);
  if (batch?.dataset != null) return eraseDatasetRow(lake, runPaths.rows(runId, batchId), batch, id);
  const isAlone = row !== undefined && rows.filter((other) => other.source_path === row.source_path).length === 1;
  if (batch === undefined || !isAlone || row.archive_path !== '') return;
  await writeJson(lake, path, { ...batch, sources: batch.sources.filter((source) => source.path !== row.source_path) });
}

async function eraseDatasetRow(
  lake: PipelineServices['lake'],
  path: string,
  { container, dataset }: PlannedBatch,
  id: string,
): Promise<void> {
  const found = await lake.readIfExists(path);
  if (found === undefined || dataset === null) return;
  const lines = found.bytes.toString('utf8').split('\n');
  const kept = lines.map((line) => {
    const { key } = JSON.parse(line) as DatasetRow; // written by the plan
    if (idOf(container, dataset.path, '', key) !== id) return line;
    const erased: DatasetRow = { key: `erased-${id.slice(0, 12)}`, text: null, problem: 'erased on request' };
    return JSON.stringify(erased);
  });
  await lake.write(path, kept.join('\n'));
}
