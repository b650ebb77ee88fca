// Sources: the libraries and mailboxes that land by themselves: how each is, what it has landed, and what it did not read and why.
import { useState } from 'preact/hooks';
import type { DriveStatus, SourceItem, SourceStatus } from '../../../shared/api/source-status.ts';
import type { BrokenRecord } from '../../../shared/record-json.ts';
import { ago, bytes, count, when } from '../format.ts';
import { Badge, Facts, TableBox, type Tone } from '../parts/basics.tsx';
import { BrokenRecords } from '../parts/broken-records.tsx';
import { useNow } from '../parts/now.ts';
import { Empty, Show } from '../parts/states.tsx';
import { Head, number } from '../parts/table-head.tsx';
import { useTitle } from '../parts/title.ts';
import { useResource } from '../resource.ts';

interface SourceList {
  sources: SourceStatus[];
  broken: BrokenRecord[];
}

const FOLLOW_MS = 3000;
const IDLE_MS = 15_000;
const TONES: Readonly<Record<SourceStatus['state'], Tone>> = {
  new: 'plain',
  syncing: 'accent',
  idle: 'good',
  paused: 'plain',
  failing: 'bad',
};
const WORDS: Readonly<Record<SourceStatus['state'], string>> = {
  new: 'new',
  syncing: 'round running',
  idle: 'in step',
  paused: 'paused',
  failing: 'failing',
};
const KINDS: Readonly<Record<string, string>> = {
  sharepoint: 'SharePoint',
  onedrive: 'OneDrive',
  exchange: 'Exchange',
  imap: 'IMAP',
};

export function SourcesView() {
  useTitle('Sources');
  const list = useResource<SourceList>('sources', (all) =>
    all?.sources.some(({ state }) => state === 'syncing') ? FOLLOW_MS : IDLE_MS,
  );
  return (
    <div class="stack">
      <div class="view-head">
        <h1>Sources</h1>
      </div>
      <Show resource={list} what="sources">
        {({ sources, broken }) => (
          <>
            <BrokenRecords records={broken} />
            {sources.length === 0 && broken.length === 0 ? (
              <Empty title="No source yet">
                <p>
                  A SharePoint library, a OneDrive or a mailbox lands by itself once it is added:{' '}
                  <code>npx sluice sources add tax --site https://…sharepoint.com/sites/tax</code>
                </p>
              </Empty>
            ) : (
              sources.map((source) => <Source key={source.name} source={source} />)
            )}
          </>
        )}
      </Show>
    </div>
  );
}

function Source({ source }: { source: SourceStatus }) {
  const now = useNow(IDLE_MS);
  const { name, kind, address, state, error, nextAt, drives } = source;
  return (
    <section class="stack" aria-labelledby={`source-${name}`}>
      <div class="row">
        <h2 id={`source-${name}`}>{name}</h2>
        <Badge tone={TONES[state]}>{WORDS[state]}</Badge>
      </div>
      {error !== null && (
        <p class="note bad">
          <strong>{error.message}</strong> {error.remedy} <span class="dim">{error.code}</span>
        </p>
      )}
      {drives.map(
        (drive) =>
          drive.unconfirmedRemovals > 0 && (
            <p class="note warn" key={drive.name}>
              {count(drive.unconfirmedRemovals)} originals of {drive.name} vanished at once and are kept. If that is
              right: <code>npx sluice sources sync {name} --confirm-removals</code>
            </p>
          ),
      )}
      {drives.map(
        ({ name: library, writeBack }) =>
          writeBack?.code != null && (
            <p class="note warn" key={library}>
              Labels of {count(writeBack.waiting)} files of {library} are not written back yet. {writeBack.remedy}{' '}
              <span class="dim">{writeBack.code}</span>
            </p>
          ),
      )}
      <Facts
        facts={[
          ['Follows', `${KINDS[kind] ?? kind}: ${address}`],
          ['Next round', nextAt === null ? 'none while paused' : Date.parse(nextAt) <= now ? 'due now' : when(nextAt)],
          ['When an original is deleted', DELETION[source.deletion]],
          ...(source.since == null ? [] : [sinceOf(source.since, drives)]),
          ...writtenBack(drives),
        ]}
      />
      {drives.length > 0 && <Drives name={name} drives={drives} now={now} />}
      <NotRead name={name} skipped={source.skipped} failed={source.failed} reasons={source.reasons} />
    </section>
  );
}

