// What an ONNX file says about itself: names of its classes, and whether what it gives are probabilities of one class.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completeSpec } from '../../../shared/features/spec.ts';
import { createOnnxBundle } from '../../../shared/models/foreign-bundle.ts';
import { openBundle } from '../../../shared/models/loaded-model.ts';
import { classNamesOf } from '../../../shared/models/onnx/class-names.ts';
import { readOnnxFile } from '../../../shared/models/onnx/model-proto.ts';
import fc from '../../fakes/property.ts';
import { makeOnnx, type NodeDraft, type ValueDraft } from './make-onnx.ts';

const ENGINES = join(import.meta.dirname, '../../../../shared/data/cases/engines/onnx');
const hasRuntime = (() => {
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node') !== '';
  } catch {
    return false;
  }
})();

const FLOAT = 1;
const INT64 = 7;
const STRING = 8;
const input: ValueDraft = { name: 'x', type: FLOAT, shape: ['N', 3] };
const scores = (name: string, columns = 3): ValueDraft => ({ name, type: FLOAT, shape: ['N', columns] });
const classifier = (labels: { strings?: string[]; ints?: number[] }): NodeDraft => ({
  op: 'LinearClassifier',
  domain: 'ai.onnx.ml',
  inputs: ['x'],
  outputs: ['label', 'raw'],
  floats: { coefficients: [1, 0, 0, 0, 1, 0, 0, 0, 1], intercepts: [0, 0, 0] },
  ...(labels.strings === undefined ? {} : { strings: { classlabels_strings: labels.strings } }),
  ...(labels.ints === undefined ? {} : { ints: { classlabels_ints: labels.ints } }),
});
const softmax: NodeDraft = { op: 'Softmax', inputs: ['raw'], outputs: ['probabilities'], int: { axis: 1 } };
const names = (nodes: NodeDraft[], more: Partial<Parameters<typeof makeOnnx>[0]> = {}) =>
  classNamesOf(
    readOnnxFile(makeOnnx({ nodes, inputs: [input], outputs: [scores('probabilities')], ...more })),
    'probabilities',
  );

describe('names of the classes', () => {
  test('are those of the classifier that the output is computed from', () => {
    const other = { ...classifier({ strings: ['p', 'q'] }), outputs: ['l2', 'r2'] };
    expect(names([classifier({ strings: ['a', 'b', 'c'] }), other, softmax])).toEqual(['a', 'b', 'c']);
  });

  test('may be numbers, but 0, 1, 2 are no names', () => {
    expect(names([classifier({ ints: [3, 70, 9] }), softmax])).toEqual(['3', '70', '9']);
    expect(names([classifier({ ints: [0, 1, 2] }), softmax])).toBeUndefined();
    expect(names([softmax], { metadata: { classes: '[1.0, 2.0, 4.5]' } })).toEqual(['1', '2', '4.5']);
    expect(names([softmax], { metadata: { classes: '[0.0, 1.0]' } })).toBeUndefined();
  });

  test.each([
    ['float32', FLOAT, { raw: new Uint8Array(Float32Array.of(1, 2, 4).buffer) }],
    ['float64', 11, { raw: new Uint8Array(Float64Array.of(1, 2, 4).buffer) }],
    ['int64', INT64, { raw: new Uint8Array(BigInt64Array.of(1n, 2n, 4n).buffer) }],
    ['int32, one by one', 6, { ints: [1, 2, 4] }],
  ])('may be a list of numbers that labels are picked from: %s', (_name, type, content) => {
    const pick: NodeDraft = {
      op: 'ArrayFeatureExtractor',
      domain: 'ai.onnx.ml',
      inputs: ['classes', 'best'],
      outputs: ['label'],
    };
    const numbers = { classes: { type, dims: [3], ...content } };
    const file = readOnnxFile(
      makeOnnx({ nodes: [softmax, pick], inputs: [input], outputs: [scores('probabilities')], numbers }),
    );
    expect(classNamesOf(file, 'probabilities', 3)).toEqual(['1', '2', '4']);
    // indices into something else
    expect(classNamesOf(file, 'probabilities', 2)).toBeUndefined();
  });

  test('stand in a ZipMap beside the output, in a list that labels are picked from, or in the metadata', () => {
    const zip: NodeDraft = {
      op: 'ZipMap',
      domain: 'ai.onnx.ml',
      inputs: ['probabilities'],
      outputs: ['maps'],
      strings: { classlabels_strings: ['u', 'v'] },
    };
    expect(names([softmax, zip])).toEqual(['u', 'v']);
    const pick: NodeDraft = { op: 'ArrayFeatureExtractor', inputs: ['classes', 'best'], outputs: ['label'] };
    expect(names([softmax, pick], { strings: { classes: ['x', 'y'] } })).toEqual(['x', 'y']);
    expect(names([softmax], { metadata: { labels: '["k", "l"]' } })).toEqual(['k', 'l']);
    expect(names([softmax], { metadata: { names: "{0: 'cat', 1: 'dog'}" } })).toEqual(['cat', 'dog']);
    expect(names([softmax], { metadata: { id2label: '{"0": "one", "1": "two"}' } })).toEqual(['one', 'two']);
    expect(names([softmax], { metadata: { names: 'three words here' } })).toBeUndefined();
  });

  test('two lists that could both be meant are none', () => {
    const two = [classifier({ strings: ['a', 'b'] }), { ...classifier({ strings: ['c', 'd'] }), outputs: ['m', 'n'] }];
    expect(names([...two, { op: 'Add', inputs: ['raw', 'n'], outputs: ['probabilities'] }])).toBeUndefined();
  });

  test('of any bytes: a value or model.corrupt', () => {
    const file = makeOnnx({
      nodes: [classifier({ strings: ['a'] })],
      inputs: [input],
      outputs: [scores('probabilities')],
    });
    const damaged = fc
      .tuple(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length))
      .map(([at, byte, end]) => Uint8Array.from(file, (old, i) => (i === at ? byte : old)).subarray(0, end));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        try {
          classNamesOf(readOnnxFile(bytes), 'probabilities');
        } catch (error) {
          expect(error).toMatchObject({ code: 'model.corrupt' });
        }
      }),
    );
  });
});

