// Commands that look at a lake, here or by --url, and its labels: costs, trust, report, pages, erase, taxonomy.
import { type Command, Option } from 'commander';
import { documentId, existingFile, id, newFolder, remote, someText, whole } from './options.ts';

/** Add them to the program. */
export function addInsightCommands(program: Command): void {
  const days = () =>
    new Option('--days <n>', 'of the last so many days, today included').default(30).argParser(whole(1, 400));
  remote(program.command('costs').description('money by day, label and deployment, against the limit of the day'))
    .addOption(days())
    .action(async (options) => (await import('./commands/reports.ts')).costsCommand(options));
  remote(program.command('trust').description('who decided, how often people agree, and what the model promised'))
    .addOption(days())
    .action(async (options) => (await import('./commands/reports.ts')).trustCommand(options));
  remote(
    program.command('guide').description('the way from a list of labels to a trusted model, and what is next'),
  ).action(async (options) => (await import('./commands/guide.ts')).guideCommand(options));
  remote(program.command('digest').description('the last days in numbers, as the weekly message has them'))
    .addOption(new Option('--days <n>', 'of the last so many days, today included').default(7).argParser(whole(1, 400)))
    .action(async (options) => (await import('./commands/notices.ts')).digestCommand(options));
  remote(program.command('drift').description('does what arrives still look like what arrived before?')).action(
    async (options) => (await import('./commands/notices.ts')).driftCommand(options),
  );
  const notices = program.command('notices').description('messages to people: what was sent, and a test');
  remote(notices.command('list', { isDefault: true }).description('the newest, and why some were not taken')).action(
    async (options) => (await import('./commands/notices.ts')).noticesCommand(options),
  );
  remote(notices.command('test').description('send a test message to every channel')).action(async (options) =>
    (await import('./commands/notices.ts')).testNoticesCommand(options),
  );
  remote(program.command('report').description('a finished run explained: labels, failures and what to do, calls'))
    .argument('<run-id>', 'as `sluice runs` shows it', id)
    .action(async (runId, options) => (await import('./commands/reports.ts')).reportCommand(runId, options));
  remote(program.command('pages').description('a document as people see it: one picture (PNG) a page'))
    .argument('<document-id>', 'as `sluice review` or column document_id shows it', documentId)
    .option('-o, --output <folder>', 'where they are written', newFolder, 'pages')
    .option('--page <n>', 'this one only', whole(1, 9_999_999))
    .addOption(new Option('--width <px>', 'pixels across').choices(['240', '1000', '2000']).default('1000'))
    .action(async (id, options) => (await import('./commands/pages.ts')).pagesCommand(id, options));
  remote(program.command('erase').description('take a document out of the lake for good: text, reasons, path'))
    .argument('<document-id>', 'as `sluice review` or column document_id shows it', documentId)
    .addOption(
      new Option('--source <what>', 'of the file it was read from').choices(['keep', 'delete']).default('keep'),
    )
    .option('--yes', 'it cannot be undone, and is meant', false)
    .action(async (id, options) => (await import('./commands/reports.ts')).eraseCommand(id, options));

  const taxonomy = program.command('taxonomy').description('your labels: list, show, check, diff, set');
  remote(taxonomy.command('list', { isDefault: true }).description('versions, and which one is in use')).action(
    async (options) => (await import('./commands/taxonomy.ts')).listTaxonomyVersions(options),
  );
  remote(taxonomy.command('show').description('the labels, as a file that `set` takes'))
    .argument('[taxonomy]', 'as the list shows it; default: the one in use', someText)
    .action(async (version, options) => (await import('./commands/taxonomy.ts')).showTaxonomy(version, options));
  remote(
    taxonomy
      .command('check')
      .description('would `set` take this file, what would change, and what is weak in its labels?'),
  )
    .argument(
      '<file>',
      'JSON {name, domain?, labels: [{name, description}]}, or CSV with name and description',
      existingFile,
    )
    .option('--strict', 'fail where descriptions are thin or labels read alike', false)
    .action(async (file, options) => (await import('./commands/taxonomy.ts')).checkTaxonomyFile(file, options));
  remote(taxonomy.command('set').description('use the labels of this file from now on'))
    .argument(
      '<file>',
      'JSON {name, domain?, labels: [{name, description}]}, or CSV with name and description',
      existingFile,
    )
    .action(async (file, options) => (await import('./commands/taxonomy.ts')).setTaxonomy(file, options));
  remote(taxonomy.command('diff').description('labels added, removed, renamed and reworded'))
    .argument('<from>', 'a version, or a file', someText)
    .argument('[to]', 'the same; default: the version in use', someText)
    .action(async (from, to, options) =>
      (await import('./commands/taxonomy.ts')).diffTaxonomyVersions(from, to, options),
    );
}
