// Any ONNX classifier with one input and a tensor of probabilities: over the feature vector, or over the text itself.
// Invariants: O1 rows go in in chunks of bounded memory. O2 a text travels through the feature file as its UTF-8 bytes, one entry a
// byte, so that the pipeline treats all models alike.
import { TerminalError } from '../../errors.ts';
import type { Csr } from '../../features/sparse.ts';
import { requireWidth, type Scorer, softmaxRows } from '../scorer.ts';
import { DOUBLE, FLOAT, INT64, type OnnxSession, type OnnxSlot, type OnnxValue, STRING } from './runtime.ts';

export interface OnnxOptions {
  /** Tensor that holds the probabilities; null: the one named like them, else the only one with numbers. */
  output: string | null;
  /** What that tensor holds. logits: softmax is applied. */
  outputKind: 'probabilities' | 'logits';
  /** What an entry means that a sparse row does not hold. */
  absent: 'zero' | 'missing';
}

export const defaultOnnxOptions: OnnxOptions = { output: null, outputKind: 'probabilities', absent: 'zero' };

/** Width of the vectors that carry a text: a text has at most this many bytes. */
export const TEXT_WIDTH = 2 ** 31 - 1;
const CHUNK_FLOATS = 2 ** 22; // 16 MB
const CHUNK_TEXTS = 64;
/** Rows that a model may ask for at once. */
const MAX_BATCH = 1024;
/** How far rounding of float32 may take the sum of a row's probabilities from 1. */
const MAX_SUM_ERROR = 1e-3;
const PROBE_TEXTS = [
  '',
  'a',
  'Invoice no. 12: total due in 30 days',
  'The parties agree as follows.\n§ 1 Größe, 日本語',
];

export class OnnxScorer implements Scorer {
  readonly kind = 'onnx';
  readonly width: number;
  readonly classes: number;
  readonly takesText: boolean;
  readonly #session: OnnxSession;
  readonly #input: OnnxSlot;
  readonly #output: string;
  readonly #options: OnnxOptions;
  /** Rows of every call, where the file was exported for so many. */
  readonly #batch: number | undefined;
  /** The rows are ours. */
  #isProbe = false;

