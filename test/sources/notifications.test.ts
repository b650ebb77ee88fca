// Change notifications on the emulator: they wake rounds and are believed in nothing else; without them everything goes by the clock.
import { expect, test } from 'vitest';
import { sourcePaths } from '../../shared/paths.ts';
import { echoed } from '../../shared/sources/notifications.ts';
import { Sources } from '../../shared/sources/sources.ts';
import { Subscriptions } from '../../shared/sources/subscriptions.ts';
import { Tenant } from './tenant.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Scene {
  t: Tenant;
  sources: Sources;
  events: string[];
}

/** A source whose clock alone would let it wait an hour, with the app's door in front of the emulator. */
async function scene(options: { kind?: 'exchange'; url?: string | undefined } = {}): Promise<Scene> {
  let sources: Sources | undefined;
  const t = new Tenant({
    notify: async (url, body) => {
      const token = new URL(url).searchParams.get('validationToken');
      if (token !== null) return { status: 200, contentType: 'text/plain; charset=utf-8', text: echoed(token) };
      await sources?.notifications.receive(JSON.parse(body ?? ''));
      return { status: 202, contentType: '', text: '' };
    },
  });
  t.addMailbox();
  const events: string[] = [];
  const log = (event: string) => void events.push(event);
  const logger = { debug: log, info: log, warn: log, error: log };
  let secrets = 0;
  const url = 'url' in options ? options.url : 'https://app.example';
  const parts = { lake: t.lake, clock: t.clock, logger };
  sources = new Sources({
    ...{ ...parts, setting: '[]', landing: t.landing, parallel: 4, connect: (entry) => t.connect(entry) },
    subscriptions: new Subscriptions({ ...parts, url, secret: () => String(++secrets).padStart(32, '0') }),
    erase: async () => undefined,
  });
  await sources.put(options.kind === 'exchange' ? t.mailEntry({ everyMinutes: 60 }) : t.entry({ everyMinutes: 60 }));
  return { t, sources, events };
}

test.each([undefined, 'exchange'] as const)(
  'a notification makes the next minute a round, and none is lost while one runs (%s)',
  async (kind) => {
    const { t, sources } = await scene(kind === undefined ? {} : { kind });
    const name = kind === undefined ? 'tax' : 'mail';
    const mailbox = t.graph.users.get('tax@contoso.example')?.mailbox;
    const change = (text: string) => {
      if (kind === undefined) t.library.putFile(`${text}.txt`, Buffer.from(text));
      else mailbox?.deliver('Inbox', text, Buffer.from(text));
    };
    await sources.sync(name, {}, MINUTE);
    expect(t.graph.subscriptions.items.size).toBe(1);
    expect(await sources.due()).toEqual([]);
    await t.clock.sleep(2 * MINUTE);
    change('one');
    expect(await t.graph.subscriptions.tell()).toEqual([202]);
    expect(await sources.due()).toEqual([name]);
    const upload = t.landing.upload;
    t.landing.upload = async (path, file, condition) => {
      t.landing.upload = upload;
      await t.clock.sleep(2000);
      change('two'); // while the round runs
      await t.graph.subscriptions.tell();
      return upload(path, file, condition);
    };
    await sources.sync(name, {}, MINUTE);
    expect(await sources.due()).toEqual([name]);
    await t.clock.sleep(MINUTE);
    await sources.sync(name, {}, MINUTE);
    expect(await t.landed()).toEqual(['one', 'two']);
    expect(await sources.due()).toEqual([]);
  },
);

test('10 a round that was woken before the change shows is followed by one a minute later', async () => {
  const { t, sources } = await scene();
  await sources.sync('tax', {}, MINUTE);
  await t.clock.sleep(MINUTE);
  await t.graph.subscriptions.tell();
  await t.clock.sleep(2000);
  await sources.sync('tax', {}, MINUTE);
  t.library.putFile('late.txt', Buffer.from('late'));
  expect(await sources.due()).toEqual([]);
  await t.clock.sleep(MINUTE);
  expect(await sources.due()).toEqual(['tax']);
  await sources.sync('tax', {}, MINUTE);
  expect(await t.landed()).toEqual(['late']);
});

