// From which share of new words on a text is foreign, measured on the rows that train: each part judged by the terms of the others, near copies together, and
// each label by the terms of the other labels.
// Invariant: a row is judged by the terms of other rows only.
import { countDocuments } from '../features/idf.ts';
import { blockOf } from '../features/lexical.ts';
import type { Csr } from '../features/sparse.ts';
import { MOST, type WordNovelty } from '../models/word-novelty.ts';
import type { Random } from '../ports.ts';
import { splitRows } from './splits.ts';

const PARTS = 5;
const MIN_ROWS = 100;
/** Known documents that may be called foreign. */
const FALSE_ALARMS = 0.02;

/**
 * @param counts  of the lexical profile, all buckets that occur [rows, numFeatures]
 * @param minDocFreq  as the model is trained: terms of fewer documents are none
 * @returns null where too few rows are labelled to measure it
 */
export function fitWordNovelty(
  counts: Csr,
  { classes, groups, minDocFreq }: { classes: Int32Array; groups: ArrayLike<number>; minDocFreq: number },
  random: Random,
): WordNovelty | null {
  if (counts.rows < MIN_ROWS) return null;
  const docFreq = countDocuments(counts);
  const least = Math.max(1, minDocFreq);
  const known = judgeInTurn(counts, docFreq, least, splitRows(classes, groups, PARTS, random));
  const leftOut = judgeInTurn(counts, docFreq, least, classes);
  const sorted = Float64Array.from(known).sort();
  const above = Math.max(MOST, sorted[Math.floor(sorted.length * (1 - FALSE_ALARMS))]!);
  const share = (values: Float64Array) => values.filter((value) => value > above).length / values.length;
  return { above, known: share(known), leftOut: share(leftOut), samples: counts.rows };
}

/** Share of new words of each row, where rows of its part are not there. */
function judgeInTurn(counts: Csr, docFreq: Uint32Array, least: number, partOf: ArrayLike<number>): Float64Array {
  const shares = new Float64Array(counts.rows);
  const rows = Array.from(shares.keys());
  for (const members of Map.groupBy(rows, (row) => partOf[row]!).values()) {
    for (const row of members) addRow(counts, row, docFreq, -1);
    for (const row of members) shares[row] = shareOfNew(counts, row, docFreq, least);
    for (const row of members) addRow(counts, row, docFreq, 1);
  }
  return shares;
}

function addRow({ indptr, indices }: Csr, row: number, docFreq: Uint32Array, by: number): void {
  for (let e = indptr[row]!, end = indptr[row + 1]!; e < end; e++) docFreq[indices[e]!]! += by;
}

function shareOfNew({ indptr, indices, values, width }: Csr, row: number, docFreq: Uint32Array, least: number): number {
  let [words, fresh] = [0, 0];
  for (let e = indptr[row]!, end = indptr[row + 1]!; e < end; e++) {
    const bucket = indices[e]!; // ascending, words first
    if (blockOf(bucket, width) !== 'word') break;
    words += values[e]!;
    if (docFreq[bucket]! < least) fresh += values[e]!;
  }
  return words === 0 ? 0 : fresh / words;
}
