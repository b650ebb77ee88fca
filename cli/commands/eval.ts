// `sluice eval`: a model against a labelled data set.
import { evaluate } from '../../shared/training/evaluate.ts';
import { UsageError } from '../console.ts';
import { withApp } from '../local-app.ts';
import { formatTable } from '../table.ts';
import { readExamples } from './train.ts';

export interface EvalOptions {
  data: string;
  json: boolean;
  model?: string;
  textColumn: string;
  labelColumn: string;
}

export async function evalCommand(file: string, options: EvalOptions): Promise<void> {
  const examples = await readExamples(file, options.textColumn, options.labelColumn);
  await withApp(options.data, async (app) => {
    const version = options.model ?? (await app.registry.championVersion());
    if (version === undefined) throw new UsageError('no model is registered; train one with `sluice train <file>`');
    const result = evaluate(await app.registry.load(version), examples);
    if (options.json) process.stdout.write(`${JSON.stringify({ model: version, ...result })}\n`);
    else {
      const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
      process.stdout.write(
        `${formatTable(
          [
            { title: 'label', flexible: true },
            { title: 'precision', align: 'right' },
            { title: 'recall', align: 'right' },
            { title: 'F1', align: 'right' },
            { title: 'documents', align: 'right' },
          ],
          result.perLabel.map((l) => [
            l.label,
            percent(l.precision),
            percent(l.recall),
            percent(l.f1),
            String(l.support),
          ]),
          process.stdout.columns ?? 100,
        )}\n\nmodel ${version}: accuracy ${percent(result.accuracy)}, macro F1 ${percent(result.macroF1)}, log loss ${result.logLoss.toFixed(4)}, ECE ${result.ece.toFixed(4)} on ${examples.length} rows\n`,
      );
    }
  });
}
