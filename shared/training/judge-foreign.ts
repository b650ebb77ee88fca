// A model that was trained elsewhere (Spark, XGBoost, ONNX), judged on labelled texts it has not seen: calibration, accept threshold and
// metrics are added to its bundle, so that it can be promoted.
import { TerminalError } from '../errors.ts';
import { EVALUATION_FILE, type ModelBundle } from '../models/bundle.ts';
import { openBundle } from '../models/loaded-model.ts';
import { measure, summarize } from '../models/metrics.ts';
import type { PrecisionGoal } from '../models/threshold.ts';
import { judge } from './judge.ts';
import { completeTrainOptions } from './options.ts';
import { groupTexts } from './splits.ts';

/**
 * @param heldOut  rows the model was not trained on; those with labels it does not know count as wrong, and are counted in `training`
 * @throws {TerminalError} train.no-rows
 */
export async function judgeForeignModel(
  bundle: ModelBundle,
  heldOut: readonly { text: string; label: string }[],
  goal: Partial<PrecisionGoal> = {},
): Promise<ModelBundle> {
  if (heldOut.length === 0) throw new TerminalError('train.no-rows', 'Judging a model needs at least one labelled row');
  const { artifacts } = bundle;
  const description = { ...bundle.description, calibration: { method: 'none' as const } };
  const model = await openBundle('unregistered', description, artifacts);
  const { labels } = description;
  const classOf = new Map(labels.map((label, k) => [label, k]));
  const strangers = heldOut.filter((row) => !classOf.has(row.label)).map((row) => row.label);
  if (strangers.length === heldOut.length)
    throw new TerminalError(
      'train.no-rows',
      `None of the ${heldOut.length} rows has a label that the model knows. It knows ${some(labels)}; the rows say ${some([...new Set(strangers)])}`,
    );
  const raw = model.score(model.featurize(heldOut.map((row) => row.text)));
  const truth = Int32Array.from(heldOut, (row) => classOf.get(row.label) ?? -1);
  const groups = groupTexts(
    heldOut.map((row) => row.text),
    truth,
  );
  const judgement = judge({ raw, truth, groups }, labels.length, completeTrainOptions(goal));
  const evaluation = measure(judgement.probabilities, labels, judgement.truth, strangers);
  return {
    artifacts: { ...artifacts, [EVALUATION_FILE]: Buffer.from(JSON.stringify(evaluation)) },
    description: {
      ...description,
      calibration: judgement.calibration,
      accept: judgement.choice.accept,
      acceptByLabel: judgement.choice.byLabel,
      metrics: summarize(evaluation, 'held-out'),
      training: { ...description.training, unknownLabelRows: strangers.length },
    },
  };
}

const MAX_NAMES = 5;
const some = (names: readonly string[]): string =>
  names.slice(0, MAX_NAMES).join(', ') + (names.length > MAX_NAMES ? `, and ${names.length - MAX_NAMES} others` : '');
