// Encoders: read from a folder, stored, opened in a thread, and what is refused.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../shared/errors.ts';
import { cosine } from '../../../shared/models/encoder/encoder.ts';
import { type EncoderWishes, readEncoderFolder } from '../../../shared/models/encoder/read-folder.ts';
import { EncoderRegistry } from '../../../shared/models/encoder/registry.ts';
import { evenStarts, TextTokens } from '../../../shared/models/encoder/tokens.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import fc from '../../fakes/property.ts';
import { TINY_DIMENSIONS, tinyEncoder } from './tiny-encoder.ts';

const clock = { now: () => 1_700_000_000_000, sleep: async () => {} };
const MINILM = join(import.meta.dirname, '../../../../shared/data/encoder/minilm-l6-v2-int8');

const read = (files: ReadonlyMap<string, Uint8Array>, wishes: Partial<EncoderWishes> = {}) =>
  readEncoderFolder((path) => files.get(path), { name: 'tiny', ...wishes });
const withFiles = (changed: Record<string, object | Uint8Array | undefined>, base = tinyEncoder()) => {
  const files = new Map(base);
  for (const [path, content] of Object.entries(changed))
    if (content === undefined) files.delete(path);
    else files.set(path, content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content)));
  return files;
};
const codeFrom = (work: () => unknown): ErrorCode | 'none' => {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as { code: ErrorCode }).code;
  }
};

let opened: EncoderRegistry | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});
const registryOf = (lake = new MemoryLake()) => {
  opened = new EncoderRegistry(lake, { clock });
  return { lake, registry: opened };
};

describe('encoder folder', () => {
  test('tells inputs, output, pooling and dimensions, and that the mean is a guess', () => {
    const { description, notices, artifacts } = read(tinyEncoder());
    expect(description).toMatchObject({
      dimensions: TINY_DIMENSIONS,
      inputs: ['input_ids', 'attention_mask'],
      output: 'last_hidden_state',
      pooling: 'mean',
      maxTokens: 256,
      prefixes: { document: '', label: '' },
    });
    expect(notices.join()).toContain('the mean is taken');
    expect(Object.keys(artifacts)).toEqual(['model.onnx', 'tokenizer.json', 'tokenizer_config.json']);
  });

  test('follows what sentence-transformers writes beside the model', () => {
    const files = withFiles({
      '1_Pooling/config.json': { pooling_mode_cls_token: false, pooling_mode_mean_tokens: true },
      'sentence_bert_config.json': { max_seq_length: 128 },
      'config_sentence_transformers.json': { prompts: { query: 'find: ', document: 'text: ' } },
    });
    const { description } = read(files);
    expect(description).toMatchObject({
      pooling: 'mean',
      maxTokens: 128,
      prefixes: { document: 'text: ', label: 'find: ' },
    });
  });

  test('an e5 model gets its prefixes unless the user says otherwise', () => {
    expect(read(tinyEncoder(), { name: 'multilingual-e5-small' }).description.prefixes).toEqual({
      document: 'passage: ',
      label: 'query: ',
    });
    expect(
      read(tinyEncoder(), { name: 'e5', prefixes: { document: '', label: '' } }).description.prefixes.document,
    ).toBe('');
  });

  test.each<[string, ErrorCode, () => Map<string, Uint8Array>]>([
    ['no tokenizer', 'encoder.missing-file', () => withFiles({ 'tokenizer.json': undefined })],
    ['no model', 'encoder.missing-file', () => withFiles({ 'model.onnx': undefined })],
    [
      'a tokenizer of an unknown kind',
      'encoder.unsupported',
      () => withFiles({ 'tokenizer.json': { model: { type: 'Magic' } } }),
    ],
    ['a tokenizer that is no JSON', 'encoder.unsupported', () => withFiles({ 'tokenizer.json': Buffer.from('{') })],
    ['an input it does not know', 'encoder.unsupported', () => tinyEncoder({ input: 'pixel_values' })],
    ['more tokens than the model has', 'encoder.tokenizer-mismatch', () => tinyEncoder({ vocabulary: 6 })],
    [
      'a smaller vocabulary in its config',
      'encoder.tokenizer-mismatch',
      () => withFiles({ 'config.json': { vocab_size: 5 } }),
    ],
    ['NaN', 'encoder.bad-output', () => tinyEncoder({ poison: Number.NaN, ideas: [['the', 'a', 'cat']] })],
    ['a model that is none', 'model.corrupt', () => withFiles({ 'model.onnx': Buffer.from('no model') })],
    [
      'pooling it does not know',
      'encoder.unsupported',
      () => withFiles({ '1_Pooling/config.json': { pooling_mode_max_tokens: true } }),
    ],
  ])('refuses %s with %s', (_, code, files) => {
    expect(codeFrom(() => read(files()))).toBe(code);
  });

  test('refuses the tokenizer of another model: known sentences lose their meaning', () => {
    const files = tinyEncoder();
    const tokenizer = JSON.parse(Buffer.from(files.get('tokenizer.json') ?? '').toString()) as {
      model: { vocab: Record<string, number> };
    };
    const words = Object.keys(tokenizer.model.vocab).slice(4);
    words.forEach((word, i) => {
      tokenizer.model.vocab[word] = 4 + ((i * 7 + 3) % words.length);
    });
    expect(codeFrom(() => read(withFiles({ 'tokenizer.json': tokenizer })))).toBe('encoder.tokenizer-mismatch');
  });
});

