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

/** Labels whose rows are all copies of one text, as the training found them; '' where every label has several texts. */
export const oneTextLabels = (training: ModelManifest['training'] = {}): string =>
  typeof training.oneTextLabels === 'string' ? training.oneTextLabels : '';

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
