#!/usr/bin/env node
// The command line. Results go to stdout, everything else to stderr; exit codes: 0 done, 1 failed, 2 wrong usage.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SluiceError } from '../shared/errors.ts';
import { clearBar, UsageError } from './console.ts';

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number');
  return value;
};
const data = () => new Option('--data <folder>', 'folder of the local cloud').default('.local');
const json = () => new Option('--json', 'print one JSON document on stdout').default(false);
const textColumn = () => new Option('--text-column <name>', 'column with the text').default('text');
const labelColumn = () => new Option('--label-column <name>', 'column with the label').default('label');

const program = new Command('sluice')
  .description('Sorts every document that lands in a data lake into your categories.')
  .version('0.1.0')
  .exitOverride()
  .showHelpAfterError('(--help shows what is possible)');

/** Options of commands that talk to a running host. */
const remote = (command: Command): Command =>
  command
    .option('--url <url>', 'the app, when it is not the local one')
    .option('--key <key>', 'its function key')
    .addOption(data())
    .addOption(json());

program
  .command('start', { isDefault: false })
  .description('start everything locally, classify a folder, stay up for uploads')
  .argument('[folder]', 'your documents; default: the samples')
  .option('--once', 'end when the folder is done', false)
  .option('--taxonomy <file>', 'your labels: JSON {name, labels: [{name, description}]}')
  .option('--no-llm', 'do not ask the LLM; uncertain documents go to review')
  .option('--max-cost <usd>', 'money the LLM may cost', number)
  .option('--quote', 'say what the run will cost before it starts, and compare afterwards', false)
  .option('--port <port>', 'port of the functions host; a free one is used when it is taken', number, 7071)
  .addOption(data())
  .addOption(json())
  .action(async (folder, options) => (await import('./commands/start.ts')).start(folder, options));

remote(program.command('run').description('start a run over what lies in the lake and follow it'))
  .argument('<path>', 'folder in the container, or with --dataset a .jsonl, .csv or .parquet file')
  .option('--container <name>', 'landing or imports', 'landing')
  .option('--dataset', 'the path is a data set with one document a row', false)
  .addOption(textColumn())
  .option('--id-column <name>', 'column with a stable key')
  .option('--taxonomy-version <version>', 'labels to use')
  .option('--model <version>', 'model to use, e.g. v3')
  .option('--accept <p>', 'confidence from which the model decides alone', number)
  .option('--max-cost <usd>', 'money the LLM may cost', number)
  .addOption(new Option('--mode <mode>', 'how the LLM is asked').choices(['live', 'batch', 'auto']))
  .option('--deadline <hours>', 'hours the run may take; a day lets large runs go by the Batch API', number)
  .option('--no-llm', 'do not ask the LLM')
  .option('--again', 'make a new run even if the same request was made before', false)
  .option('--no-wait', 'return at once')
  .action(async (path, options) => (await import('./commands/runs.ts')).runCommand(path, options));

remote(program.command('runs').description('list runs, or show one'))
  .argument('[run-id]')
  .option('--limit <n>', 'at most this many', number, 20)
  .action(async (runId, options) => (await import('./commands/runs.ts')).runsCommand(runId, options));

remote(
  program.command('rerun').description('repeat a run for some of its documents, reusing what earlier steps stored'),
)
  .argument('<run-id>')
  .addOption(new Option('--only <which>', 'documents to repeat').choices(['failed', 'review', 'all']).default('all'))
  .addOption(
    new Option('--from <step>', 'first step to repeat')
      .choices(['extract', 'featurize', 'score', 'classify'])
      .default('extract'),
  )
  .option('--label <name>', 'only documents with this label')
  .option('--code <code>', 'only those with this failure or review code')
  .option('--media-type <type>', 'only those of this media type')
  .option('--decided-after <time>', 'only those decided at or after (ISO 8601)')
  .option('--decided-before <time>', 'only those decided before (ISO 8601)')
  .option('--model <version>', 'another model than the champion')
  .option('--accept <p>', 'confidence from which the model decides alone', number)
  .option('--no-wait', 'return at once')
  .action(async (runId, options) => (await import('./commands/runs.ts')).rerunCommand(runId, options));

remote(program.command('cancel').description('stop a run'))
  .argument('<run-id>')
  .action(async (runId, options) => (await import('./commands/runs.ts')).cancelCommand(runId, options));

program
  .command('quote')
  .description('documents, tokens, calls, minutes and money of a run, before anything is paid')
  .argument('<path>', 'a folder here, or with --container a folder of the lake')
  .option('--container <name>', 'landing or imports')
  .option('--taxonomy <file>', 'your labels')
  .option('--sample <n>', 'files read at most', number, 300)
  .addOption(data())
  .addOption(json())
  .action(async (path, options) => (await import('./commands/quote.ts')).quoteCommand(path, options));

