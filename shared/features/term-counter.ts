// The counter of a model's terms, by its profile.
import { TermHasher } from './hashing-tf.ts';
import { LexicalHasher } from './lexical.ts';
import type { Csr } from './sparse.ts';
import type { FeatureSpec } from './spec.ts';

export interface TermCounter {
  /** Term frequencies [texts, numFeatures]. */
  count(texts: Iterable<string>): Csr;
}

/**
 * One instance holds the scratch memory and serves one thread.
 * @param vocabulary  terms by column, where the spec counts those of a list
 * @throws {TerminalError} request.invalid, model.corrupt
 */
export const createTermCounter = (spec: FeatureSpec, vocabulary?: readonly string[]): TermCounter =>
  spec.lexical === undefined ? new TermHasher(spec, vocabulary) : new LexicalHasher(spec.lexical, spec.numFeatures);
