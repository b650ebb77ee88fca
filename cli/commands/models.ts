// `sluice models`: what is registered, who is champion, and models from and for other tools.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type { App } from '../../shared/app.ts';
import type { ModelBundle } from '../../shared/models/bundle.ts';
import { decodeIdf } from '../../shared/models/idf-file.ts';
import { judgeForeignModel } from '../../shared/training/judge-foreign.ts';
import { note, UsageError, warn } from '../console.ts';
import { readExamples } from '../labelled-files.ts';
import { withApp } from '../local-app.ts';
import { readBundle } from '../read-bundle.ts';
import { formatTable } from '../table.ts';

interface Common {
  data: string;
  json: boolean;
}

export async function listModels(options: Common): Promise<void> {
  await withApp(options.data, async ({ registry }) => {
    const { models, broken } = await registry.inspect();
    for (const { version, message } of broken) note(warn(`${version} cannot be read: ${message}`));
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ models, broken, history: await registry.history() })}\n`);
      return;
    }
    const rows = models.map((model) => [
      model.version,
      model.champion ? 'champion' : '',
      model.kind,
      String(model.labels.length),
      model.metrics === null ? 'not evaluated' : `${(model.metrics.accuracy * 100).toFixed(1)} %`,
      model.taxonomyVersion ?? '',
      model.createdAt.slice(0, 16).replace('T', ' '),
    ]);
    const columns = ['model', '', 'kind', 'labels', 'accuracy', 'taxonomy', 'created'].map((title) => ({ title }));
    process.stdout.write(`${formatTable(columns, rows, process.stdout.columns ?? 120)}\n`);
  });
}

export async function promoteModel(version: string, options: Common & { reason: string }): Promise<void> {
  await withApp(options.data, async ({ registry }) => {
    await registry.promote(version, options.reason);
    say(options, { champion: version }, `${version} is the champion`);
  });
}

export async function rollbackModel(options: Common & { reason: string }): Promise<void> {
  await withApp(options.data, async ({ registry }) => {
    const version = await registry.rollback(options.reason);
    say(options, { champion: version }, `${version} is the champion again`);
  });
}

export interface ImportModelOptions extends Common {
  labels?: string[];
  /** Version whose features (tokenizer, buckets, IDF) the model was trained on. */
  featuresOf?: string;
  evaluate?: string;
  textColumn: string;
  labelColumn: string;
}

/** A Spark PipelineModel folder, a folder that train_xgboost.py wrote, or an XGBoost (.json, .ubj) or ONNX (.onnx) file. */
export async function importModel(path: string, options: ImportModelOptions): Promise<void> {
  if (!existsSync(path)) throw new UsageError(`${path} does not exist`);
  const examples =
    options.evaluate === undefined
      ? undefined
      : await readExamples(options.evaluate, options.textColumn, options.labelColumn);
  await withApp(options.data, async (app) => {
    const bundle = await openForeign(app, path, options);
    const version = await app.registry.register(
      examples === undefined ? bundle : await judgeForeignModel(bundle, examples),
    );
    const next =
      examples === undefined
        ? 'evaluate it with --evaluate <file> to be able to promote it'
        : `promote it with \`sluice models promote ${version}\``;
    say(options, { version }, `registered as ${version}; ${next}`);
  });
}

async function openForeign(app: App, path: string, options: ImportModelOptions): Promise<ModelBundle> {
  if (!statSync(path).isDirectory()) return importFile(app, path, options);
  if (!existsSync(join(path, 'xgboost.json'))) return importSpark(path, options);
  if (options.featuresOf === undefined)
    throw new UsageError('--features-of is needed: the model whose exported pipeline the booster was trained over');
  const { importBooster } = await import('../../shared/training/xgboost/import-booster.ts');
  const files = {
    booster: readFileSync(join(path, 'booster.ubj')),
    description: readFileSync(join(path, 'xgboost.json')),
  };
  return importBooster(files, await readBundle(app, options.featuresOf));
}

async function importSpark(folder: string, options: ImportModelOptions): Promise<ModelBundle> {
  const { readLocalPipeline } = await import('../../shared/training/spark/pipeline-files.ts');
  const { importSparkPipeline } = await import('../../shared/training/spark/import-pipeline.ts');
  return importSparkPipeline(
    await readLocalPipeline(folder),
    options.labels === undefined ? {} : { labels: options.labels },
  );
}

async function importFile(app: App, path: string, options: ImportModelOptions): Promise<ModelBundle> {
  if (options.labels === undefined)
    throw new UsageError('--labels is needed: the names of the classes in their order, separated by commas');
  const { createOnnxBundle, createXgboostBundle } = await import('../../shared/models/foreign-bundle.ts');
  const features = options.featuresOf === undefined ? undefined : await readBundle(app, options.featuresOf);
  const idf = features?.artifacts['idf.bin'];
  const input = {
    bytes: readFileSync(path),
    labels: options.labels,
    taxonomyVersion: null,
    features: features?.description.features ?? null,
    idf: idf === undefined ? null : decodeIdf(idf),
  };
  return extname(path) === '.onnx' ? createOnnxBundle(input) : createXgboostBundle(input);
}

/** Write a registered model as a Spark PipelineModel folder. */
export async function exportModel(version: string, folder: string, options: Common): Promise<void> {
  if (existsSync(folder)) throw new UsageError(`${folder} exists already`);
  const { exportSparkPipeline } = await import('../../shared/training/spark/export-pipeline.ts');
  await withApp(options.data, async (app) => {
    const files = await exportSparkPipeline(await readBundle(app, version), { clock: app.clock });
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    say(options, { folder, files: files.size }, `${version} written to ${folder}: PipelineModel.load("${folder}")`);
  });
}

const say = (options: Common, value: object, text: string): void => {
  process.stdout.write(`${options.json ? JSON.stringify(value) : text}\n`);
};
