// The CSR file: round trip and refusal of damage.

import { describe, expect, test } from 'vitest';
import { type Csr, decodeCsr, encodeCsr, leastDocFreq, selectRows } from '../../shared/features/sparse.ts';
import fc from '../fakes/property.ts';

const matrices: fc.Arbitrary<Csr> = fc.integer({ min: 1, max: 50 }).chain((width) =>
  fc
    .array(
      fc
        .uniqueArray(fc.integer({ min: 0, max: width - 1 }), { maxLength: width })
        .chain((columns) =>
          fc.tuple(
            fc.constant([...columns].sort((a, b) => a - b)),
            fc.array(fc.double(), { minLength: columns.length, maxLength: columns.length }),
          ),
        ),
      { maxLength: 20 },
    )
    .map((rows) => {
      const indptr = new Uint32Array(rows.length + 1);
      rows.forEach(([columns], i) => {
        indptr[i + 1] = indptr[i]! + columns.length;
      });
      return {
        rows: rows.length,
        width,
        indptr,
        indices: Int32Array.from(rows.flatMap(([columns]) => columns)),
        values: Float64Array.from(rows.flatMap(([, values]) => values)),
      };
    }),
);

describe('the CSR file', () => {
  test('decode undoes encode, also from an unaligned view', () => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: 0, max: 7 }), (x, shift) => {
        const bytes = encodeCsr(x);
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        expect(decodeCsr(shifted)).toEqual(x);
      }),
    );
  });

  test('one changed byte or a cut end is refused with features.corrupt', () => {
    fc.assert(
      fc.property(matrices, fc.nat(), fc.integer({ min: 1, max: 255 }), (x, at, flip) => {
        const bytes = encodeCsr(x);
        const place = at % bytes.length;
        const damaged = bytes.slice();
        damaged[place]! ^= flip;
        expect(() => decodeCsr(damaged)).toThrow(expect.objectContaining({ code: 'features.corrupt' }));
        expect(() => decodeCsr(bytes.subarray(0, bytes.length - 1 - (at % bytes.length)))).toThrow(
          expect.objectContaining({ code: 'features.corrupt' }),
        );
      }),
    );
  });

  test('a matrix with columns out of order is refused even when its checksum is right', () => {
    const x = {
      rows: 1,
      width: 9,
      indptr: Uint32Array.of(0, 2),
      indices: Int32Array.of(5, 3),
      values: Float64Array.of(1, 1),
    };
    expect(() => decodeCsr(encodeCsr(x))).toThrow(/columns out of order/);
  });

  test('selectRows takes rows in the order asked for', () => {
    const x: Csr = {
      rows: 3,
      width: 4,
      indptr: Uint32Array.of(0, 1, 3, 3),
      indices: Int32Array.of(2, 0, 3),
      values: Float64Array.of(1, 2, 3),
    };
    expect(selectRows(x, [1, 2, 0, 1])).toEqual({
      rows: 4,
      width: 4,
      indptr: Uint32Array.of(0, 2, 2, 3, 5),
      indices: Int32Array.of(0, 3, 2, 0, 3),
      values: Float64Array.of(2, 3, 1, 2, 3),
    });
  });
});

test('property: as few rows of a column as leave no more columns than wanted, never fewer than usual', () => {
  fc.assert(
    fc.property(matrices, fc.nat(3), fc.nat(20), (x, usual, most) => {
      const least = leastDocFreq(x, usual, most);
      const rowsOf = new Map<number, number>();
      for (const j of x.indices) rowsOf.set(j, (rowsOf.get(j) ?? 0) + 1);
      const columnsFrom = (rows: number) => [...rowsOf.values()].filter((count) => count >= rows).length;
      expect(least).toBeGreaterThanOrEqual(usual);
      if (least > usual && least < x.rows) expect(columnsFrom(least)).toBeLessThanOrEqual(most);
      if (least > Math.max(1, usual)) expect(columnsFrom(least - 1)).toBeGreaterThan(most);
      if (columnsFrom(usual) <= most) expect(least).toBe(usual);
    }),
  );
});