  /**
   * @param labels  number of labels: the model must give one column each, or a single one when there are two
   * @throws {TerminalError} model.unsupported when inputs or outputs are not of the shape needed
   */
  constructor(session: OnnxSession, labels: number, options: Partial<OnnxOptions> = {}) {
    this.#session = session;
    this.#options = { ...defaultOnnxOptions, ...options };
    const [input, ...others] = session.inputs;
    if (input === undefined || others.length > 0 || !input.isTensor || (input.type !== FLOAT && input.type !== STRING))
      throw unsupported(`it needs one input of floats or strings; it has ${describe(session.inputs)}`);
    this.#input = input;
    this.takesText = input.type === STRING;
    const columns = input.shape[1] ?? -1;
    if (!this.takesText && (input.shape.length !== 2 || columns < 1))
      throw unsupported(`its input must be [rows, width] with a fixed width; it is [${input.shape.join(', ')}]`);
    const [batch = -1] = input.shape;
    if (batch > MAX_BATCH || batch * (this.takesText ? 1 : columns) > CHUNK_FLOATS)
      throw unsupported(`it takes ${batch} rows at once; export it with a free first axis (dynamic_axes)`);
    this.#batch = batch > 0 ? batch : undefined;
    this.width = this.takesText ? TEXT_WIDTH : columns;
    this.classes = labels;
    this.#output = chooseOutput(session.outputs, this.#options.output);
    refuseMultiLabel(session.outputs, this.#output);
  }

  /** Rows that carry texts (O2); undefined for models over vectors. */
  carryTexts(texts: readonly string[]): Csr | undefined {
    if (!this.takesText) return undefined;
    const encoded = texts.map((text) => Buffer.from(text, 'utf8'));
    const indptr = new Uint32Array(texts.length + 1);
    encoded.forEach((bytes, row) => {
      indptr[row + 1] = indptr[row]! + bytes.length;
    });
    const indices = new Int32Array(indptr[texts.length]!);
    const values = new Float64Array(indices.length);
    encoded.forEach((bytes, row) => {
      for (let i = 0; i < bytes.length; i++) {
        indices[indptr[row]! + i] = i;
        values[indptr[row]! + i] = bytes[i]!;
      }
    });
    return { rows: texts.length, width: TEXT_WIDTH, indptr, indices, values };
  }

  probabilities(x: Csr): Float64Array {
    requireWidth(x, this.width);
    const out = new Float64Array(x.rows * this.classes);
    const most = this.takesText ? CHUNK_TEXTS : Math.max(1, Math.floor(CHUNK_FLOATS / this.width));
    const chunk = this.#batch ?? most;
    for (let from = 0; from < x.rows; from += chunk) {
      const rows = Math.min(chunk, x.rows - from);
      out.set(this.#scoreChunk(x, from, rows), from * this.classes);
    }
    return out;
  }

  /** The tensor that is read. */
  get output(): string {
    return this.#output;
  }

  /**
   * Score a few made-up rows and look whether what comes out can be probabilities of one class each.
   * @throws {TerminalError} model.unsupported, model.width-mismatch
   */
  requireProbabilities(): void {
    const p = this.#probe();
    for (let from = 0; from < p.length; from += this.classes) {
      const sum = p.subarray(from, from + this.classes).reduce((a, b) => a + b, 0);
      if (Math.abs(sum - 1) > MAX_SUM_ERROR)
        throw unsupported(
          `the rows of output ${this.#output} sum to ${sum.toPrecision(3)}, not to 1: it is a model for several labels at once, or the output holds scores. Name the output with probabilities (--output), or say --output-kind logits`,
        );
    }
  }

  #probe(): Float64Array {
    this.#isProbe = true;
    try {
      return this.probabilities(this.takesText ? this.carryTexts(PROBE_TEXTS)! : probeRows(this.width));
    } finally {
      this.#isProbe = false;
    }
  }

  contributions(): false {
    return false;
  }

  #scoreChunk(x: Csr, from: number, rows: number): Float64Array {
    const sent = this.#batch ?? rows; // those that fill the batch up are not looked at
    const data = this.takesText ? textsOf(x, from, rows, sent) : this.#dense(x, from, rows, sent);
    const dims = this.takesText
      ? this.#input.shape.map((size, axis) => (axis === 0 ? sent : Math.max(1, size)))
      : [sent, this.width];
    const { data: values, dims: shape = [] } = this.#run(data, dims);
    const columns = shape.length === 1 ? 1 : (shape[1] ?? 0);
    const fits = columns === this.classes || (columns === 1 && this.classes === 2);
    if (values === undefined || shape[0] !== sent || shape.length > 2 || !fits)
      throw new TerminalError(
        'model.width-mismatch',
        `ONNX output ${this.#output} has shape [${shape.join(', ')}]; need [${sent}, ${this.classes}]`,
      );
    const numbers = Float64Array.from({ length: rows * columns }, (_, i) => Number(values[i]));
    const isLogit = this.#options.outputKind === 'logits';
    const isOdd = (value: number) =>
      !(isLogit ? Number.isFinite(value) : value >= -MAX_SUM_ERROR && value <= 1 + MAX_SUM_ERROR);
    const odd = numbers.find(isOdd);
    if (odd !== undefined)
      throw unsupported(
        `output ${this.#output} gave ${odd}, which is no ${isLogit ? 'score' : 'probability. Name another one (--output), or say --output-kind logits'}`,
      );
    if (columns === this.classes) return isLogit ? softmaxRows(numbers, columns) : numbers;
    return Float64Array.from({ length: rows * 2 }, (_, i) => {
      const value = numbers[i >> 1]!;
      const p = isLogit ? 1 / (1 + Math.exp(-value)) : value;
      return (i & 1) === 1 ? p : 1 - p;
    });
  }

