// Texts → vectors by an ONNX sentence encoder. Synchronous and busy: it lives in a thread of its own (encoder-thread.ts).
// Invariants: O1 each vector is finite and of length 1, or encoding fails. O2 the order of the vectors is that of the texts.
// O3 a call of the runtime holds one window of one text. So a vector follows from its text alone, which the cache of vectors relies on: models of
// 8-bit integers as they are published share one scale among all tokens of a call, and give a text another vector beside another text. Memory does
// not grow with the texts, and nothing is computed for padding: measured, one by one costs 0.76 to 1 of 64 at a time on one thread.
import { TerminalError } from '../../errors.ts';
import { FLOAT, INT64, type OnnxSession, type OnnxSlot } from '../onnx/runtime.ts';
import type { Pooling } from './manifest.ts';
import type { TextTokens } from './tokens.ts';

const KNOWN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];

export interface EncoderShape {
  /** Inputs of the model, each [batch, sequence]. */
  inputs: readonly string[];
  output: string;
  /** How token vectors become one; `none` where the model does it. */
  pooling: Pooling;
  maxTokens: number;
  /** Pieces of a long text that are encoded. */
  windows: number;
}

/**
 * Which inputs and output a session has.
 * @param wanted  as the folder says; undefined: mean over the mask
 * @throws {TerminalError} encoder.unsupported naming what is not understood
 */
export function shapeOf(
  session: OnnxSession,
  wanted: Pooling | undefined,
): Pick<EncoderShape, 'inputs' | 'output' | 'pooling'> {
  const describe = (slot: OnnxSlot) => `${slot.name} [${slot.shape.map((n) => (n < 0 ? '?' : n)).join(', ')}]`;
  const strange = session.inputs.filter(
    ({ name, type, isTensor }) => !isTensor || type !== INT64 || !KNOWN_INPUTS.includes(name),
  );
  if (strange.length > 0 || !session.inputs.some(({ name }) => name === 'input_ids'))
    throw new TerminalError(
      'encoder.unsupported',
      `The model takes ${session.inputs.map(describe).join(', ')}; need input_ids, and of attention_mask, token_type_ids and position_ids those it uses, all int64`,
    );
  const inputs = session.inputs.map(({ name }) => name);
  const floats = session.outputs.filter(({ isTensor, type }) => isTensor && type === FLOAT);
  const ranked = (rank: number, names: readonly string[]) => {
    const fitting = floats.filter(({ shape }) => shape.length === rank);
    return fitting.find(({ name }) => names.includes(name)) ?? (fitting.length === 1 ? fitting[0] : undefined);
  };
  const sentence = floats.find(({ name, shape }) => name === 'sentence_embedding' && shape.length === 2);
  if (sentence !== undefined) return { inputs, output: sentence.name, pooling: 'none' };
  const tokens = ranked(3, ['last_hidden_state', 'token_embeddings', 'output_0']);
  if (tokens !== undefined) return { inputs, output: tokens.name, pooling: wanted ?? 'mean' };
  const pooled = ranked(2, []);
  if (pooled !== undefined) return { inputs, output: pooled.name, pooling: 'none' };
  throw new TerminalError(
    'encoder.unsupported',
    `The model gives ${session.outputs.map(describe).join(', ')}; need last_hidden_state [batch, sequence, dimensions] or sentence_embedding [batch, dimensions] in float32`,
  );
}

export class OnnxEncoder {
  readonly #session: OnnxSession;
  readonly #tokens: TextTokens;
  readonly #shape: EncoderShape;

  constructor(session: OnnxSession, tokens: TextTokens, shape: EncoderShape) {
    this.#session = session;
    this.#tokens = tokens;
    this.#shape = shape;
  }

