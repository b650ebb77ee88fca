// `sluice models import`: a model of another tool is registered, measured where labelled texts are given.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeVocabulary, VOCABULARY_FILE } from '../../shared/features/vocabulary.ts';
import type { ModelBundle } from '../../shared/models/bundle.ts';
import { decodeIdf } from '../../shared/models/idf-file.ts';
import { judgeForeignModel } from '../../shared/training/judge-foreign.ts';
import { answer, UsageError } from '../console.ts';
import { readExamples } from '../labelled-files.ts';
import { withApp } from '../local-app.ts';
import { readBundle } from '../read-bundle.ts';

export interface ImportModelOptions {
  data: string;
  json: boolean;
  labels?: string[];
  /** Version whose features (tokenizer, buckets, IDF) the model was trained on. */
  featuresOf?: string;
  /** XGBoost: best (up to best_iteration), all, or the first n rounds. */
  rounds?: 'best' | 'all' | number;
  /** ONNX: the output to read, and what it holds. */
  output?: string;
  outputKind?: 'probabilities' | 'logits';
  /** XGBoost and ONNX: what a term means that a document lacks. */
  absent?: 'missing' | 'zero';
  evaluate?: string;
  textColumn: string;
  labelColumn: string;
}

/** A Spark PipelineModel, MLflow or train_xgboost.py folder, or an XGBoost (.json, .ubj) or ONNX (.onnx) file. */
export async function importModel(path: string, options: ImportModelOptions): Promise<void> {
  if (!existsSync(path)) throw new UsageError(`${path} does not exist`);
  const examples =
    options.evaluate === undefined
      ? undefined
      : await readExamples(options.evaluate, options.textColumn, options.labelColumn);
  // a large file is read while the local storage starts, which is another process; withApp has sent it on its way before the next turn
  const early = options.featuresOf === undefined ? nextTurn().then(() => openForeign(path, options)) : undefined;
  early?.catch(() => {}); // awaited below; must not count as unhandled meanwhile
  await withApp(options.data, async (app) => {
    const { featuresOf } = options;
    const source = featuresOf === undefined ? undefined : await readBundle(app.registry, featuresOf);
    const bundle = await (early ?? openForeign(path, options, source));
    const judged = examples === undefined ? bundle : await judgeForeignModel(bundle, examples);
    const version = await app.registry.register(judged);
    const { labels } = judged.description;
    const notices = noticesOf(judged.description, options);
    const next =
      examples === undefined
        ? 'evaluate it with --evaluate <file> to be able to promote it'
        : `promote it with \`sluice models promote ${version}\``;
    const lines = [`registered as ${version}; ${next}`, `labels: ${labels.join(', ')}`, ...notices];
    answer(options, { version, labels, notices }, () => lines.join('\n'));
  });
}

/** What the import had to assume, or does otherwise than the tool the model comes from. */
export function noticesOf(
  {
    kind,
    training,
    scorer,
    labels,
    features,
  }: Pick<ModelBundle['description'], 'kind' | 'training' | 'scorer' | 'labels' | 'features'>,
  options: ImportModelOptions,
): string[] {
  const { roundsUsed, roundsInFile, origin, namesClasses, classNumbers, unknownLabelRows } = training;
  const notices: string[] = [];
  if (typeof roundsUsed === 'number' && roundsUsed !== roundsInFile)
    notices.push(
      `uses rounds 1 to ${roundsUsed} of ${roundsInFile} (best_iteration of early stopping, or --rounds); --rounds all uses every round`,
    );
  if (kind === 'xgboost' && origin === undefined && options.absent === undefined)
    notices.push(
      'a term that a document lacks is a missing value, as in a sparse matrix; if the booster was trained on dense rows, where it is 0, say --absent zero',
    );
  if (typeof classNumbers === 'string')
    notices.push(
      `the file keeps its classes as numbers: ${classNumbers
        .split(', ')
        .map((number, k) => `${number} is ${labels[k]}`)
        .join(', ')}`,
    );
  if (typeof unknownLabelRows === 'number' && unknownLabelRows > 0)
    notices.push(
      `${unknownLabelRows} of the rows it was measured on have labels that it does not know; they count as wrong`,
    );
  if (namesClasses === false)
    notices.push('the pipeline names no classes: they are called by their numbers; --labels gives them names');
  if (typeof scorer.thresholds === 'string' || (typeof scorer.threshold === 'number' && scorer.threshold !== 0.5))
    notices.push(
      `Spark decides by threshold ${String(scorer.thresholds ?? scorer.threshold)}; here the most probable label counts, so that labels may differ`,
    );
  if (WORD_BOUNDARY.test(features?.regexTokenizer?.pattern ?? ''))
    notices.push(
      'the \\b of its RegexTokenizer is read as Java 8 to 18 read it; from Java 19 on it knows ASCII words only, and words with other letters are cut differently',
    );
  return notices;
}