function sinceOf(since: string, drives: readonly DriveStatus[]): [string, string] {
  const older = drives.reduce((sum, drive) => sum + drive.older, 0);
  return ['Since', older === 0 ? since : `${since}; ${count(older)} older files are not read`];
}

function writtenBack(drives: readonly DriveStatus[]): [string, string][] {
  const written = drives.flatMap(({ writeBack }) => writeBack?.written ?? []);
  const sum = written.reduce((total, one) => total + one, 0);
  return written.length === 0 ? [] : [['Labels written into columns', `${count(sum)} times`]];
}

const DELETION: Readonly<Record<SourceStatus['deletion'], string>> = {
  keep: 'what landed stays',
  remove: 'the landed file goes, its decision stays',
  erase: 'the landed file and all that was read and decided go',
};

function Drives({ name, drives, now }: { name: string; drives: readonly DriveStatus[]; now: number }) {
  return (
    <TableBox label={`Libraries or mailboxes of ${name}`}>
      <table>
        <Head
          columns={[
            'Library or mailbox',
            'Last round',
            number('Landed'),
            number('Skipped'),
            number('Failed'),
            number('Removed'),
            'Notifications',
          ]}
        />
        <tbody>
          {drives.map((drive) => (
            <tr key={drive.name}>
              <td>{/^https:/.test(drive.url) ? <a href={drive.url}>{drive.name}</a> : drive.name}</td>
              <td>{drive.endedAt === null ? 'the first one is running or due' : ago(drive.endedAt, now)}</td>
              <td class="number">{count(drive.landed)}</td>
              <td class="number">{count(drive.skipped)}</td>
              <td class="number">{count(drive.failed)}</td>
              <td class="number">{count(drive.removed)}</td>
              <td>{toldOf(drive)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function toldOf({ notifications }: DriveStatus): string {
  if (notifications === null) return 'off: rounds go by the clock';
  const again = `${when(notifications.renewAt)}`;
  if (notifications.state === 'failing') return `none (${notifications.code ?? 'not yet'}); tried again ${again}`;
  return `on; renewed ${again}`;
}

/** Reasons with their numbers, and the items behind them, asked for when they are opened. */
function NotRead({ name, skipped, failed, reasons }: Pick<SourceStatus, 'name' | 'skipped' | 'failed' | 'reasons'>) {
  const [isOpen, setOpen] = useState(false);
  if (skipped + failed === 0) return null;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {count(skipped)} skipped, {count(failed)} failed: which, why, and what to do
      </summary>
      {reasons.length > 0 && (
        <p>{reasons.map(({ state, code, items }) => `${count(items)} ${state}: ${code}`).join(' · ')}</p>
      )}
      {isOpen && skipped > 0 && <Items name={name} state="skipped" />}
      {isOpen && failed > 0 && <Items name={name} state="failed" />}
    </details>
  );
}

const MOST = 200;

function Items({ name, state }: { name: string; state: 'skipped' | 'failed' }) {
  const found = useResource<{ items: SourceItem[] }>(
    `sources/${encodeURIComponent(name)}/items?state=${state}&limit=${MOST}`,
  );
  return (
    <Show resource={found} what={`what ${state}`}>
      {({ items }) => (
        <>
          {items.length === MOST && <p class="dim">The first {count(MOST)} are shown.</p>}
          <TableBox label={`${state} items of ${name}`}>
            <table>
              <Head columns={[state === 'skipped' ? 'Skipped' : 'Failed', 'Why', 'What to do', number('Size')]} />
              <tbody>
                {items.map(({ path, code, remedy, sizeBytes }) => (
                  <tr key={path}>
                    <td class="name">{path}</td>
                    <td>
                      <code>{code}</code>
                    </td>
                    <td>{remedy}</td>
                    <td class="number">{sizeBytes === 0 ? '–' : bytes(sizeBytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableBox>
        </>
      )}
    </Show>
  );
}
