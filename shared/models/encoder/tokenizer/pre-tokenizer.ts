// Pre-tokenizers of tokenizer.json, as the Rust library that encoders are trained with has them: texts → pieces that the model cuts further.
import { bytesAsText } from './bytes.ts';
import { type Part, partOf, partsOf, textOf, unknownPart } from './part.ts';
import { type Behavior, behaviorOf, escapeText, patternOf, splitBy } from './split.ts';

/** @param isFirst  the text begins where the whole one does */
export type PreTokenize = (text: string, isFirst: boolean) => readonly string[];

const PUNCTUATION = '\\p{P}!-/:-@[-`{-~';
/** Letters, marks, digits and joiners: \w of the engine that the format was written for. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
const PUNCTUATION_MARK = /[\p{P}!-/:-@[-`{-~]/gu;
const WORDS = new RegExp(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`, 'gu');
const BERT_WORDS = new RegExp(`[^\\p{White_Space}${PUNCTUATION}]+|[${PUNCTUATION}]`, 'gu');
const BYTE_LEVEL =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** @param description  null: a text is one piece @throws {Error} naming a part that is not understood */
export function readPreTokenizer(description: unknown): PreTokenize {
  if (description === null || description === undefined) return (text) => [text];
  const part = partOf(description, 'pre-tokenizer');
  switch (part.type) {
    case 'Sequence':
      return readSequence(partsOf(part, 'pretokenizers', 'pre-tokenizer'));
    case 'BertPreTokenizer':
      return matchesOf(BERT_WORDS);
    case 'Whitespace':
      return matchesOf(WORDS);
    case 'WhitespaceSplit':
      return matchesOf(/\P{White_Space}+/gu);
    case 'Digits':
      return matchesOf(part.individual_digits === true ? /\P{N}+|\p{N}/gu : /\P{N}+|\p{N}+/gu);
    case 'Punctuation':
      return cutting(PUNCTUATION_MARK, behaviorOf(part, 'Isolated'), false);
    case 'Split':
      return cutting(patternOf(part), behaviorOf(part), part.invert === true);
    case 'CharDelimiterSplit':
      return cutting(new RegExp(escapeText(textOf(part, 'delimiter')), 'gu'), 'Removed', false);
    case 'Metaspace':
      return readMetaspace(part);
    case 'ByteLevel':
      return readByteLevel(part);
    default:
      throw unknownPart('pre-tokenizer', part);
  }
}

const matchesOf =
  (pattern: RegExp): PreTokenize =>
  (text) =>
    text.match(pattern) ?? [];

const cutting =
  (pattern: RegExp, behavior: Behavior, isInverted: boolean): PreTokenize =>
  (text) =>
    splitBy(text, pattern, behavior, isInverted);

function readSequence(parts: readonly Part[]): PreTokenize {
  const all = parts.map(readPreTokenizer);
  // Which piece begins where the text does is known for the first cut only: white space before it may be gone.
  if (parts.some((part, i) => i > 0 && part.type === 'Metaspace' && part.prepend_scheme === 'first'))
    throw new Error('the pre-tokenizer "Metaspace" with prepend_scheme "first" behind another is not understood');
  return (text, isFirst) =>
    all.reduce<readonly string[]>((pieces, cut) => pieces.flatMap((piece) => cut(piece, isFirst)), [text]);
}

/** Spaces become a character of their own, with which the pieces begin. */
function readMetaspace(part: Part): PreTokenize {
  const space = textOf(part, 'replacement');
  const scheme = part.add_prefix_space === false ? 'never' : (part.prepend_scheme ?? 'always');
  if (scheme !== 'always' && scheme !== 'first' && scheme !== 'never')
    throw new Error(`the pre-tokenizer "Metaspace" with prepend_scheme ${JSON.stringify(scheme)} is not understood`);
  const isSplit = part.split !== false;
  const mark = new RegExp(escapeText(space), 'gu');
  return (text, isFirst) => {
    const spaced = text.replaceAll(' ', () => space);
    const isPrepended = (scheme === 'always' || (scheme === 'first' && isFirst)) && !spaced.startsWith(space);
    const whole = isPrepended ? space + spaced : spaced;
    return isSplit ? splitBy(whole, mark, 'MergedWithNext') : [whole];
  };
}

function readByteLevel(part: Part): PreTokenize {
  return (text) => {
    const whole = part.add_prefix_space === true && !text.startsWith(' ') ? ` ${text}` : text;
    const pieces = part.use_regex === false ? [whole] : (whole.match(BYTE_LEVEL) ?? []);
    return pieces.map(bytesAsText);
  };
}
