// Every stage of a Spark pipeline is accounted for. Pipelines are made of our own exports, put together as Spark puts them on disk; those
// of real engines lie in shared/data/cases/engines beside the checkout.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fitIdf } from '../../../shared/features/idf.ts';
import { completeSpec } from '../../../shared/features/spec.ts';
import { fitLabels } from '../../../shared/features/string-indexer.ts';
import { sqlText, withConnection } from '../../../shared/lake/duckdb.ts';
import type { ModelBundle } from '../../../shared/models/bundle.ts';
import { unmeasuredAccept } from '../../../shared/models/foreign-bundle.ts';
import { createLinearBundle } from '../../../shared/models/linear-bundle.ts';
import { ModelRegistry } from '../../../shared/models/registry.ts';
import { seededRandom, systemClock } from '../../../shared/ports.ts';
import { exportSparkPipeline } from '../../../shared/training/spark/export-pipeline.ts';
import { importSparkPipeline } from '../../../shared/training/spark/import-pipeline.ts';
import { type PipelineFiles, readLocalPipeline } from '../../../shared/training/spark/pipeline-files.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';

const ENGINES = join(import.meta.dirname, '../../../../shared/data/cases/engines/spark');
const hasData = existsSync(ENGINES);
const TEXTS = ['Tax on income', 'the Income of the STATE', 'größe ÉTÉ', 'a a b', ''];
const WIDTH = 64;

function bundleOf(margins: number, seed = 5, withIdf = true, width = WIDTH): ModelBundle {
  const random = seededRandom(seed);
  const columns = Int32Array.from({ length: width }, (_, i) => i);
  return createLinearBundle({
    labels: margins === 1 ? ['no', 'yes'] : ['Invoices', 'Contracts', 'Customs'].slice(0, margins),
    taxonomyVersion: null,
    features: completeSpec({ numFeatures: width }),
    idf: withIdf
      ? fitIdf(
          new Uint32Array(width).map((_, j) => j % 7),
          80,
        )
      : null,
    model: {
      width,
      columns,
      coefficients: new Float64Array(width * margins).map(() => random.next() - 0.5),
      intercepts: new Float64Array(margins).map(() => random.next() - 0.5),
      isBinomial: margins === 1,
    },
    calibration: { method: 'none' },
    accept: unmeasuredAccept,
    metrics: null,
  });
}

interface StageDraft {
  className: string;
  params: Record<string, unknown>;
  /** Files below the stage's folder: data, models. */
  files: Map<string, Uint8Array>;
  more?: Record<string, unknown>;
}

const exported = (bundle: ModelBundle) => exportSparkPipeline(bundle, { clock: systemClock });
const metadataPath = (folder: string) => `${folder}metadata/part-00000`;

