// One real question to a deployment that gives vectors: does it answer, and how long are they?
// Invariant: the text is our own: nothing of the lake is sent.
import type { Clock } from '../../ports.ts';
import { ruleFor } from '../deployments/call-errors.ts';
import { type EmbeddingClient, openAiEmbeddings, TransportFailure } from '../deployments/client.ts';
import { serviceWords } from '../deployments/error-words.ts';
import { costNano, priceOn } from '../money/price.ts';
import { embeddingUsageOf } from '../outcome.ts';
import type { EmbeddingDeployment } from './embed.ts';
import { readEmbeddings } from './embedding-reply.ts';

export interface EmbeddingProbe {
  deployment: string;
  /** Numbers of a vector; undefined where there was no usable answer. */
  dimensions: number | undefined;
  /** What was found, in one sentence; the service's own words where it refused. */
  found: string;
  costUsd: number;
}

const TIMEOUT_MS = 60_000;
const TEXT = 'Please pay the total of 120.00 EUR within 30 days.';

/** Never throws for what the service does. */
export async function probeEmbedding(
  config: EmbeddingDeployment,
  { clock }: { clock: Clock },
  client: EmbeddingClient = openAiEmbeddings(config),
): Promise<EmbeddingProbe> {
  const { name: deployment, model, parameters, dimensions } = config;
  const body = {
    ...{ ...parameters, model, input: [TEXT], encoding_format: 'float' as const },
    ...(dimensions === undefined ? {} : { dimensions }),
  };
  const reply = await client.send(body, { timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
    if (error instanceof TransportFailure) return error;
    throw error;
  });
  const failed = (found: string): EmbeddingProbe => ({ deployment, dimensions: undefined, found, costUsd: 0 });
  if (reply instanceof TransportFailure) return failed(reply.message);
  if (reply.status < 200 || reply.status >= 300) {
    const words = serviceWords(reply.body, TEXT);
    return failed(`HTTP ${reply.status}, ${ruleFor(reply)?.id ?? 'refused'}${words === '' ? '' : `: ${words}`}`);
  }
  const usage = embeddingUsageOf(reply.body);
  const costUsd = usage === null ? 0 : Number(costNano(priceOn(config, clock.now()), usage)) / 1e9;
  const read = readEmbeddings(reply.body, 1, dimensions);
  if ('problem' in read) return { ...failed(`it answered, but ${read.words}`), costUsd };
  return { deployment, dimensions: read.dimensions, found: `vectors of ${read.dimensions} numbers`, costUsd };
}
