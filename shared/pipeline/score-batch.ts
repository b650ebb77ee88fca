// Step 3: features → calibrated probabilities → route, with the reasons of the model's decision; where there is an encoder, it decides again
// what the words are unsure of.
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import { selectRows } from '../features/sparse.ts';
import { keepEmbeddingLedger } from '../llm/embeddings/embedding-ledger.ts';
import type { LoadedModel } from '../models/registry.ts';
import { BatchData } from './batch-data.ts';
import { decideByDescriptions, unscoredRow } from './cold-start.ts';
import { askEncoder, isEncoderFailure, type Staged } from './encoder-stage.ts';
import { type ExtractedRow, readable } from './extracted.ts';
import type { Plan } from './records.ts';
import { acceptFor, route } from './route.ts';
import { type ScoreRow, topLabels, writeScores } from './scores.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepDone, type StepInput, type StepResult } from './step.ts';

export const scoreBatch = (services: PipelineServices, input: StepInput): Promise<StepResult> =>
  runStep(services, 'score', input, (plan) => score(services, plan, new BatchData(services, input)));

export async function score(services: PipelineServices, plan: Plan, data: BatchData): Promise<StepDone> {
  const rows = readable(await data.extracted({ withText: true }));
  const said = await data.said(plan.taxonomyVersion);
  // What a person has decided is asked of nobody, the encoder included; what the words say stays beside it.
  const open = [...rows.keys()].filter((i) => said(rows[i]!) === undefined);
  const scored =
    plan.modelVersion === null
      ? await scoreWithoutModel(services, plan, data, rows, open)
      : await scoreRows(services, plan, data, { rows, open, model: await services.models.load(plan.modelVersion) });
  const isOpen = new Set(open);
  const scores = scored.scores.map((score, i): ScoreRow => (isOpen.has(i) ? score : { ...score, route: 'review' }));
  await writeScores(services, data.input, scores);
  data.keepScores(scores);
  const standIns = new Set(rows.filter((row) => row.duplicate_of === null).map((row) => row.document_id));
  const asked = scores.filter((score) => score.route === 'ask' && standIns.has(score.document_id)).length;
  return {
    documents: rows.length,
    asked,
    costNanoUsd: await costOfVectors(services, plan, data.input),
    modelVersion: plan.modelVersion,
    ...(scored.encoder === undefined ? {} : { encoder: scored.encoder }),
  };
}

/** What vectors have cost the batch, nano-dollars; its ledger is written. Nothing where the encoder is no deployment. */
async function costOfVectors(
  { encoders, lake }: PipelineServices,
  { encoder }: Plan,
  place: StepInput,
): Promise<string> {
  if (typeof encoder !== 'string' || encoders?.isDeployment === undefined) return '0';
  const isPaid = await encoders.isDeployment(encoder).catch((error: unknown) => {
    if (isEncoderFailure(error)) return false; // told where its vectors were wanted
    throw error;
  });
  if (!isPaid) return '0';
  const rows = await keepEmbeddingLedger(lake, place);
  return String(rows.reduce((sum, row) => sum + BigInt(row.cost_nano_usd), 0n));
}

/** @param open  rows that nobody has decided */
async function scoreWithoutModel(
  services: PipelineServices,
  plan: Plan,
  data: BatchData,
  rows: readonly ExtractedRow[],
  open: readonly number[],
): Promise<Staged> {
  const part = await decideByDescriptions(
    services,
    plan,
    data.input,
    open.map((i) => rows[i]!),
  );
  const unscored = rows.map((row) => unscoredRow(row, plan.llm));
  return { ...part, scores: merged(unscored, open, part.scores) };
}

/** The scores, with those of some rows replaced. */
const merged = (scores: ScoreRow[], at: readonly number[], news: readonly ScoreRow[]): ScoreRow[] => {
  at.forEach((row, i) => {
    scores[row] = news[i]!; // one for each
  });
  return scores;
};

async function scoreRows(
  services: PipelineServices,
  plan: Plan,
  data: BatchData,
  { rows, open, model }: { rows: readonly ExtractedRow[]; open: readonly number[]; model: LoadedModel },
): Promise<Staged> {
  const x = data.takeFeatures() ?? model.featurize(rows.map((row) => row.text));
  const probabilities = model.score(x);
  const width = model.labels.length;
  const scores = rows.map((row, i): ScoreRow => {
    const p = probabilities.subarray(i * width, (i + 1) * width);
    const { best, second, confidence, json } = topLabels(p, model.labels);
    const isForeign = model.isForeign?.(row.text, x, i) === true;
    const evidence = model.explain(row.text, x, i, best, second, services.config.EVIDENCE_TERMS);
    return {
      document_id: row.document_id,
      label: model.labels[best] ?? null,
      confidence,
      route: route(
        confidence,
        { ...plan, accept: plan.accept ?? acceptFor(model, best) },
        isForeign || isDoubtful(parseWarnings(row.warnings_json)),
      ),
      top_labels_json: json,
      evidence_json: JSON.stringify(evidence),
      stage: 'model',
      is_foreign: isForeign,
    };
  });
  if (open.length === rows.length) return await askEncoder(services, plan, data.input, { rows, x, scores, model });
  const part = await askEncoder(services, plan, data.input, {
    rows: open.map((i) => rows[i]!),
    x: selectRows(x, open),
    scores: open.map((i) => scores[i]!),
    model,
  });
  return { ...part, scores: merged(scores, open, part.scores) };
}
