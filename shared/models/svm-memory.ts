// The rows that a linear SVM is fitted to, and the numbers of a label's descent, in one buffer: svm-epoch.wat works on it, or the same in JavaScript.
// Columns lie by how many rows they are in, so that the coefficients that are read most stay in the processor's nearest memory; the sums are those of any order.
import { TerminalError } from '../errors.ts';
import { type RowReader, readRowsOf } from '../features/row-reader.ts';
import { Places, reopenModules } from '../wasm-modules.ts';
import type { LrInput } from './lr-options.ts';
import { type Descent, runPlainEpoch } from './svm-epoch.ts';
import { SVM_EPOCH_WASM } from './svm-epoch-wasm.ts';

export interface SvmMemory extends Descent {
  width: number;
  /** Columns that any row has a value in. */
  occurring: number;
  /** Place of each column: those that occur come first. */
  placeOf: Int32Array;
  runEpoch(): void;
  /** Nothing is asked any more: the memory goes to the next. */
  release(): void;
}

/**
 * Rows of an input; `slack` and what is of a label is not set.
 * @param isPlain  without WebAssembly
 * @throws {TerminalError} train.bad-value: a value that is not finite
 */
export function openSvmMemory({ x }: Pick<LrInput, 'x'>, fitIntercept: boolean, isPlain = false): SvmMemory {
  const reader = 'read' in x ? x : readRowsOf(x);
  const { rows: count, width } = reader;
  const { ends, occurring, placeOf } = measure(reader);
  const cells = ends[count]!;
  const places = new Places();
  const at = {
    state: places.take(8 * 5 + 4 * 2),
    order: places.take(4 * count),
    indptr: places.take(4 * (count + 1)),
    squares: places.take(8 * count),
    slack: places.take(8 * count),
    signs: places.take(8 * count),
    multipliers: places.take(8 * count),
    weights: places.take(8 * width),
    cells: places.take(8 * cells),
  };
  const opened = isPlain ? undefined : reopenModules(places.end, [SVM_EPOCH_WASM], 0);
  const buffer = opened?.buffer ?? new ArrayBuffer(places.end);
  const bias = fitIntercept ? 1 : 0;
  const memory: SvmMemory = {
    ...{ count, width, bias, occurring, placeOf },
    state: new Float64Array(buffer, at.state, 5),
    counters: new Int32Array(buffer, at.state + 8 * 5, 2),
    order: new Int32Array(buffer, at.order, count),
    indptr: new Uint32Array(buffer, at.indptr, count + 1),
    offsets: new Int32Array(buffer, at.cells, 2 * cells),
    values: new Float32Array(buffer, at.cells, 2 * cells),
    squares: new Float64Array(buffer, at.squares, count),
    slack: new Float64Array(buffer, at.slack, count),
    signs: new Float64Array(buffer, at.signs, count),
    multipliers: new Float64Array(buffer, at.multipliers, count),
    weights: new Float64Array(buffer, at.weights, width),
    runEpoch: () => runPlainEpoch(memory),
    release: opened?.release ?? (() => {}),
  };
  memory.indptr.set(ends);
  fillCells(reader, memory);
  if (opened !== undefined) {
    const run = opened.exports.runEpoch as (...of: number[]) => void; // defined in svm-epoch.wat
    const { state, order, indptr, squares, slack, signs, multipliers, weights } = at;
    memory.runEpoch = () => run(state, order, indptr, at.cells, squares, slack, signs, multipliers, weights, bias);
  }
  return memory;
}

/** Where each row's cells end, and the place of each column: those of most rows first. */
function measure(reader: RowReader): Pick<SvmMemory, 'occurring' | 'placeOf'> & { ends: Uint32Array } {
  const { rows, width, most } = reader;
  const [index, value] = [new Int32Array(most), new Float64Array(most)];
  const ends = new Uint32Array(rows + 1);
  const rowsOf = new Uint32Array(width);
  for (let row = 0; row < rows; row++) {
    const count = reader.read(row, index, value);
    ends[row + 1] = ends[row]! + count;
    for (let i = 0; i < count; i++) rowsOf[index[i]!]!++;
  }
  const next = new Uint32Array(rows + 1); // first place of the columns that are in so many rows
  for (const inRows of rowsOf) if (inRows > 0) next[inRows - 1]!++;
  for (let inRows = rows - 1; inRows >= 0; inRows--) next[inRows]! += next[inRows + 1]!;
  const occurring = next[0]!;
  const placeOf = new Int32Array(width);
  rowsOf.forEach((inRows, column) => {
    placeOf[column] = next[inRows]!++;
  });
  return { ends, occurring, placeOf };
}

function fillCells(reader: RowReader, { indptr, offsets, values, squares, placeOf, bias }: SvmMemory): void {
  const [index, value] = [new Int32Array(reader.most), new Float64Array(reader.most)];
  for (let row = 0; row < reader.rows; row++) {
    const count = reader.read(row, index, value);
    let square: number = bias;
    for (let i = 0, cell = 2 * indptr[row]!; i < count; i++, cell += 2) {
      const single = Math.fround(value[i]!);
      if (!Number.isFinite(single))
        throw new TerminalError('train.bad-value', `A value of the features is ${value[i]}; need finite numbers`);
      offsets[cell] = 8 * placeOf[index[i]!]!;
      values[cell + 1] = single;
      square += single * single;
    }
    squares[row] = square;
  }
}
