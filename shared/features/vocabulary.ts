// Terms by column, where a model counts the terms of a list instead of hashing them: Spark's CountVectorizerModel.
// The list itself is a file of the model; its feature settings hold the list's identity.
// Source: org.apache.spark.ml.feature.CountVectorizerModel.
import { TerminalError } from '../errors.ts';
import { sha256Hex } from '../ids.ts';

export interface VocabularySpec {
  /** Of the list: two lists with the same terms in the same order have the same. */
  id: string;
  /** Terms that a document holds less often are left out: a number from 1 on, below it a share of the document's terms. */
  minTf: number;
}

export const VOCABULARY_FILE = 'vocabulary.json';

export const vocabularyId = (terms: readonly string[]): string =>
  sha256Hex(Buffer.from(JSON.stringify(terms))).slice(0, 16);

/** The model's file of a list; none without a list. */
export const vocabularyFile = (terms: readonly string[] | null | undefined): Record<string, Uint8Array> =>
  terms === null || terms === undefined ? {} : { [VOCABULARY_FILE]: Buffer.from(JSON.stringify(terms)) };

/** @throws {TerminalError} model.corrupt */
export function decodeVocabulary(bytes: Uint8Array): string[] {
  try {
    const terms: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (Array.isArray(terms) && terms.every((term) => typeof term === 'string')) return terms;
  } catch {
    // falls through: one message for everything that is no list of strings
  }
  throw new TerminalError('model.corrupt', `${VOCABULARY_FILE} is no list of terms`);
}

/** Column of each term; of a term that is listed twice the last, as in Spark. */
export const columnsOf = (terms: readonly string[]): ReadonlyMap<string, number> =>
  new Map(terms.map((term, column) => [term, column]));

/** @throws {TerminalError} model.corrupt when the list is missing or another one */
export function requireVocabulary(spec: VocabularySpec, terms: readonly string[] | undefined): readonly string[] {
  if (terms === undefined || vocabularyId(terms) !== spec.id)
    throw new TerminalError(
      'model.corrupt',
      `${VOCABULARY_FILE} is missing, or is not the list the model was trained with`,
    );
  return terms;
}
