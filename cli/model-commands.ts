// Commands about models: train, eval, compare, models.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PROFILES } from '../shared/features/spec.ts';
import { LOSSES } from '../shared/models/loss.ts';
import {
  data,
  existing,
  existingFile,
  json,
  labelColumn,
  newFile,
  number,
  onlyHere,
  remote,
  someText,
  textColumn,
  version,
  whole,
} from './options.ts';

function rounds(text: string): 'all' | 'best' | number {
  if (text === 'all' || text === 'best') return text;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('need all, best or a number of rounds');
  return value;
}

/** Add them to the program. */
export function addModelCommands(program: Command): void {
  remote(
    program
      .command('train')
      .description('train a model and promote it; with --url on the app, from texts here or there'),
  )
    .argument(
      '<source...>',
      'labelled .jsonl, .csv or .parquet files; folders with a folder per label; `decisions` of this lake; `delta:<folder>` in imports',
    )
    .addOption(textColumn())
    .addOption(labelColumn())
    .option('--taxonomy <file>', 'check the labels against this taxonomy', existingFile)
    .option(
      '--promote',
      'make it the champion also where it lacks labels, only the LLM taught it, or it decides nothing alone',
    )
    .option('--no-promote', 'register the model without making it the champion')
    .option('--use-simulated', 'decisions: also labels that the LLM simulator gave', false)
    .addOption(
      new Option('--algorithm <name>', 'logistic-regression: a linear model with --loss; xgboost grows trees on Spark')
        .choices(['logistic-regression', 'xgboost'])
        .default('logistic-regression'),
    )
    .option('--features-of <version>', 'xgboost: model whose features are used; default: the champion', version)
    .option('--python <path>', 'xgboost without Synapse: a Python with pyspark and xgboost', 'python3')
    .addOption(
      new Option('--profile <name>', 'features: words, pairs and parts of words, or exactly those of Spark')
        .choices([...PROFILES])
        .default('lexical'),
    )
    .addOption(
      new Option(
        '--loss <name>',
        'default: squared-hinge; profile spark, and on the app more than one step takes: logistic',
      ).choices([...LOSSES]),
    )
    .option('--max-iter <n>', 'iterations at most: epochs, or steps of L-BFGS with logistic', whole(1, 10_000))
    .option(
      '--reg-param <x>',
      'regularization; default: chosen by held-out rows (profile spark: 0.01)',
      number(0, 1000),
    )
    .option('--num-features <n>', 'hash buckets', whole(2, 2 ** 26))
    .option('--precision <p>', 'share of labels the model gives alone that shall be right', number(0.01, 0.9999))
    .option(
      '--guarantee',
      'keep that promise strictly (per label, 95 % confidence), or fail and say how many samples are missing',
    )
    .action(async (sources, options) => (await import('./commands/train.ts')).trainCommand(sources, options));

  remote(program.command('eval').alias('evaluate').description('measure a model on a labelled file'))
    .argument('<file>', 'labelled .jsonl, .csv or .parquet, or a folder per label', existing)
    .option('--model <version>', 'default: the champion', version)
    .option('--report <file>', 'write an HTML page with plots', newFile)
    .addOption(textColumn())
    .addOption(labelColumn())
    .action(async (file, options) => (await import('./commands/eval.ts')).evalCommand(file, options));

  remote(program.command('compare').description('compare two models on a labelled file'))
    .argument('<model-a>', 'version', version)
    .argument('<model-b>', 'version', version)
    .argument('<file>', 'labelled .jsonl, .csv or .parquet, or a folder per label', existing)
    .addOption(textColumn())
    .addOption(labelColumn())
    .action(async (a, b, file, options) =>
      (await import('./commands/compare-models.ts')).compareModelsCommand(a, b, file, options),
    );

  const models = program.command('models').description('registered models: list, promote, roll back, import, export');
  remote(models.command('list', { isDefault: true }).description('list versions and the champion')).action(
    async (options) => (await import('./commands/models.ts')).listModels(options),
  );
  remote(models.command('promote').description('make an evaluated model the champion'))
    .argument('<version>', 'as the list shows it', version)
    .option('--reason <text>', 'kept in the history', someText, 'promoted by hand')
    .option('--force', 'also a model that is hardly better than its most frequent label, or was not evaluated', false)
    .action(async (version, options) => (await import('./commands/models.ts')).promoteModel(version, options));
  remote(models.command('rollback').description('back to the champion before'))
    .option('--reason <text>', 'kept in the history', someText, 'rolled back by hand')
    .action(async (options) => (await import('./commands/models.ts')).rollbackModel(options));
  onlyHere(
    models
      .command('import')
      .description('register a Spark PipelineModel or MLflow model folder, or an XGBoost (.json, .ubj) or ONNX file'),
    'it writes into the lake itself; set LAKE_DFS_ENDPOINT to take a model into the lake of an app',
  )
    .argument('<path>', 'of this machine', existing)
    .option(
      '--labels <names>',
      'names of the classes, as 0=<name>,1=<name>,… or in their order; not needed where the file names them',
      (text: string) => text.split(',').map((name) => name.trim()),
    )
    .option('--features-of <version>', 'registered model whose features the file was trained on', version)
    .option(
      '--rounds <all|best|n>',
      'XGBoost: rounds that are used; default best: those up to best_iteration, where training stopped early',
      rounds,
    )
    .option('--output <name>', 'ONNX: the output that holds the probabilities')
    .addOption(new Option('--output-kind <kind>', 'ONNX: what that output holds').choices(['probabilities', 'logits']))
    .addOption(
      new Option(
        '--absent <meaning>',
        'XGBoost, ONNX: what a term means that a document lacks; default: missing for XGBoost, zero for ONNX',
      ).choices(['missing', 'zero']),
    )
    .option('--evaluate <file>', 'labelled file or folder to measure it on', existing)
    .addOption(textColumn())
    .addOption(labelColumn())
    .addOption(data())
    .addOption(json())
    .action(async (path, options) => (await import('./commands/import-model.ts')).importModel(path, options));
  remote(models.command('export').description('write a model as a Spark PipelineModel folder'))
    .argument('<version>', 'as the list shows it', version)
    .argument('<folder>')
    .action(async (version, folder, options) =>
      (await import('./commands/models.ts')).exportModel(version, folder, options),
    );
}
