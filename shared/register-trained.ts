// What follows a training of the command line: the model is registered, the record of the run kept, and the model promoted where that is wanted.
import type { App } from './compose.ts';
import type { TerminalError } from './errors.ts';
import type { RegisteredModel } from './models/registry.ts';
import type { LakeStore } from './ports.ts';
import { describeRun } from './training/run-record.ts';
import { mlflowOf, recordRun } from './training/tracking.ts';
import type { TrainedBundle } from './training/train.ts';

/** A model that was judged, as a training makes it. */
export type JudgedBundle = Pick<TrainedBundle, 'description' | 'artifacts' | 'evaluation' | 'objectiveHistory'>;

export interface Registration {
  trainingId: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  codeVersion: string;
  /** itself: if its judgement speaks for it and nothing against a champion that nobody has looked at; asked: if its judgement speaks for it. */
  promote: 'itself' | 'asked' | 'no';
  /** Labels of the taxonomy: a model that lacks some is not promoted by itself. Default: any will do */
  taxonomyLabels?: readonly string[] | undefined;
  /** The bundle's files are those of a model that loads: it is not loaded before it becomes the champion. */
  isKnownToLoad?: boolean;
  /** The model was registered, and its judgement does not speak for it. */
  onNotPromoted: (why: TerminalError) => void;
  /** MLflow is configured and did not take the run; the lake has it. */
  onNotTracked: (problem: string) => void;
}

/** Register a trained model; its record lies in the lake, and in MLflow where that is configured. */
export async function registerTrained(
  app: Pick<App, 'clock' | 'logger' | 'registry' | 'config'> & { lake: LakeStore },
  bundle: JudgedBundle,
  {
    trainingId,
    startedAt,
    codeVersion,
    promote,
    taxonomyLabels,
    isKnownToLoad = false,
    onNotPromoted,
    onNotTracked,
  }: Registration,
): Promise<RegisteredModel> {
  const { clock, logger, registry, lake, config } = app;
  const modelVersion = await registry.register(bundle);
  const run = describeRun(bundle, { trainingId, modelVersion, codeVersion, startedAt, endedAt: clock.now() });
  const mlflow = mlflowOf(config);
  const tracked = await recordRun(lake, run, { logger, ...(mlflow === undefined ? {} : { mlflow }) });
  if (tracked.status === 'failed') onNotTracked(tracked.problem);
  const refusal =
    promote === 'no'
      ? undefined
      : await registry.promoteTrained(modelVersion, `training ${trainingId}`, {
          labels: taxonomyLabels,
          isAsked: promote === 'asked',
          isKnownToLoad,
        });
  if (refusal !== undefined) onNotPromoted(refusal);
  const registered = (await registry.list()).find((model) => model.version === modelVersion);
  if (registered === undefined) throw new Error(`model ${modelVersion} was registered and is not listed`);
  return registered;
}
