// `sluice train`: a labelled data set → a calibrated model in the registry, promoted when it was evaluated.
import type { App } from '../../shared/compose.ts';
import { TerminalError } from '../../shared/errors.ts';
import { oneTextLabels } from '../../shared/models/promotion.ts';
import type { RegisteredModel } from '../../shared/models/registry.ts';
import { PIPELINE_VERSION } from '../../shared/pipeline-version.ts';
import type { Taxonomy } from '../../shared/taxonomy.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { DECISIONS, readSource } from '../../shared/training/sources.ts';
import type { TrainOptions } from '../../shared/training/train.ts';
import { type TrainingOrder, trainAndRegister } from '../../shared/training-run.ts';
import type { LakeOptions } from '../at-lake.ts';
import { answer, bar, clearBar, note, UsageError, warn } from '../console.ts';
import { type Example, readExamples } from '../labelled-files.ts';
import { withApp } from '../local-app.ts';
import { parseTaxonomyFile } from '../taxonomy-file.ts';
import type { RemoteTraining } from './train-remote.ts';

export interface TrainCommandOptions extends LakeOptions, RemoteTraining {
  taxonomy?: string;
  algorithm: 'logistic-regression' | 'xgboost';
  featuresOf?: string;
  python: string;
}

/** Sources are files here, `decisions` (of people and of the LLM, in this lake) or `delta:<folder>` (a table in imports). */
export async function trainCommand(sources: readonly string[], options: TrainCommandOptions): Promise<void> {
  const taxonomy = options.taxonomy === undefined ? null : parseTaxonomy(parseTaxonomyFile(options.taxonomy));
  const local = sources.filter((source) => !isLakeSource(source));
  const examples: WeightedExample[] = [];
  for (const file of local) examples.push(...(await readExamples(file, options.textColumn, options.labelColumn)));
  if (options.url !== undefined) {
    if (taxonomy !== null) assertKnown(examples, taxonomy, String(options.taxonomy));
    const { trainRemote } = await import('./train-remote.ts');
    const ofLake = sources.filter(isLakeSource);
    const model = await trainRemote(options.url, examples, ofLake, taxonomy?.version, options);
    answer(options, model, () => describeModel(model));
    return;
  }
  await withApp(options.data, async (app) => {
    const bySource: Record<string, number> = {};
    for (const source of sources.filter(isLakeSource))
      examples.push(...(await readLakeExamples(app, source, options, bySource)));
    const { human = 0, llm = 0 } = bySource;
    const given = human + llm === 0 ? undefined : { human, llm };
    if (taxonomy !== null) assertKnown(examples, taxonomy, String(options.taxonomy));
    const model =
      options.algorithm === 'xgboost'
        ? await (await import('./train-xgboost.ts')).trainXgboost(app, examples, options)
        : await trainAndRegister(app, {
            ...orderOf(examples, taxonomy?.version ?? null, options, promotionOf(options)),
            decisions: given,
            taxonomyLabels: taxonomy?.labels.map(({ name }) => name),
          });
    clearBar();
    answer(options, model, () => describeModel(model));
  });
}

interface WeightedExample extends Example {
  weight?: number;
}

const isLakeSource = (source: string): boolean => source === DECISIONS || source.startsWith('delta:');

/** @param all  rows by who gave their label, added up */
async function readLakeExamples(
  app: App,
  source: string,
  options: TrainCommandOptions,
  all: Record<string, number>,
): Promise<WeightedExample[]> {
  const stores = {
    lake: app.lake,
    source: app.imports,
    delta: { clock: app.clock, random: app.random, logger: app.logger },
  };
  const examples: WeightedExample[] = [];
  const bySource: Record<string, number> = {};
  const columns = { text: options.textColumn, label: options.labelColumn };
  for await (const row of readSource(stores, source, columns, { useSimulated: options.useSimulated })) {
    if ('problem' in row || row.label === null) continue;
    examples.push({ text: row.text, label: row.label, weight: row.weight });
    bySource[row.source] = (bySource[row.source] ?? 0) + 1;
    all[row.source] = (all[row.source] ?? 0) + 1;
  }
  const counts = Object.entries(bySource).map(([by, count]) => `${count} by ${by}`);
  note(`${source}: ${examples.length} labelled texts${counts.length === 0 ? '' : ` (${counts.join(', ')})`}`);
  if (source === DECISIONS) warnOfFew(examples);
  return examples;
}

/** Decisions below which a model learns little and cannot be judged. */
const FEW_DECISIONS = 20;
const FEW_OF_A_LABEL = 5;

/** @throws {TerminalError} train.no-rows where nothing was decided; few decisions are told, and train all the same */
function warnOfFew(examples: readonly WeightedExample[]): void {
  const next = 'decide on some documents in the page, or with `sluice review` and `sluice decide`';
  if (examples.length === 0)
    throw new TerminalError(
      'train.no-rows',
      `nobody has decided on a document of this lake yet; ${next}, then train again`,
    );
  const byLabel = Map.groupBy(examples, ({ label }) => label);
  const thin = [...byLabel].filter(([, rows]) => rows.length < FEW_OF_A_LABEL).map(([label]) => label);
  if (examples.length < FEW_DECISIONS)
    note(
      warn(
        `${examples.length} decisions are few: from ${FEW_DECISIONS} on a model can be judged, from some hundred on it decides much; ${next}`,
      ),
    );
  else if (thin.length > 0)
    note(
      warn(
        `fewer than ${FEW_OF_A_LABEL} decisions on ${thin.slice(0, 5).join(', ')}${thin.length > 5 ? ` and ${thin.length - 5} more labels` : ''}: what the model says of them is a guess`,
      ),
    );
}

