// One row per readable document as the score step leaves it: runs/<run>/scores/<batch>.parquet.
import type { Column, Row } from '../lake/tables.ts';
import { runPaths } from '../paths.ts';
import type { Route } from './route.ts';
import type { PipelineServices } from './services.ts';
import type { StepInput } from './step.ts';

export const scoreColumns = [
  { name: 'document_id', type: 'string' },
  { name: 'label', type: 'string' },
  { name: 'confidence', type: 'double' },
  { name: 'route', type: 'string' },
  { name: 'top_labels_json', type: 'string' },
  { name: 'evidence_json', type: 'string' },
] as const satisfies readonly Column[];

export interface ScoreRow {
  document_id: string;
  /** null when no model speaks the taxonomy's labels */
  label: string | null;
  confidence: number | null;
  route: Route;
  top_labels_json: string;
  evidence_json: string;
}

export async function writeScores(
  services: PipelineServices,
  { runId, batchId }: StepInput,
  scores: readonly ScoreRow[],
): Promise<void> {
  await services.parquet.write(
    runPaths.scores(runId, batchId),
    scoreColumns,
    scores.map((score): Row => ({ ...score })),
  );
}

export async function readScores(services: PipelineServices, { runId, batchId }: StepInput): Promise<ScoreRow[]> {
  const rows = await services.parquet.read(runPaths.scores(runId, batchId));
  return rows as unknown as ScoreRow[]; // written by writeScores only
}
