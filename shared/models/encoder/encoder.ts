// What the rest of the project sees of an encoder: texts in, vectors out, wherever it runs.
import { type ErrorCode, TerminalError } from '../../errors.ts';

/** What a text is; some encoders want to be told. */
export type TextRole = 'document' | 'label';

/** For whom an encoder that is a deployment works. */
export interface EncoderAccount {
  runId: string;
  batchId: string;
  /** USD the run may spend, on questions and vectors together; undefined: only the day's limit holds. */
  maxUsd: number | undefined;
  /** Texts of this run may leave the house. */
  mayAsk: boolean;
}

/** Some texts have no vector: they were refused, or the money did not reach. The others have theirs. */
export class PartlyEncoded extends TerminalError {
  /** [texts, dimensions]; rows of `missing` are zero. */
  readonly vectors: Float32Array;
  readonly missing: ReadonlySet<number>;

  constructor(
    code: ErrorCode,
    message: string,
    { vectors, missing }: { vectors: Float32Array; missing: ReadonlySet<number> },
  ) {
    super(code, message);
    this.vectors = vectors;
    this.missing = missing;
  }
}

export interface Encoder {
  readonly version: string;
  readonly dimensions: number;
  /**
   * Vectors [texts, dimensions] of length 1, row-major, in the order of the texts.
   * @throws {SluiceError} encoder.bad-output, encoder.tokenizer-mismatch, encoder.dimensions-changed, encoder.out-of-memory, encoder.crashed;
   *   encoder.unavailable where it was closed meanwhile
   * @throws {PartlyEncoded} where it is a deployment
   */
  encode(texts: readonly string[], role: TextRole): Promise<Float32Array>;
  /** Give back its memory; it comes back with the next text. */
  close(): Promise<void>;
}

/** Cosine of row `i` of `a` and row `j` of `b`, all of length 1. */
export function cosine(a: Float32Array, i: number, b: Float32Array, j: number, dimensions: number): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) sum += a[i * dimensions + d]! * b[j * dimensions + d]!;
  return sum;
}
