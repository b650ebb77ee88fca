// `sluice sources`: libraries of SharePoint and OneDrive, and mailboxes, that land by themselves.
import type { SourceCheck, SourceItem, SourceStatus } from '../../shared/api/source-status.ts';
import { note, print, printJson, screenWidth, tellBroken, UsageError } from '../console.ts';
import { lakeOption } from '../lake-option.ts';
import { formatTable, type TableColumn } from '../table.ts';
import { openApi, type RemoteOptions } from './runs.ts';

export async function listSources(options: RemoteOptions): Promise<void> {
  const { sources, broken = [] } = await openApi(options).sources();
  tellBroken(broken);
  if (options.json) return printJson({ sources, broken }, 2);
  if (sources.length + broken.length === 0)
    return note(
      `no source yet: npx sluice sources add NAME --site https://…sharepoint.com/sites/…${lakeOption(options)}`,
    );
  show(
    [
      { title: 'source' },
      { title: 'state' },
      { title: 'landed', align: 'right' },
      { title: 'skipped', align: 'right' },
      { title: 'failed', align: 'right' },
      { title: 'last round' },
      { title: 'address', flexible: true },
    ],
    sources.map(toLine),
  );
  for (const source of sources) tell(source, lakeOption(options));
}

/** What a person must know or do about a source. */
function tell({ name, error, drives, reasons = [], since }: SourceStatus, lake: string): void {
  if (error !== null) note(`${name}: [${error.code}] ${error.message}. ${error.remedy}`);
  if (since != null) {
    const older = drives.reduce((sum, drive) => sum + (drive.older ?? 0), 0);
    note(`${name}: since ${since}${older === 0 ? '' : `; ${older} older files are not read`}`);
  }
  for (const { name: library, writeBack } of drives)
    if (writeBack != null)
      note(
        `${name}: labels written ${writeBack.written} times into "${library}"${writeBack.code === null ? '' : `; ${writeBack.waiting} wait: [${writeBack.code}] ${writeBack.remedy ?? ''}`}`,
      );
  for (const drive of drives)
    if (drive.unconfirmedRemovals > 0)
      note(
        `${name}: ${drive.unconfirmedRemovals} files of "${drive.name}" vanished at once. If that is right: npx sluice sources sync ${name} --confirm-removals${lake}`,
      );
  for (const state of ['skipped', 'failed'] as const) {
    const why = reasons.filter((reason) => reason.state === state).map(({ code, items }) => `${items} ${code}`);
    if (why.length > 0)
      note(
        `${name} ${state}: ${why.join(', ')}. Which: npx sluice sources items ${name}${state === 'failed' ? ' --state failed' : ''}${lake}`,
      );
  }
}

function toLine(source: SourceStatus): string[] {
  const ended = source.drives.flatMap(({ endedAt }) => endedAt ?? []).sort();
  return [
    source.name,
    source.state,
    String(source.landed),
    String(source.skipped),
    String(source.failed),
    ended.at(-1)?.replace('T', ' ').slice(0, 16) ?? '–',
    source.address,
  ];
}

export interface AddSourceOptions extends RemoteOptions {
  site?: string;
  user?: string;
  mailbox?: string;
  imap?: string;
  port?: number;
  tls?: string;
  folder: string[];
  since?: string;
  outside?: string;
  library: string[];
  include: string[];
  exclude: string[];
  type: string[];
  writeBack?: string;
  writeBackConfidence?: string;
  deletion: 'keep' | 'remove' | 'erase';
  every: number;
}

export async function addSource(name: string, options: AddSourceOptions): Promise<void> {
  const { include, exclude, type: types, deletion, every: everyMinutes } = options;
  const where = whereOf(options);
  const added = await openApi(options).addSource({ name, ...where, include, exclude, types, deletion, everyMinutes });
  if (options.json) return printJson(added, 2);
  note(
    `${name} is added; its first round begins within a minute. See it with: npx sluice sources list${lakeOption(options)}`,
  );
}

