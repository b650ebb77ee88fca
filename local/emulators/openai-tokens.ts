// Token counts of the simulator, counted with the real o200k vocabulary.
// Deliberately separate from the client's counter: a bill must not share the defects of the ledger it is compared with.

// A run this long without a break makes byte-pair merging quadratic: 200,000 letters would take 27 s.
const LONG_RUN = /[\p{L}\p{M}\p{N}]{1001,}|\s{1001,}|[^\s\p{L}\p{N}]{1001,}/gu;
const PIECE_CHARS = 1000;
const REMEMBERED_TEXTS = 256;

let encoder: Promise<(text: string) => number> | undefined;

/** Load the vocabulary once (about 0.2 s, 76 MB) and return a counter: text → tokens. */
export function loadTokenCounter(): Promise<(text: string) => number> {
  encoder ??= import('gpt-tokenizer/encoding/o200k_base').then(({ countTokens }) => {
    const noSpecials = { disallowedSpecial: new Set<string>() }; // otherwise `<|endoftext|>` in a document throws
    const remembered = new Map<string, number>();
    return (text: string): number => {
      const known = remembered.get(text);
      if (known !== undefined) return known;
      const tokens = splitLongRuns(text).reduce((sum, piece) => sum + countTokens(piece, noSpecials), 0);
      if (remembered.size >= REMEMBERED_TEXTS) remembered.delete(remembered.keys().next().value ?? '');
      remembered.set(text, tokens);
      return tokens;
    };
  });
  return encoder;
}

function splitLongRuns(text: string): string[] {
  if (text.search(LONG_RUN) < 0) return [text];
  return text
    .replace(LONG_RUN, (run) => (run.match(new RegExp(`[^]{1,${PIECE_CHARS}}`, 'gu')) ?? []).join('\u0000'))
    .split('\u0000');
}
