// `sluice train`: a labelled data set → a calibrated model in the registry, promoted when it was evaluated.
import { existsSync, readFileSync } from 'node:fs';
import { type App, PIPELINE_VERSION } from '../../shared/app.ts';
import type { RegisteredModel } from '../../shared/models/registry.ts';
import type { Taxonomy } from '../../shared/taxonomy.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { readDataset } from '../../shared/training/dataset.ts';
import type { TrainOptions } from '../../shared/training/train.ts';
import { type TrainingOrder, trainAndRegister } from '../../shared/training-run.ts';
import { bar, clearBar, note, UsageError, warn } from '../console.ts';
import { withApp } from '../local-app.ts';
import { parseJsonFile } from './start.ts';

export interface TrainCommandOptions {
  data: string;
  json: boolean;
  textColumn: string;
  labelColumn: string;
  taxonomy?: string;
  promote: boolean;
  maxIter?: number;
  regParam?: number;
  numFeatures?: number;
  guarantee?: boolean;
  precision?: number;
}

export interface Example {
  text: string;
  label: string;
}

/** Read labelled rows; bad ones are counted and the first of them told. */
export async function readExamples(file: string, textColumn: string, labelColumn: string): Promise<Example[]> {
  if (!existsSync(file)) throw new UsageError(`${file} does not exist`);
  const examples: Example[] = [];
  const bad: string[] = [];
  const columns = { text: textColumn, label: labelColumn };
  for await (const row of readDataset({ name: file, bytes: readFileSync(file) }, columns)) {
    if ('problem' in row) bad.push(`line ${row.line}: ${row.problem}`);
    else if (row.label === null) bad.push(`line ${row.line}: no label`);
    else examples.push({ text: row.text, label: row.label });
  }
  if (bad.length > 0)
    note(warn(`${bad.length} row(s) left out: ${bad.slice(0, 3).join('; ')}${bad.length > 3 ? '; …' : ''}`));
  return examples;
}

export async function trainCommand(file: string, options: TrainCommandOptions): Promise<void> {
  const examples = await readExamples(file, options.textColumn, options.labelColumn);
  const taxonomy = options.taxonomy === undefined ? null : parseTaxonomy(parseJsonFile(options.taxonomy));
  if (taxonomy !== null) {
    const names = new Set(taxonomy.labels.map((label) => label.name));
    const strangers = [...new Set(examples.map((e) => e.label))].filter((label) => !names.has(label));
    if (strangers.length > 0)
      throw new UsageError(
        `labels of ${file} that ${options.taxonomy} does not know: ${strangers.slice(0, 10).join(', ')}`,
      );
  }
  await withApp(options.data, async (app) => {
    const model = await trainAndRegister(app, orderOf(examples, taxonomy?.version ?? null, options, options.promote));
    clearBar();
    process.stdout.write(`${options.json ? JSON.stringify(model) : describeModel(model)}\n`);
  });
}

/** Train on the samples when no champion speaks the demo's labels yet; other taxonomies start without a model. */
export async function ensureModel(app: App, taxonomy: Taxonomy, demoTaxonomy: string, training: string): Promise<void> {
  if (!existsSync(demoTaxonomy) || parseTaxonomy(parseJsonFile(demoTaxonomy)).version !== taxonomy.version) return;
  if ((await app.registry.championVersion()) !== undefined) return;
  bar('training the demo model …');
  const examples = await readExamples(training, 'text', 'label');
  await trainAndRegister(app, orderOf(examples, taxonomy.version, {}, true));
}

function orderOf(
  examples: readonly Example[],
  taxonomyVersion: string | null,
  given: { maxIter?: number; regParam?: number; numFeatures?: number; guarantee?: boolean; precision?: number },
  promote: boolean,
): TrainingOrder {
  const { maxIter, regParam, numFeatures, guarantee, precision } = given;
  const options: Partial<TrainOptions> = {
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
    onProgress: ({ iteration, objective }) =>
      bar(`training: iteration ${iteration}, objective ${objective.toFixed(5)}`),
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
    `decides alone from confidence ${accept.threshold.toFixed(3)} on (${accept.basis}): ${percent(accept.coverage)} of documents, ${percent(accept.observedPrecision)} of them right`,
  ].join('\n');
}
