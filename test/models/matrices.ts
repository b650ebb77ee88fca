// Small matrices for tests.
import type { Csr } from '../../shared/features/sparse.ts';

/** Rows of numbers as CSR; zeros are not stored. */
export function csrOf(rows: readonly (readonly number[])[], width: number): Csr {
  const entries = rows.map((row) => [...row.entries()].filter(([, value]) => value !== 0));
  const indptr = Uint32Array.from([0, ...entries.map((row) => row.length)]);
  for (let i = 1; i < indptr.length; i++) indptr[i]! += indptr[i - 1]!;
  return {
    rows: rows.length,
    width,
    indptr,
    indices: Int32Array.from(entries.flat(), ([column]) => column),
    values: Float64Array.from(entries.flat(), ([, value]) => value),
  };
}