/** An unescaped \\b or \\B. */
const WORD_BOUNDARY = /(?:^|[^\\])(?:\\\\)*\\[bB]/;

/** @param source  the model of --features-of */
async function openForeign(path: string, options: ImportModelOptions, source?: ModelBundle): Promise<ModelBundle> {
  if (!statSync(path).isDirectory()) return importFile(path, options, source);
  if (existsSync(join(path, 'MLmodel'))) return importMlflow(path, options, source);
  if (!existsSync(join(path, 'xgboost.json'))) return importSpark(path, options);
  if (source === undefined)
    throw new UsageError('--features-of is needed: the model whose exported pipeline the booster was trained over');
  const { importBooster } = await import('../../shared/training/xgboost/import-booster.ts');
  const files = {
    booster: readFileSync(join(path, 'booster.ubj')),
    description: readFileSync(join(path, 'xgboost.json')),
  };
  return importBooster(files, source);
}

async function importMlflow(folder: string, options: ImportModelOptions, source?: ModelBundle): Promise<ModelBundle> {
  const { parseMlmodel } = await import('../../shared/training/mlflow-model.ts');
  const { kind, path } = await parseMlmodel(readFileSync(join(folder, 'MLmodel'), 'utf8'));
  const inside = join(folder, path);
  if (!existsSync(inside)) throw new UsageError(`MLmodel names ${path}, which is not in ${folder}`);
  return kind === 'spark' ? importSpark(inside, options) : importFile(inside, options, source, kind);
}

async function importSpark(folder: string, options: ImportModelOptions): Promise<ModelBundle> {
  const { readLocalPipeline } = await import('../../shared/training/spark/pipeline-files.ts');
  const { importSparkPipeline } = await import('../../shared/training/spark/import-pipeline.ts');
  return importSparkPipeline(
    await readLocalPipeline(folder),
    options.labels === undefined ? {} : { labels: options.labels },
  );
}

async function importFile(
  path: string,
  options: ImportModelOptions,
  source?: ModelBundle,
  kind: 'xgboost' | 'onnx' = extname(path) === '.onnx' ? 'onnx' : 'xgboost',
): Promise<ModelBundle> {
  const { createOnnxBundle, createXgboostBundle } = await import('../../shared/models/foreign-bundle.ts');
  const { 'idf.bin': idf, [VOCABULARY_FILE]: vocabulary } = source?.artifacts ?? {};
  const input = {
    bytes: readFileSync(path),
    labels: options.labels,
    taxonomyVersion: null,
    features: source?.description.features ?? null,
    idf: idf === undefined ? null : decodeIdf(idf),
    vocabulary: vocabulary === undefined ? null : decodeVocabulary(vocabulary),
  };
  const { rounds, output, outputKind } = options;
  const absent = options.absent === undefined ? {} : { absent: options.absent };
  if (kind === 'xgboost') return createXgboostBundle(input, { ...absent, ...(rounds === undefined ? {} : { rounds }) });
  return createOnnxBundle(input, {
    ...absent,
    ...(output === undefined ? {} : { output }),
    ...(outputKind === undefined ? {} : { outputKind }),
  });
}