program
  .command('upload')
  .description('put files or folders into the landing container')
  .argument('<path...>')
  .option('--prefix <prefix>', 'folder in the container', '')
  .addOption(data())
  .addOption(json())
  .action(async (paths, options) => (await import('./commands/upload.ts')).uploadCommand(paths, options));

program
  .command('extract')
  .description('show what the pipeline sees of documents: text, media type, warnings, timing')
  .argument('<path...>', 'files or folders')
  .addOption(new Option('--ocr <engine>', 'who reads page images').choices(['auto', 'local', 'off']))
  .option('--json', 'print one JSON line per document', false)
  .action(async (paths, options) => (await import('./commands/extract.ts')).extractCommand(paths, options));

program
  .command('train')
  .description('train a model and promote it')
  .argument(
    '<source...>',
    'labelled .jsonl, .csv or .parquet files; `decisions` of this lake; `delta:<folder>` in imports',
  )
  .addOption(textColumn())
  .addOption(labelColumn())
  .option('--taxonomy <file>', 'check the labels against this taxonomy')
  .option('--no-promote', 'register the model without making it the champion')
  .addOption(
    new Option('--algorithm <name>', 'xgboost grows trees on Spark')
      .choices(['logistic-regression', 'xgboost'])
      .default('logistic-regression'),
  )
  .option('--features-of <version>', 'xgboost: model whose features are used; default: the champion')
  .option('--python <path>', 'xgboost without Synapse: a Python with pyspark and xgboost', 'python3')
  .option('--max-iter <n>', 'L-BFGS iterations', number)
  .option('--reg-param <x>', 'regularization', number)
  .option('--num-features <n>', 'hash buckets', number)
  .option('--precision <p>', 'share of labels the model gives alone that shall be right', number)
  .option(
    '--guarantee',
    'keep that promise strictly (per label, 95 % confidence), or fail and say how many samples are missing',
  )
  .addOption(data())
  .addOption(json())
  .action(async (sources, options) => (await import('./commands/train.ts')).trainCommand(sources, options));

program
  .command('eval')
  .description('measure a model on a labelled file')
  .argument('<file>')
  .option('--model <version>', 'default: the champion')
  .option('--report <file>', 'write an HTML page with plots')
  .addOption(textColumn())
  .addOption(labelColumn())
  .addOption(data())
  .addOption(json())
  .action(async (file, options) => (await import('./commands/eval.ts')).evalCommand(file, options));

program
  .command('compare')
  .description('compare two models on a labelled file')
  .argument('<model-a>')
  .argument('<model-b>')
  .argument('<file>')
  .addOption(textColumn())
  .addOption(labelColumn())
  .addOption(data())
  .addOption(json())
  .action(async (a, b, file, options) =>
    (await import('./commands/compare-models.ts')).compareModelsCommand(a, b, file, options),
  );

const models = program.command('models').description('registered models: list, promote, roll back, import, export');
models
  .command('list', { isDefault: true })
  .description('list versions and the champion')
  .addOption(data())
  .addOption(json())
  .action(async (options) => (await import('./commands/models.ts')).listModels(options));
models
  .command('promote')
  .description('make an evaluated model the champion')
  .argument('<version>')
  .option('--reason <text>', 'kept in the history', 'promoted by hand')
  .addOption(data())
  .addOption(json())
  .action(async (version, options) => (await import('./commands/models.ts')).promoteModel(version, options));
models
  .command('rollback')
  .description('back to the champion before')
  .option('--reason <text>', 'kept in the history', 'rolled back by hand')
  .addOption(data())
  .addOption(json())
  .action(async (options) => (await import('./commands/models.ts')).rollbackModel(options));
models
  .command('import')
  .description('register a Spark PipelineModel folder, or an XGBoost (.json, .ubj) or ONNX file')
  .argument('<path>')
  .option('--labels <names>', 'classes in their order, separated by commas', (text: string) =>
    text.split(',').map((name) => name.trim()),
  )
  .option('--features-of <version>', 'registered model whose features the file was trained on')
  .option('--evaluate <file>', 'labelled file to measure it on')
  .addOption(textColumn())
  .addOption(labelColumn())
  .addOption(data())
  .addOption(json())
  .action(async (path, options) => (await import('./commands/models.ts')).importModel(path, options));
models
  .command('export')
  .description('write a model as a Spark PipelineModel folder')
  .argument('<version>')
  .argument('<folder>')
  .addOption(data())
  .addOption(json())
  .action(async (version, folder, options) =>
    (await import('./commands/models.ts')).exportModel(version, folder, options),
  );

