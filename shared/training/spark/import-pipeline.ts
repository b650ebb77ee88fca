// A Spark PipelineModel (2.x to 4.x) → a bundle of ours: text → terms → hashing → IDF → logistic regression, or a SparkXGB classifier.
// Invariants: I1 a stage that cannot be reproduced exactly is refused by name, never skipped. I2 the hash follows the Spark version of
// the HashingTF stage.
// Source: org.apache.spark.ml.feature.*, org.apache.spark.ml.classification.LogisticRegressionModel, xgboost.spark.
import { TerminalError } from '../../errors.ts';
import type { Idf } from '../../features/idf.ts';
import { completeSpec, createTermLister, type FeatureSpec } from '../../features/spec.ts';
import type { ModelBundle } from '../../models/bundle.ts';
import { createXgboostBundle, unmeasuredAccept } from '../../models/foreign-bundle.ts';
import { createLinearBundle } from '../../models/linear-bundle.ts';
import { classesOf } from '../../models/linear-model.ts';
import { corrupt, type PipelineFiles, readStageData, readStages, type Stage } from './pipeline-files.ts';
import { linearModelOf, vectorValues } from './spark-values.ts';

export interface ImportOptions {
  /** Names of the classes, when the pipeline holds none. */
  labels?: readonly string[];
  taxonomyVersion?: string | null;
}

/** Class that handleInvalid=keep adds for labels never seen. */
export const UNKNOWN_LABEL = '__unknown';

/** @throws {TerminalError} model.corrupt, model.unsupported, model.width-mismatch */
export async function importSparkPipeline(files: PipelineFiles, options: ImportOptions = {}): Promise<ModelBundle> {
  const stages = readStages(files);
  const classifier = stages.find(isClassifier);
  if (classifier === undefined) throw unsupported('it has no LogisticRegressionModel or SparkXGBClassifierModel');
  const features = await readFeatures(files, stages, classifier);
  const labels = options.labels ?? (await readLabels(files, stages, classifier));
  const origin = { origin: 'spark', sparkVersion: classifier.sparkVersion, uid: classifier.uid };
  const taxonomyVersion = options.taxonomyVersion ?? null;
  if (classifier.name === 'SparkXGBClassifierModel') {
    const { params } = classifier;
    return await createXgboostBundle(
      {
        bytes: readBoosterText(files, classifier),
        labels: labels ?? [],
        taxonomyVersion,
        features: features.spec,
        idf: features.idf,
        training: origin,
      },
      // dense float arrays unless enable_sparse_data_optim: then absent and stored zeros are both missing
      params.enable_sparse_data_optim === true
        ? { absent: 'missing', missing: 0, rounds: 'best' }
        : { absent: 'zero', missing: numberOr(params.missing, Number.NaN), rounds: 'best' },
    );
  }
  const model = linearModelOf(await readStageData(files, classifier));
  const names = labels ?? Array.from({ length: classesOf(model) }, (_, k) => String(k));
  if (names.length !== classesOf(model))
    throw new TerminalError(
      'model.width-mismatch',
      `Spark pipeline has ${classesOf(model)} classes; ${names.length} labels were found or given`,
    );
  if (features.spec.numFeatures !== model.width)
    throw new TerminalError(
      'model.width-mismatch',
      `Logistic regression needs ${model.width} features; HashingTF makes ${features.spec.numFeatures}`,
    );
  const { threshold, thresholds } = classifier.params;
  return createLinearBundle({
    labels: names,
    taxonomyVersion,
    features: features.spec,
    idf: features.idf,
    model,
    calibration: { method: 'none' },
    accept: unmeasuredAccept,
    metrics: null,
    training: origin,
    scorer: {
      threshold: model.isBinomial ? numberOr(threshold, 0.5) : null,
      thresholds: Array.isArray(thresholds) ? JSON.stringify(thresholds) : null,
    },
  });
}

const isClassifier = (stage: Stage): boolean =>
  stage.name === 'LogisticRegressionModel' || stage.name === 'SparkXGBClassifierModel';

