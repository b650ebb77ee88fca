// Ids of texts: what the parts of a tokenizer.json make of them. All that is expected here was given by the Rust library (Tokenizers.DotNet 1.4.1).
import { describe, expect, test } from 'vitest';
import { isReadAsEver } from '../../../shared/models/encoder/tokenizer/earlier.ts';
import { readTokenizer } from '../../../shared/models/encoder/tokenizer/tokenizer.ts';
import { TextTokens } from '../../../shared/models/encoder/tokens.ts';
import { piecesOf, probeOf, smallCharsmap } from './probe-tokenizer.ts';

const pieces = (parts: Parameters<typeof probeOf>[0], text: string) =>
  piecesOf(readTokenizer(probeOf(parts)).idsOf(text));
const bert = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};

describe('pre-tokenizers', () => {
  test.each([
    ['Whitespace: words of all letters', { type: 'Whitespace' }, 'für naïve €5', 'für|naïve|€|5'],
    ['Whitespace: joiners are of the word', { type: 'Whitespace' }, 'foo_bar-baz a\u200db', 'foo_bar|-|baz|a\u200db'],
    ['Whitespace: raised digits are none', { type: 'Whitespace' }, 'x²y ½', 'x|²|y|½'],
    ['WhitespaceSplit', { type: 'WhitespaceSplit' }, 'a\u0085b\ufeffc\u00a0d', 'a|b\ufeffc|d'],
    ['Digits', { type: 'Digits', individual_digits: false }, 'H₂O 12½ Ⅻ٣a', 'H|₂|O |12½| |Ⅻ٣|a'],
    ['Digits, each', { type: 'Digits', individual_digits: true }, 'H₂O 12½', 'H|₂|O |1|2|½'],
    ['Punctuation', { type: 'Punctuation' }, 'what?! a--b', 'what|?|!| a|-|-|b'],
    ['Punctuation, runs', { type: 'Punctuation', behavior: 'Contiguous' }, 'what?! a--b', 'what|?!| a|--|b'],
    ['Metaspace', { type: 'Metaspace', replacement: '▁' }, 'one two  three', '▁one|▁two|▁|▁three'],
    ['CharDelimiterSplit', { type: 'CharDelimiterSplit', delimiter: '-' }, 'a-b--c', 'a|b|c'],
    ['ByteLevel', { type: 'ByteLevel', add_prefix_space: true }, "it's für\u0085  12", "Ġit|'s|ĠfÃ¼r|ÂħĠ|Ġ12"],
  ])('%s', (_, pre, text, expected) => {
    expect(pieces({ pre }, text)).toBe(expected);
  });

  test.each([
    ['Removed', { String: '--' }, 'a--b----c', 'a|b|c'],
    ['MergedWithPrevious', { Regex: '\\s' }, 'a  b für', 'a | |b |für'],
    ['MergedWithNext', { Regex: '[A-Z]' }, 'fooBarBAZq', 'foo|Bar|B|A|Zq'],
    ['Contiguous', { Regex: '[A-Z]' }, 'fooBarBAZq', 'foo|B|ar|BAZ|q'],
    ['Isolated', { Regex: '[A-Z]' }, 'fooBarBAZq', 'foo|B|ar|B|A|Z|q'],
  ])('Split, %s', (behavior, pattern, text, expected) => {
    expect(pieces({ pre: { type: 'Split', pattern, behavior, invert: false } }, text)).toBe(expected);
  });
});

describe('normalizers', () => {
  const table = { type: 'Precompiled', precompiled_charsmap: smallCharsmap() };
  test.each([
    ['Lowercase: a sigma is a sigma at the end of a word too', { type: 'Lowercase' }, 'ΟΔΟΣ İ', 'οδοσ i̇'],
    ['BertNormalizer: the same', bert, 'ΟΔΟΣ Éa', 'οδοσ ea'],
    ['BertNormalizer: Han outside the first plane', bert, '𠮷野', ' 𠮷  野 '],
    ['BertNormalizer: what has no meaning yet stays', bert, 'a\u200bb\u0085c\u0378', 'abc\u0378'],
    ['BertNormalizer, accents and case kept', { ...bert, strip_accents: false, lowercase: false }, 'Éa日', 'Éa 日 '],
    ['Precompiled: its table alone', table, 'Ab ﬁ BA', 'ab ﬁ Ba'],
    ['Precompiled: a short grapheme is replaced as a whole', table, 'A\u0301', 'a'],
    ['Precompiled: a long one is not', table, 'A\u0301\u0302\u0303', 'a\u0301\u0302\u0303'],
    ['Precompiled: white space that it does not name stays', table, '\ta\r\nA', '\ta\r\na'],
    ['Nmt', { type: 'Nmt' }, 'a\u0007b\ufeffc▁d\u00a0e', 'ab c d\u00a0e'],
    [
      'Replace: the content is no pattern',
      { type: 'Replace', pattern: { String: 'USD' }, content: '$&' },
      '5 USD',
      '5 $&',
    ],
    ['Prepend: nothing before nothing', { type: 'Prepend', prepend: '▁' }, '', ''],
    ['Strip', { type: 'Strip', strip_left: true, strip_right: true }, '\u0085\u00a0a\ufeff ', 'a\ufeff'],
  ])('%s', (_, normalizer, text, expected) => {
    expect(pieces({ normalizer }, text)).toBe(expected);
  });
});

