// What the rest of the project sees of an encoder: texts in, vectors out, wherever it runs.

/** What a text is; some encoders want to be told. */
export type TextRole = 'document' | 'label';

export interface Encoder {
  readonly version: string;
  readonly dimensions: number;
  /**
   * Vectors [texts, dimensions] of length 1, row-major, in the order of the texts.
   * @throws {SluiceError} encoder.bad-output, encoder.tokenizer-mismatch, encoder.dimensions-changed, encoder.out-of-memory, encoder.crashed;
   *   encoder.unavailable where it was closed meanwhile
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
