// Texts in the order in which each says most about those that nobody has looked at: what a person should decide while no model knows the labels.
// Greedy facility location over the cosine of term vectors: the next text is the one that brings all texts nearest to a decided one. Few documents of
// each kind come before the second of a frequent kind, and odd ones last.
// Invariants: C1 every text comes once. C2 equal texts give an equal order; what is decided already counts as seen, so that the order goes on
// where it stopped.
// Source: Nemhauser, Wolsey and Fisher 1978 (the greedy choice); Lin and Bilmes 2009 (for choosing texts to label).
import { countDocuments } from '../features/idf.ts';
import { type Csr, compactColumns } from '../features/sparse.ts';
import { lexicalFeatureSpec } from '../features/spec.ts';
import { createTermCounter } from '../features/term-counter.ts';
import { fitTermWeights, weighCounts } from '../features/weigh.ts';

/** Characters of a text that are compared. */
const MAX_CHARACTERS = 3000;
/** A term of one text alone says nothing about others. */
const MIN_TEXTS = 2;

/**
 * @param texts    to be ordered; '' where there is none
 * @param decided  texts that people have decided
 * @returns indices of `texts`
 */
export function coverageOrder(texts: readonly string[], decided: readonly string[] = []): number[] {
  const count = texts.length;
  if (count < 2) return [...texts.keys()];
  const all = [...texts, ...decided].map((text) => text.slice(0, MAX_CHARACTERS));
  const alike = similarities(all);
  const total = all.length;
  /** How near each text is to the nearest that is decided or comes before. */
  const covered = new Float64Array(total);
  const cover = (by: number) => {
    for (let i = 0; i < total; i++) covered[i] = Math.max(covered[i]!, alike[by * total + i]!);
  };
  for (let i = count; i < total; i++) cover(i); // C2
  const order: number[] = [];
  const left = new Set(texts.keys());
  while (left.size > 0) {
    let best = -1;
    let most = -1;
    for (const candidate of left) {
      let gain = 0;
      for (let i = 0; i < total; i++) gain += Math.max(0, alike[candidate * total + i]! - covered[i]!);
      if (gain > most) {
        most = gain;
        best = candidate;
      }
    }
    left.delete(best);
    order.push(best);
    cover(best);
  }
  return order;
}

/** Cosines of the term vectors, row by row. */
function similarities(texts: readonly string[]): Float32Array {
  const { x: counts, columns } = compactColumns(createTermCounter(lexicalFeatureSpec).count([...texts]), MIN_TEXTS);
  const idf = fitTermWeights(lexicalFeatureSpec, countDocuments(counts), texts.length, MIN_TEXTS, columns);
  return gram(weighCounts(lexicalFeatureSpec, counts, idf.weights));
}

/** x · xᵀ, [rows, rows]: each term meets only the texts it occurs in. */
function gram({ rows, width, indptr, indices, values }: Csr): Float32Array {
  const product = new Float32Array(rows * rows);
  const starts = new Uint32Array(width + 1);
  const end = indptr[rows]!;
  for (let e = 0; e < end; e++) starts[indices[e]! + 1]!++;
  for (let j = 0; j < width; j++) starts[j + 1]! += starts[j]!;
  const next = starts.slice(0, width);
  const rowOf = new Uint32Array(end);
  const termValue = new Float64Array(end);
  for (let row = 0; row < rows; row++)
    for (let e = indptr[row]!; e < indptr[row + 1]!; e++) {
      const place = next[indices[e]!]!++;
      rowOf[place] = row;
      termValue[place] = values[e]!;
    }
  for (let j = 0; j < width; j++)
    for (let a = starts[j]!; a < starts[j + 1]!; a++)
      for (let b = starts[j]!; b < starts[j + 1]!; b++)
        product[rowOf[a]! * rows + rowOf[b]!]! += termValue[a]! * termValue[b]!;
  return product;
}