describe.skipIf(!hasRuntime)('what is registered (skipped: onnxruntime-node is absent)', () => {
  const features = completeSpec({ numFeatures: 3 });
  const bundle = (bytes: Uint8Array, labels?: string[], options = {}) =>
    createOnnxBundle({ bytes, labels, taxonomyVersion: null, features, idf: null }, options);
  const named = makeOnnx({
    nodes: [classifier({ strings: ['a', 'b', 'c'] }), softmax],
    inputs: [input],
    outputs: [{ name: 'label', type: STRING, shape: ['N'] }, scores('probabilities'), scores('raw')],
  });

  test('labels come from the file; a contradicting list is refused, an equal one is not', async () => {
    expect((await bundle(named)).description.labels).toEqual(['a', 'b', 'c']);
    expect((await bundle(named, ['a', 'b', 'c'])).description.labels).toEqual(['a', 'b', 'c']);
    await expect(bundle(named, ['c', 'b', 'a'])).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining('a, b, c'),
    });
  });

  test('a ZipMap at the end is left out: its tensor is read, its labels are the names, whatever they are called', async () => {
    const zipped = (labels: Pick<NodeDraft, 'strings' | 'ints'>, key: number) =>
      makeOnnx({
        nodes: [
          classifier({ ints: [0, 1, 2] }),
          softmax,
          { op: 'ZipMap', domain: 'ai.onnx.ml', inputs: ['probabilities'], outputs: ['maps'], ...labels },
        ],
        inputs: [input],
        outputs: [
          { name: 'label', type: INT64, shape: ['N'] },
          { name: 'maps', type: key, shape: [], isListOfMaps: true },
        ],
      });
    const strings = { strings: { classlabels_strings: ['Verträge', 'Zoll', '請求書'] } };
    const read = await bundle(zipped(strings, STRING));
    expect(read.description.labels).toEqual(['Verträge', 'Zoll', '請求書']);
    const x = {
      rows: 1,
      width: 3,
      indptr: Uint32Array.of(0, 1),
      indices: Int32Array.of(1),
      values: Float64Array.of(2),
    };
    const [mapped, plain] = await Promise.all(
      [read, await bundle(named)].map(async ({ description, artifacts }) =>
        (await openBundle('x', description, artifacts)).score(x),
      ),
    );
    expect(mapped).toEqual(plain);
    const ints = { ints: { classlabels_int64s: [7, 3, 5] } };
    expect((await bundle(zipped(ints, INT64))).description.labels).toEqual(['7', '3', '5']);
  });

  test('a ZipMap and a classifier that name the classes differently name none; two outputs of probabilities are asked about', async () => {
    const twice = makeOnnx({
      nodes: [
        classifier({ strings: ['a', 'b', 'c'] }),
        softmax,
        {
          op: 'ZipMap',
          domain: 'ai.onnx.ml',
          inputs: ['probabilities'],
          outputs: ['maps'],
          strings: { classlabels_strings: ['c', 'b', 'a'] },
        },
      ],
      inputs: [input],
      outputs: [{ name: 'maps', type: STRING, shape: [], isListOfMaps: true }],
    });
    await expect(bundle(twice)).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining('--labels'),
    });
    const heads = makeOnnx({
      nodes: [
        classifier({ strings: ['a', 'b', 'c'] }),
        softmax,
        { op: 'Softmax', inputs: ['x'], outputs: ['language_probabilities'], int: { axis: 1 } },
      ],
      inputs: [input],
      outputs: [scores('probabilities'), scores('language_probabilities')],
    });
    await expect(bundle(heads)).rejects.toMatchObject({
      code: 'model.unsupported',
      message: expect.stringContaining('--output'),
    });
    expect((await bundle(heads, undefined, { output: 'probabilities' })).description.labels).toEqual(['a', 'b', 'c']);
  });

  test('a file that names no classes needs labels', async () => {
    const silent = makeOnnx({
      nodes: [{ ...softmax, inputs: ['x'] }],
      inputs: [input],
      outputs: [scores('probabilities')],
    });
    await expect(bundle(silent)).rejects.toMatchObject({ code: 'request.invalid', message: /--labels/ });
    expect((await bundle(silent, ['k', 'l', 'm'])).description.labels).toEqual(['k', 'l', 'm']);
  });

  test('scores are refused as probabilities, and read when they are said to be logits', async () => {
    await expect(bundle(named, undefined, { output: 'raw' })).rejects.toMatchObject({
      code: 'model.unsupported',
      message: expect.stringContaining('--output-kind logits'),
    });
    const { description, artifacts } = await bundle(named, undefined, { output: 'raw', outputKind: 'logits' });
    const model = await openBundle('x', description, artifacts);
    const usual = await bundle(named);
    const same = await openBundle('x', usual.description, usual.artifacts);
    const x = model.featurize(['one two three', 'one']);
    model.score(x).forEach((p, i) => {
      expect(p).toBeCloseTo(same.score(x)[i]!, 6);
    });
  });

  test('several labels at once are refused: by their label output, and by rows that do not sum to 1', async () => {
    const sigmoid: NodeDraft = { op: 'Sigmoid', inputs: ['x'], outputs: ['probabilities'] };
    const file = (outputs: ValueDraft[], nodes: NodeDraft[] = []) =>
      makeOnnx({ nodes: [sigmoid, ...nodes], inputs: [input], outputs });
    const each: NodeDraft = { op: 'Cast', inputs: ['probabilities'], outputs: ['each'], int: { to: INT64 } };
    const labelEach: ValueDraft = { name: 'each', type: INT64, shape: ['N', 3] };
    for (const bytes of [file([scores('probabilities')]), file([labelEach, scores('probabilities')], [each])])
      await expect(bundle(bytes, ['a', 'b', 'c'])).rejects.toMatchObject({
        code: 'model.unsupported',
        message: expect.stringContaining('several labels'),
      });
  });

  test.skipIf(!existsSync(ENGINES))('files of skl2onnx 1.20 (skipped: ../shared/data/cases is absent)', async () => {
    const read = (name: string) => readFileSync(join(ENGINES, name));
    const input = { bytes: read('nozip.onnx'), taxonomyVersion: null, features: null, idf: null };
    const { description, artifacts } = await createOnnxBundle(input);
    expect(description.labels).toEqual(['Contracts', 'Customs', 'Invoices']);
    await expect(createOnnxBundle({ ...input, labels: ['Invoices', 'Contracts', 'Customs'] })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    const model = await openBundle('x', description, artifacts);
    const rows = read('rows.jsonl')
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).text as string);
    const { sk } = JSON.parse(read('nozip.json').toString()) as { sk: number[][] };
    model.score(model.featurize(rows)).forEach((p, i) => {
      expect(p).toBeCloseTo(sk.flat()[i]!, 4);
    });
    // where the machine has the locale the file is read; elsewhere the message names it
    const other = await createOnnxBundle({ ...input, bytes: read('nozip-default-locale.onnx') }).catch(
      (error) => error,
    );
    if (other instanceof Error)
      expect(other).toMatchObject({ code: 'model.locale-missing', message: expect.stringContaining('en_US.UTF-8') });
    else expect(other.description.labels).toEqual(description.labels);
  });
});
