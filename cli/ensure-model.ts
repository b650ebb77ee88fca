// A lake with the demo's labels gets the demo's model: the shipped one, or one that is trained where that was made of other texts, labels or settings.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVALUATION_FILE, type ModelBundle, OBJECTIVE_FILE } from '../shared/models/bundle.ts';
import type { Evaluation } from '../shared/models/metrics.ts';
import { type ChoosableModels, chooseModel } from '../shared/pipeline/plan.ts';
import { PIPELINE_VERSION } from '../shared/pipeline-version.ts';
import { type Registration, registerTrained } from '../shared/register-trained.ts';
import { parseTaxonomy, type Taxonomy } from '../shared/taxonomy.ts';
import type { TrainingApp } from '../shared/training-run.ts';
import { bar, note, warn } from './console.ts';
import { DEMO_MODEL_FILE, DEMO_TRAINING, readDemoModel } from './demo-model.ts';
import { parseTaxonomyFile } from './taxonomy-file.ts';

/**
 * Make sure that a model speaks the demo's labels; other taxonomies start without one.
 * @param samples  the folder of the demo
 * @throws {UsageError} the shipped model is damaged
 */
export async function ensureModel(app: TrainingApp, taxonomy: Taxonomy, samples: string): Promise<void> {
  const labels = join(samples, 'taxonomy.json');
  if (!existsSync(labels) || parseTaxonomy(parseTaxonomyFile(labels)).version !== taxonomy.version) return;
  // A model is told by its manifest: to load one takes 30 MB, much of which the process would keep.
  const models: ChoosableModels = {
    championVersion: () => app.services.models.championVersion(),
    newestFor: (labels) => app.services.models.newestFor(labels),
    load: (version) => app.registry.manifest(version),
  };
  if ((await chooseModel({ models }, taxonomy)) !== null) return;
  // Models of the user's own stay what they are: runs over the demo's labels find this model by its taxonomy.
  const promote = (await app.registry.list()).length === 0 ? 'itself' : 'no';
  const texts = join(samples, 'training.jsonl');
  const shipped = readDemoModel(join(samples, DEMO_MODEL_FILE), readFileSync(texts), taxonomy.version);
  if (shipped === undefined || (await hasEncoder(app))) await trainDemo(app, taxonomy, texts, promote);
  else await registerShipped(app, shipped, promote);
}

/** With an encoder in use a training gives the model a second stage, which the shipped one has not; it tells what is wrong with a damaged one. */
const hasEncoder = async ({ services }: TrainingApp): Promise<boolean> =>
  (await services.encoders?.current().then(
    (version) => version !== undefined,
    () => true,
  )) ?? false;

async function registerShipped(
  app: TrainingApp,
  shipped: ModelBundle,
  promote: Registration['promote'],
): Promise<void> {
  await registerTrained(
    app,
    {
      ...shipped,
      evaluation: jsonOf(shipped, EVALUATION_FILE) as Evaluation, // written by the training
      objectiveHistory: jsonOf(shipped, OBJECTIVE_FILE) as number[], // as above
    },
    {
      trainingId: `train-${randomUUID()}`,
      startedAt: app.clock.now(),
      codeVersion: PIPELINE_VERSION,
      promote,
      isKnownToLoad: true, // D2 of demo-model.ts; its files were checked as they were read
      onNotPromoted: (why) => note(warn(`not promoted: ${why.message}\n${why.remedy}`)),
      onNotTracked: (problem) => note(warn(`not in MLflow: ${problem}`)),
    },
  );
}

const jsonOf = ({ artifacts }: ModelBundle, file: string): unknown =>
  JSON.parse(Buffer.from(artifacts[file] ?? []).toString('utf8'));

/** Loads what a training needs, which a start with the shipped model does not. */
async function trainDemo(
  app: TrainingApp,
  taxonomy: Taxonomy,
  texts: string,
  promote: Registration['promote'],
): Promise<void> {
  bar('training the demo model …');
  const { orderOf } = await import('./commands/train.ts');
  const { readExamples } = await import('./labelled-files.ts');
  const { trainAndRegister } = await import('../shared/training-run.ts');
  const examples = await readExamples(texts, 'text', 'label');
  await trainAndRegister(app, orderOf(examples, taxonomy.version, DEMO_TRAINING, promote));
}
