// A Spark PipelineModel (2.x to 4.x) → a bundle of ours: text → terms → counts → IDF → logistic regression, OneVsRest of it, or a SparkXGB
// classifier.
// Invariants: I1 every stage is accounted for: read, or one that only adds columns nobody uses; everything else is refused by name, never
// skipped. I2 the hash follows the Spark version of the HashingTF stage.
// Source: org.apache.spark.ml.feature.*, org.apache.spark.ml.classification.{LogisticRegressionModel, OneVsRestModel}, xgboost.spark.
import { TerminalError } from '../../errors.ts';
import type { ModelBundle } from '../../models/bundle.ts';
import { agreedNames, namedNumbers } from '../../models/class-labels.ts';
import { createXgboostBundle, unmeasuredAccept } from '../../models/foreign-bundle.ts';
import { createLinearBundle } from '../../models/linear-bundle.ts';
import { classesOf, type LinearModel } from '../../models/linear-model.ts';
import { columnParam, makerOf, numberOr, text } from './columns.ts';
import {
  corrupt,
  type PipelineFiles,
  readMetadata,
  readStageData,
  readStages,
  type Stage,
  unsupported,
} from './pipeline-files.ts';
import { linearModelOf, oneVsRestModel } from './spark-values.ts';
import { readTextStages, type TextFeatures } from './text-stages.ts';

export interface ImportOptions {
  /** Names of the classes, when the pipeline holds none. */
  labels?: readonly string[];
  taxonomyVersion?: string | null;
}

/** Class that handleInvalid=keep adds for labels never seen. */
export const UNKNOWN_LABEL = '__unknown';

const CLASSIFIERS = ['LogisticRegressionModel', 'OneVsRestModel', 'SparkXGBClassifierModel'];
/** Packages whose stages predict, or make something else than another column of the same row. */
const MODEL_PACKAGES =
  /^(org\.apache\.spark|pyspark)\.ml\.(classification|regression|clustering|recommendation|fpm|tuning)\./;
/** Stages of Spark's feature package that only add columns; SQLTransformer, RFormula and VectorSizeHint may change or drop rows. */
const ADDS_COLUMNS =
  /^(org\.apache\.spark|pyspark)\.ml\.feature\.(StringIndexerModel|IndexToString|Tokenizer|RegexTokenizer|StopWordsRemover|NGram|HashingTF|CountVectorizerModel|IDFModel|Word2VecModel|FeatureHasher|OneHotEncoderModel|VectorAssembler|Normalizer|Binarizer|StandardScalerModel|MinMaxScalerModel|MaxAbsScalerModel|RobustScalerModel)$/;

/** @throws {TerminalError} model.corrupt, model.unsupported, model.width-mismatch */
export async function importSparkPipeline(files: PipelineFiles, options: ImportOptions = {}): Promise<ModelBundle> {
  const stages = readStages(files);
  const classifier = theClassifier(stages);
  const before = stages.slice(0, stages.indexOf(classifier));
  const features = await readTextStages(
    files,
    before,
    columnParam(classifier, 'features', 'featuresCol', 'features_col'),
  );
  const found = await readLabels(files, stages, classifier);
  const own = found.labels ?? labelsInMetadata(classifier);
  requireAccounted(stages, [classifier, ...features.stages, ...found.stages]);
  const labels = agreedNames(own, options.labels, 'The pipeline');
  const classNumbers = namedNumbers(own, options.labels, labels ?? []);
  const bundle = await createBundle(files, classifier, features, labels, options.taxonomyVersion ?? null);
  if (classNumbers === undefined) return bundle;
  const { description } = bundle;
  return { ...bundle, description: { ...description, training: { ...description.training, classNumbers } } };
}

function theClassifier(stages: readonly Stage[]): Stage {
  const models = stages.filter((stage) => CLASSIFIERS.includes(stage.name) || MODEL_PACKAGES.test(stage.className));
  const [classifier, second] = models;
  if (classifier === undefined)
    throw unsupported(`it has no LogisticRegression, OneVsRest or SparkXGBClassifier among ${namesOf(stages)}`);
  if (second !== undefined)
    throw unsupported(`it has two models, ${classifier.className} and ${second.className}; save a pipeline with one`);
  if (!CLASSIFIERS.includes(classifier.name))
    throw unsupported(`${classifier.className} is not read; LogisticRegression, OneVsRest and SparkXGBClassifier are`);
  return classifier;
}

/** I1 */
function requireAccounted(stages: readonly Stage[], read: readonly Stage[]): void {
  const other = stages.find((stage) => !read.includes(stage) && !ADDS_COLUMNS.test(stage.className));
  if (other !== undefined)
    throw unsupported(
      `stage ${other.className} (${other.uid}) is not read, and it may change what the classifier sees; save a pipeline without it, or apply it to the texts beforehand`,
    );
}

