// Commands about decisions: calibrate, query, export, review, decide, whatif, compare-runs.
import { type Command, Option } from 'commander';
import {
  documentId,
  existingFile,
  id,
  newFile,
  number,
  remote,
  share,
  someText,
  time,
  version,
  whole,
  words,
} from './options.ts';

/** Add them to the program. */
export function addResultCommands(program: Command): void {
  remote(
    program.command('calibrate').description('learn from people’s decisions how often LLM answers are right'),
  ).action(async (options) => (await import('./commands/calibrate.ts')).calibrateCommand(options));

  remote(
    program
      .command('query')
      .description('SQL (DuckDB) over the tables results, latest_results, llm_calls, runs and feedback'),
  )
    .argument('<sql>', 'one statement that reads', someText)
    .option('--timeout <seconds>', 'given up after so long; 0 = never, 200 at most with --url', number(0, 86_400), 60)
    .action(async (sql, options) => (await import('./commands/query.ts')).queryCommand(sql, options));

  /** Options that choose decisions; names as in the API. */
  const filtered = (command: Command): Command =>
    chosen(command)
      .option('--from <time>', 'decided at or after (ISO 8601)', time)
      .option('--to <time>', 'decided before (ISO 8601)', time);
  const chosen = (command: Command): Command =>
    command
      .option('--run <id>', 'decisions of this run; default: the latest of every document', id)
      .option('--label <name>', 'with this label')
      .addOption(new Option('--status <status>', 'with this outcome').choices(['labelled', 'review', 'failed']))
      .option('--code <code>', 'with this failure or review code')
      .addOption(
        new Option('--decided-by <who>', 'decided by').choices(['model', 'encoder', 'llm', 'duplicate', 'human']),
      )
      .option('--path <prefix>', 'whose path begins so')
      .option('--search <text>', 'with this text in the path, upper or lower case')
      .option('--min-confidence <p>', 'with at least this confidence', share)
      .option('--max-confidence <p>', 'with at most this confidence', share)
      .option('--media-type <type>', 'of this media type');

  const searchedIn = () =>
    new Option('--in <where>', 'where words are looked for; default: in both').choices(['text', 'reasons']);

  filtered(
    remote(
      program.command('search').description('documents by the words in their texts and in the reasons of decisions'),
    ),
  )
    .argument(
      '<words...>',
      'steuer frist: both; "im Werk": together; zoll*: beginning so; -- … -entwurf: without',
      words,
    )
    .addOption(searchedIn())
    .option('--limit <n>', 'at most this many', whole(1, 100), 20)
    .option('--cursor <text>', 'the next page, as the one before says', someText)
    .action(async (words, options) => (await import('./commands/search.ts')).searchCommand(words, options));

  filtered(
    remote(program.command('export').description('decisions as a CSV, JSON or Parquet file; --json is --format json')),
  )
    .option('--text <words>', 'with these words in text or reasons, as `sluice search` takes them', someText)
    .addOption(searchedIn())
    .option('--like <document-id>', 'whose text is like that of this document', documentId)
    .option('--similarity <share>', 'how much of what is rare in it must be shared; default: 0.4', share)
    .addOption(new Option('--format <format>', 'of the file').choices(['csv', 'json', 'parquet']).default('csv'))
    .option('-o, --output <file>', 'default: stdout', newFile)
    .action(async (options) => (await import('./commands/export.ts')).exportCommand(options));

  remote(program.command('review').description('documents that wait for a person'))
    .option('--limit <n>', 'at most this many', whole(1, 50), 20)
    .addOption(
      new Option('--order <order>', 'which come first').choices(['oldest', 'uncertain', 'teaching']).default('oldest'),
    )
    .option('--run <id>', 'of this run', id)
    .option(
      '--hold',
      'keep them from other reviewers for REVIEW_LEASE_SECONDS, not only while this command runs',
      false,
    )
    .option('-o, --output <file>', 'a CSV with their texts to fill in, for `sluice decide --from`', newFile)
    .option('--disagreement', 'those on which reviewers disagree, instead of those that wait', false)
    .action(async ({ disagreement, ...options }) =>
      (await import('./commands/review.ts')).reviewCommand(
        disagreement ? { ...options, queue: 'disagreement' } : options,
      ),
    );

  remote(
    program
      .command('spot-check')
      .description('documents drawn at random of those decided without LLM and people; what was decided is not told'),
  )
    .option('--limit <n>', 'at most this many', whole(1, 50), 20)
    .option('--run <id>', 'of this run', id)
    .option(
      '--hold',
      'keep them from other reviewers for REVIEW_LEASE_SECONDS, not only while this command runs',
      false,
    )
    .option('-o, --output <file>', 'a CSV with their texts to fill in, for `sluice decide --from`', newFile)
    .action(async (options) =>
      (await import('./commands/review.ts')).reviewCommand({ ...options, queue: 'spot-check' }),
    );

  chosen(
    remote(
      program
        .command('decide')
        .description(
          'label documents by hand: one, those of a file, those that fit a filter or are like one; take it back',
        ),
    ),
  )
    .argument('[document-id]', 'as `sluice review` shows it', documentId)
    .argument('[label]', 'of the taxonomy', someText)
    .option('--from <file>', '.csv, .jsonl or .parquet with the columns document_id and label', existingFile)
    .option(
      '--as <label>',
      'the label of all documents that fit the filter or --like; nothing is decided without --yes',
      someText,
    )
    .option('--text <words>', 'with these words in text or reasons, as `sluice search` takes them', someText)
    .addOption(searchedIn())
    .option('--like <document-id>', 'whose text is like that of this document', documentId)
    .option('--similarity <share>', 'how much of what is rare in it must be shared; default: 0.4', share)
    .option('--overrule-people', 'with --as: documents that a person has decided too; else they are left alone', false)
    .option('--yes', 'decide, instead of showing what would be decided', false)
    .option('--undo <batch-id>', 'take decisions back that were given together; may be repeated', words)
    .option('--note <text>', 'why')
    .action(async (id, label, options) => (await import('./commands/review.ts')).decideCommand(id, label, options));

  filtered(
    remote(program.command('whatif').description('what another model or bar would have decided; changes nothing')),
  )
    .option('--model <version>', 'default: the one that decides now', version)
    .option('--accept <p>', 'confidence from which the model decides alone', share)
    .option('--review <p>', 'confidence below which the LLM is not asked', share)
    .option('--apply', 'then re-run the runs that would change (needs a running host)', false)
    .action(async (options) => (await import('./commands/whatif.ts')).whatIfCommand(options));

  remote(program.command('compare-runs').description('what two runs decided differently, and why'))
    .argument('<run-a>', 'as `sluice runs` shows it', id)
    .argument('<run-b>', 'the later one', id)
    .action(async (a, b, options) => (await import('./commands/compare.ts')).compareCommand(a, b, options));
}
