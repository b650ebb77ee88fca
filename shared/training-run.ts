// In-process training as the command line does it: train, register, keep the record of the run, promote.

import { randomUUID } from 'node:crypto';
import type { App } from './compose.ts';
import { RetryableError, TerminalError } from './errors.ts';
import type { Row } from './lake/tables.ts';
import { keepEmbeddingLedger } from './llm/embeddings/embedding-ledger.ts';
import { encodeCached } from './models/encoder/encode-cached.ts';
import type { Encoder } from './models/encoder/encoder.ts';
import { TRAINING_OWNER } from './models/encoder/vector-cache.ts';
import type { RegisteredModel } from './models/registry.ts';
import type { LakeStore } from './ports.ts';
import { type Registration, registerTrained } from './register-trained.ts';
import { type TrainInput, train } from './training/train.ts';

export interface TrainingOrder
  extends Pick<TrainInput, 'examples' | 'options' | 'taxonomyVersion' | 'decisions'>,
    Omit<Registration, 'trainingId' | 'startedAt'> {
  onProgress: NonNullable<TrainInput['deps']['onProgress']>;
  /** There is an encoder in use, and it cannot be opened: the model gets no second stage. */
  onNoEncoder: (problem: string) => void;
  /** An encoder that is a deployment was asked: attempts, and what they have cost. */
  onAsked: (asked: { calls: number; costUsd: number }) => void;
}

/** What a training needs of the app. */
export type TrainingApp = Pick<App, 'services' | 'clock' | 'random' | 'logger' | 'registry' | 'config'> & {
  lake: LakeStore;
};

/** The batch under which a training's vectors are booked. */
const PART = 'rows';

/** The encoder in use, with the vectors it has made before; undefined where there is none, or none that works. */
async function encoderInUse(
  { services, logger, config, clock }: TrainingApp,
  trainingId: string,
  onNoEncoder: TrainingOrder['onNoEncoder'],
): Promise<Encoder | undefined> {
  if (services.encoders === undefined) return undefined;
  let version: string | undefined;
  try {
    version = await services.encoders.current();
    if (version === undefined) return undefined;
    const limits = { maxUsd: config.LLM_MAX_COST_USD_PER_RUN, mayAsk: config.LLM_ENABLED };
    const { encoder, vectors } = await services.encoders.open(version, { runId: trainingId, batchId: PART, ...limits });
    await encoder.encode(['a text'], 'document'); // checks its files, or the deployment, before minutes are spent
    const place = { owner: TRAINING_OWNER, part: PART };
    return {
      ...{ version: encoder.version, dimensions: encoder.dimensions },
      async encode(texts) {
        const found = await waitingForQuota(clock, () => encodeCached(encoder, vectors, texts, place));
        if (found.missing === undefined) return found.vectors;
        const { at, code } = found.missing; // a stage over some of the rows would not be what its judgement says
        throw new TerminalError(code, `Encoder ${encoder.version}: ${at.size} of ${texts.length} texts have no vector`);
      },
      close: () => encoder.close(),
    };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    logger.warn('encoder.failed', { code: error.code, encoder: version ?? null });
    onNoEncoder(error.message);
    return undefined;
  }
}

/** A run comes back later; a training has nobody to call it again. */
async function waitingForQuota<T>(clock: TrainingApp['clock'], work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RetryableError) || error.retryAfterMs === undefined) throw error;
      await clock.sleep(error.retryAfterMs);
    }
  }
}

/** What the vectors of a training have cost goes to table llm_calls, under the training's id, whether it ends well or not. */
async function bookVectors(
  { services, lake }: TrainingApp,
  trainingId: string,
  onAsked: TrainingOrder['onAsked'],
): Promise<void> {
  const ledger = await keepEmbeddingLedger(lake, { runId: trainingId, batchId: PART });
  if (ledger.length === 0) return;
  const rows = ledger.map((row): Row => ({ ...row }));
  await services.tables.append('llm_calls', { runId: trainingId, attempt: 0 }, rows);
  onAsked({ calls: ledger.length, costUsd: ledger.reduce((sum, row) => sum + row.cost_nano_usd, 0) / 1e9 });
}

/** Train and register a model; its record lies in the lake, and in MLflow where that is configured. */
export async function trainAndRegister(app: TrainingApp, order: TrainingOrder): Promise<RegisteredModel> {
  const { clock, random, logger } = app;
  const { onProgress, onNoEncoder, onAsked } = order;
  const startedAt = clock.now();
  const trainingId = `train-${randomUUID()}`;
  const bundle = await (async () => {
    try {
      const encoder = await encoderInUse(app, trainingId, onNoEncoder);
      const onStageFailed = ({ code, message }: TerminalError) => {
        logger.warn('encoder.failed', { code, encoder: encoder?.version ?? null });
        onNoEncoder(message);
      };
      return await train({ ...order, encoder, onStageFailed, deps: { clock, random, logger, onProgress } });
    } finally {
      await bookVectors(app, trainingId, onAsked);
    }
  })();
  return await registerTrained(app, bundle, { ...order, trainingId, startedAt });
}