/** The stages of a flat pipeline, to be changed and put together again. */
function stagesOf(files: PipelineFiles): StageDraft[] {
  const folders = [...new Set([...files.keys()].flatMap((path) => /^stages\/[^/]+\//.exec(path) ?? []))];
  return folders
    .sort((a, b) => Number.parseInt(a.slice(7), 10) - Number.parseInt(b.slice(7), 10))
    .map((folder) => {
      const [line] = [...files].find(([path]) => path.startsWith(`${folder}metadata/part-`))!.slice(1) as [Uint8Array];
      const { class: className, paramMap } = JSON.parse(Buffer.from(line).toString());
      const own = new Map<string, Uint8Array>();
      for (const [path, bytes] of files)
        if (path.startsWith(folder) && !path.startsWith(`${folder}metadata/`))
          own.set(path.slice(folder.length), bytes);
      return { className, params: paramMap, files: own };
    });
}

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

function writeStage(stage: StageDraft, uid: string, folder: string, into: Map<string, Uint8Array>): void {
  const { className, params, files, more } = stage;
  into.set(metadataPath(folder), json({ class: className, uid, sparkVersion: '4.3.0', paramMap: params, ...more }));
  for (const [path, bytes] of files) into.set(`${folder}${path}`, bytes);
}

/** A pipeline folder of stages. */
function pipelineOf(stages: readonly StageDraft[]): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const uids = stages.map((_, i) => `Stage_${i}`);
  files.set(
    metadataPath(''),
    json({ class: PIPELINE, uid: 'P', sparkVersion: '4.3.0', paramMap: { stageUids: uids } }),
  );
  stages.forEach((stage, i) => {
    writeStage(stage, uids[i]!, `stages/${i}_${uids[i]}/`, files);
  });
  return files;
}

const PIPELINE = 'org.apache.spark.ml.PipelineModel';
const draft = (className: string, params: Record<string, unknown> = {}): StageDraft => ({
  className,
  params,
  files: new Map(),
});

/** A pipeline as a stage of another one. */
function nested(stages: readonly StageDraft[]): StageDraft {
  const files = pipelineOf(stages);
  files.delete(metadataPath(''));
  return { ...draft(PIPELINE, { stageUids: stages.map((_, i) => `Stage_${i}`) }), files };
}

/** A tuned model around a folder. */
function tuned(className: string, best: ReadonlyMap<string, Uint8Array>): StageDraft {
  const files = new Map([...best].map(([path, bytes]) => [`bestModel/${path}`, bytes]));
  return { ...draft(`org.apache.spark.ml.tuning.${className}`), files };
}

const score = async (files: PipelineFiles, labels?: string[]) => {
  const bundle = await importSparkPipeline(files, labels === undefined ? {} : { labels });
  const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
  const model = await registry.load(await registry.register(bundle));
  return { labels: model.labels, p: model.score(model.featurize(TEXTS)) };
};

const flat = await exported(bundleOf(3));
const baseline = await score(flat);
/** indexer, tokenizer, HashingTF, IDF, logistic regression, IndexToString */
const parts = () => stagesOf(flat);

describe('pipelines in pipelines', () => {
  test('the drafts of this file make the pipeline they were taken from', async () => {
    expect(await score(pipelineOf(parts()))).toEqual(baseline);
  });

  test('stages of a pipeline inside a pipeline stand in its place', async () => {
    const [indexer, tokenizer, counts, idf, regression, back] = parts();
    const inner = nested([tokenizer!, nested([counts!, idf!])]);
    expect(await score(pipelineOf([indexer!, inner, regression!, back!]))).toEqual(baseline);
  });

  test.each(['CrossValidatorModel', 'TrainValidationSplitModel'])('the best model of a %s is opened', async (name) => {
    const whole = new Map<string, Uint8Array>();
    writeStage(tuned(name, pipelineOf(parts())), 'cv', '', whole);
    expect(await score(whole)).toEqual(baseline);
    const [indexer, tokenizer, counts, idf, regression, back] = parts();
    const lone = new Map<string, Uint8Array>();
    writeStage(regression!, 'lr', '', lone);
    expect(await score(pipelineOf([indexer!, tokenizer!, counts!, idf!, tuned(name, lone), back!]))).toEqual(baseline);
  });

  test('a pipeline that was not fitted, and a lone model, are refused with what to save', async () => {
    for (const className of [
      'org.apache.spark.ml.Pipeline',
      'org.apache.spark.ml.classification.LogisticRegressionModel',
    ])
      await expect(
        importSparkPipeline(new Map([[metadataPath(''), json({ class: className, uid: 'x' })]])),
      ).rejects.toMatchObject({ code: 'model.unsupported', message: expect.stringContaining('PipelineModel.save') });
  });
});

describe('stages that are not read', () => {
  const refusal = async (change: (stages: StageDraft[]) => StageDraft[]) =>
    await importSparkPipeline(pipelineOf(change(parts()))).then(
      () => 'imported',
      (error) => `${error.code} ${error.message}`,
    );

  test.each([
    ['a statement', 'org.apache.spark.ml.feature.SQLTransformer'],
    ['a stage of another maker', 'com.example.ml.CleanText'],
    ['a stage of Spark that drops rows', 'org.apache.spark.ml.feature.VectorSizeHint'],
    ['a second classifier', 'org.apache.spark.ml.classification.NaiveBayesModel'],
  ])('%s is refused by name, wherever it stands', async (_, className) => {
    for (const at of [0, 2, 5, 6])
      expect(await refusal((stages) => stages.toSpliced(at, 0, draft(className)))).toMatch(
        new RegExp(`^model.unsupported .*${className}`),
      );
  });

  test('a stage of Spark that adds a column nobody uses is left out', async () => {
    const other = draft('org.apache.spark.ml.feature.RegexTokenizer', { inputCol: 'text', outputCol: 'unused' });
    expect(await score(pipelineOf([other, ...parts()]))).toEqual(baseline);
  });

  test('a classifier of another kind is named', async () => {
    const trees = 'org.apache.spark.ml.classification.RandomForestClassificationModel';
    expect(await refusal((stages) => stages.with(4, draft(trees)))).toContain(trees);
  });

  test('columns that are put together are refused; one column that is handed on is not', async () => {
    const assemble = (...inputCols: string[]) =>
      draft('org.apache.spark.ml.feature.VectorAssembler', { inputCols, outputCol: 'assembled' });
    const withAssembler = (stage: StageDraft) => (stages: StageDraft[]) => {
      const regression = { ...stages[4]!, params: { ...stages[4]!.params, featuresCol: 'assembled' } };
      return stages.with(4, regression).toSpliced(4, 0, stage);
    };
    expect(await refusal(withAssembler(assemble('features', 'length')))).toMatch(/VectorAssembler .*2 others/);
    expect(await score(pipelineOf(withAssembler(assemble('features'))(parts())))).toEqual(baseline);
  });

  test("words lower-cased by Turkish rules are refused; another locale's rules are those of all", async () => {
    const stopWords = (locale: string) => (stages: StageDraft[]) => {
      const params = { inputCol: 'words', outputCol: 'kept', stopWords: ['the'], caseSensitive: false, locale };
      const counts = { ...stages[2]!, params: { ...stages[2]!.params, inputCol: 'kept' } };
      return stages.with(2, counts).toSpliced(2, 0, draft('org.apache.spark.ml.feature.StopWordsRemover', params));
    };
    expect(await refusal(stopWords('tr_TR'))).toMatch(/^model.unsupported .*StopWordsRemover.*tr_TR/);
    expect(await refusal(stopWords('de_DE'))).toBe('imported');
  });
});

describe('labels', () => {
  test('of an indexer of several columns those of the label column are taken', async () => {
    const [indexer, ...rest] = parts();
    const data = await parquet("SELECT [['north', 'south'], ['x', 'y', 'z']] AS labelsArray");
    const many: StageDraft = {
      ...indexer!,
      params: { inputCols: ['region', 'label'], outputCols: ['ri', 'labelIndex'] },
      files: new Map([['data/part-0.parquet', data]]),
    };
    expect((await score(pipelineOf([many, ...rest.slice(0, -1)]))).labels).toEqual(['x', 'y', 'z']);
  });

  test('stop words of several columns: the relevant one is followed', async () => {
    const stages = parts();
    const remove = (params: Record<string, unknown>) =>
      draft('org.apache.spark.ml.feature.StopWordsRemover', { stopWords: ['the'], locale: 'en_US', ...params });
    const counts = { ...stages[2]!, params: { ...stages[2]!.params, inputCol: 'kept' } };
    const one = stages.with(2, counts).toSpliced(2, 0, remove({ inputCol: 'words', outputCol: 'kept' }));
    const many = stages
      .with(2, counts)
      .toSpliced(2, 0, remove({ inputCols: ['other', 'words'], outputCols: ['o', 'kept'] }));
    const expected = await score(pipelineOf(one));
    expect(expected.p).not.toEqual(baseline.p);
    expect(await score(pipelineOf(many))).toEqual(expected);
  });

  test('other labels than those of the pipeline are refused, the same are not', async () => {
    await expect(score(flat, ['Contracts', 'Invoices', 'Customs'])).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining('Invoices, Contracts, Customs'),
    });
    expect((await score(flat, [...baseline.labels])).labels).toEqual(baseline.labels);
  });

  test('classes of a column of doubles are 1.0, 2.0: they may be given as 1, 2 or be named, and never in another order', async () => {
    const doubles = bundleOf(3);
    const files = exported({ ...doubles, description: { ...doubles.description, labels: ['2.0', '10.0', '1.0'] } });
    const read = async (labels?: string[]) =>
      (await importSparkPipeline(await files, labels === undefined ? {} : { labels })).description;
    expect((await read()).labels).toEqual(['2.0', '10.0', '1.0']);
    expect((await read(['2', '10', '1'])).labels).toEqual(['2', '10', '1']);
    const named = await read(['1=z', '2=x', '10=y']);
    expect([named.labels, named.training.classNumbers]).toEqual([['x', 'y', 'z'], '2.0, 10.0, 1.0']);
    await expect(read(['x', 'y', 'z'])).rejects.toMatchObject({ message: expect.stringContaining('10.0=<name>') });
    await expect(read(['1', '2', '10'])).rejects.toMatchObject({ code: 'request.invalid' });
  });

  test('an IndexToString that calls the classes otherwise than the indexer is refused; one without labels of its own is not', async () => {
    const back = (labels: string[]) => {
      const stage = parts()[5]!;
      return pipelineOf(parts().with(5, { ...stage, params: { ...stage.params, labels } }));
    };
    for (const labels of [['Contracts', 'Invoices', 'Customs'], ['Rechnungen', 'Verträge', 'Zoll'], ['Invoices']])
      await expect(score(back(labels))).rejects.toMatchObject({
        code: 'model.unsupported',
        message: expect.stringContaining(labels.join(', ')),
      });
    expect((await score(back([]))).labels).toEqual(baseline.labels);
  });

  test('equal counts are ordered by UTF-16 before Spark 4.3, by code points since', () => {
    const labels = ['\u{1F600}', '\uFF21', 'a'];
    expect(fitLabels(labels, 'frequencyDesc', '4.2.1')).toEqual(['a', '\u{1F600}', '\uFF21']);
    expect(fitLabels(labels, 'frequencyDesc', '4.3.0')).toEqual(['a', '\uFF21', '\u{1F600}']);
  });
});