describe('encoders in the lake', () => {
  test('one folder is one version, and another setting another', async () => {
    const { registry } = registryOf();
    const first = await registry.register(read(tinyEncoder()));
    expect(await registry.register(read(tinyEncoder()))).toBe(first);
    expect(await registry.register(read(tinyEncoder(), { windows: 1 }))).not.toBe(first);
    expect((await registry.list()).encoders).toHaveLength(2);
  });

  test('one that an earlier build read otherwise gets another version, and its vectors another place', async () => {
    const { registry } = registryOf();
    const file = JSON.parse(Buffer.from(tinyEncoder().get('tokenizer.json') ?? '').toString()) as object;
    const now = read(withFiles({ 'tokenizer.json': { ...file, pre_tokenizer: { type: 'Whitespace' } } }));
    const { reading, ...before } = now.description;
    expect(reading).toBe(2);
    const earlier = await registry.register({ ...now, description: before });
    expect(await registry.register(now)).not.toBe(earlier);
  });

  test('the one in use is named, changed and taken away', async () => {
    const { registry } = registryOf();
    const version = await registry.register(read(tinyEncoder()));
    expect(await registry.current()).toBeUndefined();
    await registry.use(version);
    expect((await registry.list()).encoders).toMatchObject([{ version, inUse: true }]);
    await registry.use(null);
    expect(await registry.current()).toBeUndefined();
    await expect(registry.use('absent-00000000')).rejects.toMatchObject({ code: 'encoder.not-found' });
  });

  test('encodes in a thread: the same vectors in any company, synonyms near', async () => {
    const { registry } = registryOf();
    const { encoder } = await registry.open(await registry.register(read(tinyEncoder())));
    const texts = ['invoice paid', 'bill outstanding', 'doctor', 'card '.repeat(900)];
    const together = await encoder.encode(texts, 'document');
    const alone = await encoder.encode(texts.slice(3), 'document');
    expect(cosine(together, 0, together, 1, TINY_DIMENSIONS)).toBeGreaterThan(0.99);
    expect(cosine(together, 0, together, 2, TINY_DIMENSIONS)).toBeLessThan(0.7);
    expect(cosine(together, 3, alone, 0, TINY_DIMENSIONS)).toBeCloseTo(1, 6);
  });

  test('of a model of 8-bit integers a text has the same vector to the last bit whatever is encoded beside it', async () => {
    const { registry } = registryOf();
    const ideas = [['the', 'a', 'cat']];
    const files = tinyEncoder({ isQuantized: true, ideas, poison: 9 });
    const { encoder } = await registry.open(await registry.register(read(files)));
    const [alone, beside] = [['doctor'], ['doctor', 'the cat', 'card '.repeat(40)]];
    const vector = await encoder.encode(alone, 'document');
    expect((await encoder.encode(beside, 'document')).subarray(0, TINY_DIMENSIONS)).toEqual(vector);
  });

  test('a file changed under its version is refused with its name, and importing the folder again mends it', async () => {
    const { lake, registry } = registryOf();
    const version = await registry.register(read(tinyEncoder()));
    await lake.write(`encoders/${version}/tokenizer.json`, '{}');
    const { encoder } = await registry.open(version);
    await expect(encoder.encode(['invoice'], 'document')).rejects.toMatchObject({ code: 'encoder.checksum-mismatch' });
    await registry.register(read(tinyEncoder()));
    expect(await encoder.encode(['invoice'], 'document')).toHaveLength(TINY_DIMENSIONS);
  });

  test('a damaged manifest hides no other encoder', async () => {
    const { lake, registry } = registryOf();
    const version = await registry.register(read(tinyEncoder()));
    await lake.write('encoders/other-00000000/manifest.json', '{');
    const { encoders, broken } = await registry.list();
    expect(encoders.map((encoder) => encoder.version)).toEqual([version]);
    expect(broken).toMatchObject([{ id: 'other-00000000', code: 'encoder.corrupt' }]);
  });
});

