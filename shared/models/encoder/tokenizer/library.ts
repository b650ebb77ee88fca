// What is used of @huggingface/tokenizers: its models WordPiece and BPE, and its translation of regular expressions. Its other parts give other ids
// than the library that encoders are trained with, so those are our own. Its types do not resolve by Node's rules, so they stand here.
import * as library from '@huggingface/tokenizers';
import type { Part } from './part.ts';

/** Pieces → tokens by a vocabulary. */
export interface LibraryModel {
  (pieces: readonly string[]): string[];
  tokens_to_ids: ReadonlyMap<string, number>;
  unk_token_id: number | null | undefined;
}

interface Library {
  WordPiece: new (model: Part) => LibraryModel;
  BPE: new (model: Part) => LibraryModel;
  SplitPreTokenizer: new (part: Part) => { pattern: RegExp | null };
}

export const { WordPiece, BPE, SplitPreTokenizer } = library as unknown as Library;
