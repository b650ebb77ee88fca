// `sluice compare`: two models on the same labelled file.

import { compareModels, renderComparison } from '../../shared/training/compare.ts';
import type { LakeOptions } from '../at-lake.ts';
import { answer } from '../console.ts';
import { readExamples } from '../labelled-files.ts';
import { lookAtModels } from '../models-of-app.ts';

export interface CompareModelsOptions extends LakeOptions {
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
  await lookAtModels(options, async (registry) => {
    const comparison = compareModels(await registry.load(a), await registry.load(b), examples);
    answer(options, { models: [a, b], ...comparison }, () => renderComparison([a, b], comparison));
  });
}