function assertKnown(examples: readonly Example[], taxonomy: Taxonomy, file: string): void {
  const names = new Set(taxonomy.labels.map((label) => label.name));
  const strangers = [...new Set(examples.map((e) => e.label))].filter((label) => !names.has(label));
  if (strangers.length > 0)
    throw new UsageError(`labels that ${file} does not know: ${strangers.slice(0, 10).join(', ')}`);
}

/** What --promote and --no-promote say. */
export const promotionOf = ({ promote }: Pick<RemoteTraining, 'promote'>): TrainingOrder['promote'] =>
  promote === undefined ? 'itself' : promote ? 'asked' : 'no';

/** What is trained, and who is told of what. */
export function orderOf(
  examples: readonly WeightedExample[],
  taxonomyVersion: string | null,
  given: Pick<
    TrainCommandOptions,
    'profile' | 'loss' | 'maxIter' | 'regParam' | 'numFeatures' | 'guarantee' | 'precision'
  >,
  promote: TrainingOrder['promote'],
): TrainingOrder {
  const { profile, loss, maxIter, regParam, numFeatures, guarantee, precision } = given;
  const options: Partial<TrainOptions> = {
    ...(profile === undefined ? {} : { profile }),
    ...(loss === undefined ? {} : { loss }),
    ...(maxIter === undefined ? {} : { maxIter }),
    ...(regParam === undefined ? {} : { regParam }),
    ...(numFeatures === undefined ? {} : { numFeatures }),
    ...(guarantee === undefined ? {} : { guarantee }),
    ...(precision === undefined ? {} : { precision }),
  };
  return {
    examples,
    taxonomyVersion,
    options,
    promote,
    codeVersion: PIPELINE_VERSION,
    onNotTracked: (problem) => note(warn(`not in MLflow: ${problem}`)),
    onNoEncoder: (problem) => note(warn(`no second local stage: ${problem}`)),
    onAsked: ({ calls, costUsd }) => note(`vectors: ${calls} requests to the encoder, ${costUsd.toFixed(6)} USD`),
    onNotPromoted: (why) => note(warn(`not promoted: ${why.message}\n${why.remedy}`)),
    onProgress: ({ phase, iteration, objective, labels }) =>
      bar(
        labels !== undefined
          ? `training: ${phase}, ${iteration} of ${labels} labels`
          : Number.isFinite(objective)
            ? `training: iteration ${iteration}, objective ${objective.toFixed(5)}`
            : `training: ${phase} texts`,
      ),
  };
}

/** A trained model in a few lines. */
function describeModel(model: RegisteredModel): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const { metrics, accept, training } = model;
  return [
    `model ${model.version} registered${model.champion ? ' and promoted' : ''}: ${model.labels.length} labels, ${training.rows ?? '?'} rows`,
    ...(metrics === null
      ? []
      : [
          `judged on ${metrics.samples} rows it was not trained on: accuracy ${percent(metrics.accuracy)}, macro F1 ${percent(metrics.macroF1)}, log loss ${metrics.logLoss.toFixed(4)}, ECE ${metrics.ece.toFixed(4)}`,
        ]),
    ...(oneTextLabels(training) === ''
      ? []
      : [
          `all rows of ${oneTextLabels(training)} are one text, or near copies of one: copies are judged together, by a model trained without them, so the judgement counts them as wrong. Add other documents of these labels`,
        ]),
    accept.basis === 'default'
      ? decidesNothing(accept)
      : `decides alone from confidence ${accept.threshold.toFixed(3)} on (${accept.basis}): ${percent(accept.coverage)} of documents, ${percent(accept.observedPrecision)} of them right. That holds for documents like the labelled ones; \`sluice spot-check\` measures it on yours`,
    ...(model.novelty === undefined || model.novelty === null
      ? []
      : [
          `documents most of whose words no labelled one has (more than ${percent(model.novelty.above)}) are not decided alone: ${percent(model.novelty.leftOut)} of those whose label was left out are seen, ${percent(model.novelty.known)} of the others are taken for such`,
        ]),
    ...describeStage(model),
  ].join('\n');
}

/** The second stage in two lines; none for a model without one. */
function describeStage({ stage }: RegisteredModel): string[] {
  if (stage === undefined || stage === null) return [];
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const { accept, metrics, novelty, skip } = stage;
  const alone =
    accept.basis === 'default'
      ? 'too few rows to let it decide alone'
      : `together they decide ${percent(accept.coverage)} alone, ${percent(accept.observedPrecision)} of them right (${accept.basis})`;
  return [
    `with encoder ${stage.encoder}: accuracy ${percent(metrics.accuracy)} (words alone ${percent(metrics.lexicalAccuracy)} on these ${metrics.samples} rows); ${alone}; what the words are sure of from ${skip.toFixed(3)} on is not encoded`,
    ...(novelty === null
      ? []
      : [
          `documents unlike all labelled ones are left to people: ${percent(novelty.leftOut)} of those whose label was left out are seen, ${percent(novelty.known)} of the others are taken for such`,
        ]),
  ];
}

const decidesNothing = ({ missing, precision, samples }: RegisteredModel['accept']): string => {
  const aim = `${(precision * 100).toFixed(0)} %`;
  return (missing ?? 0) > 0
    ? `decides nothing alone: that ${aim} of its labels are right is not proven by ${samples} rows; at least ${missing} more labelled documents are needed, near copies counted once`
    : `decides nothing alone: of the ${samples} rows it was judged on, its surest ones are not ${aim} right; label more documents`;
};
