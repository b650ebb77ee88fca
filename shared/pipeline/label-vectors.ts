// Vectors of labels from an encoder that costs money: asked for once for each version of a taxonomy, and kept.
import { TerminalError } from '../errors.ts';
import { encodeCached } from '../models/encoder/encode-cached.ts';
import type { Encoder } from '../models/encoder/encoder.ts';
import { LABELS_OWNER } from '../models/encoder/vector-cache.ts';
import type { Encoders } from './services.ts';

/** The same encoder, whose vectors of labels are kept and asked for once. */
export function keepingLabels(
  { encoder, vectors }: Awaited<ReturnType<Encoders['open']>>,
  taxonomyVersion: string,
): Encoder {
  const place = { owner: LABELS_OWNER, part: taxonomyVersion };
  return {
    ...{ version: encoder.version, dimensions: encoder.dimensions, close: () => encoder.close() },
    async encode(texts, role) {
      const found = await encodeCached(encoder, vectors, texts, place, undefined, role);
      if (found.missing === undefined) return found.vectors;
      throw new TerminalError(found.missing.code, `Encoder ${encoder.version} gave no vectors of all labels`);
    },
  };
}