test('a list tells every damaged record and shows the rest; using one again mends the record of the one in use', async () => {
  const { lake, registry } = registryOf();
  const version = await registry.register(read(tinyEncoder()));
  await lake.write('encoders/null-00000000/manifest.json', 'null');
  for (const damage of ['', '{', 'null', '7', '{"version":7}']) {
    await lake.write('encoders/current.json', damage);
    await expect(registry.current(), damage).rejects.toMatchObject({ code: 'lake.corrupt-record' });
    const { encoders, broken } = await registry.list();
    expect(encoders).toMatchObject([{ version, inUse: false }]);
    expect(broken.map(({ path }) => path)).toEqual(['encoders/current.json', 'encoders/null-00000000/manifest.json']);
  }
  await registry.use(version);
  expect(await registry.current()).toBe(version);
});

describe('windows', () => {
  const files = tinyEncoder();
  const json = (path: string) => JSON.parse(Buffer.from(files.get(path) ?? '').toString()) as object;
  const tokens = new TextTokens(json('tokenizer.json'));

  test('a short text is one framed window, a long one its beginning, middle and end', () => {
    expect(tokens.windows('invoice', '', 16, 3)).toHaveLength(1);
    const long = `${'invoice '.repeat(40)}${'lawyer '.repeat(40)}${'card '.repeat(40)}`;
    const windows = tokens.windows(long, '', 16, 3);
    expect(windows.map((ids) => ids.length)).toEqual([16, 16, 16]);
    expect(new Set(windows.map((ids) => ids[1])).size).toBe(3);
  });

  test('property: no window is longer than allowed, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 800, unit: 'binary' }), fc.integer({ min: 16, max: 64 }), (text, most) => {
        const windows = tokens.windows(text, '', most, 3);
        expect(windows.length).toBeGreaterThan(0);
        for (const ids of windows) expect(ids.length).toBeLessThanOrEqual(most);
      }),
      { numRuns: 30 },
    );
  });

  test('property: pieces begin at 0, end at the end, and leave nothing out where they may be many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 400 }), (length, size) => {
        const starts = evenStarts(length, size, 10_000);
        expect(starts[0]).toBe(0);
        expect((starts.at(-1) ?? 0) + size).toBeGreaterThanOrEqual(length);
        starts.slice(1).forEach((start, i) => {
          expect(start - (starts[i] ?? 0)).toBeLessThanOrEqual(size);
        });
      }),
    );
  });
});

test.skipIf(!existsSync(MINILM))(
  'MiniLM (skipped without the shared data): ids as its own library gives them, 384 dimensions, and English alone is understood',
  () => {
    const file = (path: string) => (existsSync(join(MINILM, path)) ? readFileSync(join(MINILM, path)) : undefined);
    const { description, artifacts, notices } = readEncoderFolder(file, { name: 'minilm' });
    expect(notices.join()).toContain('in English, not in German, French, Spanish, Italian');
    expect(description).toMatchObject({
      dimensions: 384,
      pooling: 'mean',
      inputs: expect.arrayContaining(['token_type_ids']),
    });
    const json = (path: string) => JSON.parse(Buffer.from(artifacts[path] ?? '').toString()) as object;
    const tokens = new TextTokens(json('tokenizer.json'));
    // BERT uncased, as published: [CLS] hello world, [SEP]
    expect(tokens.windows('Hello world,', '', 256, 3)).toEqual([[101, 7592, 2088, 1010, 102]]);
    // As the Rust library gives them.
    expect(tokens.windows('ΟΔΟΣ für 𠮷a', '', 256, 3)).toEqual([
      [101, 1169, 29722, 29730, 29733, 6519, 100, 1037, 102],
    ]);
    expect(tokens.windows('Rechnung vom 12.03.2024: 1.250,00 €', '', 256, 3)).toEqual([
      [
        101, 28667, 7295, 5575, 29536, 2213, 2260, 1012, 6021, 1012, 16798, 2549, 1024, 1015, 1012, 5539, 1010, 4002,
        1574, 102,
      ],
    ]);
    expect(description.reading).toBeUndefined();
  },
);
