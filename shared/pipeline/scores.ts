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
  { name: 'stage', type: 'string' },
  { name: 'is_foreign', type: 'boolean' },
] as const satisfies readonly Column[];

export interface ScoreRow {
  document_id: string;
  /** null when no model speaks the taxonomy's labels */
  label: string | null;
  confidence: number | null;
  route: Route;
  top_labels_json: string;
  evidence_json: string;
  /** Who gave label and confidence; absent in files of earlier versions: the model. */
  stage?: 'model' | 'encoder' | null;
  /** Unlike everything that was labelled. */
  is_foreign?: boolean | null;
}

export async function writeScores(
  services: PipelineServices,
  { runId, batchId }: StepInput,
  scores: readonly ScoreRow[],
): Promise<void> {
  await services.parquet.write(
    runPaths.scores(runId, batchId),
    scoreColumns,
    scores.map((score): Row => ({ stage: null, is_foreign: null, ...score })),
  );
}

export async function readScores(services: PipelineServices, { runId, batchId }: StepInput): Promise<ScoreRow[]> {
  const rows = await services.parquet.read(runPaths.scores(runId, batchId));
  return rows as unknown as ScoreRow[]; // written by writeScores only
}

const TOP_LABELS = 5;

/** The most probable labels of one document. @param p  one probability per label */
export function topLabels(
  p: Float64Array,
  labels: readonly string[],
): { best: number; second: number; confidence: number; json: string } {
  const order: number[] = []; // the first of equals before the others
  for (let k = 0; k < p.length; k++) {
    let at = order.length;
    while (at > 0 && p[k]! > p[order[at - 1]!]!) at--;
    if (at < TOP_LABELS) order.splice(at, 0, k);
    if (order.length > TOP_LABELS) order.pop();
  }
  const [best = 0, second = 0] = order;
  const top = order.map((k) => ({ label: labels[k], probability: round(p[k]!) }));
  return { best, second, confidence: p[best] ?? 0, json: JSON.stringify(top) };
}

const round = (probability: number): number => Math.round(probability * 1e6) / 1e6;