/** The part of an entry that tells one kind from another. */
function whereOf(options: AddSourceOptions): Record<string, unknown> {
  const { site, user, mailbox, imap, port, tls, library, folder, writeBack } = options;
  const outside = options.outside === undefined ? {} : { outside: options.outside };
  const since = options.since === undefined ? {} : { since: options.since };
  const ways = [site, imap ?? user, mailbox].filter((way) => way !== undefined);
  if (ways.length !== 1 || (imap !== undefined && user === undefined))
    throw new UsageError(
      'give one of --site https://…sharepoint.com/sites/…, --user somebody@example.com, --mailbox somebody@example.com, and --imap server --user somebody',
    );
  if (mailbox === undefined && imap === undefined && folder.length > 0)
    throw new UsageError('--folder goes with --mailbox or --imap');
  if (imap === undefined && (port !== undefined || tls !== undefined))
    throw new UsageError('--port and --tls go with --imap');
  if (imap !== undefined && options.outside !== undefined)
    throw new UsageError('--outside goes with --site, --user or --mailbox');
  if (site === undefined && library.length > 0) throw new UsageError('--library goes with --site');
  if (options.writeBackConfidence !== undefined && writeBack === undefined)
    throw new UsageError('--write-back-confidence goes with --write-back');
  if (site === undefined && writeBack !== undefined) throw new UsageError('--write-back goes with --site');
  if (site !== undefined)
    return { kind: 'sharepoint', site, libraries: library, ...outside, ...since, ...columnsOf(options) };
  if (user !== undefined && imap === undefined) return { kind: 'onedrive', user, ...outside, ...since };
  return {
    ...(imap === undefined ? { kind: 'exchange', mailbox, ...outside } : { kind: 'imap', host: imap, user }),
    ...(port === undefined ? {} : { port }),
    ...(tls === undefined ? {} : { tls }),
    ...(folder.length > 0 ? { folders: folder } : {}),
    ...since,
  };
}

const columnsOf = ({ writeBack: label, writeBackConfidence: confidence }: AddSourceOptions): Record<string, unknown> =>
  label === undefined ? {} : { writeBack: { label, ...(confidence === undefined ? {} : { confidence }) } };

export async function checkSource(name: string, options: RemoteOptions): Promise<void> {
  const { checks } = await openApi(options).checkSource(name);
  if (options.json) printJson({ checks }, 2);
  else for (const check of checks) print(lineOf(check));
  if (checks.some(({ isOk }) => !isOk)) process.exitCode = 1;
}

const lineOf = ({ what, isOk, isWarning, detail, remedy }: SourceCheck): string =>
  `${isWarning ? 'WARN' : isOk ? 'ok  ' : 'FAIL'} ${what}: ${detail}${remedy === null ? '' : `\n     ${remedy}`}`;

export async function syncSource(
  name: string,
  options: RemoteOptions & { full: boolean; confirmRemovals: boolean },
): Promise<void> {
  const { full, confirmRemovals } = options;
  const started = await openApi(options).syncSource(name, { full, confirmRemovals });
  if (options.json) return printJson(started, 2);
  note(`a round of ${name} begins. See it with: npx sluice sources list${lakeOption(options)}`);
}

export async function showItems(name: string, options: RemoteOptions & { state: string }): Promise<void> {
  const { items } = await openApi(options).sourceItems(name, options.state);
  if (options.json) return printJson({ items }, 2);
  if (items.length === 0) return note(`${name}: nothing is ${options.state}`);
  show(
    [{ title: 'file', flexible: true, cut: 'middle' }, { title: 'why' }, { title: 'what to do', flexible: true }],
    items.map(itemLine),
  );
}

const itemLine = ({ path, code, remedy }: SourceItem): string[] => [path, code ?? '', remedy ?? ''];

export async function changeSource(
  name: string,
  verb: 'pause' | 'resume' | 'remove',
  options: RemoteOptions,
): Promise<void> {
  const api = openApi(options);
  if (verb === 'remove') await api.removeSource(name);
  else await api.pauseSource(name, verb);
  const said = { pause: 'is paused', resume: 'goes on', remove: 'is forgotten; what has landed stays' }[verb];
  if (options.json) return printJson({ source: name, done: verb }, 2);
  note(`${name} ${said}`);
}

const show = (columns: readonly TableColumn[], rows: readonly string[][]): void =>
  print(formatTable(columns, rows, screenWidth()));