async function createBundle(
  files: PipelineFiles,
  classifier: Stage,
  features: TextFeatures,
  labels: readonly string[] | undefined,
  taxonomyVersion: string | null,
): Promise<ModelBundle> {
  const { spec, idf, vocabulary } = features;
  const training = {
    origin: 'spark',
    sparkVersion: classifier.sparkVersion,
    uid: classifier.uid,
    namesClasses: labels !== undefined,
  };
  if (classifier.name === 'SparkXGBClassifierModel') {
    const bytes = readBoosterText(files, classifier);
    const input = { bytes, labels: labels ?? [], taxonomyVersion, features: spec, idf, vocabulary, training };
    return await createXgboostBundle(input, boosterOptions(classifier));
  }
  const isOneVsRest = classifier.name === 'OneVsRestModel';
  const model = isOneVsRest
    ? await readOneVsRest(files, classifier)
    : linearModelOf(await readStageData(files, classifier));
  const names = labels ?? Array.from({ length: classesOf(model) }, (_, k) => String(k));
  if (names.length !== classesOf(model))
    throw new TerminalError(
      'model.width-mismatch',
      `Spark pipeline has ${classesOf(model)} classes; ${names.length} labels were found or given`,
    );
  if (spec.numFeatures !== model.width)
    throw new TerminalError(
      'model.width-mismatch',
      `The classifier needs ${model.width} features; the stages before it make ${spec.numFeatures}`,
    );
  const { threshold, thresholds } = classifier.params;
  return createLinearBundle({
    labels: names,
    taxonomyVersion,
    features: spec,
    idf,
    vocabulary,
    model,
    calibration: { method: 'none' },
    accept: unmeasuredAccept,
    metrics: null,
    training,
    scorer: {
      threshold: model.isBinomial ? numberOr(threshold, 0.5) : null,
      thresholds: Array.isArray(thresholds) ? JSON.stringify(thresholds) : null,
      ...(isOneVsRest ? { link: 'one-vs-rest' } : {}),
    },
  });
}

/** The binary models of model_0, model_1, … */
async function readOneVsRest(files: PipelineFiles, stage: Stage): Promise<LinearModel> {
  const { numClasses } = stage.metadata;
  const count = Number(numClasses);
  if (!Number.isInteger(count) || count < 1 || count > 2 ** 16) throw corrupt(`stage ${stage.uid} has no numClasses`);
  const models: LinearModel[] = [];
  for (let k = 0; k < count; k++) {
    const part = readMetadata(files, `${stage.folder}model_${k}/`);
    if (part.name !== 'LogisticRegressionModel') throw unsupported(`OneVsRest of ${part.className} is not read`);
    models.push(linearModelOf(await readStageData(files, part)));
  }
  return oneVsRestModel(models);
}

/** How SparkXGB makes its matrix, and which rounds it predicts with. */
function boosterOptions({ params }: Stage): { absent: 'missing' | 'zero'; missing: number; rounds: 'best' } {
  for (const name of ['base_margin_col', 'iteration_range', 'features_cols']) {
    const value = params[name];
    const isSet = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '';
    if (isSet) throw unsupported(`${name} of SparkXGBClassifier is set, and is not read`);
  }
  // dense float arrays unless enable_sparse_data_optim: then absent and stored zeros are both missing
  return params.enable_sparse_data_optim === true
    ? { absent: 'missing', missing: 0, rounds: 'best' }
    : { absent: 'zero', missing: numberOr(params.missing, Number.NaN), rounds: 'best' };
}

/** From the indexer of the label column, or from the IndexToString of the prediction; and the stages that belong to the label. */
async function readLabels(
  files: PipelineFiles,
  stages: readonly Stage[],
  classifier: Stage,
): Promise<{ labels: string[] | undefined; stages: Stage[] }> {
  const prediction = columnParam(classifier, 'prediction', 'predictionCol', 'prediction_col');
  const back = stages.find((stage) => stage.name === 'IndexToString' && text(stage.params.inputCol) === prediction);
  const named = Array.isArray(back?.params.labels) ? back.params.labels.map(String) : [];
  const maker = makerOf(stages, columnParam(classifier, 'label', 'labelCol', 'label_col'));
  const used = [back, maker?.stage].filter((stage) => stage !== undefined);
  if (maker?.stage.name !== 'StringIndexerModel') return { labels: named.length > 0 ? named : undefined, stages: used };
  const { stage, index } = maker;
  const data = await readStageData(files, stage);
  const lists = data.labelsArray as unknown;
  const list = Array.isArray(lists) ? (lists[index] as unknown) : data.labels;
  if (!Array.isArray(list)) throw corrupt(`stage ${stage.uid} holds no labels`);
  const labels = list.map(String);
  const isSame = named.length === 0 || named.every((label, k) => label === labels[k]);
  if (!isSame || (named.length > 0 && named.length !== labels.length && named.length !== labels.length + 1))
    throw unsupported(
      `${maker.stage.uid} orders the classes ${labels.join(', ')}, and ${back!.uid} calls them ${named.join(', ')}; save a pipeline in which both agree`,
    );
  return { labels: stage.params.handleInvalid === 'keep' ? [...labels, UNKNOWN_LABEL] : labels, stages: used };
}

/** OneVsRest keeps the attributes of its label column. */
function labelsInMetadata({ metadata }: Stage): string[] | undefined {
  if (typeof metadata.labelMetadata !== 'string') return undefined;
  let value: { ml_attr?: { vals?: unknown } } | null;
  try {
    value = JSON.parse(metadata.labelMetadata);
  } catch (cause) {
    throw corrupt('labelMetadata of OneVsRest is no JSON', cause);
  }
  const vals = value?.ml_attr?.vals;
  return Array.isArray(vals) ? vals.map(String) : undefined;
}

/** The booster's JSON, which Spark's text writer cut into lines. */
function readBoosterText(files: PipelineFiles, stage: Stage): Uint8Array {
  const parts = [...files.keys()].filter((name) => name.startsWith(`${stage.folder}model/part-`)).sort();
  if (parts.length === 0) throw corrupt(`stage ${stage.uid} has no booster`);
  const content = parts.map((name) => Buffer.from(files.get(name)!).toString('utf8').replaceAll('\n', ''));
  return Buffer.from(content.join(''));
}

const namesOf = (stages: readonly Stage[]): string => stages.map(({ name }) => name).join(', ') || 'no stages';
