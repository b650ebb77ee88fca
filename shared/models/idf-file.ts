// The file of IDF weights: only buckets that differ from an unseen one, so that 2^18 buckets cost what the vocabulary costs.
import type { Idf } from '../features/idf.ts';
import { decodeTensors, encodeTensors, takeTensor } from './tensors.ts';

export function encodeIdf({ weights, docFreq, numDocs }: Idf): Uint8Array {
  const unseenAt = docFreq.indexOf(0);
  const unseen = unseenAt < 0 ? Math.log(numDocs + 1) : weights[unseenAt]!;
  const seen: number[] = [];
  for (let j = 0; j < weights.length; j++) if (weights[j] !== unseen || docFreq[j] !== 0) seen.push(j);
  const columns = Int32Array.from(seen);
  return encodeTensors({
    shape: Uint32Array.of(weights.length, numDocs),
    unseen: Float64Array.of(unseen),
    columns,
    weights: Float64Array.from(columns, (j) => weights[j]!),
    docFreq: Uint32Array.from(columns, (j) => docFreq[j]!),
  });
}

/** @throws {TerminalError} model.corrupt */
export function decodeIdf(bytes: Uint8Array): Idf {
  const tensors = decodeTensors(bytes);
  const columns = takeTensor(tensors, 'columns', Int32Array);
  const values = takeTensor(tensors, 'weights', Float64Array, columns.length);
  const counts = takeTensor(tensors, 'docFreq', Uint32Array, columns.length);
  const [width = 0, numDocs = 0] = takeTensor(tensors, 'shape', Uint32Array, 2);
  const [unseen = 0] = takeTensor(tensors, 'unseen', Float64Array, 1);
  const weights = new Float64Array(width).fill(unseen);
  const docFreq = new Uint32Array(width);
  for (let i = 0; i < columns.length; i++) {
    weights[columns[i]!] = values[i]!;
    docFreq[columns[i]!] = counts[i]!;
  }
  return { weights, docFreq, numDocs };
}
