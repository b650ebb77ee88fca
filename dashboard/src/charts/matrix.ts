// A confusion matrix read: shares of each true label, and the confusions that happen most.

export interface Confusion {
  truth: string;
  predicted: string;
  rows: number;
  /** Share of the rows with this true label, 0..1. */
  share: number;
}

/** Each row divided by its sum; a row without anything stays 0. @param counts  [truth][predicted] */
export const rowShares = (counts: readonly (readonly number[])[]): number[][] =>
  counts.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((value) => (sum === 0 ? 0 : value / sum));
  });

/** Wrong predictions by truth and label, the most frequent first. @param counts  [truth][predicted] */
export function topConfusions(
  labels: readonly string[],
  counts: readonly (readonly number[])[],
  limit = 10,
): Confusion[] {
  const shares = rowShares(counts);
  return counts
    .flatMap((row, t) =>
      row.map((rows, p) => ({
        truth: labels[t] ?? '',
        predicted: labels[p] ?? '',
        rows: t === p ? 0 : rows,
        share: shares[t]?.[p] ?? 0,
      })),
    )
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => b.rows - a.rows || b.share - a.share)
    .slice(0, limit);
}

export interface MatrixLayout {
  cellWidth: number;
  cellHeight: number;
  /** Room for names of rows, and for names above the columns. */
  left: number;
  top: number;
  width: number;
  height: number;
  /** Column names: slanted where there is room, else the numbers that stand before the row names. */
  columnNames: 'names' | 'numbers';
  /** What a cell has room for. */
  cellText: 'both' | 'count' | 'none';
}

const CHAR = 7;
const MIN_CELL = 18;
const MAX_CELL = 84;

/** Sizes for n labels in a width, CSS pixels. Below the smallest cell the matrix is wider than the room and scrolls. */
export function layoutMatrix(labels: readonly string[], room: number, largest: number): MatrixLayout {
  const n = Math.max(1, labels.length);
  const longest = Math.max(0, ...labels.map((label) => label.length)) * CHAR + 12;
  const left = Math.min(room < 480 ? 100 : 190, longest + 18);
  // slanted names reach beyond the last column
  const overhang = Math.min(96, longest * 0.7);
  const cellOf = (width: number) => Math.min(MAX_CELL, Math.max(MIN_CELL, Math.floor(width / n)));
  const columnNames = cellOf(room - left - overhang) >= 40 ? 'names' : 'numbers';
  const cellWidth = cellOf(room - left - (columnNames === 'names' ? overhang : 4));
  const cellHeight = Math.max(MIN_CELL, Math.min(40, cellWidth));
  const top = columnNames === 'names' ? Math.min(96, longest * 0.6 + 14) : 22;
  const digits = String(largest).length;
  const cellText = cellWidth >= 46 && cellHeight >= 36 ? 'both' : cellWidth >= digits * 6.2 + 3 ? 'count' : 'none';
  const width = left + n * cellWidth + (columnNames === 'names' ? overhang : 4);
  return { cellWidth, cellHeight, left, top, width, height: top + n * cellHeight + 4, columnNames, cellText };
}
