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
import { problemOf } from '../problem.ts';
import { useResource } from '../resource.ts';
import { words } from '../words/sources.ts';

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

const KINDS: Readonly<Record<string, string>> = {
  sharepoint: 'SharePoint',
  onedrive: 'OneDrive',
  exchange: 'Exchange',
  imap: 'IMAP',
};

export function SourcesView() {
  useTitle(words.title);
  const list = useResource<SourceList>('sources', (all) =>
    all?.sources.some(({ state }) => state === 'syncing') ? FOLLOW_MS : IDLE_MS,
  );
  return (
    <div class="stack">
      <div class="view-head">
        <h1>{words.title}</h1>
      </div>
      <Show resource={list} what={words.theSources}>
        {({ sources, broken }) => (
          <>
            <BrokenRecords records={broken} />
            {sources.length === 0 && broken.length === 0 ? (
              <Empty title={words.noneYet}>
                <p>
                  {words.howToAdd((text) => (
                    <code>{text}</code>
                  ))}
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
        <Badge tone={TONES[state]}>{words.states[state]}</Badge>
      </div>
      {error !== null && <Failing error={error} />}
      {drives.map(
        (drive) =>
          drive.unconfirmedRemovals > 0 && (
            <p class="note warn" key={drive.name}>
              {words.vanished(
                drive.unconfirmedRemovals,
                drive.name,
                <code>npx sluice sources sync {name} --confirm-removals</code>,
              )}
            </p>
          ),
      )}
      {drives.map(
        ({ name: library, writeBack }) =>
          writeBack?.code != null && (
            <p class="note warn" key={library}>
              {words.notWrittenBack(writeBack.waiting, library)}{' '}
              {problemOf(writeBack.code, '', writeBack.remedy ?? '').remedy} <span class="dim">{writeBack.code}</span>
            </p>
          ),
      )}
      <Facts
        facts={[
          [words.follows, `${KINDS[kind] ?? kind}: ${address}`],
          [
            words.nextRound,
            nextAt === null ? words.nonePaused : Date.parse(nextAt) <= now ? words.dueNow : when(nextAt),
          ],
          [words.whenDeleted, words.deletion[source.deletion]],
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
  return [words.since, older === 0 ? since : words.olderNotRead(since, older)];
}

function writtenBack(drives: readonly DriveStatus[]): [string, string][] {
  const written = drives.flatMap(({ writeBack }) => writeBack?.written ?? []);
  const sum = written.reduce((total, one) => total + one, 0);
  return written.length === 0 ? [] : [[words.writtenIntoColumns, words.times(sum)]];
}

/** What stopped the source, and what to do. */
function Failing({ error }: { error: NonNullable<SourceStatus['error']> }) {
  const { message, remedy, own } = problemOf(error.code, error.message, error.remedy);
  return (
    <p class="note bad">
      <strong>{message}</strong> {remedy} <span class="dim">{error.code}</span>
      {own !== undefined && (
        <span class="dim" lang="en">
          {' '}
          {own}
        </span>
      )}
    </p>
  );
}

function Drives({ name, drives, now }: { name: string; drives: readonly DriveStatus[]; now: number }) {
  return (
    <TableBox label={words.drivesOf(name)}>
      <table>
        <Head
          columns={[
            words.drive,
            words.lastRound,
            number(words.landed),
            number(words.skipped),
            number(words.failed),
            number(words.removed),
            words.notifications,
          ]}
        />
        <tbody>
          {drives.map((drive) => (
            <tr key={drive.name}>
              <td>{/^https:/.test(drive.url) ? <a href={drive.url}>{drive.name}</a> : drive.name}</td>
              <td>{drive.endedAt === null ? words.firstRound : ago(drive.endedAt, now)}</td>
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
  if (notifications === null) return words.off;
  const again = `${when(notifications.renewAt)}`;
  if (notifications.state === 'failing') return words.noneTriedAgain(notifications.code, again);
  return words.onRenewed(again);
}

/** Reasons with their numbers, and the items behind them, asked for when they are opened. */
function NotRead({ name, skipped, failed, reasons }: Pick<SourceStatus, 'name' | 'skipped' | 'failed' | 'reasons'>) {
  const [isOpen, setOpen] = useState(false);
  if (skipped + failed === 0) return null;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.notRead(skipped, failed)}</summary>
      {reasons.length > 0 && (
        <p>
          {reasons.map(({ state, code, items }) => `${count(items)} ${words.itemStates[state]}: ${code}`).join(' · ')}
        </p>
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
    <Show resource={found} what={state === 'skipped' ? words.whatSkipped : words.whatFailed}>
      {({ items }) => (
        <>
          {items.length === MOST && <p class="dim">{words.firstShown(MOST)}</p>}
          <TableBox label={words.itemsOf(words.itemStates[state], name)}>
            <table>
              <Head
                columns={[
                  state === 'skipped' ? words.skipped : words.failed,
                  words.why,
                  words.whatToDo,
                  number(words.size),
                ]}
              />
              <tbody>
                {items.map(({ path, code, remedy, sizeBytes }) => (
                  <tr key={path}>
                    <td class="name">{path}</td>
                    <td>
                      <code>{code}</code>
                    </td>
                    <td>{problemOf(code, '', remedy ?? '').remedy}</td>
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
