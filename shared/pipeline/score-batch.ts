// Step 3: features → calibrated probabilities → route, with the reasons of the model's decision.
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import { decodeCsr } from '../features/sparse.ts';
import type { Column, Row } from '../lake/tables.ts';
import type { LoadedModel } from '../models/registry.ts';
import { runPaths } from '../paths.ts';
import { type ExtractedRow, readable, readExtracted } from './extracted.ts';
import { peopleDecisions } from './people-decisions.ts';
import type { Plan } from './records.ts';
import { acceptFor, type Route, route } from './route.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepInput, type StepResult } from './step.ts';

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

const TOP_LABELS = 5;

export function scoreBatch(services: PipelineServices, input: StepInput): Promise<StepResult> {
  return runStep(services, 'score', input, async (plan) => {
    const { runId, batchId } = input;
    const rows = readable(await readExtracted(services, runId, batchId, { withText: true }));
    const scored =
      plan.modelVersion === null
        ? rows.map((row) => unscored(row, plan.llm))
        : await scoreRows(services, plan, input, rows, await services.models.load(plan.modelVersion));
    // What a person has decided is asked of nobody; the score stays beside it.
    const said = await peopleDecisions(services, plan.taxonomyVersion);
    const scores = scored.map(
      (score, i): ScoreRow => (said(rows[i]!) === undefined ? score : { ...score, route: 'review' }),
    ); // one score per row
    await services.parquet.write(
      runPaths.scores(runId, batchId),
      scoreColumns,
      scores.map((score): Row => ({ ...score })),
    );
    const standIns = new Set(rows.filter((row) => row.duplicate_of === null).map((row) => row.document_id));
    const asked = scores.filter((score) => score.route === 'ask' && standIns.has(score.document_id)).length;
    return { documents: rows.length, asked, costNanoUsd: '0', modelVersion: plan.modelVersion };
  });
}

export async function readScores(services: PipelineServices, { runId, batchId }: StepInput): Promise<ScoreRow[]> {
  const rows = await services.parquet.read(runPaths.scores(runId, batchId));
  return rows as unknown as ScoreRow[]; // written by scoreBatch only
}

async function scoreRows(
  services: PipelineServices,
  plan: Plan,
  { runId, batchId }: StepInput,
  rows: readonly ExtractedRow[],
  model: LoadedModel,
): Promise<ScoreRow[]> {
  const x = decodeCsr(await services.lake.read(runPaths.features(runId, batchId)));
  const probabilities = model.score(x);
  const width = model.labels.length;
  return rows.map((row, i) => {
    const p = probabilities.subarray(i * width, (i + 1) * width);
    const order = [...p.keys()].sort((a, b) => (p[b] ?? 0) - (p[a] ?? 0));
    const [best = 0, second = 0] = order;
    const confidence = p[best] ?? 0;
    const evidence = model.explain(row.text, x, i, best, second, services.config.EVIDENCE_TERMS);
    return {
      document_id: row.document_id,
      label: model.labels[best] ?? null,
      confidence,
      route: route(
        confidence,
        { ...plan, accept: plan.accept ?? acceptFor(model, best) },
        isDoubtful(parseWarnings(row.warnings_json)),
      ),
      top_labels_json: JSON.stringify(
        order.slice(0, TOP_LABELS).map((k) => ({ label: model.labels[k], probability: round(p[k] ?? 0) })),
      ),
      evidence_json: JSON.stringify(evidence),
    };
  });
}

const unscored = (row: ExtractedRow, llm: boolean): ScoreRow => ({
  document_id: row.document_id,
  label: null,
  confidence: null,
  route: llm ? 'ask' : 'review',
  top_labels_json: '[]',
  evidence_json: '[]',
});

const round = (probability: number): number => Math.round(probability * 1e6) / 1e6;
