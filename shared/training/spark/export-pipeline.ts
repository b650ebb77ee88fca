// A model of ours → a Spark PipelineModel folder that Spark 3 and 4 load: Tokenizer, HashingTF, IDF, LogisticRegression and the
// indexers around them. Calibration stays behind: Spark's probabilities are the uncalibrated ones.
// Source: org.apache.spark.ml.util.ReadWrite, VectorUDT, MatrixUDT.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import { TerminalError } from '../../errors.ts';
import type { Idf } from '../../features/idf.ts';
import type { FeatureSpec } from '../../features/spec.ts';
import { sha256Hex } from '../../ids.ts';
import { type DuckDb, loadDuckDb, sqlName, sqlText, withConnection } from '../../lake/duckdb.ts';
import type { ModelBundle } from '../../models/bundle.ts';
import { decodeIdf } from '../../models/idf-file.ts';
import { decodeLinearModel, type LinearModel } from '../../models/linear-model.ts';
import type { Clock } from '../../ports.ts';
import { withTemporaryFolder } from '../../temporary-folder.ts';
import type { PipelineFiles } from './pipeline-files.ts';
import {
  duckdbTypeOf,
  idfSchema,
  indexerSchema,
  regressionSchema,
  SCHEMA_KEY,
  type StructType,
} from './spark-schema.ts';

export interface ExportOptions {
  textCol: string;
  labelCol: string;
  /** Version the files claim: the hash and the layout are those of 3.x. */
  sparkVersion: string;
}

export const defaultExportOptions: ExportOptions = { textCol: 'text', labelCol: 'label', sparkVersion: '3.5.1' };

interface StageDraft {
  className: string;
  params: Record<string, unknown>;
  data?: { schema: StructType; values: (duckdb: DuckDb) => DuckDBValue[] };
}

/**
 * @returns files by path below the pipeline's folder
 * @throws {TerminalError} model.unsupported for other kinds than logistic regression, or hashes of Spark 2
 */
export async function exportSparkPipeline(
  bundle: ModelBundle,
  deps: { clock: Clock },
  given: Partial<ExportOptions> = {},
): Promise<PipelineFiles> {
  const options = { ...defaultExportOptions, ...given };
  const { description, artifacts } = bundle;
  const { features } = description;
  const file = artifacts['model.bin'];
  if (description.kind !== 'logistic-regression' || features === null || file === undefined)
    throw new TerminalError('model.unsupported', 'Only text models with logistic regression can be exported to Spark');
  if (features.lexical !== undefined)
    throw new TerminalError(
      'model.unsupported',
      'Spark has no stages for the profile lexical: train with `--profile spark` to export the model',
    );
  if (features.hash !== 'spark3')
    throw new TerminalError('model.unsupported', 'A model with the hash of Spark 2 cannot be saved by Spark 3');
  if (features.vocabulary !== undefined || description.scorer.link === 'one-vs-rest')
    throw new TerminalError(
      'model.unsupported',
      'A model that came with a CountVectorizer or OneVsRest is not exported again',
    );
  const idf = artifacts['idf.bin'] === undefined ? null : decodeIdf(artifacts['idf.bin']);
  const stages = draftStages(description.labels, features, idf, decodeLinearModel(file), options);
  return await writeStages(stages, options.sparkVersion, deps.clock.now());
}

function draftStages(
  labels: readonly string[],
  features: FeatureSpec,
  idf: Idf | null,
  model: LinearModel,
  { textCol, labelCol }: ExportOptions,
): StageDraft[] {
  const ml = 'org.apache.spark.ml';
  const stages: StageDraft[] = [
    {
      className: `${ml}.feature.StringIndexerModel`,
      params: { inputCol: labelCol, outputCol: 'labelIndex', handleInvalid: 'error', stringOrderType: 'frequencyDesc' },
      data: {
        schema: indexerSchema,
        values: ({ listValue }) => [listValue([listValue([...labels])])],
      },
    },
    tokenizerStage(features, textCol),
  ];
  let column = 'words';
  if (features.stopWords !== null) {
    const { words, caseSensitive } = features.stopWords;
    const params = { inputCol: column, outputCol: 'kept', stopWords: words, caseSensitive, locale: 'en_US' };
    stages.push({ className: `${ml}.feature.StopWordsRemover`, params });
    column = 'kept';
  }
  if (features.ngram > 1) {
    stages.push({
      className: `${ml}.feature.NGram`,
      params: { inputCol: column, outputCol: 'grams', n: features.ngram },
    });
    column = 'grams';
  }
  const { numFeatures, binary } = features;
  const counts = idf === null ? 'features' : 'counts';
  stages.push({
    className: `${ml}.feature.HashingTF`,
    params: { inputCol: column, outputCol: counts, numFeatures, binary },
  });
  if (idf !== null)
    stages.push({
      className: `${ml}.feature.IDFModel`,
      params: { inputCol: counts, outputCol: 'features', minDocFreq: 0 },
      data: {
        schema: idfSchema,
        values: (duckdb) => [
          denseVector(duckdb, idf.weights),
          duckdb.listValue(Array.from(idf.docFreq, BigInt)),
          BigInt(idf.numDocs),
        ],
      },
    });
  stages.push({
    className: `${ml}.classification.LogisticRegressionModel`,
    params: {
      featuresCol: 'features',
      labelCol: 'labelIndex',
      predictionCol: 'prediction',
      probabilityCol: 'probability',
      rawPredictionCol: 'rawPrediction',
      family: model.isBinomial ? 'binomial' : 'multinomial',
      threshold: 0.5,
    },
    data: { schema: regressionSchema, values: (duckdb) => regressionRow(duckdb, model) },
  });
  const back = { inputCol: 'prediction', outputCol: 'predictedLabel', labels };
  return [...stages, { className: `${ml}.feature.IndexToString`, params: back }];
}

