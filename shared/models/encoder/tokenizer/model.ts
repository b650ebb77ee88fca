// Pieces → ids by the vocabulary. WordPiece and BPE are the library's.
import { BPE, WordPiece } from './library.ts';
import { type Part, partOf, unknownPart } from './part.ts';
import { readUnigram } from './unigram.ts';

export type IdsOf = (piece: string) => readonly number[];

/** @throws {Error} naming what is not understood */
export function readModel(description: unknown): IdsOf {
  const part = partOf(description, 'model');
  switch (part.type ?? typeOf(part)) {
    case 'WordPiece':
      return readWordPiece(part);
    case 'BPE':
      return readBpe(part);
    case 'Unigram':
      return readUnigram(part);
    case 'WordLevel':
      return readWordLevel(part);
    default:
      throw unknownPart('model', part);
  }
}

/** Files of early versions name no type. */
function typeOf(part: Part): string | undefined {
  if (Array.isArray(part.vocab)) return 'Unigram';
  if ('merges' in part) return 'BPE';
  return 'continuing_subword_prefix' in part ? 'WordPiece' : 'unk_token' in part ? 'WordLevel' : undefined;
}

function readWordPiece(part: Part): IdsOf {
  const model = new WordPiece(part);
  const unknown = model.unk_token_id ?? undefined;
  if (unknown === undefined) throw noUnknown(part);
  return (piece) => model([piece]).map((token) => model.tokens_to_ids.get(token) ?? unknown);
}

function readBpe(part: Part): IdsOf {
  if (typeof part.continuing_subword_prefix === 'string' && part.continuing_subword_prefix !== '')
    throw new Error('the model "BPE" with a continuing_subword_prefix is not understood');
  const model = new BPE(part);
  const ids = model.tokens_to_ids;
  const idsOf = (piece: string) => model([piece]).flatMap((token) => ids.get(token) ?? model.unk_token_id ?? []);
  const isDropping = typeof model.unk_token_id !== 'number' && part.byte_fallback !== true && !part.end_of_word_suffix;
  if (!isDropping) return idsOf;
  // What is not known is left out before its neighbours are joined.
  return (piece) => {
    const chars = [...piece];
    return idsOf(chars.every((char) => ids.has(char)) ? piece : chars.filter((char) => ids.has(char)).join(''));
  };
}

function readWordLevel(part: Part): IdsOf {
  const ids = new Map(Object.entries(partOf(part.vocab, 'vocabulary')));
  const unknown = ids.get(String(part.unk_token));
  if (typeof unknown !== 'number') throw noUnknown(part);
  return (piece) => {
    const id = ids.get(piece);
    return [typeof id === 'number' ? id : unknown];
  };
}

const noUnknown = ({ type }: Part): Error =>
  new Error(`the model ${JSON.stringify(type ?? null)} has no token for what it does not know`);
