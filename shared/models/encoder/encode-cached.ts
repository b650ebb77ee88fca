// Vectors of texts: known ones from the lake, the others from the encoder, kept as they come.
import type { Encoder } from './encoder.ts';
import { textKey, type VectorCache, type VectorPlace } from './vector-cache.ts';

/** Texts encoded between two writes: what a crash loses at most. */
const KEPT_AT_ONCE = 128;

export interface Encoded {
  /** [texts, dimensions] */
  vectors: Float32Array;
  /** Different texts the encoder has worked on now. */
  encoded: number;
}

/**
 * Vectors of texts in their order; equal texts are encoded once.
 * @param onProgress  told how many of the unknown texts are done
 * @throws as Encoder.encode
 */
export async function encodeCached(
  encoder: Encoder,
  cache: VectorCache,
  texts: readonly string[],
  place: VectorPlace,
  onProgress?: (done: number, all: number) => void,
): Promise<Encoded> {
  const keys = texts.map(textKey);
  const known = await cache.lookup([...new Set(keys)], place);
  const unknown = new Map<string, string>();
  keys.forEach((key, i) => {
    if (!known.has(key)) unknown.set(key, texts[i] ?? '');
  });
  const wanted = [...unknown];
  for (let from = 0; from < wanted.length; from += KEPT_AT_ONCE) {
    onProgress?.(from, wanted.length);
    const group = wanted.slice(from, from + KEPT_AT_ONCE);
    const vectors = await encoder.encode(
      group.map(([, text]) => text),
      'document',
    );
    const groupKeys = group.map(([key]) => key);
    await cache.keep(place, groupKeys, vectors);
    groupKeys.forEach((key, i) => {
      known.set(key, vectors.subarray(i * encoder.dimensions, (i + 1) * encoder.dimensions));
    });
  }
  const vectors = new Float32Array(texts.length * encoder.dimensions);
  keys.forEach((key, i) => {
    vectors.set(known.get(key)!, i * encoder.dimensions); // known or encoded above
  });
  return { vectors, encoded: wanted.length };
}
