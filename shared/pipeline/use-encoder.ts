// Choosing the encoder of trainings and cold starts: one that was imported, or a deployment, which is asked one question first.
import type { EncoderRegistry } from '../models/encoder/registry.ts';
import type { Embeddings } from './deployment-encoders.ts';

export interface ChosenEncoder {
  /** null: none */
  inUse: string | null;
  /** Of a deployment: what it answered. */
  deployment?: { name: string; model: string; dimensions: number };
}

/**
 * @param name  version, or name of a deployment in EMBEDDING_DEPLOYMENTS; null: none
 * @throws {TerminalError} encoder.not-found, encoder.corrupt; encoder.refused for a deployment that gives no vectors
 */
export async function useEncoder(
  { encoders, embeddings }: { encoders: EncoderRegistry; embeddings: Embeddings | undefined },
  name: string | null,
): Promise<ChosenEncoder> {
  if (name === null || embeddings?.names.includes(name) !== true) {
    await encoders.use(name);
    return { inUse: name };
  }
  const description = await embeddings.describe(name);
  const version = await encoders.registerDeployment(description);
  await encoders.use(version);
  const { model, dimensions } = description;
  return { inUse: version, deployment: { name, model, dimensions } };
}
