// Vectors and matrices in every form Spark stores them in.

import { describe, expect, test } from 'vitest';
import { compactModel } from '../../../shared/models/linear-model.ts';
import { linearModelOf, vectorValues } from '../../../shared/training/spark/spark-values.ts';
import fc from '../../fakes/property.ts';

/** The four forms of one matrix, given row by row. */
function forms(dense: number[][]) {
  const rows = dense.length;
  const columns = dense[0]!.length;
  const transposed = Array.from({ length: columns }, (_, j) => dense.map((row) => row[j]!));
  const compress = (major: number[][]) => {
    const kept = major.map((values) =>
      values.map((value, i) => [i, value] as const).filter(([, value]) => value !== 0),
    );
    const colPtrs = [0];
    for (const entries of kept) colPtrs.push(colPtrs.at(-1)! + entries.length);
    return { colPtrs, rowIndices: kept.flat().map(([i]) => i), values: kept.flat().map(([, value]) => value) };
  };
  const shape = { numRows: rows, numCols: columns, colPtrs: null, rowIndices: null };
  return [
    { ...shape, type: 1, values: dense.flat(), isTransposed: true },
    { ...shape, type: 1, values: transposed.flat(), isTransposed: false },
    { ...shape, type: 0, ...compress(dense), isTransposed: true },
    { ...shape, type: 0, ...compress(transposed), isTransposed: false },
  ];
}

const value = fc.oneof(
  fc.constant(0),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => v + 0),
);
const matrices = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }))
  .chain(([rows, columns]) =>
    fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
  );

describe('linearModelOf', () => {
  test('row-major, column-major, CSR and CSC give the same model', () => {
    fc.assert(
      fc.property(matrices, (dense) => {
        const intercepts = dense.map((_, k) => k + 0.5);
        const numFeatures = dense[0]!.length;
        const wanted = compactModel(Float64Array.from(dense.flat()), Float64Array.from(intercepts), numFeatures, false);
        for (const coefficientMatrix of forms(dense)) {
          const interceptVector = { type: 1, size: null, indices: null, values: intercepts };
          const row = {
            numClasses: dense.length,
            numFeatures,
            interceptVector,
            coefficientMatrix,
            isMultinomial: true,
          };
          expect(linearModelOf(row)).toEqual(wanted);
        }
      }),
    );
  });

  test('the form of Spark 2.0: one vector of coefficients and one intercept', () => {
    const coefficients = { type: 0, size: 4, indices: [1, 3], values: [0.5, -2] };
    expect(linearModelOf({ numClasses: 2, numFeatures: 4, intercept: 0.25, coefficients })).toEqual({
      width: 4,
      columns: Int32Array.of(1, 3),
      coefficients: Float64Array.of(0.5, -2),
      intercepts: Float64Array.of(0.25),
      isBinomial: true,
    });
  });

  test('coefficients outside the matrix, wrong sizes and missing parts are model.corrupt', () => {
    const interceptVector = { type: 1, values: [0, 0] };
    const [rowMajor, , csr] = forms([
      [1, 0],
      [0, 2],
    ]);
    for (const coefficientMatrix of [
      { ...rowMajor, values: [1, 2, 3] },
      { ...csr, rowIndices: [0, 9] },
      { ...csr, colPtrs: undefined },
      null,
    ])
      expect(() => linearModelOf({ numFeatures: 2, interceptVector, coefficientMatrix, isMultinomial: true })).toThrow(
        expect.objectContaining({ code: 'model.corrupt' }),
      );
    expect(() =>
      linearModelOf({ numFeatures: 3, interceptVector, coefficientMatrix: rowMajor, isMultinomial: true }),
    ).toThrow(expect.objectContaining({ code: 'model.corrupt' }));
  });
});

test('vectorValues: sparse and dense forms are one vector', () => {
  expect(vectorValues({ type: 0, size: 5, indices: [1, 4], values: [2, 3] }, 'v')).toEqual(
    Float64Array.of(0, 2, 0, 0, 3),
  );
  expect(vectorValues({ type: 1, size: null, indices: null, values: [2, 3] }, 'v')).toEqual(Float64Array.of(2, 3));
  expect(() => vectorValues(undefined, 'v')).toThrow(expect.objectContaining({ code: 'model.corrupt' }));
});
