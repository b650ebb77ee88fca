// Step 3: features → calibrated probabilities → route, with the reasons of the model's decision; where there is an encoder, it decides again
// what the words are unsure of.
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import { decodeCsr } from '../features/sparse.ts';
import type { Row } from '../lake/tables.ts';
import type { LoadedModel } from '../models/registry.ts';
import { runPaths } from '../paths.ts';
import { decideByDescriptions } from './cold-start.ts';
import { askEncoder, type Staged } from './encoder-stage.ts';
import { type ExtractedRow, readable, readExtracted } from './extracted.ts';
import { peopleDecisions } from './people-decisions.ts';
import type { Plan } from './records.ts';
import { acceptFor, route } from './route.ts';
import { type ScoreRow, scoreColumns, topLabels } from './score-rows.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepInput, type StepResult } from './step.ts';

export function scoreBatch(services: PipelineServices, input: StepInput): Promise<StepResult> {
  return runStep(services, 'score', input, async (plan) => {
    const { runId, batchId } = input;
    const rows = readable(await readExtracted(services, runId, batchId, { withText: true }));
    const scored: Staged =
      plan.modelVersion === null
        ? await decideByDescriptions(services, plan, input, rows)
        : await scoreRows(services, plan, input, rows, await services.models.load(plan.modelVersion));
    // What a person has decided is asked of nobody; the score stays beside it.
    const said = await peopleDecisions(services, plan.taxonomyVersion);
    const scores = scored.scores.map(
      (score, i): ScoreRow => (said(rows[i]!) === undefined ? score : { ...score, route: 'review' }),
    ); // one score per row
    await services.parquet.write(
      runPaths.scores(runId, batchId),
      scoreColumns,
      scores.map((score): Row => ({ stage: null, is_foreign: null, ...score })),
    );
    const standIns = new Set(rows.filter((row) => row.duplicate_of === null).map((row) => row.document_id));
    const asked = scores.filter((score) => score.route === 'ask' && standIns.has(score.document_id)).length;
    return {
      documents: rows.length,
      asked,
      costNanoUsd: '0',
      modelVersion: plan.modelVersion,
      ...(scored.encoder === undefined ? {} : { encoder: scored.encoder }),
    };
  });
}

async function scoreRows(
  services: PipelineServices,
  plan: Plan,
  input: StepInput,
  rows: readonly ExtractedRow[],
  model: LoadedModel,
): Promise<Staged> {
  const x = decodeCsr(await services.lake.read(runPaths.features(input.runId, input.batchId)));
  const probabilities = model.score(x);
  const width = model.labels.length;
  const scores = rows.map((row, i): ScoreRow => {
    const p = probabilities.subarray(i * width, (i + 1) * width);
    const { best, second, confidence, json } = topLabels(p, model.labels);
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
      top_labels_json: json,
      evidence_json: JSON.stringify(evidence),
      stage: 'model',
    };
  });
  return await askEncoder(services, plan, input, { rows, x, scores, model });
}
