// `sluice eval`: a model against a labelled data set.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { evaluate } from '../../shared/training/evaluate.ts';
import { type ReportHead, renderHtml, renderText } from '../../shared/training/report.ts';
import type { LakeOptions } from '../at-lake.ts';
import { note, print, printJson, UsageError } from '../console.ts';
import { readExamples } from '../labelled-files.ts';
import { lookAtModels } from '../models-of-app.ts';

export interface EvalOptions extends LakeOptions {
  model?: string;
  textColumn: string;
  labelColumn: string;
  /** HTML file with plots. */
  report?: string;
}

export async function evalCommand(file: string, options: EvalOptions): Promise<void> {
  const examples = await readExamples(file, options.textColumn, options.labelColumn);
  await lookAtModels(options, async (registry) => {
    const version = options.model ?? (await registry.championVersion());
    if (version === undefined)
      throw new UsageError(
        'no model is the champion: name one with --model (`sluice models list`), promote one, or train one with `sluice train <file>`',
      );
    const model = await registry.load(version);
    const result = evaluate(model, examples);
    if (model.stage) note('The words alone are measured: what the encoder adds is in the report of the training.');
    if (options.json) printJson({ model: version, ...result });
    else print(renderText(result, head(version, file, examples.length)));
    if (options.report !== undefined) {
      writeFileSync(options.report, renderHtml(result, head(version, file, examples.length)));
      note(`report written to ${options.report}`);
    }
  });
}

const head = (version: string, file: string, rows: number): ReportHead => ({
  title: `Model ${version}`,
  facts: [
    ['test set', basename(file)],
    ['rows', String(rows)],
  ],
});
