import { describe, expect, test } from 'vitest';
import type { Csr } from '../../shared/features/sparse.ts';
import { columnStats, sumColumns } from '../../shared/models/column-stats.ts';
import { keepVarying, occurringColumns, RowStage } from '../../shared/models/lr-preparation.ts';
import { seededRandom } from '../../shared/ports.ts';
import { Places } from '../../shared/wasm-modules.ts';
import fc from '../fakes/property.ts';
import { csrOf } from './matrices.ts';

const accept = () => {};

/** Some values that are stored are 0. */
function makeRows(rows: number, width: number, seed: number): { x: Csr; weights: Float64Array } {
  const random = seededRandom(seed);
  const X = Array.from({ length: rows }, () =>
    Array.from({ length: width }, () => (random.next() < 0.3 ? Math.ceil(random.next() * 4) / 3 : 0)),
  );
  const x = csrOf(X, width);
  const values = x.values.map((value) => (random.next() < 0.1 ? 0 : value));
  return { x: { ...x, values }, weights: Float64Array.from({ length: rows }, () => Math.floor(random.next() * 3) / 2) };
}

describe('columns that occur', () => {
  test('their sums are those of all columns, bit for bit, and so are their rows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.boolean(),
        (rows, width, seed, isWeighted) => {
          const { x, weights } = makeRows(rows, width, seed);
          const own = isWeighted ? weights : undefined;
          const found = occurringColumns(x, own, accept)!;
          const need = sumColumns(x, own);
          const rowsOf = new Uint32Array(width);
          for (let e = 0; e < x.values.length; e++) if (x.values[e] !== 0) rowsOf[x.indices[e]!]!++;
          const columns = [...rowsOf.keys()].filter((j) => rowsOf[j]! > 0);
          expect([...found.columns]).toEqual(columns);
          expect([...found.rowsOf]).toEqual(columns.map((j) => rowsOf[j]!));
          expect([...found.place]).toEqual([...rowsOf.keys()].map((j) => columns.indexOf(j)));
          expect([found.sums.weight, found.sums.weightSquared]).toEqual([need.weight, need.weightSquared]);
          for (const key of ['present', 'mean', 'spread'] as const)
            expect([...found.sums[key]]).toEqual(columns.map((j) => need[key][j]!));
        },
      ),
    );
  });

  test('those that do not vary are left out', () => {
    const x = csrOf(
      [
        [2, 1, 0, 5],
        [2, 0, 0, 5],
        [2, 3, 0, 5],
      ],
      4,
    );
    const found = occurringColumns(x, undefined, accept)!;
    const { place, rowsOf } = keepVarying(found, columnStats(found.sums).std);
    expect([...place]).toEqual([-1, 0, -1, -1]);
    expect([...rowsOf]).toEqual([2]);
  });

  test.for([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s is shown to the check', (value) => {
    const seen: number[] = [];
    occurringColumns(csrOf([[1, 2], [3]], 2), undefined, (number) => seen.push(number));
    expect(seen).toEqual([]);
    occurringColumns(csrOf([[1, 2], [value]], 2), undefined, (number) => seen.push(number));
    expect(seen.some((number) => Object.is(number, value))).toBe(true);
  });
});

test('rows come into the memory in parts: many rows, and one that is longer than a part', () => {
  const lengths = [3, 0, 40_000, ...Array.from({ length: 9000 }, (_, row) => row % 5)];
  const indptr = Uint32Array.from([0, ...lengths]);
  for (let i = 1; i < indptr.length; i++) indptr[i]! += indptr[i - 1]!;
  const entries = indptr.at(-1)!;
  const x: Csr = {
    ...{ rows: lengths.length, width: 50_000, indptr },
    indices: Int32Array.from({ length: entries }, (_, e) => e % 50_000),
    values: Float64Array.from({ length: entries }, (_, e) => e / 2),
  };
  const places = new Places();
  const stage = new RowStage(x, places);
  const buffer = new ArrayBuffer(places.end);
  let next = 0;
  let parts = 0;
  for (const { from, rows, entries: count, indptr: at, indices, values, indices0 } of stage.parts(buffer)) {
    expect(from).toBe(next);
    const start = indptr[from]!;
    expect(new Uint32Array(buffer, at, rows + 1)).toEqual(indptr.slice(from, from + rows + 1));
    expect(count).toBe(indptr[from + rows]! - start);
    expect(new Int32Array(buffer, indices, count)).toEqual(x.indices.slice(start, start + count));
    expect(new Float64Array(buffer, values, count)).toEqual(x.values.slice(start, start + count));
    expect(indices0).toBe(indices - 4 * start);
    next += rows;
    parts++;
  }
  expect(next).toBe(x.rows);
  expect(parts).toBeGreaterThan(2);
});