test('a damaged mark of a notification wakes nobody and holds up no source: rounds go on by the clock', async () => {
  const { t, sources, events } = await scene();
  await sources.sync('tax', {}, MINUTE);
  await t.clock.sleep(2 * MINUTE);
  await t.graph.subscriptions.tell();
  await t.lake.write(sourcePaths.woken('tax'), '{');
  expect(await sources.due()).toEqual([]);
  expect(events).toContain('record.corrupt');
  t.library.putFile('a.txt', Buffer.from('a'));
  await t.clock.sleep(HOUR);
  expect(await sources.due()).toEqual(['tax']);
  await sources.sync('tax', {}, MINUTE);
  expect(await t.landed()).toEqual(['a']);
});

test('25 a notification of one library polls all of the site', async () => {
  const { t, sources } = await scene();
  const second = t.newDrive('b!second', 'Second', 'https://contoso.sharepoint.example/sites/tax/Second');
  t.site.drives.push(second);
  await sources.sync('tax', {}, MINUTE);
  await t.clock.sleep(MINUTE);
  second.putFile('a.txt', Buffer.from('in the second'));
  const [first] = t.graph.subscriptions.items.values();
  t.graph.subscriptions.items.clear();
  t.graph.subscriptions.items.set(first!.id, first!);
  await t.graph.subscriptions.tell();
  expect(await sources.due()).toEqual(['tax']);
  await sources.sync('tax', {}, MINUTE);
  expect(await t.landed()).toEqual(['in the second']);
});

test('26 a handshake that times out is tried again later, and rounds go on by the clock meanwhile', async () => {
  const { t, sources, events } = await scene();
  t.graph.faults.push({ kind: 'validation-timeout', on: /POST .*subscriptions/ });
  t.library.putFile('a.txt', Buffer.from('one'));
  await sources.sync('tax', {}, MINUTE);
  expect(await t.landed()).toEqual(['one']);
  expect(events).toContain('source.subscribe-failed');
  expect((await sources.status()).sources).toMatchObject([
    { state: 'idle', error: null, drives: [{ notifications: { state: 'failing', code: 'sync.bad-answer' } }] },
  ]);
  await sources.sync('tax', {}, MINUTE);
  expect(t.graph.subscriptions.items.size).toBe(0); // not at once
  await t.clock.sleep(6 * MINUTE);
  await sources.sync('tax', {}, MINUTE);
  expect(t.graph.subscriptions.items.size).toBe(1);
  expect((await sources.status()).sources).toMatchObject([
    { drives: [{ notifications: { state: 'on', code: null } }] },
  ]);
});

