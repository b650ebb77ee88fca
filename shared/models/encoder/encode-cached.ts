// Vectors of texts: known ones from the lake, the others from the encoder, kept as they come.
import type { ErrorCode } from '../../errors.ts';
import { type Encoder, PartlyEncoded, type TextRole } from './encoder.ts';
import { textKey, type VectorCache, type VectorPlace } from './vector-cache.ts';

/** Texts encoded between two writes: what a crash loses at most. */
const KEPT_AT_ONCE = 128;

export interface Encoded {
  /** [texts, dimensions] */
  vectors: Float32Array;
  /** Different texts the encoder has worked on now. */
  encoded: number;
  /** Texts without a vector, by place, and why; only of deployments. */
  missing?: { at: ReadonlySet<number>; code: ErrorCode };
}

/**
 * Vectors of texts in their order; equal texts are encoded once.
 * @param onProgress  told how many of the unknown texts are done
 * @throws as Encoder.encode, but for PartlyEncoded: what was encoded is kept, and what is missing is told
 */
export async function encodeCached(
  encoder: Encoder,
  cache: VectorCache,
  texts: readonly string[],
  place: VectorPlace,
  onProgress?: (done: number, all: number) => void,
  role: TextRole = 'document',
): Promise<Encoded> {
  const rowOf = (vectors: Float32Array, i: number) =>
    vectors.subarray(i * encoder.dimensions, (i + 1) * encoder.dimensions);
  const keys = texts.map(textKey);
  const known = await cache.lookup([...new Set(keys)], place);
  const unknown = new Map<string, string>();
  keys.forEach((key, i) => {
    if (!known.has(key)) unknown.set(key, texts[i] ?? '');
  });
  const wanted = [...unknown];
  let code: ErrorCode | undefined;
  let encoded = 0;
  for (let from = 0; from < wanted.length; from += KEPT_AT_ONCE) {
    onProgress?.(from, wanted.length);
    const group = wanted.slice(from, from + KEPT_AT_ONCE);
    const part = await encodeSome(
      encoder,
      group.map(([, text]) => text),
      role,
    );
    const made = group.flatMap(([key], i) => (part.missing?.has(i) ? [] : [{ key, vector: rowOf(part.vectors, i) }]));
    const vectors = new Float32Array(made.length * encoder.dimensions);
    made.forEach(({ vector }, i) => {
      vectors.set(vector, i * encoder.dimensions);
    });
    const groupKeys = made.map(({ key }) => key);
    await cache.keep(place, groupKeys, vectors);
    groupKeys.forEach((key, i) => {
      known.set(key, rowOf(vectors, i));
    });
    encoded += made.length;
    code ??= part.code;
    if (part.code === 'encoder.budget-spent') break; // what comes now is not paid for either
  }
  const vectors = new Float32Array(texts.length * encoder.dimensions);
  const missing = new Set<number>();
  keys.forEach((key, i) => {
    const vector = known.get(key);
    if (vector === undefined) missing.add(i);
    else vectors.set(vector, i * encoder.dimensions);
  });
  if (missing.size === 0) return { vectors, encoded };
  return { vectors, encoded, missing: { at: missing, code: code ?? 'encoder.bad-output' } };
}

/** What of the texts could be encoded. */
async function encodeSome(
  encoder: Encoder,
  texts: readonly string[],
  role: TextRole,
): Promise<{ vectors: Float32Array; missing?: ReadonlySet<number>; code?: ErrorCode }> {
  try {
    return { vectors: await encoder.encode(texts, role) };
  } catch (error) {
    if (!(error instanceof PartlyEncoded)) throw error;
    return { vectors: error.vectors, missing: error.missing, code: error.code };
  }
}
