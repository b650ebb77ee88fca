// In-process training as the command line does it: train, register, keep the record of the run, promote.

import { randomUUID } from 'node:crypto';
import type { App } from './app.ts';
import { TerminalError } from './errors.ts';
import { encodeCached } from './models/encoder/encode-cached.ts';
import type { Encoder } from './models/encoder/encoder.ts';
import { TRAINING_OWNER } from './models/encoder/vector-cache.ts';
import type { RegisteredModel } from './models/registry.ts';
import { describeRun } from './training/run-record.ts';
import { mlflowOf, recordRun } from './training/tracking.ts';
import { type TrainInput, train } from './training/train.ts';

export interface TrainingOrder extends Pick<TrainInput, 'examples' | 'options' | 'taxonomyVersion'> {
  promote: boolean;
  codeVersion: string;
  onProgress: NonNullable<TrainInput['deps']['onProgress']>;
  /** The model was registered, and its judgement does not speak for it. */
  onNotPromoted: (why: TerminalError) => void;
  /** There is an encoder in use, and it cannot be opened: the model gets no second stage. */
  onNoEncoder: (problem: string) => void;
  /** MLflow is configured and did not take the run; the lake has it. */
  onNotTracked: (problem: string) => void;
}

/** The encoder in use, with the vectors it has made before; undefined where there is none, or none that works. */
async function encoderInUse(
  { services, logger }: App,
  onNoEncoder: TrainingOrder['onNoEncoder'],
): Promise<Encoder | undefined> {
  if (services.encoders === undefined) return undefined;
  let version: string | undefined;
  try {
    version = await services.encoders.current();
    if (version === undefined) return undefined;
    const { encoder, vectors } = await services.encoders.open(version);
    await encoder.encode(['a text'], 'document'); // checks its files before minutes are spent
    const place = { owner: TRAINING_OWNER, part: 'rows' };
    return {
      ...{ version: encoder.version, dimensions: encoder.dimensions },
      encode: async (texts) => (await encodeCached(encoder, vectors, texts, place)).vectors,
      close: () => encoder.close(),
    };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    logger.warn('encoder.failed', { code: error.code, encoder: version ?? null });
    onNoEncoder(error.message);
    return undefined;
  }
}

/** Train and register a model; its record lies in the lake, and in MLflow where that is configured. */
export async function trainAndRegister(app: App, order: TrainingOrder): Promise<RegisteredModel> {
  const { clock, random, logger, registry, lake, config } = app;
  const { promote, codeVersion, onProgress, onNotPromoted, onNotTracked, onNoEncoder, ...input } = order;
  const startedAt = clock.now();
  const encoder = await encoderInUse(app, onNoEncoder);
  const bundle = await train({ ...input, encoder, deps: { clock, random, logger, onProgress } });
  const modelVersion = await registry.register(bundle);
  const trainingId = `train-${randomUUID()}`;
  const run = describeRun(bundle, { trainingId, modelVersion, codeVersion, startedAt, endedAt: clock.now() });
  const mlflow = mlflowOf(config);
  const tracked = await recordRun(lake, run, { logger, ...(mlflow === undefined ? {} : { mlflow }) });
  if (tracked.status === 'failed') onNotTracked(tracked.problem);
  const refusal = promote ? await registry.promoteTrained(modelVersion, `training ${trainingId}`) : undefined;
  if (refusal !== undefined) onNotPromoted(refusal);
  const registered = (await registry.list()).find((model) => model.version === modelVersion);
  if (registered === undefined) throw new Error(`model ${modelVersion} was registered and is not listed`);
  return registered;
}
