// A sentence encoder of a few kilobytes in the form real ones have: each known word has the vector of its idea, and synonyms share one.
import { makeOnnx } from '../onnx/make-onnx.ts';

/** Words of the sentences that an import tries, by idea. */
const KNOWN_IDEAS = [
  ['invoice', 'bill'],
  ['paid', 'outstanding'],
  ['lost', 'missing'],
  ['card', 'plastic'],
  ['credit', 'bank'],
  ['company', 'firm'],
  ['hired', 'employed'],
  ['lawyer', 'attorney'],
  ['doctor', 'physician'],
  ['patient', 'ill'],
  ['examined', 'looked'],
  ['flight', 'plane'],
  ['cancelled', 'depart'],
  ['kids', 'children'],
  ['play', 'games'],
  ['account', 'signing'],
  ['log', 'on'],
  ['house', 'estate'],
  ['bought', 'purchased'],
];
export const TINY_DIMENSIONS = 24;

interface TinyOptions {
  /** Further words, by idea. */
  ideas?: readonly (readonly string[])[];
  /** Rows of the model's table of vectors, where it shall be too small. */
  vocabulary?: number;
  /** Value of every weight of the last idea. */
  poison?: number;
  output?: 'last_hidden_state' | 'something_else';
  input?: string;
  /** In 8-bit integers of one scale for all that is asked at once, as published models are. */
  isQuantized?: boolean;
}

/** Files of an encoder folder by path. */
export function tinyEncoder(options: TinyOptions = {}): Map<string, Uint8Array> {
  const ideas = [...KNOWN_IDEAS, ...(options.ideas ?? [])];
  const vocab: Record<string, number> = { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3 };
  const vectors: number[][] = [zeros(), faint(1), faint(2), faint(3)];
  ideas.forEach((words, idea) => {
    for (const word of words) {
      vocab[word] = vectors.length;
      vectors.push(idea === ideas.length - 1 && options.poison !== undefined ? filled(options.poison) : ofIdea(idea));
    }
  });
  const rows = options.vocabulary ?? vectors.length;
  const input = options.input ?? 'input_ids';
  const output = options.output ?? 'last_hidden_state';
  const model = makeOnnx({
    nodes:
      options.isQuantized === true
        ? [
            { op: 'Gather', inputs: ['table', input], outputs: ['exact'] },
            { op: 'DynamicQuantizeLinear', inputs: ['exact'], outputs: ['integers', 'scale', 'zero'] },
            { op: 'DequantizeLinear', inputs: ['integers', 'scale', 'zero'], outputs: [output] },
          ]
        : [{ op: 'Gather', inputs: ['table', input], outputs: [output] }],
    inputs: [
      { name: input, type: 7, shape: ['batch', 'sequence'] },
      { name: 'attention_mask', type: 7, shape: ['batch', 'sequence'] },
    ],
    outputs: [{ name: output, type: 1, shape: ['batch', 'sequence', TINY_DIMENSIONS] }],
    floats: {
      table: { dims: [rows, TINY_DIMENSIONS], values: Float32Array.from(vectors.slice(0, rows).flat()) },
    },
  });
  const tokenizer = {
    version: '1.0',
    added_tokens: Object.entries(vocab)
      .slice(0, 4)
      .map(([content, id]) => ({ id, content, special: true, single_word: false, lstrip: false, rstrip: false })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
  const config = { tokenizer_class: 'BertTokenizer', pad_token: '[PAD]', model_max_length: 512 };
  return new Map([
    ['model.onnx', model],
    ['tokenizer.json', Buffer.from(JSON.stringify(tokenizer))],
    ['tokenizer_config.json', Buffer.from(JSON.stringify(config))],
  ]);
}

const zeros = (): number[] => filled(0);
const filled = (value: number): number[] => Array.from({ length: TINY_DIMENSIONS }, () => value);
/** The same for every word the tokenizer does not know, and small. */
const faint = (kind: number): number[] =>
  Array.from({ length: TINY_DIMENSIONS }, (_, d) => 0.02 * wave(kind * 7919 + d));
const ofIdea = (idea: number): number[] =>
  Array.from({ length: TINY_DIMENSIONS }, (_, d) => wave((idea + 11) * 104_729 + d * 31));
/** Between −1 and 1, the same on every machine. */
const wave = (n: number): number => (Math.imul(n ^ (n << 13), 0x5bd1e995) >> 16) / 32_768;
