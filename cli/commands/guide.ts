// `sluice guide`: where a lake stands between a list of labels and a trusted model, and the next step.
import type { Guide } from '../../shared/api/guide.ts';
import { guideOf } from '../../shared/insight/guide.ts';
import { type LakeOptions, lookAt } from '../at-lake.ts';
import { answer, screenWidth } from '../console.ts';
import { describeUnchecked } from '../describe-unchecked.ts';
import { lakeOption } from '../lake-option.ts';
import { wrapped } from '../wrap.ts';

const MARKS = { done: '✓', next: '→', later: ' ' };

export async function guideCommand(options: LakeOptions): Promise<void> {
  const guide = await lookAt(options, {
    api: (api) => api.ask<Guide>('GET', '/api/guide'),
    app: (app) => guideOf(app),
  });
  answer(options, guide, () => describeGuide(guide, options, screenWidth()));
}

/** The guide as the terminal shows it, a result without styles: they would not outlive `print`. @param lake  where it was asked: its commands go there too */
export function describeGuide(
  { steps, unchecked }: Guide,
  options: Pick<LakeOptions, 'data' | 'url'>,
  width: number,
): string {
  const lake = lakeOption(options);
  const lines = steps.flatMap(({ state, title, why, left, cost, command }) => {
    const head = `${MARKS[state]} ${title}${left === null ? '' : ` (${left})`}`;
    if (state !== 'next') return [head];
    // One command a line, as it is pasted; another way to the same is a line of its own too.
    const commands = command.split(/, (?:or )?(?=sluice )/).map((one) => `    npx ${one}${lake}`);
    const sheet = / -o (\S+\.csv)/.exec(command)?.[1];
    const between = sheet === undefined ? '' : ` Between the two commands fill in the column label of ${sheet}.`;
    return [head, ...wrapped(`${why}.${between}`, 4, width), ...wrapped(`Costs: ${cost}.`, 4, width), ...commands];
  });
  const warned = describeUnchecked(unchecked, options, width);
  const isAll = steps.every(({ state }) => state !== 'next');
  return [
    ...lines,
    ...(warned.length === 0 ? [] : ['', ...warned]),
    ...(isAll ? [`Nothing is left to do: \`npx sluice digest${lake}\` says how it goes.`] : []),
  ].join('\n');
}
