import { describe, expect, test } from 'vitest';
import { BucketSet } from '../../shared/features/bucket-set.ts';
import type { Csr } from '../../shared/features/sparse.ts';
import { type LinearModel, LinearScorer } from '../../shared/models/linear-model.ts';
import { contributionsRoom } from '../../shared/models/scorer.ts';
import { WideMargins } from '../../shared/models/wide-margins.ts';
import { seededRandom } from '../../shared/ports.ts';

const random = seededRandom(3);
const draw = () => (random.next() - 0.5) * 10 ** Math.floor(random.next() * 6);

/** A model over every second column. */
function makeModel(used: number, margins: number): LinearModel {
  return {
    width: 2 * used,
    columns: Int32Array.from({ length: used }, (_, j) => 2 * j),
    coefficients: Float64Array.from({ length: used * margins }, draw),
    intercepts: Float64Array.from({ length: margins }, draw),
    isBinomial: false,
  };
}

/** Rows with so many entries each, at columns spread over the width, known and unknown ones. */
function makeRows(width: number, lengths: readonly number[]): Csr {
  const rows = lengths.map((length) => {
    const step = Math.floor(width / Math.max(1, length));
    return Array.from({ length }, (_, i) => i * step + Math.floor(random.next() * step));
  });
  const indptr = Uint32Array.from([0, ...lengths]);
  for (let i = 1; i < indptr.length; i++) indptr[i]! += indptr[i - 1]!;
  const indices = Int32Array.from(rows.flat());
  return { rows: rows.length, width, indptr, indices, values: Float64Array.from(indices, draw) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array) => Buffer.from(buffer, byteOffset, byteLength);

describe('margins of large models', () => {
  for (const margins of [8, 9, 20, 23])
    test(`${margins} labels: equal to the plain sums bit for bit, call after call, and so are reasons`, () => {
      const model = makeModel(Math.ceil(2 ** 18 / margins), margins);
      const [plain, fast] = [new LinearScorer(model), new LinearScorer(model, 'softmax', true)];
      for (const lengths of [[3, 0, 700, 1], Array.from({ length: 1100 }, (_, row) => row % 20), []]) {
        const x = makeRows(model.width, lengths);
        expect(bytesOf(fast.margins(x)).equals(bytesOf(plain.margins(x)))).toBe(true);
        if (x.rows > 2) {
          const [byFast, byPlain] = [contributionsRoom(700), contributionsRoom(700)];
          fast.contributions(x, 2, margins - 1, 0, byFast);
          plain.contributions(x, 2, margins - 1, 0, byPlain);
          expect(bytesOf(byFast.own).equals(bytesOf(byPlain.own))).toBe(true);
          expect(bytesOf(byFast.runnerUp).equals(bytesOf(byPlain.runnerUp))).toBe(true);
        }
      }
      const x = makeRows(model.width, [5]);
      expect(WideMargins.open(model.coefficients, margins)?.of(x, new BucketSet(x.width, model.columns))).toBeDefined();
    });

  test('a row of more entries than there is room for is summed up like any other', () => {
    const model = makeModel(40_000, 9);
    const x = makeRows(model.width, [4, 80_000, 5]);
    const fast = new LinearScorer(model, 'softmax', true).margins(x);
    expect(bytesOf(fast).equals(bytesOf(new LinearScorer(model).margins(x)))).toBe(true);
  });

  test('few labels or few coefficients are left where they are', () => {
    expect(WideMargins.open(new Float64Array(2 ** 20), 4)).toBeUndefined();
    expect(WideMargins.open(new Float64Array(800), 8)).toBeUndefined();
  });
});
