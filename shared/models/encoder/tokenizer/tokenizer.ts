// tokenizer.json → a text's ids, as the Rust library that encoders are trained with gives them.
// Invariants: R1 a part that is read otherwise here is refused by its name; nothing is skipped. R2 what the file says of truncation and padding
// is not followed: windows are cut in tokens.ts, and one text is asked at a time. tokenizer_config.json is not asked: the file holds all of it.
import { readAddedTokens } from './added-tokens.ts';
import { type Frame, readFrame } from './frame.ts';
import { readModel } from './model.ts';
import { readNormalizer } from './normalizer.ts';
import { readPreTokenizer } from './pre-tokenizer.ts';

export interface Tokenizer {
  frame: Frame;
  /** Without the frame. */
  idsOf(text: string): number[];
}

/** @param file  content of tokenizer.json @throws {Error} naming a part that is not understood */
export function readTokenizer(file: Readonly<Record<string, unknown>>): Tokenizer {
  const cut = readAddedTokens(file, readNormalizer(file.normalizer));
  const preTokenize = readPreTokenizer(file.pre_tokenizer);
  const modelIds = readModel(file.model);
  return {
    frame: readFrame(file.post_processor),
    idsOf: (text) => {
      const ids: number[] = [];
      cut(text).forEach((section, i) => {
        if ('id' in section) ids.push(section.id);
        else for (const piece of preTokenize(section.text, i === 0)) for (const id of modelIds(piece)) ids.push(id);
      });
      return ids;
    },
  };
}
