// Step 2: text → sparse TF-IDF of the pinned model. One matrix row per readable document, in the order of the extracted file.
// It is never stored: made anew from the same texts by the same model it is the same, and that costs less than to write and read it.
import { BatchData } from './batch-data.ts';
import { readable } from './extracted.ts';
import type { Plan } from './records.ts';
import type { PipelineServices } from './services.ts';
import { runStep, type StepDone, type StepInput, type StepResult } from './step.ts';

export const featurizeBatch = (services: PipelineServices, input: StepInput): Promise<StepResult> =>
  runStep(services, 'featurize', input, (plan) => featurize(services, plan, new BatchData(services, input)));

export async function featurize(
  services: PipelineServices,
  { modelVersion }: Plan,
  data: BatchData,
): Promise<StepDone> {
  const rows = readable(await data.extracted({ withText: true }));
  if (modelVersion !== null) {
    const model = await services.models.load(modelVersion);
    data.keepFeatures(model.featurize(rows.map((row) => row.text)));
  }
  return { documents: rows.length, asked: 0, costNanoUsd: '0', modelVersion };
}