function tokenizerStage({ regexTokenizer }: FeatureSpec, inputCol: string): StageDraft {
  const columns = { inputCol, outputCol: 'words' };
  if (regexTokenizer === null) return { className: 'org.apache.spark.ml.feature.Tokenizer', params: columns };
  return { className: 'org.apache.spark.ml.feature.RegexTokenizer', params: { ...columns, ...regexTokenizer } };
}

function regressionRow(duckdb: DuckDb, model: LinearModel): DuckDBValue[] {
  const margins = model.intercepts.length;
  // CSR, as Spark writes it: isTransposed, pointers of rows, indices of columns
  const pointers = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let k = 0; k < margins; k++) {
    model.columns.forEach((column, slot) => {
      const value = model.coefficients[slot * margins + k]!;
      if (value === 0) return;
      indices.push(column);
      values.push(value);
    });
    pointers.push(values.length);
  }
  const { structValue, listValue } = duckdb;
  return [
    model.isBinomial ? 2 : margins,
    model.width,
    denseVector(duckdb, model.intercepts),
    structValue({
      type: 0,
      numRows: margins,
      numCols: model.width,
      colPtrs: listValue(pointers),
      rowIndices: listValue(indices),
      values: listValue(values),
      isTransposed: true,
    }),
    !model.isBinomial,
  ];
}

const denseVector = ({ structValue, listValue }: DuckDb, values: Float64Array): DuckDBValue =>
  structValue({ type: 1, size: null, indices: null, values: listValue(Array.from(values)) });

async function writeStages(stages: readonly StageDraft[], sparkVersion: string, now: number): Promise<PipelineFiles> {
  const files = new Map<string, Uint8Array>();
  const seal = (folder: string, name: string, bytes: Uint8Array) => {
    files.set(`${folder}/${name}`, bytes);
    files.set(`${folder}/_SUCCESS`, new Uint8Array(0));
  };
  const metadata = (folder: string, className: string, uid: string, paramMap: Record<string, unknown>) => {
    const content = { class: className, timestamp: now, sparkVersion, uid, paramMap, defaultParamMap: {} };
    seal(`${folder}metadata`, 'part-00000', Buffer.from(`${JSON.stringify(content)}\n`));
  };
  const digits = String(stages.length - 1).length;
  const uids = stages.map((stage, i) => uidOf(stage, i));
  metadata('', 'org.apache.spark.ml.PipelineModel', `PipelineModel_${sha256Hex(uids.join()).slice(0, 12)}`, {
    stageUids: uids,
  });
  for (const [i, stage] of stages.entries()) {
    const folder = `stages/${String(i).padStart(digits, '0')}_${uids[i]}/`;
    metadata(folder, stage.className, uids[i]!, stage.params);
    if (stage.data === undefined) continue;
    seal(`${folder}data`, 'part-00000-c000.snappy.parquet', await writeRow(stage.data));
  }
  return files;
}

/** Spark derives a stage's kind from its metadata; the uid is a name. */
function uidOf(stage: StageDraft, index: number): string {
  const name = stage.className.slice(stage.className.lastIndexOf('.') + 1).replace(/Model$/, '');
  return `${name}_${sha256Hex(`${index}${JSON.stringify(stage.params)}`).slice(0, 12)}`;
}

async function writeRow({ schema, values }: NonNullable<StageDraft['data']>): Promise<Uint8Array> {
  const duckdb = await loadDuckDb();
  return await withTemporaryFolder(async (folder) => {
    const file = join(folder, 'row.parquet');
    await withConnection(async (connection) => {
      const types = schema.fields.map((field) => duckdbTypeOf(field.type, duckdb));
      const definition = schema.fields.map((field, i) => `${sqlName(field.name)} ${types[i]!.toString()}`).join(', ');
      await connection.run(`CREATE TEMP TABLE stage_row (${definition})`);
      const appender = await connection.createAppender('stage_row', null, 'temp');
      values(duckdb).forEach((value, i) => {
        appender.appendValue(value, types[i]);
      });
      appender.endRow();
      appender.closeSync();
      const footer = `{${sqlText(SCHEMA_KEY)}: ${sqlText(JSON.stringify(schema))}}`;
      await connection.run(
        `COPY stage_row TO ${sqlText(file)} (FORMAT parquet, COMPRESSION snappy, KV_METADATA ${footer})`,
      );
    });
    return await readFile(file);
  });
}