describe('OneVsRest and CountVectorizer', () => {
  test('OneVsRest: the class whose binary model has the largest margin is the most probable', async () => {
    const models = await Promise.all([1, 2, 3].map(async (seed) => stagesOf(await exported(bundleOf(1, seed)))[4]!));
    const files = new Map<string, Uint8Array>();
    models.forEach((model, k) => {
      writeStage(model, `lr${k}`, `model_${k}/`, files);
    });
    const { featuresCol, labelCol, predictionCol } = parts()[4]!.params;
    const oneVsRest: StageDraft = {
      ...draft('org.apache.spark.ml.classification.OneVsRestModel', { featuresCol, labelCol, predictionCol }),
      files,
      more: { numClasses: 3 },
    };
    const { labels, p } = await score(pipelineOf(parts().with(4, oneVsRest)));
    expect(labels).toEqual(['Invoices', 'Contracts', 'Customs']);
    // as Spark saves it: the classifier it was made with beside the models, the label column's attributes as text in the metadata
    const unfitted = new Map<string, Uint8Array>();
    writeStage(draft('org.apache.spark.ml.classification.LogisticRegression'), 'lr', 'classifier/', unfitted);
    const ofSpark: StageDraft = {
      ...oneVsRest,
      files: new Map([...files, ...unfitted]),
      more: {
        numClasses: 3,
        labelMetadata: JSON.stringify({
          ml_attr: { vals: ['Zoll', 'Verträge', '請求書'], type: 'nominal', name: 'li' },
        }),
        defaultParamMap: { rawPredictionCol: 'rawPrediction', predictionCol: 'prediction', featuresCol: 'features' },
      },
    };
    const alone = await score(pipelineOf(parts().slice(1, 4).concat(ofSpark)));
    expect(alone).toEqual({ labels: ['Zoll', 'Verträge', '請求書'], p });
    const nameless: StageDraft = { ...ofSpark, more: { numClasses: 3, labelMetadata: '{}' } };
    const unnamed = await importSparkPipeline(pipelineOf(parts().slice(1, 4).concat(nameless)));
    expect(unnamed.description).toMatchObject({ labels: ['0', '1', '2'], training: { namesClasses: false } });
    const binary = await Promise.all([1, 2, 3].map(async (seed) => (await score(await exported(bundleOf(1, seed)))).p));
    TEXTS.forEach((_, row) => {
      const own = binary.map((one) => one[row * 2 + 1]!);
      const sum = own.reduce((a, b) => a + b);
      own.forEach((value, k) => {
        expect(p[row * 3 + k]).toBeCloseTo(value / sum, 12);
      });
    });
  });

  test('CountVectorizer: terms of the list are counted from minTF on', async () => {
    const vocabulary = ['the', 'a', 'income', 'größe'];
    const data = await parquet(`SELECT [${vocabulary.map((term) => sqlText(term)).join(', ')}] AS vocabulary`);
    const stages = stagesOf(await exported(bundleOf(3, 5, false, vocabulary.length)));
    const counts = (minTF: number, binary = false): StageDraft => ({
      ...draft('org.apache.spark.ml.feature.CountVectorizerModel', { ...stages[2]!.params, minTF, binary }),
      files: new Map([['data/part-0.parquet', data]]),
    });
    const dense = async (stage: StageDraft) => {
      const bundle = await importSparkPipeline(pipelineOf(stages.with(2, stage)));
      const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
      const model = await registry.load(await registry.register(bundle));
      const x = model.featurize(['The income of the state', 'a a b', 'GRÖSSE größe', '']);
      return Array.from({ length: x.rows }, (_, row) => {
        const own = new Array<number>(x.width).fill(0);
        for (let e = x.indptr[row]!; e < x.indptr[row + 1]!; e++) own[x.indices[e]!] = x.values[e]!;
        return own;
      });
    };
    expect(await dense(counts(1))).toEqual([
      [2, 0, 1, 0],
      [0, 2, 0, 0],
      [0, 0, 0, 1],
      [0, 0, 0, 0],
    ]);
    expect((await dense(counts(2))).map((row) => row.join())).toEqual(['2,0,0,0', '0,2,0,0', '0,0,0,0', '0,0,0,0']);
    // a share of all terms, those outside the list included: 0.4 of five, of three, of two
    expect((await dense(counts(0.4))).map((row) => row.join())).toEqual(['2,0,0,0', '0,2,0,0', '0,0,0,1', '0,0,0,0']);
    expect((await dense(counts(1, true))).map((row) => row.join())).toEqual([
      '1,0,1,0',
      '0,1,0,0',
      '0,0,0,1',
      '0,0,0,0',
    ]);
  });
});