program
  .command('calibrate')
  .description('learn from people’s decisions how often LLM answers are right')
  .addOption(data())
  .addOption(json())
  .action(async (options) => (await import('./commands/calibrate.ts')).calibrateCommand(options));

program
  .command('query')
  .description('SQL (DuckDB) over the tables results, latest_results, llm_calls, runs and feedback')
  .argument('<sql>')
  .addOption(data())
  .addOption(json())
  .action(async (sql, options) => (await import('./commands/query.ts')).queryCommand(sql, options));

/** Options that choose decisions; names as in the API. */
const filtered = (command: Command): Command =>
  command
    .option('--run <id>', 'decisions of this run; default: the latest of every document')
    .option('--label <name>', 'with this label')
    .addOption(new Option('--status <status>', 'with this outcome').choices(['labelled', 'review', 'failed']))
    .option('--code <code>', 'with this failure or review code')
    .addOption(new Option('--decided-by <who>', 'decided by').choices(['model', 'llm', 'duplicate', 'human']))
    .option('--path <prefix>', 'whose path begins so')
    .option('--media-type <type>', 'of this media type')
    .option('--from <time>', 'decided at or after (ISO 8601)')
    .option('--to <time>', 'decided before (ISO 8601)');

filtered(program.command('export').description('decisions as a CSV or Parquet file'))
  .addOption(new Option('--format <format>', 'of the file').choices(['csv', 'parquet']).default('csv'))
  .option('-o, --output <file>', 'default: stdout')
  .addOption(data())
  .action(async (options) => (await import('./commands/export.ts')).exportCommand(options));

program
  .command('review')
  .description('documents that wait for a person; they are kept from others for a while')
  .option('--limit <n>', 'at most this many', number, 20)
  .addOption(new Option('--order <order>', 'which come first').choices(['oldest', 'uncertain']).default('oldest'))
  .option('--run <id>', 'of this run')
  .addOption(data())
  .addOption(json())
  .action(async (options) => (await import('./commands/review.ts')).reviewCommand(options));

program
  .command('decide')
  .description('label a document by hand')
  .argument('<document-id>')
  .argument('<label>')
  .option('--note <text>', 'why')
  .addOption(data())
  .addOption(json())
  .action(async (id, label, options) => (await import('./commands/review.ts')).decideCommand(id, label, options));

filtered(remote(program.command('whatif').description('what another model or bar would have decided; changes nothing')))
  .option('--model <version>', 'default: the one that decides now')
  .option('--accept <p>', 'confidence from which the model decides alone', number)
  .option('--review <p>', 'confidence below which the LLM is not asked', number)
  .option('--apply', 'then re-run the runs that would change (needs a running host)', false)
  .action(async (options) => (await import('./commands/whatif.ts')).whatIfCommand(options));

program
  .command('compare-runs')
  .description('what two runs decided differently, and why')
  .argument('<run-a>')
  .argument('<run-b>')
  .addOption(data())
  .addOption(json())
  .action(async (a, b, options) => (await import('./commands/compare.ts')).compareCommand(a, b, options));

program
  .command('simulate-llm')
  .description('serve the OpenAI-compatible simulator by itself (not a model)')
  .option('--port <port>', '0 = a free one', number, 0)
  .option('--tpm <n>', 'tokens per minute', number, 200_000)
  .option('--rpm <n>', 'requests per minute', number, 200)
  .option('--seed <n>', 'of its answers', number, 1)
  .addOption(
    new Option('--window <kind>', 'how it counts').choices(['fixed60', 'sliding60', 'bucket']).default('sliding60'),
  )
  .addOption(
    new Option('--headers <profile>', 'rate-limit headers').choices(['azure', 'openai', 'hostile']).default('azure'),
  )
  .option('--faults <json>', 'e.g. {"rates":{"error-500":0.01}}')
  .addOption(data())
  .addOption(json())
  .action(async (options) => (await import('./commands/simulate-llm.ts')).simulateLlmCommand(options));

program
  .command('storage')
  .description('start only the local storage account, for `func start` and other tools')
  .addOption(data())
  .addOption(json())
  .action(async (options) => (await import('./commands/storage.ts')).storageCommand(options));

program
  .command('doctor')
  .description('check settings, ports, storage, model and LLM, and say what to do')
  .addOption(data())
  .addOption(json())
  .action(async (options) => (await import('./commands/doctor.ts')).doctorCommand(options));

// `sluice export | head` closes the pipe early: that is an end, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await program.parseAsync();
} catch (error) {
  clearBar();
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`sluice: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof SluiceError) process.stderr.write(`${error.remedy}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

// Work that was given up (an upload to a storage that has ended, say) must not keep the process; what was written must be out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
