// The commands and their options, checked as they are read: what is wrong is told in one line before anything starts.
import { Command, Option } from 'commander';
import { addEncoderCommands } from './encoder-commands.ts';
import { addInsightCommands } from './insight-commands.ts';
import { addModelCommands } from './model-commands.ts';
import {
  allExisting,
  data,
  deadline,
  existing,
  existingFile,
  id,
  ids,
  json,
  maxCost,
  mode,
  newFile,
  onlyHere,
  port,
  remote,
  SERVER_PROFILE_NAMES,
  share,
  someText,
  textColumn,
  time,
  version,
  whole,
} from './options.ts';
import { printableLine } from './printable.ts';
import { addResultCommands } from './result-commands.ts';
import { addSourceCommands } from './source-commands.ts';
import { usageText } from './usage-text.ts';

/** The program; nothing is read of the command line yet. */
export function createProgram(): Command {
  const program = new Command('sluice')
    .description('Sorts every document that lands in a data lake into your categories.')
    .version('0.1.0')
    .exitOverride()
    .configureHelp({ minWidthToWrap: 20, subcommandTerm: termOf })
    .configureOutput({
      outputError: (text, write) => write(`${printableLine(usageText(text.trim()))} (--help shows what is possible)\n`),
    });

  onlyHere(
    program
      .command('start', { isDefault: false })
      .description('start everything locally, classify a folder, stay up for uploads'),
    'it is the host; `sluice upload --url` and `sluice run --url` are for another one',
  )
    .argument('[folder]', 'your documents; default: the samples', existing)
    .addOption(
      new Option('--source <kind>', 'the folder plays a library or mailbox that lands by itself').choices([
        'sharepoint',
        'exchange',
      ]),
    )
    .option('--once', 'end when the folder is done', false)
    .option('--empty', 'start with nothing: no samples, no labels; the page begins with yours', false)
    .option(
      '--taxonomy <file>',
      'your labels: JSON {name, labels: [{name, description}]}, or CSV with name and description',
      existingFile,
    )
    .option('--no-llm', 'ask no LLM as long as this host is up, about uploads too; uncertain documents go to review')
    .addOption(maxCost())
    .option('--quote', 'say what the run will cost before it starts, and compare afterwards', false)
    .option('--port <port>', 'port of the functions host; a free one is used when it is taken', port, 7071)
    .addOption(new Option('--build-page', 'build the page too, beside the start: for `npm start`').hideHelp())
    .addOption(data())
    .addOption(json())
    .action(async (folder, options) => (await import('./commands/start.ts')).start(folder, options));

  remote(program.command('run').description('start a run over what lies in the lake and follow it'))
    .argument('<path>', 'folder as `sluice runs` shows it, or with --dataset a .jsonl, .csv or .parquet file')
    .addOption(
      new Option('--container <name>', 'where it lies; default: as the path begins, else landing').choices([
        'landing',
        'imports',
      ]),
    )
    .option('--dataset', 'the path is a data set with one document a row', false)
    .addOption(textColumn())
    .option('--id-column <name>', 'column with a stable key')
    .option('--taxonomy-version <version>', 'labels to use')
    .option('--model <version>', 'model to use, e.g. v3', version)
    .option('--accept <p>', 'confidence from which the model decides alone', share)
    .addOption(maxCost())
    .addOption(mode())
    .addOption(deadline())
    .option('--no-llm', 'do not ask the LLM')
    .option('--again', 'make a new run even if the same request was made before', false)
    .option('--no-wait', 'return at once')
    .action(async (path, options) => (await import('./commands/runs.ts')).runCommand(path, options));

  remote(program.command('runs').description('list runs, or show one'))
    .argument('[run-id]', 'as the list shows it', id)
    .option('--limit <n>', 'at most this many', whole(1, 200), 20)
    .action(async (runId, options) => (await import('./commands/runs.ts')).runsCommand(runId, options));

  remote(
    program.command('rerun').description('repeat a run for some of its documents, reusing what earlier steps stored'),
  )
    .argument('<run-ids...>', 'as `sluice runs` shows them; several are repeated one after the other', ids)
    .addOption(new Option('--only <which>', 'documents to repeat').choices(['failed', 'review', 'all']).default('all'))
    .addOption(
      new Option('--from <step>', 'first step to repeat')
        .choices(['extract', 'featurize', 'score', 'classify'])
        .default('extract'),
    )
    .option('--label <name>', 'only documents with this label')
    .option('--code <code>', 'only those with this failure or review code')
    .option('--media-type <type>', 'only those of this media type')
    .option('--decided-after <time>', 'only those decided at or after (ISO 8601)', time)
    .option('--decided-before <time>', 'only those decided before (ISO 8601)', time)
    .option('--model <version>', 'another model than the champion', version)
    .option('--accept <p>', 'confidence from which the model decides alone', share)
    .option('--llm', 'ask the LLM, also where the earlier run did not')
    .option('--no-llm', 'do not ask the LLM')
    .addOption(maxCost())
    .addOption(mode())
    .addOption(deadline())
    .option('--no-wait', 'return at once')
    .action(async (runIds, options) => (await import('./commands/runs.ts')).rerunCommand(runIds, options));

  remote(program.command('cancel').description('stop a run'))
    .argument('<run-id>', 'as `sluice runs` shows it', id)
    .action(async (runId, options) => (await import('./commands/runs.ts')).cancelCommand(runId, options));

  remote(
    program
      .command('quote')
      .description('documents, tokens, calls, minutes and money of a run, before anything is paid'),
  )
    .argument('<path>', 'a folder here, or one of the lake as `sluice runs` shows it', someText)
    .addOption(new Option('--container <name>', 'where it lies in the lake').choices(['landing', 'imports']))
    .option('--taxonomy <file>', 'your labels', existingFile)
    .option('--sample <n>', 'files read at most', whole(1, 100_000), 300)
    .addOption(mode())
    .addOption(deadline())
    .action(async (path, options) => (await import('./commands/quote.ts')).quoteCommand(path, options));

  remote(program.command('upload').description('put files or folders into the landing container'))
    .argument('<path...>', 'of this machine', allExisting)
    .option('--prefix <prefix>', 'folder in the container', '')
    .action(async (paths, options) => (await import('./commands/upload.ts')).uploadCommand(paths, options));

  onlyHere(
    program
      .command('extract')
      .description('show what the pipeline sees of documents: text, media type, warnings, timing'),
    'it reads files of this machine and asks no lake',
  )
    .argument('<path...>', 'files or folders', allExisting)
    .addOption(new Option('--ocr <engine>', 'who reads page images').choices(['auto', 'local', 'off']))
    .addOption(json('print a JSON document a line, one for each document that is read'))
    .action(async (paths, options) => (await import('./commands/extract.ts')).extractCommand(paths, options));

  addModelCommands(program);
  addEncoderCommands(program);
  addResultCommands(program);
  addInsightCommands(program);
  addSourceCommands(program);

  onlyHere(
    program.command('simulate-llm').description('serve the OpenAI-compatible simulator by itself (not a model)'),
    'it is a server of its own',
  )
    .option('--port <port>', '0 = a free one', port, 0)
    .option('--tpm <n>', 'tokens per minute', whole(1, 1_000_000_000), 200_000)
    .option('--rpm <n>', 'requests per minute', whole(1, 100_000_000), 200)
    .option('--seed <n>', 'of its answers', whole(0, 2 ** 32 - 1), 1)
    .addOption(
      new Option('--window <kind>', 'how it counts').choices(['fixed60', 'sliding60', 'bucket']).default('sliding60'),
    )
    .addOption(
      new Option('--headers <profile>', 'rate-limit headers').choices(['azure', 'openai', 'hostile']).default('azure'),
    )
    .addOption(
      new Option('--profile <server>', 'which server it plays: what it refuses, how it thinks and words things')
        .choices(SERVER_PROFILE_NAMES)
        .default('azure-chat'),
    )
    .option('--faults <json>', 'e.g. {"rates":{"error-500":0.01}}')
    .addOption(data())
    .addOption(json())
    .action(async (options) => (await import('./commands/simulate-llm.ts')).simulateLlmCommand(options));

  onlyHere(
    program.command('storage').description('start only the local storage account, for `func start` and other tools'),
    'it is a server of its own',
  )
    .option('--settings <file>', 'write the connection strings into this settings file', newFile)
    .addOption(data())
    .addOption(json())
    .action(async (options) => (await import('./commands/storage.ts')).storageCommand(options));

  onlyHere(
    program.command('doctor').description('check settings, ports, storage, model and LLM, and say what to do'),
    'it looks at the settings of its own process; GET /api/health is what an app says of its own',
  )
    .addOption(data())
    .addOption(json())
    .action(async (options) => (await import('./commands/doctor.ts')).doctorCommand(options));

  return program;
}

/** Name and arguments of a command; that all have options goes without saying, and leaves room for what they do at 80 columns. */
function termOf(command: Command): string {
  const parts = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...parts].join(' ');
}