/** Follow the columns back from the classifier to the text. */
async function readFeatures(
  files: PipelineFiles,
  stages: readonly Stage[],
  classifier: Stage,
): Promise<{ spec: FeatureSpec; idf: Idf | null }> {
  const chain: Stage[] = [];
  let column = text(classifier.params.featuresCol ?? classifier.params.features_col ?? 'features');
  for (;;) {
    const stage = stages.find((candidate) => outputOf(candidate) === column && !chain.includes(candidate));
    if (stage === undefined) break;
    chain.unshift(stage);
    column = text(stage.params.inputCol ?? '');
  }
  const take = (...names: string[]): Stage | undefined => {
    const [first] = chain;
    return first !== undefined && names.includes(first.name) ? chain.shift() : undefined;
  };
  const tokenizer = take('Tokenizer', 'RegexTokenizer');
  const stopWords = take('StopWordsRemover');
  const ngram = take('NGram');
  const hashing = take('HashingTF');
  const idf = take('IDFModel');
  const [left] = chain;
  if (left !== undefined) throw unsupported(`stage ${left.className} is not supported at its place`);
  if (tokenizer === undefined) throw unsupported('it has no Tokenizer or RegexTokenizer at its start');
  if (hashing === undefined) throw unsupported('it has no HashingTF');
  const { params } = hashing;
  const spec = completeSpec({
    regexTokenizer:
      tokenizer.name === 'Tokenizer'
        ? null
        : {
            pattern: text(tokenizer.params.pattern ?? '\\s+'),
            gaps: tokenizer.params.gaps !== false,
            minTokenLength: numberOr(tokenizer.params.minTokenLength, 1),
            toLowercase: tokenizer.params.toLowercase !== false,
          },
    stopWords: stopWords === undefined ? null : stopWordsOf(stopWords),
    ngram: ngram === undefined ? 1 : numberOr(ngram.params.n, 2),
    numFeatures: numberOr(params.numFeatures, 2 ** 18),
    binary: params.binary === true,
    hash: Number.parseInt(hashing.sparkVersion, 10) < 3 ? 'spark2' : 'spark3',
  });
  createTermLister(spec); // refuses a pattern that cannot be read as Java reads it
  return { spec, idf: idf === undefined ? null : await readIdf(files, idf, spec.numFeatures) };
}

function stopWordsOf(stage: Stage): NonNullable<FeatureSpec['stopWords']> {
  const words = stage.params.stopWords;
  if (!Array.isArray(words)) throw corrupt(`stage ${stage.uid} lists no stop words`);
  return { words: words.map(String), caseSensitive: stage.params.caseSensitive === true };
}

async function readIdf(files: PipelineFiles, stage: Stage, width: number): Promise<Idf> {
  const data = await readStageData(files, stage);
  const weights = vectorValues(data.idf, 'idf');
  if (weights.length !== width)
    throw new TerminalError('model.width-mismatch', `IDF has ${weights.length} features; HashingTF makes ${width}`);
  // 2.x stores the weights only; they are all that scoring needs
  const counts = Array.isArray(data.docFreq) ? Uint32Array.from(data.docFreq, Number) : new Uint32Array(width);
  return { weights, docFreq: counts, numDocs: Number(data.numDocs ?? 0) };
}

/** From the indexer of the label column, or from the IndexToString of the prediction. */
async function readLabels(
  files: PipelineFiles,
  stages: readonly Stage[],
  classifier: Stage,
): Promise<string[] | undefined> {
  const labelColumn = text(classifier.params.labelCol ?? classifier.params.label_col ?? 'label');
  const indexer = stages.find((stage) => stage.name === 'StringIndexerModel' && outputOf(stage) === labelColumn);
  if (indexer !== undefined) {
    const data = await readStageData(files, indexer);
    const lists = data.labelsArray as unknown;
    const list = Array.isArray(lists) ? (lists[0] as unknown) : data.labels;
    if (!Array.isArray(list)) throw corrupt(`stage ${indexer.uid} holds no labels`);
    const labels = list.map(String);
    return indexer.params.handleInvalid === 'keep' ? [...labels, UNKNOWN_LABEL] : labels;
  }
  const prediction = text(classifier.params.predictionCol ?? classifier.params.prediction_col ?? 'prediction');
  const back = stages.find((stage) => stage.name === 'IndexToString' && stage.params.inputCol === prediction);
  return Array.isArray(back?.params.labels) ? back.params.labels.map(String) : undefined;
}

/** The booster's JSON, which Spark's text writer cut into lines. */
function readBoosterText(files: PipelineFiles, stage: Stage): Uint8Array {
  const parts = [...files.keys()].filter((name) => name.startsWith(`${stage.folder}model/part-`)).sort();
  if (parts.length === 0) throw corrupt(`stage ${stage.uid} has no booster`);
  const content = parts.map((name) => Buffer.from(files.get(name)!).toString('utf8').replaceAll('\n', ''));
  return Buffer.from(content.join(''));
}

const outputOf = (stage: Stage): unknown =>
  Array.isArray(stage.params.outputCols) ? stage.params.outputCols[0] : stage.params.outputCol;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Spark writes NaN and infinities as strings. */
const numberOr = (value: unknown, fallback: number): number =>
  value === undefined || value === null ? fallback : Number(value);

const unsupported = (why: string): TerminalError =>
  new TerminalError('model.unsupported', `Spark pipeline cannot be imported: ${why}`);