test('added tokens: found before or after a text is normalized, alone or inside words, with the white space beside them', () => {
  const token = (id: number, content: string, said: object = {}) => ({
    id: 513 + id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
    ...said,
  });
  const added = [
    token(0, '[X]'),
    token(1, 'Foo', { normalized: true, special: false }),
    token(2, '<s>', { lstrip: true }),
    token(3, 'ab', { normalized: true, special: false, single_word: true }),
  ];
  const shown = (text: string) =>
    pieces({ normalizer: { type: 'Lowercase' }, pre: { type: 'Whitespace' }, added }, text);
  expect(shown('a[X]b [x] FOOd')).toBe('a|#513|b|[|x|]|#514|d');
  expect(shown('a  <s> b')).toBe('a|#515|b');
  expect(shown('ab cab üab ab.')).toBe('#516|cab|üab|#516|.');
});

describe('models', () => {
  const idsOf = (model: object, pre_tokenizer: object | null, text: string) =>
    readTokenizer({ ...probeOf({}), pre_tokenizer, model }).idsOf(text);
  const bytes = Array.from({ length: 256 }, (_, byte): [string, number] => [
    `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
    -20,
  ]);
  const unigram = (vocab: readonly [string, number][], byte_fallback = false) => ({
    type: 'Unigram',
    unk_id: 0,
    byte_fallback,
    vocab: [['<unk>', -20], ...vocab],
  });

  test('WordLevel: the unknown word is the one its own file names', () => {
    const model = { type: 'WordLevel', unk_token: '[UNK]', vocab: { '[UNK]': 0, für: 1, a: 2 } };
    expect(idsOf(model, { type: 'Whitespace' }, 'für b a')).toEqual([1, 0, 2]);
  });

  test('Unigram: what is unknown is one piece, but not across pieces of the pre-tokenizer', () => {
    expect(idsOf(unigram([['a', -3]]), null, 'a☃☃a')).toEqual([1, 0, 1]);
    expect(idsOf(unigram([['a', -3]]), { type: 'Punctuation' }, '☃.☃')).toEqual([0, 0, 0]);
  });

  test('Unigram: unknown characters are their bytes where the file says so', () => {
    const vocab = unigram([['a', -3], ['b', -4], ...bytes], true);
    expect(idsOf(vocab, null, 'aéb')).toEqual([1, 198, 172, 2]);
  });

  test('Unigram: of two ways that are equally likely, the one whose sums come out so in the order of the library', () => {
    const vocab = unigram([
      ['x', -7.93],
      ['!', -7.02],
      ['!!', -8.76],
    ]);
    expect(idsOf(vocab, null, 'x!!!!!')).toEqual([1, 3, 2, 3]);
  });

  test('BPE without an unknown token: what is not known is left out before its neighbours are joined', () => {
    const model = { type: 'BPE', unk_token: null, vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };
    expect(idsOf(model, null, 'a☃b')).toEqual([2]);
  });
});

test('frames: of templates, of BERT and RoBERTa, one around another', () => {
  const frameOf = (post_processor: object | null) => readTokenizer({ ...probeOf({}), post_processor }).frame;
  const bertFrame = { type: 'BertProcessing', sep: ['[SEP]', 9], cls: ['[CLS]', 8] };
  const template = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { '<s>': { id: '<s>', ids: [3, 4], tokens: ['<', 's>'] } },
  };
  expect(frameOf(null)).toEqual({ before: [], after: [] });
  expect(frameOf(bertFrame)).toEqual({ before: [8], after: [9] });
  expect(frameOf({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, bertFrame, template] })).toEqual({
    before: [3, 4, 8],
    after: [9],
  });
});

test.each([
  ['pre-tokenizer', { pre: { type: 'UnicodeScripts' } }, 'the pre-tokenizer "UnicodeScripts" is not understood'],
  ['normalizer', { normalizer: { type: 'Shout' } }, 'the normalizer "Shout" is not understood'],
  ['table', { normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } }, 'precompiled_charsmap is no table'],
  [
    'behavior',
    { pre: { type: 'Punctuation', behavior: 'Glued' } },
    'Punctuation: the behavior "Glued" is not understood',
  ],
  ['pattern', { pre: { type: 'Split', pattern: 7, behavior: 'Isolated' } }, 'Split: the pattern is not understood'],
])('a %s that would be read otherwise is refused by its name', (_, parts, said) => {
  expect(() => new TextTokens(probeOf(parts))).toThrow(
    expect.objectContaining({ code: 'encoder.unsupported', message: `tokenizer.json: ${said}` }),
  );
});

test('it is known which tokenizers earlier builds read otherwise', () => {
  const isSame = (parts: Parameters<typeof probeOf>[0]) => isReadAsEver(probeOf(parts));
  expect(isSame({ normalizer: bert, pre: { type: 'BertPreTokenizer' } })).toBe(true);
  expect(isSame({ pre: { type: 'Whitespace' } })).toBe(false);
  expect(isSame({ pre: { type: 'Digits', individual_digits: true } })).toBe(false);
  expect(isSame({ normalizer: { type: 'Precompiled', precompiled_charsmap: smallCharsmap() } })).toBe(false);
  expect(isReadAsEver({ ...probeOf({}), model: { type: 'WordLevel', vocab: {} } })).toBe(false);
});