async function parquet(select: string): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-spark-'));
  try {
    const path = join(folder, 'data.parquet');
    await withConnection(async (connection) => {
      await connection.run(`COPY (${select}) TO ${sqlText(path)} (FORMAT parquet)`);
    });
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!hasData)('pipelines of PySpark 4.3 (skipped: ../shared/data/cases is absent)', () => {
  const rows = hasData
    ? (JSON.parse(readFileSync(join(ENGINES, 'rows.json'), 'utf8')) as { text: string }[]).map(({ text }) => text)
    : [];

  test.each([
    ['regex-punct', 1e-9],
    ['regex-h', 1e-9],
    ['keep', 1e-9],
    ['multi-indexer', 1e-9],
    ['sparkxgb', 1e-6],
  ])('%s gives the probabilities that Spark gave', async (name, tolerance) => {
    const bundle = await importSparkPipeline(await readLocalPipeline(join(ENGINES, name)));
    const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
    const model = await registry.load(await registry.register(bundle));
    expect(model.labels.slice(0, 3)).toEqual(['Contracts', 'Customs', 'Invoices']);
    const p = model.score(model.featurize(rows));
    const { cols, rows: expected } = JSON.parse(readFileSync(join(ENGINES, `${name}.expected.json`), 'utf8')) as {
      cols: string[];
      rows: unknown[][];
    };
    const k = model.labels.length;
    const differences = expected.flatMap((row, i) =>
      (row[cols.indexOf('probability')] as number[]).map((value, c) => Math.abs(value - p[i * k + c]!)),
    );
    expect(differences.length).toBe(p.length);
    expect(Math.max(...differences)).toBeLessThan(tolerance);
  });

  test('a SQLTransformer is refused by name; a CrossValidator is its best model', async () => {
    await expect(importSparkPipeline(await readLocalPipeline(join(ENGINES, 'sqlt')))).rejects.toMatchObject({
      code: 'model.unsupported',
      message: expect.stringContaining('SQLTransformer'),
    });
    const [whole, best] = await Promise.all(
      ['cv', 'cv/bestModel'].map(async (name) => importSparkPipeline(await readLocalPipeline(join(ENGINES, name)))),
    );
    expect(whole).toEqual(best);
  });
});
