// ONNX models against outputs of onnxruntime. Goldens: shared/data/golden/onnx beside the checkout; fixtures/make.py for the text model.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Csr } from '../../../shared/features/sparse.ts';
import { completeSpec } from '../../../shared/features/spec.ts';
import { createOnnxBundle } from '../../../shared/models/foreign-bundle.ts';
import { OnnxScorer } from '../../../shared/models/onnx/onnx-scorer.ts';
import { FLOAT, openSession } from '../../../shared/models/onnx/runtime.ts';
import { ModelRegistry } from '../../../shared/models/registry.ts';
import { systemClock } from '../../../shared/ports.ts';
import { MemoryLake } from '../../fakes/memory-lake.ts';
import { makeOnnx } from './make-onnx.ts';

const GOLDEN = join(import.meta.dirname, '../../../../shared/data/golden/onnx');
const hasGoldens = existsSync(GOLDEN);
const hasRuntime = (() => {
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node') !== '';
  } catch {
    return false;
  }
})();

interface Case {
  file: string;
  input: (number | null)[][];
  outputs: Record<string, number[][]>;
}

const { cases } = hasGoldens
  ? (JSON.parse(readFileSync(join(GOLDEN, 'expected.json'), 'utf8')) as { cases: Case[] })
  : { cases: [] };

const matrix = (input: (number | null)[][]): Csr => {
  const width = input[0]!.length;
  return {
    rows: input.length,
    width,
    indptr: Uint32Array.from({ length: input.length + 1 }, (_, row) => row * width),
    indices: Int32Array.from({ length: input.length * width }, (_, e) => e % width),
    values: Float64Array.from(input.flat(), (value) => value ?? Number.NaN),
  };
};

const expectClose = (have: Float64Array, need: number[][]) => {
  expect(have.length).toBe(need.flat().length);
  need.flat().forEach((value, i) => {
    expect(Math.abs(have[i]! - value)).toBeLessThanOrEqual(1e-6);
  });
};

describe.skipIf(!hasRuntime)('rows of a call (skipped: onnxruntime-node is absent)', () => {
  const softmax = (batch: number | string, width = 3) =>
    makeOnnx({
      nodes: [{ op: 'Softmax', inputs: ['x'], outputs: ['p'] }],
      inputs: [{ name: 'x', type: FLOAT, shape: [batch, width] }],
      outputs: [{ name: 'p', type: FLOAT, shape: [batch, width] }],
    });
  const rows = [
    [1, 2, 3],
    [0, 0, 1],
    [5, 1, 1],
    [2, 2, 2],
    [0, 3, 1],
  ];

  test('are as many as the file was exported for; the last ones are filled up', () => {
    const of = (batch: number | string) => new OnnxScorer(openSession(softmax(batch)), 3).probabilities(matrix(rows));
    for (const batch of [1, 2, 5, 7]) expect(of(batch)).toEqual(of('rows'));
  });

  test('may not be more than memory is meant for, and what the runtime refuses has a code', () => {
    expect(() => new OnnxScorer(openSession(softmax(100_000)), 3)).toThrow(/dynamic_axes/);
    const scorer = new OnnxScorer(
      { ...openSession(softmax('rows')), run: () => expect.fail('cannot cast "Dear Ms Example" \n to float') },
      3,
    );
    expect(() => scorer.requireProbabilities()).toThrow(/cannot cast .* to float/);
    expect(() => scorer.probabilities(matrix(rows))).toThrow(
      expect.objectContaining({ code: 'model.unsupported', message: expect.not.stringContaining('Dear') }),
    );
  });
});

describe.skipIf(!hasGoldens || !hasRuntime)(
  'onnx goldens (skipped: ../shared/data or onnxruntime-node is absent)',
  () => {
    for (const { file, input, outputs } of cases) {
      test(`${file}: probabilities are the runtime's`, () => {
        const scorer = new OnnxScorer(openSession(readFileSync(join(GOLDEN, file))), 4);
        expectClose(scorer.probabilities(matrix(input)), outputs.probabilities ?? outputs.scores!);
      });
    }

    test('an output of logits goes through softmax when it is named and said to be one', () => {
      const { file, input, outputs } = cases[0]!;
      const options = { output: 'scores', outputKind: 'logits' } as const;
      const scorer = new OnnxScorer(openSession(readFileSync(join(GOLDEN, file))), 4, options);
      expectClose(scorer.probabilities(matrix(input)), outputs.probabilities!);
    });

    test('wrong output names, wrong numbers of labels and damaged files have their codes', async () => {
      const bytes = readFileSync(join(GOLDEN, 'gemm-softmax.onnx'));
      expect(() => new OnnxScorer(openSession(bytes), 4, { output: 'nothing' })).toThrow(
        expect.objectContaining({ code: 'model.unsupported' }),
      );
      expect(() => new OnnxScorer(openSession(bytes), 3).probabilities(matrix(cases[0]!.input))).toThrow(
        expect.objectContaining({ code: 'model.width-mismatch' }),
      );
      expect(() => openSession(bytes.subarray(0, 100))).toThrow(expect.objectContaining({ code: 'model.corrupt' }));
      const features = completeSpec({ numFeatures: 8 });
      await expect(
        createOnnxBundle({ bytes, labels: ['a', 'b', 'c', 'd'], taxonomyVersion: null, features, idf: null }),
      ).rejects.toMatchObject({ code: 'model.width-mismatch' });
    });
  },
);

describe.skipIf(!hasRuntime)('a model over the text itself (skipped: onnxruntime-node is absent)', () => {
  test('texts pass through featurize and score like any vector, and survive the registry', async () => {
    const bytes = readFileSync(join(import.meta.dirname, 'fixtures/text.onnx'));
    const registry = new ModelRegistry(new MemoryLake(), { clock: systemClock });
    const labels = ['Invoices', 'Contracts'];
    const bundle = await createOnnxBundle({ bytes, labels, taxonomyVersion: null, features: null, idf: null });
    const model = await registry.load(await registry.register(bundle));
    const texts = ['invoice', 'contract', 'Größe', '', 'unknown', ...Array.from({ length: 100 }, () => 'invoice')];
    const p = model.score(model.featurize(texts));
    const sigmoid = (m: number) => 1 / (1 + Math.exp(-m));
    [sigmoid(2), sigmoid(-3), sigmoid(1), 0.5, 0.5].forEach((value, row) => {
      expect(p[2 * row]).toBeCloseTo(value, 6);
    });
    expect(p[2 * 104]).toBeCloseTo(sigmoid(2), 6);
    expect(model.explain('invoice', model.featurize(['invoice']), 0, 0, 1, 3)).toEqual([]);
  });
});
