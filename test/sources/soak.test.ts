// A week of a library and a mailbox in a few seconds: people put, change, move, rename, delete and restore; the service fails in every way the emulator
// knows; the process is killed in the middle of rounds; notifications get lost. At the end everything is where it belongs, once.
import { expect, test } from 'vitest';
import type { DriveItem } from '../../local/emulators/graph/drive.ts';
import type { GraphFault } from '../../local/emulators/graph/faults.ts';
import type { SourceEntry } from '../../shared/api/source-entry.ts';
import { SluiceError } from '../../shared/errors.ts';
import { seededRandom } from '../../shared/ports.ts';
import { echoed } from '../../shared/sources/notifications.ts';
import { Sources } from '../../shared/sources/sources.ts';
import { Subscriptions } from '../../shared/sources/subscriptions.ts';
import { Tenant } from './tenant.ts';

const MINUTE = 60_000;
const DAYS = 7;
const TICK = 20 * MINUTE;
const COLUMNS = { label: 'SluiceLabel', confidence: 'SluiceConfidence' };

const FAULTS: readonly Omit<GraphFault, 'times'>[] = [
  ...(['throttle', 'busy', 'timeout', 'error', 'reset'] as const).flatMap((kind) => [
    { kind, on: /delta/, retryAfterSeconds: 20 },
    { kind, on: /\/content/, retryAfterSeconds: 20 },
    { kind, on: /tempauth/, retryAfterSeconds: 20 },
    { kind, on: /\$value/, retryAfterSeconds: 20 },
    { kind, on: /PATCH .*fields/, retryAfterSeconds: 20 },
  ]),
  { kind: 'not-found', on: /delta.*token/ },
  { kind: 'bad-token', on: /drives.*delta.*token/ },
  { kind: 'resync', on: /drives.*delta.*token/ },
  { kind: 'resync-broken', on: /drives.*delta.*token/ },
  { kind: 'sync-state-not-found', on: /messages\/delta.*token/ },
  { kind: 'validation-timeout', on: /POST .*subscriptions/ },
  { kind: 'locked', on: /drives.*delta/ },
  { kind: 'forbidden', on: /delta/ },
  { kind: 'unauthorized', on: /tempauth/ },
  { kind: 'empty-page', on: /delta/ },
  { kind: 'duplicate-rows', on: /delta/ },
  { kind: 'cut-body', on: /tempauth/ },
  { kind: 'cut-body', on: /\$value/ },
];

