// `sluice compare`: two models on the same labelled file.

import { compareModels, renderComparison } from '../../shared/training/compare.ts';
import { answer } from '../console.ts';
import { readExamples } from '../labelled-files.ts';
import { lookAtLake } from '../local-app.ts';

export interface CompareModelsOptions {
  data: string;
  json: boolean;
  textColumn: string;
  labelColumn: string;
}

export async function compareModelsCommand(
  a: string,
  b: string,
  file: string,
  options: CompareModelsOptions,
): Promise<void> {
  const examples = await readExamples(file, options.textColumn, options.labelColumn);
  await lookAtLake(options.data, async ({ registry }) => {
    const comparison = compareModels(await registry.load(a), await registry.load(b), examples);
    answer(options, { models: [a, b], ...comparison }, () => renderComparison([a, b], comparison));
  });
}
