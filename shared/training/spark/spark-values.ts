// Vectors and matrices as Spark ML stores them in Parquet.
// Source: org.apache.spark.ml.linalg.{VectorUDT, MatrixUDT}.
import type { LinearModel } from '../../models/linear-model.ts';
import { corrupt } from './pipeline-files.ts';

type Numbers = ArrayLike<number | bigint>;

const SPARSE = 0;

/** Dense values of a stored vector, sparse or not. @throws {TerminalError} model.corrupt */
export function vectorValues(value: unknown, name: string): Float64Array {
  const vector = asStruct(value, name);
  const values = numbers(vector.values, `${name}.values`);
  if (Number(vector.type) !== SPARSE) return Float64Array.from(values, Number);
  const indices = numbers(vector.indices, `${name}.indices`);
  const dense = new Float64Array(Number(vector.size));
  for (let i = 0; i < values.length; i++) dense[Number(indices[i])] = Number(values[i]);
  return dense;
}

/** Model of a LogisticRegressionModel's row: the form of 2.1 and later, or the binary one of 2.0. */
export function linearModelOf(row: Record<string, unknown>): LinearModel {
  if (row.coefficientMatrix === undefined) {
    const coefficients = vectorValues(row.coefficients, 'coefficients');
    const cells = Array.from(coefficients, (value, column) => ({ row: 0, column, value }));
    return collect(cells, coefficients.length, Float64Array.of(Number(row.intercept)), true);
  }
  const { width, cells } = matrixCells(row.coefficientMatrix);
  const intercepts = vectorValues(row.interceptVector, 'interceptVector');
  if (width !== Number(row.numFeatures)) throw corrupt(`coefficientMatrix has ${width} columns, not numFeatures`);
  return collect(cells, width, intercepts, row.isMultinomial !== true);
}

/**
 * The binary models of OneVsRest as one: margin k is the margin of class 1 of model k.
 * @throws {TerminalError} model.corrupt when they take vectors of different widths
 */
export function oneVsRestModel(models: readonly LinearModel[]): LinearModel {
  const width = models[0]?.width ?? 0;
  const cells: Cell[] = [];
  const intercepts = models.map((model, row) => {
    const margins = model.intercepts.length;
    const own = margins - 1; // a binomial model has the margin of class 1 only, a multinomial one has it second
    if (model.width !== width || margins > 2)
      throw corrupt(`model ${row} of OneVsRest is no binary one like the others`);
    model.columns.forEach((column, slot) => {
      cells.push({ row, column, value: model.coefficients[slot * margins + own]! });
    });
    return model.intercepts[own]!;
  });
  return collect(cells, width, Float64Array.from(intercepts), false);
}

interface Cell {
  row: number;
  column: number;
  value: number;
}

function matrixCells(value: unknown): { width: number; cells: Iterable<Cell> } {
  const matrix = asStruct(value, 'coefficientMatrix');
  const rows = Number(matrix.numRows);
  const width = Number(matrix.numCols);
  const values = numbers(matrix.values, 'coefficientMatrix.values');
  const byRow = matrix.isTransposed === true;
  if (Number(matrix.type) !== SPARSE) {
    if (values.length !== rows * width)
      throw corrupt(`coefficientMatrix has ${values.length} values for ${rows} × ${width}`);
    return { width, cells: denseCells(values, rows, width, byRow) };
  }
  const pointers = numbers(matrix.colPtrs, 'coefficientMatrix.colPtrs');
  const indices = numbers(matrix.rowIndices, 'coefficientMatrix.rowIndices');
  return { width, cells: sparseCells(pointers, indices, values, byRow) };
}

function* denseCells(values: Numbers, rows: number, width: number, byRow: boolean): Iterable<Cell> {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < width; column++)
      yield { row, column, value: Number(values[byRow ? row * width + column : column * rows + row]) };
}

/** Transposed: the pointers are of rows and the indices of columns. */
function* sparseCells(pointers: Numbers, indices: Numbers, values: Numbers, byRow: boolean): Iterable<Cell> {
  for (let major = 0; major + 1 < pointers.length; major++)
    for (let i = Number(pointers[major]); i < Number(pointers[major + 1]); i++) {
      const minor = Number(indices[i]);
      const value = Number(values[i]);
      yield byRow ? { row: major, column: minor, value } : { row: minor, column: major, value };
    }
}

function collect(cells: Iterable<Cell>, width: number, intercepts: Float64Array, isBinomial: boolean): LinearModel {
  const margins = intercepts.length;
  const byColumn = new Map<number, Float64Array>();
  for (const { row, column, value } of cells) {
    if (value === 0) continue;
    if (!(row >= 0 && row < margins && column >= 0 && column < width))
      throw corrupt(`coefficient (${row}, ${column}) is outside ${margins} × ${width}`);
    const weights = byColumn.get(column) ?? new Float64Array(margins);
    weights[row] = value;
    byColumn.set(column, weights);
  }
  const columns = Int32Array.from(byColumn.keys()).sort();
  const coefficients = new Float64Array(columns.length * margins);
  columns.forEach((column, slot) => {
    coefficients.set(byColumn.get(column)!, slot * margins);
  });
  return { width, columns, coefficients, intercepts, isBinomial };
}

function asStruct(value: unknown, name: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object') throw corrupt(`${name} is missing`);
  return value as Record<string, unknown>;
}

function numbers(value: unknown, name: string): Numbers {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw corrupt(`${name} is missing`);
  return value as unknown as Numbers;
}
