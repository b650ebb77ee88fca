// `sluice train`: a labelled data set → a calibrated model in the registry, promoted when it was evaluated.
import { existsSync, readFileSync } from 'node:fs';
import type { App } from '../../shared/app.ts';
import { systemClock } from '../../shared/ports.ts';
import type { Taxonomy } from '../../shared/taxonomy.ts';
import { parseTaxonomy } from '../../shared/taxonomy.ts';
import { readDataset } from '../../shared/training/dataset.ts';
import { type TrainOptions, train } from '../../shared/training/train.ts';
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
    const version = await trainAndRegister(app, examples, taxonomy, options, options.promote);
    const listed = (await app.registry.list()).find((model) => model.version === version);
    clearBar();
    if (options.json) process.stdout.write(`${JSON.stringify(listed)}\n`);
    else
      process.stdout.write(
        `model ${version} registered${options.promote ? ' and promoted' : ''}\n${describeModel(listed)}\n`,
      );
  });
}

/** Train on the samples when no champion speaks the demo's labels yet; other taxonomies start without a model. */
export async function ensureModel(app: App, taxonomy: Taxonomy, demoTaxonomy: string, training: string): Promise<void> {
  if (!existsSync(demoTaxonomy) || parseTaxonomy(parseJsonFile(demoTaxonomy)).version !== taxonomy.version) return;
  if ((await app.registry.championVersion()) !== undefined) return;
  bar('training the demo model …');
  await trainAndRegister(app, await readExamples(training, 'text', 'label'), taxonomy, {}, true);
}

async function trainAndRegister(
  app: App,
  examples: readonly Example[],
  taxonomy: Taxonomy | null,
  given: { maxIter?: number; regParam?: number; numFeatures?: number },
  promote: boolean,
): Promise<string> {
  const { maxIter, regParam, numFeatures } = given;
  const options: Partial<TrainOptions> = {
    ...(maxIter === undefined ? {} : { maxIter }),
    ...(regParam === undefined ? {} : { regParam }),
    ...(numFeatures === undefined ? {} : { numFeatures }),
  };
  const bundle = await train({
    examples,
    taxonomyVersion: taxonomy?.version ?? null,
    options,
    deps: {
      clock: systemClock,
      random: app.random,
      logger: app.logger,
      onProgress: (progress) =>
        bar(`training: iteration ${progress.iteration}, objective ${progress.objective.toFixed(5)}`),
    },
  });
  const version = await app.registry.register(bundle);
  if (promote) await app.registry.promote(version, 'trained and evaluated by sluice train');
  return version;
}

function describeModel(model: unknown): string {
  return JSON.stringify(model, null, 2);
}
