// May a model become the champion? Its judgement must mean something: rows with labels it knows, and a model that is better than the
// answer anybody could give without reading.
import { TerminalError } from '../errors.ts';
import type { ModelManifest } from './bundle.ts';

/** Share of what the most frequent label gets wrong that a model must get right. */
export const MIN_GAIN = 0.05;

/** Why a model must not be promoted; undefined when it may. */
export function refusalToPromote({
  version,
  metrics,
  training,
}: Pick<ModelManifest, 'version' | 'metrics'> & Partial<Pick<ModelManifest, 'training'>>): TerminalError | undefined {
  const ids = { version };
  if (metrics === null)
    return new TerminalError('model.not-evaluated', `Model ${version} has no evaluation; promoting needs one`, { ids });
  if (!(metrics.samples > 0))
    return new TerminalError('model.not-evaluated', `Model ${version} was evaluated on no row with a label it knows`, {
      ids,
    });
  const [frequent] = metrics.perLabel.toSorted((a, b) => b.support - a.support);
  const without = (frequent?.support ?? 0) / metrics.samples;
  const alike = oneTextLabels(training);
  const needed = without + MIN_GAIN * (1 - without);
  if (without < 1 && metrics.accuracy >= needed) return undefined;
  return new TerminalError(
    'model.not-better',
    without < 1
      ? `Model ${version} is right in ${percent(metrics.accuracy)} of ${metrics.samples} rows; always answering ${frequent?.label} is right in ${percent(without)}, and ${percent(needed)} is needed${alike === '' ? '' : `; all rows of ${alike} are copies of one text, so that no judgement can find them right`}`
      : `Model ${version} was evaluated on rows of one label only, ${frequent?.label}; that says nothing`,
    { ids },
  );
}

/** Labels named at most. */
const MAX_NAMED = 5;

/**
 * Why a model must not be promoted by itself although its judgement speaks for it; undefined when it may.
 * @param wanted  labels of the taxonomy it was trained for; undefined: any
 */
export function refusalToPromoteByItself(
  {
    version,
    labels,
    training,
    accept,
    stage,
  }: Pick<ModelManifest, 'version' | 'labels' | 'training' | 'accept'> & Partial<Pick<ModelManifest, 'stage'>>,
  wanted: readonly string[] | undefined,
): TerminalError | undefined {
  const ids = { version };
  const known = new Set(labels);
  const missing = (wanted ?? []).filter((label) => !known.has(label));
  if (missing.length > 0)
    return new TerminalError(
      'model.not-vouched-for',
      `Model ${version} does not know ${missing.slice(0, MAX_NAMED).join(', ')}${missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more labels` : ''}: no row it was trained on has them`,
      { ids },
    );
  const { rows, rowsHuman, rowsLlm } = training;
  if (Number(rowsLlm ?? 0) > 0 && Number(rowsHuman ?? 0) === 0 && Number(rowsLlm) >= Number(rows ?? 0))
    return new TerminalError(
      'model.not-vouched-for',
      `Model ${version} learnt from answers of the LLM only: how far it agrees with them is known, how often it is right is not`,
      { ids },
    );
  const promises = [accept, ...(stage === undefined || stage === null ? [] : [stage.accept])];
  if (promises.every(({ basis }) => basis === 'default'))
    return new TerminalError(
      'model.not-vouched-for',
      `Model ${version} would decide nothing alone: its rows do not prove that ${percent(accept.precision)} of its labels are right`,
      { ids },
    );
  return undefined;
}

/** Labels whose rows are all copies of one text, as the training found them; '' where every label has several texts. */
export const oneTextLabels = (training: ModelManifest['training'] = {}): string =>
  typeof training.oneTextLabels === 'string' ? training.oneTextLabels : '';

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
