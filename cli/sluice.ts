#!/usr/bin/env node
// The command line. Results go to stdout, everything else to stderr; exit codes: 0 done, 1 failed, 2 wrong usage.
import { Command, CommanderError, Option } from 'commander';
import { SluiceError } from '../shared/errors.ts';
import { clearBar, UsageError } from './console.ts';
import { addModelCommands } from './model-commands.ts';
import { data, deadline, json, maxCost, mode, number, remote, textColumn } from './options.ts';
import { addResultCommands } from './result-commands.ts';
import { addSourceCommands } from './source-commands.ts';

const program = new Command('sluice')
  .description('Sorts every document that lands in a data lake into your categories.')
  .version('0.1.0')
  .exitOverride()
  .showHelpAfterError('(--help shows what is possible)');

program
  .command('start', { isDefault: false })
  .description('start everything locally, classify a folder, stay up for uploads')
  .argument('[folder]', 'your documents; default: the samples')
  .addOption(new Option('--source <kind>', 'the folder plays a library that lands by itself').choices(['sharepoint']))
  .option('--once', 'end when the folder is done', false)
  .option('--taxonomy <file>', 'your labels: JSON {name, labels: [{name, description}]}')
  .option('--no-llm', 'ask no LLM as long as this host is up, about uploads too; uncertain documents go to review')
  .addOption(maxCost())
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
  .addOption(maxCost())
  .addOption(mode())
  .addOption(deadline())
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
  .option('--llm', 'ask the LLM, also where the earlier run did not')
  .option('--no-llm', 'do not ask the LLM')
  .addOption(maxCost())
  .addOption(mode())
  .addOption(deadline())
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
  .addOption(mode())
  .addOption(deadline())
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

addModelCommands(program);
addResultCommands(program);
addSourceCommands(program);

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
  .option('--settings <file>', 'write the connection strings into this settings file')
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
