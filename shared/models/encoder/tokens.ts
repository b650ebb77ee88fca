// Texts → windows of token ids, as the encoder was trained to see them.
// Invariants: T1 a window never holds more than maxTokens ids, those of the frame ([CLS], [SEP], <s> …) included. T2 the work for one text is
// bounded: of a long text only as many characters are cut into tokens as its windows can show. T3 a vocabulary larger than its thread can hold is
// refused before it is built: its file is read as a whole, and its pieces are kept (measured, 250,000 of 1.5 million characters: 22 MB at most).
import { TerminalError } from '../../errors.ts';
import { isReadAsEver } from './tokenizer/earlier.ts';
import { readTokenizer, type Tokenizer } from './tokenizer/tokenizer.ts';

/** Characters offered per token of a window: more than any language writes on average. */
const CHARS_PER_TOKEN = 8;
/** Those of the largest multilingual encoders have 256,000 pieces of 1.5 to 2 million characters. */
const MAX_PIECES = 300_000;
const MAX_PIECE_CHARS = 2_400_000;
/** Runs without white space are cut at this length: some tokenizers take a time that grows with the square of a run. */
const LONGEST_RUN = /\S{400}/gu;

export class TextTokens {
  /** Number of ids the tokenizer can give. */
  readonly vocabularySize: number;
  /** Earlier builds gave the same ids. */
  readonly isReadAsEver: boolean;
  readonly #tokenizer: Tokenizer;

  /**
   * @param file  content of tokenizer.json
   * @throws {TerminalError} encoder.unsupported naming what would be read otherwise than the encoder was trained with
   */
  constructor(file: object) {
    checkSize(file);
    try {
      this.#tokenizer = readTokenizer({ ...file });
    } catch (cause) {
      const said = cause instanceof Error ? cause.message.slice(0, 200) : String(cause);
      throw new TerminalError('encoder.unsupported', `tokenizer.json: ${said}`, { cause });
    }
    this.isReadAsEver = isReadAsEver({ ...file });
    this.vocabularySize = sizeOf(file);
  }

  /** Ids of the text in at most `windows` pieces, spread evenly from its beginning to its end; one piece where it fits. */
  windows(text: string, prefix: string, maxTokens: number, windows: number): number[][] {
    const { before, after } = this.#tokenizer.frame;
    const lead = prefix === '' ? [] : this.#ids(prefix);
    const room = maxTokens - before.length - after.length - lead.length;
    const frame = (ids: readonly number[]): number[] => [...before, ...lead, ...ids, ...after];
    const chars = maxTokens * CHARS_PER_TOKEN;
    if (text.length <= chars) {
      const ids = this.#ids(text);
      return evenStarts(ids.length, room, windows).map((start) => frame(ids.slice(start, start + room)));
    }
    return evenStarts(text.length, chars, windows).map((start) =>
      frame(this.#ids(text.slice(wordStart(text, start), start + chars)).slice(0, room)),
    );
  }

  #ids(text: string): number[] {
    return this.#tokenizer.idsOf(text.toWellFormed().replace(LONGEST_RUN, '$& '));
  }
}

/** Starts of at most `most` pieces of `size` that cover `length` from its first to its last place as evenly as can be. */
export function evenStarts(length: number, size: number, most: number): number[] {
  const needed = Math.max(1, Math.ceil(length / size));
  const count = Math.min(most, needed);
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - size)) / (count - 1)));
}

/** The next beginning of a word, where one is near. */
function wordStart(text: string, at: number): number {
  if (at === 0) return 0;
  const space = text.slice(at, at + 40).search(/\s/);
  return space < 0 ? at : at + space + 1;
}

/** T3. @throws {TerminalError} encoder.unsupported */
function checkSize(tokenizer: object): void {
  const vocab = (tokenizer as { model?: { vocab?: unknown } }).model?.vocab;
  if (typeof vocab !== 'object' || vocab === null) return; // refused by the library
  const pieces = Array.isArray(vocab)
    ? vocab.map((entry: unknown) => String(Array.isArray(entry) ? entry[0] : entry))
    : Object.keys(vocab);
  const chars = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (pieces.length > MAX_PIECES || chars > MAX_PIECE_CHARS)
    throw new TerminalError(
      'encoder.unsupported',
      `tokenizer.json has ${pieces.length} pieces of ${chars} characters; an encoder's thread has room for ${MAX_PIECES} of ${MAX_PIECE_CHARS}`,
    );
}

function sizeOf(tokenizer: object): number {
  const { model, added_tokens: added = [] } = tokenizer as {
    model?: { vocab?: unknown };
    added_tokens?: { id?: unknown }[];
  };
  const vocab = model?.vocab;
  const ids = [...(vocab !== null && typeof vocab === 'object' && !Array.isArray(vocab) ? Object.values(vocab) : [])];
  const last = [...ids, ...added.map(({ id }) => id)].reduce<number>(
    (most, id) => (typeof id === 'number' && id > most ? id : most),
    -1,
  );
  return Math.max(last + 1, Array.isArray(vocab) ? vocab.length : 0);
}