  #run(data: Float32Array | readonly string[], dims: readonly number[]): OnnxValue {
    try {
      return this.#session.run(this.#input.name, data, dims, [this.#output])[this.#output] ?? {};
    } catch (cause) {
      if (!this.#isProbe) throw unsupported('the runtime cannot score these rows'); // its words may repeat a document's
      const said = cause instanceof Error ? cause.message.replace(/\s+/g, ' ').slice(0, 200) : String(cause);
      throw unsupported(`the runtime cannot score rows with it: ${said}`);
    }
  }

  #dense(x: Csr, from: number, rows: number, sent: number): Float32Array {
    const dense = new Float32Array(sent * this.width);
    if (this.#options.absent === 'missing') dense.fill(Number.NaN);
    for (let row = 0; row < rows; row++)
      for (let e = x.indptr[from + row]!, end = x.indptr[from + row + 1]!; e < end; e++)
        dense[row * this.width + x.indices[e]!] = x.values[e]!;
    return dense;
  }
}

function textsOf(x: Csr, from: number, rows: number, sent: number): string[] {
  return Array.from({ length: sent }, (_, row) =>
    row >= rows
      ? ''
      : Buffer.from(x.values.subarray(x.indptr[from + row]!, x.indptr[from + row + 1]!)).toString('utf8'),
  );
}

/** Rows of zeros, of ones, and of a few larger numbers. */
function probeRows(width: number): Csr {
  const rows = [
    [],
    Array.from({ length: Math.min(width, 4096) }, (_, column) => [column, 1] as const),
    Array.from({ length: Math.min(width, 64) }, (_, i) => [Math.floor((i * width) / 64) % width, 1 + (i % 9)] as const),
  ].map((entries) => [...new Map(entries)].sort(([a], [b]) => a - b));
  const indptr = Uint32Array.of(0, 0, 0, 0);
  rows.forEach((entries, row) => {
    indptr[row + 1] = indptr[row]! + entries.length;
  });
  const entries = rows.flat();
  return {
    rows: rows.length,
    width,
    indptr,
    indices: Int32Array.from(entries, ([column]) => column),
    values: Float64Array.from(entries, ([, value]) => value),
  };
}

/** A label per class and row beside the probabilities: each class is decided on its own. */
function refuseMultiLabel(outputs: readonly OnnxSlot[], chosen: string): void {
  const columns = outputs.find((slot) => slot.name === chosen)?.shape[1] ?? 0;
  const labels = outputs.find(
    (slot) => slot.name !== chosen && slot.isTensor && slot.type === INT64 && slot.shape.length === 2 && columns > 1,
  );
  if (labels !== undefined && labels.shape[1] === columns)
    throw unsupported(
      `output ${labels.name} has a label for each of the ${columns} classes: a model for several labels at once is not read`,
    );
}

/** The tensor to read. @throws {TerminalError} model.unsupported when it is unclear or missing */
export function chooseOutput(outputs: readonly OnnxSlot[], asked: string | null): string {
  const numeric = outputs.filter((slot) => slot.isTensor && (slot.type === FLOAT || slot.type === DOUBLE));
  const likely = numeric.filter((slot) => /prob/i.test(slot.name));
  const [found, ...others] =
    asked === null ? (likely.length > 0 ? likely : numeric) : numeric.filter((slot) => slot.name === asked);
  if (found !== undefined && others.length === 0) return found.name;
  throw unsupported(
    asked === null
      ? `which output holds probabilities is unclear among ${describe(outputs)}: name it (--output)`
      : `it has no tensor of numbers named ${asked}; it has ${describe(outputs)}`,
  );
}

const describe = (slots: readonly OnnxSlot[]): string =>
  slots.map((slot) => `${slot.name}${slot.isTensor ? ` [${slot.shape.join(', ')}]` : ' (no tensor)'}`).join(', ') ||
  'none';

const unsupported = (why: string): TerminalError => new TerminalError('model.unsupported', `ONNX model: ${why}`);
