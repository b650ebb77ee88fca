// What turns a text into a sparse vector, as data: stored with every model, compared before scoring, exported to Spark.
// Invariant: equal specs (by canonical JSON) give equal term counts on every machine.
import { TerminalError } from '../errors.ts';
import type { LexicalSettings } from './lexical.ts';
import { defaultLexicalSettings } from './lexical.ts';
import { checkNumFeatures, type TermHash } from './murmur3.ts';
import {
  createRegexTokenizer,
  createStopWordsRemover,
  nGrams,
  type RegexTokenizerOptions,
  type StopWordsOptions,
  tokenize,
} from './tokenizer.ts';
import type { VocabularySpec } from './vocabulary.ts';

export interface FeatureSpec {
  /** null: Spark's plain Tokenizer. */
  regexTokenizer: RegexTokenizerOptions | null;
  stopWords: StopWordsOptions | null;
  /** Length of n-grams; 1: the tokens themselves. */
  ngram: number;
  numFeatures: number;
  /** Count each term once. */
  binary: boolean;
  hash: TermHash;
  /** The terms of a list are counted instead of being hashed; numFeatures is the length of the list. */
  vocabulary?: VocabularySpec;
  /** The profile `lexical`; the settings of Spark's stages above have no meaning then. Absent: the profile `spark`. */
  lexical?: LexicalSettings;
}

/** How texts become vectors. lexical: words, pairs and parts of words of any script; spark: exactly Spark's Tokenizer, HashingTF and IDF. */
export const PROFILES = ['lexical', 'spark'] as const;
export type FeatureProfile = (typeof PROFILES)[number];

export const profileOf = (spec: FeatureSpec): FeatureProfile => (spec.lexical === undefined ? 'spark' : 'lexical');

export const defaultFeatureSpec: FeatureSpec = {
  regexTokenizer: null,
  stopWords: null,
  ngram: 1,
  numFeatures: 2 ** 18,
  binary: false,
  hash: 'spark3',
};

/** The lexical profile with its settings as they are now. */
export const lexicalFeatureSpec: FeatureSpec = {
  ...defaultFeatureSpec,
  numFeatures: 2 ** 21,
  lexical: defaultLexicalSettings,
};

/** Text → terms in order, with repeats: what is hashed. */
export function createTermLister(spec: FeatureSpec): (text: string) => string[] {
  const split = spec.regexTokenizer === null ? tokenize : createRegexTokenizer(spec.regexTokenizer);
  const remove = spec.stopWords === null ? undefined : createStopWordsRemover(spec.stopWords);
  return (text) => {
    const tokens = split(text);
    const kept = remove === undefined ? tokens : remove(tokens);
    return spec.ngram === 1 ? kept : nGrams(kept, spec.ngram);
  };
}

/** May terms be hashed straight from bytes? Only the plain tokenizer's. */
export const isPlain = (spec: FeatureSpec): boolean =>
  spec.regexTokenizer === null && spec.stopWords === null && spec.ngram === 1 && spec.vocabulary === undefined;

/**
 * Fill in defaults and check.
 * @throws {TerminalError} request.invalid
 */
export function completeSpec(given: Partial<FeatureSpec>): FeatureSpec {
  const spec = { ...defaultFeatureSpec, ...given };
  checkNumFeatures(spec.numFeatures);
  if (spec.lexical !== undefined) requireLexical(spec);
  if (!Number.isInteger(spec.ngram) || spec.ngram < 1)
    throw new TerminalError('request.invalid', `ngram: need an integer of at least 1, have ${spec.ngram}`);
  return spec;
}

function requireLexical({ lexical, numFeatures }: FeatureSpec): void {
  const version: number | undefined = lexical?.version; // a stored one may be newer
  if (version !== 1 && version !== 2)
    throw new TerminalError(
      'model.unsupported',
      `The lexical profile is of version ${String(version)}; this code knows versions 1 and 2`,
    );
  if (numFeatures < 4 || (numFeatures & (numFeatures - 1)) !== 0)
    throw new TerminalError(
      'request.invalid',
      `numFeatures: the lexical profile needs a power of two of at least 4, have ${numFeatures}`,
    );
}
