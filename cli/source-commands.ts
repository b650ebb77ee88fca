// Commands of sources: `sluice sources list|add|check|sync|items|pause|resume|remove`.
import { type Command, Option } from 'commander';
import { address, columnName, remote, someText, sourceName, whole } from './options.ts';

const several = (value: string, before: string[]): string[] => [...before, someText(value)];

export function addSourceCommands(program: Command): void {
  const sources = program
    .command('sources')
    .description('libraries and mailboxes that land by themselves: list, add, check, sync, pause, remove');
  remote(
    sources.command('list', { isDefault: true }).description('what each source has landed, and what it needs'),
  ).action(async (options) => (await import('./commands/sources.ts')).listSources(options));
  remote(sources.command('add').description('add a source, or change the one of that name'))
    .argument('<name>', 'lower-case letters, digits and dashes; part of paths, so it stays', sourceName)
    .option('--site <url>', 'address of a SharePoint site, as the browser shows it', address)
    .option('--user <name>', 'owner of a OneDrive, or user of the mail server', someText)
    .option('--mailbox <address>', 'mailbox of Exchange', someText)
    .option('--imap <host>', 'mail server; with --user; its password stands in SOURCES_PASSWORDS', someText)
    .option('--port <number>', 'port of the mail server; default: 993', whole(1, 65_535))
    .addOption(
      new Option('--tls <way>', 'of the mail server; default: implicit').choices(['implicit', 'starttls', 'none']),
    )
    .option('--folder <name>', 'folder of the mailbox, with all below it; may be repeated; default: inbox', several, [])
    .option(
      '--since <date>',
      'mails that came before, and files that were there before and have not changed since, are not read',
      someText,
    )
    .option(
      '--outside <name>',
      'site, owner or mailbox that must be refused, for `check`; default: the root site',
      someText,
    )
    .option('--library <name>', 'library of the site; may be repeated; default: all', several, [])
    .option('--include <glob>', 'paths that are read; may be repeated; default: all', several, [])
    .option('--exclude <glob>', 'paths that are not read; may be repeated', several, [])
    .option('--type <ending>', 'file endings that are read; may be repeated; default: all', several, [])
    .addOption(
      new Option(
        '--deletion <policy>',
        'when an original is deleted: keep what landed, remove the file, erase decisions too',
      )
        .choices(['keep', 'remove', 'erase'])
        .default('keep'),
    )
    .option(
      '--write-back <column>',
      'internal name of a column of the libraries that labels are written to; default: nothing is written',
      columnName,
    )
    .option('--write-back-confidence <column>', 'and of a number column for the confidence', columnName)
    .option('--every <minutes>', 'minutes between two rounds', whole(1, 1440), 5)
    .action(async (name, options) => (await import('./commands/sources.ts')).addSource(name, options));
  remote(
    sources
      .command('check')
      .description('ask for every right a round needs, and for one it must not have; changes nothing'),
  )
    .argument('<name>', 'as `sluice sources list` shows it', sourceName)
    .action(async (name, options) => (await import('./commands/sources.ts')).checkSource(name, options));
  remote(sources.command('sync').description('a round now'))
    .argument('<name>', 'as `sluice sources list` shows it', sourceName)
    .option('--full', 'look at everything, although there is a cursor', false)
    .option('--confirm-removals', 'many originals vanished at once, and that is right', false)
    .action(async (name, options) => (await import('./commands/sources.ts')).syncSource(name, options));
  remote(sources.command('items').description('what was skipped or failed, why, and what to do'))
    .argument('<name>', 'as `sluice sources list` shows it', sourceName)
    .addOption(
      new Option('--state <state>', 'which items')
        .choices(['landed', 'skipped', 'failed', 'removed'])
        .default('skipped'),
    )
    .action(async (name, options) => (await import('./commands/sources.ts')).showItems(name, options));
  for (const [verb, description] of [
    ['pause', 'no further rounds'],
    ['resume', 'rounds again'],
    ['remove', 'forget a source; what has landed stays'],
  ] as const)
    remote(sources.command(verb).description(description))
      .argument('<name>', 'as `sluice sources list` shows it', sourceName)
      .action(async (name, options) => (await import('./commands/sources.ts')).changeSource(name, verb, options));
}
