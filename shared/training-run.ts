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
import { describeRun } from './training/run-record.ts';
import { mlflowOf, recordRun } from './training/tracking.ts';
import { type TrainInput, train } from './training/train.ts';

export interface TrainingOrder extends Pick<TrainInput, 'examples' | 'options' | 'taxonomyVersion' | 'decisions'> {
  /** itself: if its judgement speaks for it and nothing against a champion that nobody has looked at; asked: if its judgement speaks for it. */
  promote: 'itself' | 'asked' | 'no';
  /** Labels of the taxonomy: a model that lacks some is not promoted by itself. Default: any will do */
  taxonomyLabels?: readonly string[] | undefined;
  codeVersion: string;
  onProgress: NonNullable<TrainInput['deps']['onProgress']>;
  /** The model was registered, and its judgement does not speak for it. */
  onNotPromoted: (why: TerminalError) => void;
  /** There is an encoder in use, and it cannot be opened: the model gets no second stage. */
  onNoEncoder: (problem: string) => void;
  /** An encoder that is a deployment was asked: attempts, and what they have cost. */
  onAsked: (asked: { calls: number; costUsd: number }) => void;
  /** MLflow is configured and did not take the run; the lake has it. */
  onNotTracked: (problem: string) => void;
}

/** What a training needs of the app. */
type TrainingApp = Pick<App, 'services' | 'clock' | 'random' | 'logger' | 'registry' | 'config'> & { lake: LakeStore };

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
  const { clock, random, logger, registry, lake, config } = app;
  const { promote, codeVersion, onProgress, onNotPromoted, onNotTracked, onNoEncoder, onAsked, ...input } = order;
  const startedAt = clock.now();
  const trainingId = `train-${randomUUID()}`;
  const bundle = await (async () => {
    try {
      const encoder = await encoderInUse(app, trainingId, onNoEncoder);
      const onStageFailed = ({ code, message }: TerminalError) => {
        logger.warn('encoder.failed', { code, encoder: encoder?.version ?? null });
        onNoEncoder(message);
      };
      return await train({ ...input, encoder, onStageFailed, deps: { clock, random, logger, onProgress } });
    } finally {
      await bookVectors(app, trainingId, onAsked);
    }
  })();
  const modelVersion = await registry.register(bundle);
  const run = describeRun(bundle, { trainingId, modelVersion, codeVersion, startedAt, endedAt: clock.now() });
  const mlflow = mlflowOf(config);
  const tracked = await recordRun(lake, run, { logger, ...(mlflow === undefined ? {} : { mlflow }) });
  if (tracked.status === 'failed') onNotTracked(tracked.problem);
  const refusal =
    promote === 'no'
      ? undefined
      : await registry.promoteTrained(modelVersion, `training ${trainingId}`, {
          labels: order.taxonomyLabels,
          isAsked: promote === 'asked',
        });
  if (refusal !== undefined) onNotPromoted(refusal);
  const registered = (await registry.list()).find((model) => model.version === modelVersion);
  if (registered === undefined) throw new Error(`model ${modelVersion} was registered and is not listed`);
  return registered;
}
