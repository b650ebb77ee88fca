// Answer of an `/embeddings` endpoint → vectors. Any JSON may come; every member is checked.
// Invariants: V1 one vector for each text, in the order of the texts, whatever order the answer has. V2 vectors are finite and have length 1.
// V3 what is not that is told apart: another length than was asked for, or no vectors at all.

export type EmbeddingReading =
  | { vectors: Float32Array; dimensions: number }
  | { problem: 'bad-output' | 'dimensions-changed'; words: string };

const MOST_DIMENSIONS = 16_384;

/**
 * @param texts       how many were asked about
 * @param dimensions  numbers a vector must have; undefined: what the answer has
 * @returns vectors [texts, dimensions], row-major
 */
export function readEmbeddings(body: unknown, texts: number, dimensions: number | undefined): EmbeddingReading {
  const data = (body as { data?: unknown } | null)?.data; // checked below
  if (!Array.isArray(data)) return bad('it holds no list of vectors');
  if (data.length !== texts) return bad(`it holds ${data.length} vectors for ${texts} texts`);
  let width = dimensions;
  let vectors: Float32Array | undefined;
  const seen = new Set<number>();
  for (const [place, entry] of data.entries()) {
    const { index = place, embedding } = (entry ?? {}) as { index?: unknown; embedding?: unknown }; // checked below
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= texts || seen.has(index))
      return bad('its vectors do not say which text they belong to');
    seen.add(index);
    const vector = numbersOf(embedding);
    if (vector === undefined || vector.length === 0 || vector.length > MOST_DIMENSIONS)
      return bad('a vector is no list of numbers');
    width ??= vector.length;
    if (vector.length !== width)
      return { problem: 'dimensions-changed', words: `a vector of ${vector.length} numbers, not ${width}` };
    const length = lengthOf(vector);
    if (!Number.isFinite(length) || length === 0) return bad('a vector has no direction (NaN, infinite or zero)'); // NaN in any place makes it NaN
    vectors ??= new Float32Array(texts * width);
    for (let d = 0; d < width; d++) vectors[index * width + d] = vector[d]! / length;
  }
  if (vectors === undefined || width === undefined) return bad('it holds no vectors');
  return { vectors, dimensions: width };
}

const bad = (words: string): EmbeddingReading => ({ problem: 'bad-output', words });

/** A list of numbers, or base64 of little-endian float32; undefined for anything else. */
function numbersOf(embedding: unknown): ArrayLike<number> | undefined {
  if (typeof embedding === 'string') {
    const bytes = Buffer.from(embedding, 'base64');
    if (bytes.length % 4 !== 0) return undefined;
    return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
  }
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === 'number')) return undefined;
  return embedding as number[]; // checked in the line above
}

function lengthOf(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i]! ** 2;
  return Math.sqrt(sum);
}