test.each([1, 6])(
  'a week with faults (seed %i): seen = landed + skipped + failed, and what is decided are the distinct contents',
  async (seed) => {
    const random = seededRandom(seed);
    const chance = (share: number): boolean => random.next() < share;
    const below = (n: number): number => Math.floor(random.next() * n);
    const oneOf = <T>(all: readonly T[]): T | undefined => all[below(all.length)];

    let sources: Sources;
    const t = new Tenant({
      ...{ promotesFields: true, rewriteAfterMs: 2000, lagMs: 30_000, pageSize: 20 },
      notify: async (url, body) => {
        const token = new URL(url).searchParams.get('validationToken');
        if (token !== null) return { status: 200, contentType: 'text/plain; charset=utf-8', text: echoed(token) };
        if (!chance(0.2)) await sources.notifications.receive(JSON.parse(body ?? ''));
        return { status: 202, contentType: '', text: '' };
      },
    });
    for (const name of Object.values(COLUMNS)) t.library.columns.set(name, undefined);
    const mailbox = t.addMailbox();
    // What arrived in the landing container: each is decided, and paid for.
    const decided: { path: string; text: string }[] = [];
    const upload = t.landing.upload.bind(t.landing);
    t.landing.upload = async (path, file, condition) => {
      const etag = await upload(path, file, condition);
      decided.push({ path, text: (await t.landing.read(path)).toString('utf8') });
      return etag;
    };
    const events = new Map<string, number>();
    const log = (event: string): void => void events.set(event, (events.get(event) ?? 0) + 1);
    const parts = { lake: t.lake, clock: t.clock, logger: { debug: log, info: log, warn: log, error: log } };
    const start = (): Sources =>
      new Sources({
        ...{ ...parts, setting: '[]', landing: t.landing, parallel: 4 },
        connect: (entry: SourceEntry) => t.connect(entry),
        subscriptions: new Subscriptions({ ...parts, url: 'https://app.example', secret: () => '0'.repeat(32) }),
        erase: async () => undefined,
        decisions: {
          version: async () => decided.length,
          async *of() {
            for (const { path, text } of decided)
              yield { path, at: t.clock.now(), value: { label: `about ${text.split(' ')[0]}`, confidence: 0.9 } };
          },
        },
      });
    sources = start();
    await sources.put(t.entry({ deletion: 'remove', everyMinutes: 120, writeBack: COLUMNS }));
    await sources.put(t.mailEntry({ deletion: 'remove', everyMinutes: 120 }));

    let made = 0;
    const text = (): Buffer => Buffer.from(`no${++made} of seed ${seed}.`);
    const ending = (): string => oneOf(['docx', 'txt', 'pdf'])!;
    /** How often each text came back after its file was deleted, and its landing file perhaps removed. */
    const restored = new Map<string, number>();
    const bringBack = ({ id, bytes }: DriveItem): void => {
      t.library.restore(id);
      const text = bytes.toString('utf8').split('.')[0] ?? '';
      restored.set(text, 1 + (restored.get(text) ?? 0));
    };
    const living = (kind: DriveItem['kind']): DriveItem[] =>
      [...t.library.items.values()].filter((item) => item.kind === kind && !item.isDeleted && item.parentId !== null);
    const operations: (() => void)[] = [
      () => void t.library.putFile(`d${below(4)}/f${++made}.${ending()}`, text()),
      () => void t.library.putFile(`d${below(4)}/sub/f${++made}.${ending()}`, text()),
      () => edit(oneOf(living('file'))),
      () => edit(oneOf(living('file'))),
      () => {
        const file = oneOf(living('file'));
        if (file) t.library.move(file.id, `d${below(4)}/moved ${++made}.${file.name.split('.').pop()}`);
      },
      () => {
        const folder = oneOf(living('folder'));
        if (folder && folder.name !== 'sub') t.library.move(folder.id, `${folder.name} ${++made}`.slice(-20));
      },
      () => {
        const file = oneOf(living('file'));
        if (file) t.library.delete(file.id, { tombstone: !chance(0.2) });
      },
      () => {
        const gone = [...t.library.items.values()].filter(
          (item) =>
            item.isDeleted &&
            item.kind === 'file' &&
            t.library.get(item.parentId ?? '') !== undefined &&
            item.sequence > 0,
        );
        const file = oneOf(gone);
        if (file && !t.library.children(file.parentId!).some(({ name }) => name === file.name)) bringBack(file);
      },
      () => {
        const file = oneOf(living('file'));
        if (file) t.library.touchMetadata(file.id);
      },
      () =>
        void t.library.putOther(`d${below(4)}/Notes ${++made}`, oneOf(['notebook', 'shortcut', 'unknown'] as const)!),
      () => {
        const file = oneOf(living('file'));
        if (file) t.library.set(file.id, { isMalware: chance(0.5), isPending: chance(0.3), isCheckedOut: chance(0.3) });
      },
      () => void mailbox.deliver(oneOf(['Inbox', 'Inbox/Below'])!, `M${++made}`, text()),
      () => void mailbox.deliver('Inbox', `M${++made}`, text()),
      () => {
        const mail = oneOf([...mailbox.mails.values()].filter(({ isDeleted }) => !isDeleted));
        if (mail) mailbox.move(mail.id, oneOf(['Inbox', 'Inbox/Below', 'Elsewhere'])!);
      },
      () => {
        const mail = oneOf([...mailbox.mails.values()].filter(({ isDeleted }) => !isDeleted));
        if (mail) mailbox.delete(mail.id, { tombstone: !chance(0.2) });
      },
    ];
    const edit = (file: DriveItem | undefined): void => {
      if (file) t.library.putFile(t.library.pathOf(file), text());
    };
    mailbox.folder('Inbox/Below');
    mailbox.folder('Elsewhere');

    let kills = 0;
    const round = async (name: string): Promise<void> => {
      let left = chance(0.15) ? below(60) : Number.POSITIVE_INFINITY;
      const die = (): void => {
        if (left-- > 0) return;
        left = -1;
        throw new Error('killed');
      };
      t.lake.beforeCall = die;
      t.landing.beforeCall = die;
      try {
        await sources.sync(name, {}, 2 * MINUTE);
      } catch (error) {
        if (!(error instanceof SluiceError) && left > 0) throw error;
      } finally {
        t.lake.beforeCall = undefined;
        t.landing.beforeCall = undefined;
      }
      if (left > 0) return;
      kills++;
      sources = start();
    };
    const tick = async (): Promise<void> => {
      await t.clock.sleep(TICK);
      if (t.library.newest() > told || mailbox.newest() > toldMail) await t.graph.subscriptions.tell();
      [told, toldMail] = [t.library.newest(), mailbox.newest()];
      for (const name of await sources.due()) await round(name);
    };
    let [told, toldMail] = [0, 0];
    const end = t.clock.now() + DAYS * 24 * 60 * MINUTE;
    let faults = 0;
    while (t.clock.now() < end) {
      if (chance(0.6)) oneOf(operations)?.();
      if (chance(0.25)) {
        faults++;
        t.graph.faults.push({ ...oneOf(FAULTS)!, times: 1 + below(3) });
      }
      await tick();
    }

    // The service is well again.
    t.graph.faults.length = 0;
    for (const item of living('file')) if (item.isPending) t.library.set(item.id, { isPending: false });
    for (let n = 0; n < 12; n++) {
      await t.clock.sleep(TICK);
      for (const name of ['tax', 'mail'])
        await sources.sync(name, { full: n % 4 === 3, confirmRemovals: true }, MINUTE);
    }

    const { sources: status } = await sources.status();
    const files = living('file');
    const others = ['notebook', 'shortcut', 'unknown'].flatMap((kind) => living(kind as DriveItem['kind']));
    const mails = [...mailbox.mails.values()].filter(({ isDeleted }) => !isDeleted);
    const followed = mails.filter(({ folderId }) => folderId !== mailbox.folderOf('Elsewhere')?.id);
    const of = (name: string) => status.find((one) => one.name === name)!;
    // What is seen has an end.
    expect(of('tax').landed + of('tax').skipped + of('tax').failed).toBe(files.length + others.length);
    expect([of('tax').error, of('mail').error, of('mail').failed]).toEqual([null, null, 0]);
    expect(of('mail').landed).toBeGreaterThanOrEqual(followed.length);
    // Nothing is decided twice, but what was removed and came back: that once for each time.
    const times = new Map<string, number>();
    for (const { text } of decided) {
      const one = text.split('.')[0] ?? '';
      times.set(one, 1 + (times.get(one) ?? 0));
    }
    for (const [one, count] of times) expect(count, one).toBeLessThanOrEqual(1 + (restored.get(one) ?? 0));
    expect(restored.size).toBeGreaterThan(0);
    // Everything is decided as it is now.
    const landed = new Set(await t.landed());
    for (const file of files) {
      const now = file.bytes.toString('utf8').split('.')[0];
      if (!file.isMalware)
        expect(
          [...landed].some((one) => one.split('.')[0] === now),
          `${file.name}: ${now}`,
        ).toBe(true);
    }
    expect(faults * kills).toBeGreaterThan(0);
  },
);
