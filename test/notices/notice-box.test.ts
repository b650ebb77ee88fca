import { beforeEach, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '../../shared/errors.ts';
import type { Channel, Notice } from '../../shared/notices/notice.ts';
import { NoticeBox } from '../../shared/notices/notice-box.ts';
import { noticePath } from '../../shared/paths.ts';
import { silentLogger } from '../../shared/ports.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const MINUTE = 60_000;
let now: number;
let lake: MemoryLake;
let logged: string[];
beforeEach(() => {
  now = Date.UTC(2026, 10, 23, 12);
  lake = new MemoryLake('lake', () => now);
  logged = [];
});

/** Takes what `answers` gives for its n-th call. */
function channel(
  name: Channel['name'],
  answers: (call: number) => Error | undefined = () => undefined,
): Channel & { got: string[] } {
  const got: string[] = [];
  let calls = 0;
  return {
    name,
    got,
    async send({ id }) {
      const error = answers(++calls);
      if (error !== undefined) throw error;
      got.push(id);
    },
  };
}

function boxOf(...channels: Channel[]): NoticeBox {
  const log = (event: string) => void logged.push(event);
  return new NoticeBox({
    lake,
    clock: { now: () => now, sleep: async () => {} },
    logger: { ...silentLogger, error: log, warn: log },
    channels,
  });
}

const notice = (id: string): Notice => ({ id, kind: 'alarm', title: `title of ${id}`, lines: ['a'], link: null });
const unavailable = () => new RetryableError('notice.unavailable', 'the webhook did not answer');

test('a notice is told once, however often it is put and looked at', async () => {
  const webhook = channel('webhook');
  const box = boxOf(webhook);
  expect(await box.put(notice('a'))).toBe(true);
  expect(await box.put(notice('a'))).toBe(false);
  expect(await box.sendDue()).toEqual({ sent: 1, givenUp: 0 });
  now += 60 * MINUTE;
  expect(await box.sendDue()).toEqual({ sent: 0, givenUp: 0 });
  await box.put(notice('a'));
  await box.sendDue();
  expect(webhook.got).toEqual(['a']);
  expect((await box.list()).notices).toMatchObject([{ id: 'a', state: 'sent', failed: {} }]);
});

test('a channel that does not answer is tried again later and longer apart; the other is not sent to twice', async () => {
  const webhook = channel('webhook', (call) => (call < 3 ? unavailable() : undefined));
  const email = channel('email');
  const box = boxOf(webhook, email);
  await box.put(notice('a'));
  expect(await box.sendDue()).toEqual({ sent: 0, givenUp: 0 });
  expect((await box.list()).notices).toMatchObject([
    { state: 'waiting', failed: { webhook: 'the webhook did not answer' } },
  ]);
  await box.sendDue(); // too early
  now += 5 * MINUTE;
  await box.sendDue();
  now += 5 * MINUTE;
  await box.sendDue(); // the second wait is twice as long
  expect(webhook.got).toEqual([]);
  now += 5 * MINUTE;
  expect(await box.sendDue()).toEqual({ sent: 1, givenUp: 0 });
  expect([webhook.got, email.got]).toEqual([['a'], ['a']]);
});

test('what is refused is given up at once, what never gets through after eight tries, and both are told', async () => {
  const refusing = boxOf(
    channel('webhook', () => new TerminalError('notice.refused', 'the webhook answered with HTTP 404')),
  );
  await refusing.put(notice('refused'));
  expect(await refusing.sendDue()).toEqual({ sent: 0, givenUp: 1 });
  const silent = boxOf(channel('email', unavailable));
  await silent.put(notice('silent'));
  let rounds = 0;
  for (let done = 0; done === 0 && rounds < 100; rounds++) {
    done = (await silent.sendDue()).givenUp;
    now += 12 * 60 * MINUTE;
  }
  expect(rounds).toBe(8);
  expect(logged.filter((event) => event === 'notice.given-up')).toHaveLength(2);
  expect((await silent.list()).notices.map(({ id, state }) => [id, state])).toEqual([
    ['silent', 'given-up'],
    ['refused', 'given-up'],
  ]);
});

test('messages of other code are not kept: they may hold addresses', async () => {
  const box = boxOf(channel('webhook', () => new Error('https://hooks.example/secret-token')));
  await box.put(notice('a'));
  await box.sendDue();
  expect(JSON.stringify(await box.list())).not.toContain('secret-token');
  expect(await box.trySend(notice('b'))).toEqual({ webhook: expect.not.stringContaining('secret-token') });
});

test('a damaged notice holds up none, and old ones go', async () => {
  const webhook = channel('webhook');
  const box = boxOf(webhook);
  await lake.write('notices/sent/damaged.json', '{');
  await box.put(notice('z'));
  expect(await box.sendDue()).toEqual({ sent: 1, givenUp: 0 });
  expect(logged).toContain('record.corrupt');
  now += 31 * 24 * 60 * MINUTE;
  await box.sendDue();
  expect((await box.list()).notices).toEqual([]);
  expect(await lake.stat('notices/sent/damaged.json')).toBeUndefined();
});

test('a flood is sent in parts', async () => {
  const webhook = channel('webhook');
  const box = boxOf(webhook);
  for (let n = 0; n < 30; n++) await box.put(notice(`n${n}`));
  expect((await box.sendDue()).sent).toBe(20);
  expect((await box.sendDue()).sent).toBe(10);
  expect(new Set(webhook.got).size).toBe(30);
});

test('a token that cannot be had for a while loses no notice', async () => {
  const email = channel('email', (call) => (call < 3 ? new Error('the identity service does not answer') : undefined));
  const box = boxOf(email);
  await box.put(notice('a'));
  for (let look = 0; look < 4; look++) {
    await box.sendDue();
    now += 20 * MINUTE;
  }
  expect(email.got).toEqual(['a']);
});

test('a notice that another host has just sent holds up none after it', async () => {
  const rival = channel('webhook', (call) => {
    if (call === 1) void lake.write(noticePath('a'), '{"id":"a"}'); // its record is changed meanwhile
    return undefined;
  });
  const box = boxOf(rival);
  await box.put(notice('a'));
  await box.put(notice('b'));
  expect(await box.sendDue()).toEqual({ sent: 1, givenUp: 0 });
  expect(rival.got).toEqual(['a', 'b']);
});
