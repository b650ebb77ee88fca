// Step 2: text → sparse TF-IDF of the pinned model. One matrix row per readable document, in the order of the extracted file.
import { type Csr, decodeCsr, encodeCsr } from '../features/sparse.ts';
import { runPaths } from '../paths.ts';
import { BatchData } from './batch-data.ts';
import { readable, readExtracted } from './extracted.ts';
import { type Plan, readPlan } from './records.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepDone, type StepInput, type StepResult } from './step.ts';

export const featurizeBatch = (services: PipelineServices, input: StepInput): Promise<StepResult> =>
  runStep(services, 'featurize', input, (plan) => featurize(services, plan, new BatchData(services, input)));

export async function featurize(
  services: PipelineServices,
  { from, modelVersion }: Plan,
  data: BatchData,
): Promise<StepDone> {
  const { runId, batchId } = data.input;
  const rows = readable(await data.extracted({ withText: true }));
  if (modelVersion !== null) {
    const { base } = await data.batch();
    const isReusable = from === 'score' || from === 'classify';
    const ids = rows.map((row) => row.document_id);
    const x =
      (isReusable ? await reuse(services, base, modelVersion, ids) : undefined) ??
      (await services.models.load(modelVersion)).featurize(rows.map((row) => row.text));
    await services.lake.write(runPaths.features(runId, batchId), encodeCsr(x));
    data.keepFeatures(x);
  }
  return { documents: rows.length, asked: 0, costNanoUsd: '0', modelVersion };
}

/** The base run's rows for these documents; undefined when it used another model (other IDF) or lacks one of them. */
async function reuse(
  services: PipelineServices,
  base: { runId: string; batchId: string } | null,
  modelVersion: string,
  ids: readonly string[],
): Promise<Csr | undefined> {
  if (base === null) return undefined;
  if ((await readPlan(services.lake, base.runId)).modelVersion !== modelVersion) return undefined;
  const baseRows = readable(await readExtracted(services, base.runId, base.batchId, { withText: false }));
  const rowOf = new Map(baseRows.map((row, index) => [row.document_id, index]));
  const picked = ids.map((id) => rowOf.get(id));
  if (!picked.every((index) => index !== undefined)) return undefined;
  return pickRows(decodeCsr(await services.lake.read(runPaths.features(base.runId, base.batchId))), picked);
}

/** The given rows of a matrix, in the given order. */
export function pickRows(x: Csr, rows: readonly number[]): Csr {
  const bounds = rows.map((row) => [x.indptr[row] ?? 0, x.indptr[row + 1] ?? 0] as const);
  const indptr = new Uint32Array(rows.length + 1);
  bounds.forEach(([from, to], i) => {
    indptr[i + 1] = (indptr[i] ?? 0) + to - from;
  });
  const size = indptr[rows.length] ?? 0;
  const indices = new Int32Array(size);
  const values = new Float64Array(size);
  bounds.forEach(([from, to], i) => {
    indices.set(x.indices.subarray(from, to), indptr[i]);
    values.set(x.values.subarray(from, to), indptr[i]);
  });
  return { rows: rows.length, width: x.width, indptr, indices, values };
}
