// The stages of a Spark pipeline that lead from the text to the features → feature settings, IDF weights, vocabulary.
// Source: org.apache.spark.ml.feature.*
import { TerminalError } from '../../errors.ts';
import type { Idf } from '../../features/idf.ts';
import { completeSpec, createTermLister, type FeatureSpec } from '../../features/spec.ts';
import { vocabularyId } from '../../features/vocabulary.ts';
import { type ColumnMaker, inputsOf, makerOf, numberOr, text } from './columns.ts';
import { corrupt, type PipelineFiles, readStageData, type Stage, unsupported } from './pipeline-files.ts';
import { vectorValues } from './spark-values.ts';

export interface TextFeatures {
  spec: FeatureSpec;
  idf: Idf | null;
  /** Terms by column, of a CountVectorizer. */
  vocabulary: string[] | null;
  /** The stages that were read. */
  stages: Stage[];
}

/** Languages whose lower case depends on the locale. */
const CASE_LOCALES = /^(tr|az|lt)([_-]|$)/i;

/**
 * Follow the columns back from the features to the text.
 * @param before  stages that stand before the classifier
 * @throws {TerminalError} model.unsupported, model.corrupt, model.width-mismatch
 */
export async function readTextStages(
  files: PipelineFiles,
  before: readonly Stage[],
  featuresColumn: string,
): Promise<TextFeatures> {
  const chain: ColumnMaker[] = [];
  let column = featuresColumn;
  for (;;) {
    const maker = makerOf(before, column);
    if (maker === undefined) break;
    if (chain.some(({ stage }) => stage === maker.stage)) throw corrupt(`stage ${maker.stage.uid} takes what it makes`);
    chain.unshift(maker);
    const inputs = inputsOf(maker.stage);
    const isOneForOne = Array.isArray(maker.stage.params.outputCols) || inputs.length === 1;
    column = (isOneForOne ? inputs[maker.index] : undefined) ?? '';
    if (column === '') throw unsupported(`stage ${maker.stage.className} makes its column of ${inputs.length} others`);
  }
  const stages = chain.map(({ stage }) => stage);
  // an assembler of one column hands it on as it is
  const rest = stages.filter((stage) => stage.name !== 'VectorAssembler');
  const take = (...names: string[]): Stage | undefined => {
    const [first] = rest;
    return first !== undefined && names.includes(first.name) ? rest.shift() : undefined;
  };
  const tokenizer = take('Tokenizer', 'RegexTokenizer');
  const stopWords = take('StopWordsRemover');
  const ngram = take('NGram');
  const counter = take('HashingTF', 'CountVectorizerModel');
  const idfStage = take('IDFModel');
  const [left] = rest;
  if (left !== undefined) throw unsupported(`stage ${left.className} is not read at its place`);
  if (tokenizer === undefined) throw unsupported('it has no Tokenizer or RegexTokenizer at its start');
  if (counter === undefined) throw unsupported('it has no HashingTF or CountVectorizer');
  const words = {
    regexTokenizer: regexTokenizerOf(tokenizer),
    stopWords: stopWords === undefined ? null : stopWordsOf(stopWords),
    ngram: ngram === undefined ? 1 : numberOr(ngram.params.n, 2),
  };
  const vocabulary = counter.name === 'CountVectorizerModel' ? await readVocabulary(files, counter) : null;
  const spec = completeSpec({
    ...words,
    ...(vocabulary === null ? hashingOf(counter) : vocabularySpec(counter, vocabulary)),
  });
  createTermLister(spec); // refuses a pattern that cannot be read as Java reads it
  const idf = idfStage === undefined ? null : await readIdf(files, idfStage, spec.numFeatures);
  return { spec, idf, vocabulary, stages };
}

function regexTokenizerOf({ name, params }: Stage): FeatureSpec['regexTokenizer'] {
  if (name === 'Tokenizer') return null;
  return {
    pattern: text(params.pattern ?? '\\s+'),
    gaps: params.gaps !== false,
    minTokenLength: numberOr(params.minTokenLength, 1),
    toLowercase: params.toLowercase !== false,
  };
}

function stopWordsOf(stage: Stage): NonNullable<FeatureSpec['stopWords']> {
  const { stopWords, locale } = stage.params;
  if (!Array.isArray(stopWords)) throw corrupt(`stage ${stage.uid} lists no stop words`);
  const caseSensitive = stage.params.caseSensitive === true;
  if (!caseSensitive && CASE_LOCALES.test(text(locale)))
    throw unsupported(`StopWordsRemover lower-cases by locale ${text(locale)}; en_US or caseSensitive is read`);
  return { words: stopWords.map(String), caseSensitive };
}

function hashingOf({ params, sparkVersion }: Stage): Partial<FeatureSpec> {
  return {
    numFeatures: numberOr(params.numFeatures, 2 ** 18),
    binary: params.binary === true,
    hash: Number.parseInt(sparkVersion, 10) < 3 ? 'spark2' : 'spark3',
  };
}

function vocabularySpec({ params }: Stage, terms: readonly string[]): Partial<FeatureSpec> {
  return {
    numFeatures: terms.length,
    binary: params.binary === true,
    vocabulary: { id: vocabularyId(terms), minTf: numberOr(params.minTF, 1) },
  };
}

async function readVocabulary(files: PipelineFiles, stage: Stage): Promise<string[]> {
  const { vocabulary } = await readStageData(files, stage);
  if (!Array.isArray(vocabulary) || vocabulary.length === 0) throw corrupt(`stage ${stage.uid} holds no vocabulary`);
  return vocabulary.map(String);
}

async function readIdf(files: PipelineFiles, stage: Stage, width: number): Promise<Idf> {
  const data = await readStageData(files, stage);
  const weights = vectorValues(data.idf, 'idf');
  if (weights.length !== width)
    throw new TerminalError('model.width-mismatch', `IDF has ${weights.length} features; the counts have ${width}`);
  // 2.x stores the weights only; they are all that scoring needs
  const counts = Array.isArray(data.docFreq) ? Uint32Array.from(data.docFreq, Number) : new Uint32Array(width);
  return { weights, docFreq: counts, numDocs: Number(data.numDocs ?? 0) };
}
