// Where rows of the results lie: the file, and the place in it.
import type { DuckDBResult } from '@duckdb/node-api';

export interface RowPlaces {
  /** Data files in the lake that hold some. */
  paths: readonly string[];
  /** Of each row which of the files, and where in it. */
  fileNo: Int32Array;
  rowNo: Int32Array;
}

/** @param result  two columns: the number of a file, the number of a row in it */
export async function readPlaces(result: DuckDBResult): Promise<{ files: Int32Array; rows: Int32Array }> {
  let [files, rows] = [new Int32Array(2048), new Int32Array(2048)];
  let size = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const [file, row] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
    for (let i = 0; i < chunk.rowCount; i++, size++) {
      if (size === files.length) [files, rows] = [twice(files), twice(rows)];
      files[size] = Number(file.getItem(i));
      rows[size] = Number(row.getItem(i));
    }
  }
  return { files: files.slice(0, size), rows: rows.slice(0, size) };
}

/** @param fileNumbers  of all files that ever were the table's; the answer numbers those that hold some of the rows */
export function placesOf(
  { files, rows }: { files: Int32Array; rows: Int32Array },
  fileNumbers: ReadonlyMap<string, number>,
): RowPlaces {
  const paths = new Map([...fileNumbers].map(([path, number]) => [number, path]));
  const numbers = [...new Set(files)].sort((a, b) => a - b);
  const places = new Map(numbers.map((number, i) => [number, i]));
  return {
    paths: numbers.map((number) => paths.get(number) ?? ''),
    fileNo: files.map((number) => places.get(number) ?? 0),
    rowNo: rows,
  };
}

function twice(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(numbers.length * 2);
  grown.set(numbers);
  return grown;
}
