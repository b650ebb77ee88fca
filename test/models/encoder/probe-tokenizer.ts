// Descriptions of tokenizers whose ids show what their parts do: each byte of a text has an id, and another one where a piece begins.

/** Bytes as the characters of byte-level vocabularies, in the order of the bytes. */
const byteChars = (): string[] => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae ? byte : next++,
    ),
  );
};

/** Where the ids of bytes inside a piece begin; those of its first byte begin at 1. */
const INSIDE = 257;

interface ProbeParts {
  normalizer?: object | null;
  pre?: object;
  added?: readonly object[];
}

/** A description with a normalizer and a pre-tokenizer to look at. */
export function probeOf({ normalizer = null, pre, added = [] }: ProbeParts): Record<string, unknown> {
  const vocab: Record<string, number> = { '[UNK]': 0 };
  byteChars().forEach((char, byte) => {
    vocab[char] = 1 + byte;
    vocab[`##${char}`] = INSIDE + byte;
  });
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer,
    pre_tokenizer: { type: 'Sequence', pretokenizers: pre === undefined ? [bytes] : [pre, bytes] },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 1000,
      vocab,
    },
  };
}

/** The pieces that ids of such a tokenizer stand for, joined by `|`; other ids as they are. */
export function piecesOf(ids: readonly number[]): string {
  const pieces: number[][] = [];
  const shown: string[] = [];
  const flush = () => {
    shown.push(...pieces.splice(0).map((bytes) => Buffer.from(bytes).toString()));
  };
  for (const id of ids) {
    if (id >= INSIDE && id < INSIDE + 256) pieces.at(-1)?.push(id - INSIDE);
    else if (id >= 1 && id <= 256) pieces.push([id - 1]);
    else {
      flush();
      shown.push(`#${id}`);
    }
  }
  flush();
  return shown.join('|');
}

/** A table of one entry: A → a. */
export function smallCharsmap(): string {
  const units = new Uint32Array(512);
  const [root, letter] = [256, 0x41];
  units[0] = root << 10; // where the root's children lie
  units[root ^ letter] = letter | (1 << 8) | (1 << 10); // the label, "a value follows", and where
  units[root ^ letter ^ 1] = 0; // the value: a place in the texts
  const size = new Uint8Array(Uint32Array.of(units.byteLength).buffer);
  return Buffer.concat([size, new Uint8Array(units.buffer), Buffer.from('a\0')]).toString('base64');
}