  /**
   * Vectors [texts, dimensions].
   * @param prefix  put before each text, as some encoders want it
   * @throws {TerminalError} encoder.bad-output, encoder.tokenizer-mismatch
   */
  encode(texts: readonly string[], prefix: string): { vectors: Float32Array; dimensions: number } {
    const { maxTokens, windows } = this.#shape;
    let vectors = new Float32Array(0);
    let dimensions = 0;
    texts.forEach((text, at) => {
      for (const ids of this.#tokens.windows(text, prefix, maxTokens, windows)) {
        const pooled = this.#run(ids);
        if (dimensions === 0) {
          dimensions = pooled.length;
          vectors = new Float32Array(texts.length * dimensions);
        }
        for (let d = 0; d < dimensions; d++) vectors[at * dimensions + d]! += pooled[d]! * ids.length;
      }
    });
    normalizeRows(vectors, dimensions);
    return { vectors, dimensions };
  }

  /** One call: the vector of a window, of length 1. */
  #run(window: readonly number[]): Float32Array {
    const length = window.length;
    const data: Record<string, () => BigInt64Array> = {
      input_ids: () => BigInt64Array.from(window, BigInt),
      attention_mask: () => new BigInt64Array(length).fill(1n),
      token_type_ids: () => new BigInt64Array(length),
      position_ids: () => BigInt64Array.from(window, (_, i) => BigInt(i)),
    };
    const feeds = Object.fromEntries(this.#shape.inputs.map((name) => [name, data[name]!()]));
    const { output, pooling } = this.#shape;
    const found = this.#call(feeds, [1, length], output);
    const dims = found.dims ?? [];
    const values = found.data as Float32Array | undefined; // float32: shapeOf took no other output
    const dimensions = Number(dims.at(-1) ?? 0);
    if (values === undefined || dimensions === 0 || values.length !== (pooling === 'none' ? 1 : length) * dimensions)
      throw new TerminalError(
        'encoder.bad-output',
        `The encoder gave [${dims.join(', ')}] for a text of ${length} tokens`,
      );
    const pooled = pooling === 'none' ? Float32Array.from(values) : poolTokens(values, length, dimensions, pooling);
    normalizeRows(pooled, dimensions);
    return pooled;
  }

  #call(feeds: Record<string, BigInt64Array>, dims: readonly number[], output: string) {
    try {
      return this.#session.runIntegers(feeds, dims, [output])[output] ?? {};
    } catch (cause) {
      const said = cause instanceof Error ? cause.message.replace(/\s+/g, ' ').slice(0, 300) : String(cause);
      const isRange = /out of (data )?bounds|out of range/i.test(said);
      throw new TerminalError(
        isRange ? 'encoder.tokenizer-mismatch' : 'encoder.bad-output',
        isRange ? `The tokenizer gives ids or lengths the model does not have: ${said}` : `The encoder failed: ${said}`,
        { cause },
      );
    }
  }
}

function poolTokens(values: Float32Array, length: number, dimensions: number, pooling: Pooling): Float32Array {
  const token = (i: number) => values.subarray(i * dimensions, (i + 1) * dimensions);
  if (pooling === 'cls') return token(0).slice();
  if (pooling === 'last') return token(length - 1).slice();
  const pooled = new Float32Array(dimensions);
  for (let i = 0; i < length; i++) {
    const vector = token(i);
    for (let d = 0; d < dimensions; d++) pooled[d]! += vector[d]!;
  }
  return pooled;
}

/** Each row to length 1, in place. @throws {TerminalError} encoder.bad-output for a row that is not finite or zero */
export function normalizeRows(vectors: Float32Array, dimensions: number): void {
  for (let at = 0; at < vectors.length; at += dimensions) {
    let sum = 0;
    for (let d = 0; d < dimensions; d++) sum += vectors[at + d]! ** 2;
    const length = Math.sqrt(sum);
    if (!(length > 1e-12 && Number.isFinite(length)))
      throw new TerminalError('encoder.bad-output', 'The encoder gave a vector that is zero or not finite');
    for (let d = 0; d < dimensions; d++) vectors[at + d]! /= length;
  }
}