test('a subscription is renewed at half of its life, never later than its end, and one that the service forgot is made anew', async () => {
  const { t, sources } = await scene({ kind: 'exchange' });
  for (let day = 0; day < 30; day++) {
    await sources.sync('mail', {}, MINUTE);
    const [one] = t.graph.subscriptions.items.values();
    expect(one!.expiresAt - t.clock.now()).toBeGreaterThan(DAY);
    await t.clock.sleep(DAY / 2);
  }
  expect(t.graph.log.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  t.graph.subscriptions.items.clear();
  await t.clock.sleep(2 * DAY);
  await sources.sync('mail', {}, MINUTE);
  expect(t.graph.subscriptions.items.size).toBe(1);
});

test('silent death: three rounds by the clock that find changes nobody told of make a new subscription', async () => {
  const { t, sources, events } = await scene();
  await sources.sync('tax', {}, MINUTE);
  for (let n = 0; n < 4; n++) {
    await t.clock.sleep(61 * MINUTE);
    t.library.putFile(`f${n}.txt`, Buffer.from(`text ${n}`));
    await sources.sync('tax', {}, MINUTE);
  }
  expect(events.filter((event) => event === 'source.notifications-silent')).toHaveLength(1);
  expect(t.graph.subscriptions.items.size).toBe(2); // the old one ends by itself
  expect(await t.landed()).toHaveLength(4);
});

test('what the service says of a subscription is done: renewed when rights are asked for, made anew when it was removed, a round when something was missed', async () => {
  const { t, sources } = await scene();
  await sources.sync('tax', {}, MINUTE);
  const calls = (method: string) =>
    t.graph.log.filter((line) => line.startsWith(`${method} /v1.0/subscriptions`)).length;
  await t.clock.sleep(MINUTE);
  await t.graph.subscriptions.tell('reauthorizationRequired');
  await sources.sync('tax', {}, MINUTE);
  expect([calls('POST'), calls('PATCH')]).toEqual([1, 1]);
  await t.clock.sleep(MINUTE);
  await t.graph.subscriptions.tell('subscriptionRemoved');
  await sources.sync('tax', {}, MINUTE);
  expect([calls('POST'), calls('PATCH')]).toEqual([2, 1]);
  await t.clock.sleep(5 * MINUTE);
  await t.graph.subscriptions.tell('missed');
  expect(await sources.due()).toEqual(['tax']);
});

test('a wrong client state, an unknown source and a replay of an old one are ignored, counted, and wake nothing', async () => {
  const { t, sources, events } = await scene();
  await sources.sync('tax', {}, MINUTE);
  await t.clock.sleep(MINUTE);
  const clientState = [...t.graph.subscriptions.items.values()][0]!.clientState;
  const forged = [
    clientState.replace(/1$/, '2'),
    `nobody.${'0'.repeat(16)}.${'0'.repeat(32)}`,
    `../../tax.${'0'.repeat(16)}.${'0'.repeat(32)}`,
    '',
    null,
  ];
  const body = { value: forged.map((state) => ({ clientState: state, changeType: 'updated' })) };
  expect(await sources.notifications.receive(body)).toEqual({ believed: 0, ignored: 5 });
  expect(events).toContain('source.notifications-ignored');
  expect(await sources.due()).toEqual([]);
  let writes = 0;
  t.lake.beforeCall = (method) => void (method === 'write' && writes++);
  const storm = { value: Array.from({ length: 1000 }, () => ({ clientState, changeType: 'updated' })) };
  for (let n = 0; n < 20; n++) await sources.notifications.receive(storm);
  expect(writes).toBeLessThanOrEqual(2); // one mark and one date
  for (const wrong of [{}, [], null, { value: 7 }, { value: Array(1001).fill({}) }])
    await expect(sources.notifications.receive(wrong)).rejects.toMatchObject({ code: 'request.invalid' });
  expect(JSON.stringify(await sources.status())).not.toContain(clientState.slice(-32));
});

test('a handshake is answered with its token alone, and not with what no service sends', () => {
  expect(echoed('Validation: Testing client application reachability Request-Id: 1')).toMatch(/^Validation/);
  for (const token of ['', '<script>', 'a\r\nSet-Cookie: x', 'x'.repeat(1025), 'ü'])
    expect(() => echoed(token)).toThrow();
});

test('without a public address nothing is subscribed to; a source that is removed ends its subscription', async () => {
  const off = await scene({ url: undefined });
  await off.sources.sync('tax', {}, MINUTE);
  expect(off.t.graph.log.filter((line) => line.includes('subscriptions'))).toEqual([]);
  expect((await off.sources.status()).sources).toMatchObject([{ drives: [{ notifications: null }] }]);
  const { t, sources } = await scene();
  await sources.sync('tax', {}, MINUTE);
  await sources.remove('tax');
  expect(t.graph.subscriptions.items.size).toBe(0);
});

test('check subscribes and ends it again, leaves a living subscription alone, and only warns of a refusal', async () => {
  const { t, sources } = await scene();
  const line = async () => (await sources.check('tax')).find(({ what }) => what === 'notifications of Documents');
  expect(await line()).toMatchObject({ isOk: true, isWarning: false, detail: 'can be subscribed to' });
  expect(t.graph.subscriptions.items.size).toBe(0);
  t.graph.faults.push({ kind: 'forbidden', on: /^POST .*\/subscriptions/ });
  expect(await line()).toMatchObject({
    isOk: true,
    isWarning: true,
    detail: expect.stringContaining('sync.forbidden'),
  });
  await sources.sync('tax', {}, MINUTE);
  const before = [...t.graph.subscriptions.items.keys()];
  expect(await line()).toMatchObject({ isWarning: false, detail: 'are subscribed to' });
  expect([...t.graph.subscriptions.items.keys()]).toEqual(before);
  const { sources: silent } = await scene({ url: undefined });
  expect((await silent.check('tax')).map(({ what }) => what)).not.toContain('notifications of Documents');
});
