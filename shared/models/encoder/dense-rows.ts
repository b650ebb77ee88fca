// Dense vectors in the form in which classifiers take rows.
import type { Csr } from '../../features/sparse.ts';

/** Rows of `vectors` [n, dimensions] as a matrix; every column is stored. @param rows  default: all, in order */
export function denseRows(vectors: Float32Array, dimensions: number, rows?: readonly number[]): Csr {
  const count = rows?.length ?? vectors.length / dimensions;
  const values = new Float64Array(count * dimensions);
  const indices = new Int32Array(count * dimensions);
  for (let i = 0; i < count; i++) {
    const from = (rows?.[i] ?? i) * dimensions;
    for (let d = 0; d < dimensions; d++) {
      values[i * dimensions + d] = vectors[from + d]!;
      indices[i * dimensions + d] = d;
    }
  }
  const indptr = Uint32Array.from({ length: count + 1 }, (_, i) => i * dimensions);
  return { rows: count, width: dimensions, indptr, indices, values };
}
