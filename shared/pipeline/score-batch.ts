// Step 3: features → calibrated probabilities → route, with the reasons of the model's decision.
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import type { Csr } from '../features/sparse.ts';
import type { LoadedModel } from '../models/registry.ts';
import { BatchData } from './batch-data.ts';
import { type ExtractedRow, readable } from './extracted.ts';
import type { Plan } from './records.ts';
import { acceptFor, route } from './route.ts';
import { type ScoreRow, writeScores } from './scores.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepDone, type StepInput, type StepResult } from './step.ts';

const TOP_LABELS = 5;

export const scoreBatch = (services: PipelineServices, input: StepInput): Promise<StepResult> =>
  runStep(services, 'score', input, (plan) => score(services, plan, new BatchData(services, input)));

export async function score(services: PipelineServices, plan: Plan, data: BatchData): Promise<StepDone> {
  const rows = readable(await data.extracted({ withText: true }));
  const scored =
    plan.modelVersion === null
      ? rows.map((row) => unscored(row, plan.llm))
      : scoreRows(services, plan, rows, await data.features(), await services.models.load(plan.modelVersion));
  // What a person has decided is asked of nobody; the score stays beside it.
  const said = await data.said(plan.taxonomyVersion);
  const scores = scored.map(
    (score, i): ScoreRow => (said(rows[i]!) === undefined ? score : { ...score, route: 'review' }),
  ); // one score per row
  await writeScores(services, data.input, scores);
  data.keepScores(scores);
  const standIns = new Set(rows.filter((row) => row.duplicate_of === null).map((row) => row.document_id));
  const asked = scores.filter((score) => score.route === 'ask' && standIns.has(score.document_id)).length;
  return { documents: rows.length, asked, costNanoUsd: '0', modelVersion: plan.modelVersion };
}

function scoreRows(
  services: PipelineServices,
  plan: Plan,
  rows: readonly ExtractedRow[],
  x: Csr,
  model: LoadedModel,
): ScoreRow[] {
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
