// Conformance of blob, queue and timer triggers; storage is Azurite in memory.
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../local/emulators/azurite.ts';
import { eventually, HostProcess, rememberTimer, temporaryFolder } from './host-process.ts';

const folder = temporaryFolder();
let azurite: Azurite;
let host: HostProcess;
let blobs: BlobServiceClient;
let queues: QueueServiceClient;

const options = () => ({
  app: 'triggers',
  hub: join(folder.path, 'hub.sqlite'),
  flags: ['--scan-interval', '50'],
  env: {
    SEEN_LOG: join(folder.path, 'seen.log'),
    STORE: azurite.connectionString,
    FIRST_QUEUE: 'first',
    AzureWebJobsStorage: azurite.connectionString,
    'AzureWebJobs.disabled.Disabled': 'true',
  },
});

function seen(): Record<string, unknown>[] {
  const file = join(folder.path, 'seen.log');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

const seenWhere = (holds: (line: Record<string, unknown>) => boolean) => eventually(() => seen().find(holds));

async function upload(container: string, name: string, text: string): Promise<void> {
  await blobs.getContainerClient(container).getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
}

beforeAll(async () => {
  azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  queues = QueueServiceClient.fromConnectionString(azurite.connectionString);
  await blobs.getContainerClient('landing').create();
  for (const name of ['first', 'second', 'many']) await queues.getQueueClient(name).create();
  host = await HostProcess.start(options());
});

afterAll(async () => {
  await host?.stop();
  await azurite?.close();
  folder.remove();
});

describe('blobs', () => {
  test('scan: a new blob runs the function once with its bytes and path tokens; a new version runs it again', async () => {
    await upload('landing', 'in/report.txt', 'first');
    await seenWhere((line) => line.text === 'first');
    await upload('landing', 'other/ignored.txt', 'ignored');
    await upload('landing', 'in/report.txt', 'second');
    await seenWhere((line) => line.text === 'second');
    await upload('landing', 'in/zlast.txt', 'after another scan');
    await seenWhere((line) => line.text === 'after another scan');
    expect(seen().filter((line) => line.blob === 'landing/in/report.txt')).toEqual([
      { blob: 'landing/in/report.txt', name: 'report', ext: 'txt', text: 'first' },
      { blob: 'landing/in/report.txt', name: 'report', ext: 'txt', text: 'second' },
    ]);
    expect(seen().some((line) => line.text === 'ignored')).toBe(false);
  });

  test('poison: after the threshold the blob is reported in webjobs-blobtrigger-poison and left alone', async () => {
    await upload('landing', 'in/bad.txt', 'unreadable');
    const queue = queues.getQueueClient('webjobs-blobtrigger-poison');
    const message = await eventually(async () =>
      (await queue.exists()) ? (await queue.receiveMessages()).receivedMessageItems[0] : undefined,
    );
    expect(JSON.parse(Buffer.from(message.messageText, 'base64').toString())).toMatchObject({
      Type: 'BlobTrigger',
      FunctionId: 'Host.Functions.scanned',
      ContainerName: 'landing',
      BlobName: 'in/bad.txt',
    });
    // The app writes what it saw from another process: its last line may come after the message.
    const tries = () => seen().filter((line) => line.blob === 'landing/in/bad.txt').length;
    await eventually(() => (tries() >= 2 ? true : undefined));
    expect(tries()).toBe(2);
  });

  const ODD = ['a#b.txt', '50% off.txt', 'two words.txt', 'Prüfung für März.txt', 'q?x=1&y+z.txt', '%41;@=,$.txt'];

  test('scan: names are handed over as they are, whatever they hold; every function has receipts of its own', async () => {
    for (const name of ODD) await upload('landing', `in/${name}`, name);
    for (const name of ODD) {
      const line = await seenWhere((line) => line.text === name);
      expect(line).toEqual({ blob: `landing/in/${name}`, name: name.slice(0, -4), ext: 'txt', text: name });
      await seenWhere((line) => line.too === name);
    }
  });

  test('path tokens: every token takes as much as it can, the first ones first, and may be empty; literals count their case', async () => {
    for (const name of ['in/a.b.c', 'in/.hidden', 'in/noend.', 'IN/upper.txt', 'in/no-dot', 'in/folder/deep.txt'])
      await upload('landing', name, `token ${name}`);
    const tokens = async (name: string) => {
      const { name: first, ext } = await seenWhere((line) => line.text === `token in/${name}`);
      return [first, ext];
    };
    expect(await tokens('a.b.c')).toEqual(['a.b', 'c']);
    expect(await tokens('.hidden')).toEqual(['', 'hidden']);
    expect(await tokens('noend.')).toEqual(['noend', '']);
    expect(await tokens('folder/deep.txt')).toEqual(['folder/deep', 'txt']);
    await seenWhere((line) => line.too === 'no-dot');
    expect(seen().some((line) => line.text === 'token IN/upper.txt' || line.text === 'token in/no-dot')).toBe(false);
  });
});

describe('queues', () => {
  const send = (text: string) => queues.getQueueClient('first').sendMessage(Buffer.from(text).toString('base64'));

  test('a JSON message is parsed, its output goes to the next queue; it is hidden for ten minutes meanwhile', async () => {
    await send('{"n":1}');
    expect(await seenWhere((line) => line.second !== undefined)).toEqual({ second: { forwarded: { n: 1 } } });
    expect(await seenWhere((line) => line.queue !== undefined)).toEqual({
      queue: { n: 1 },
      dequeueCount: 1,
      hiddenMinutes: 10,
    });
  });

  const poisoned = async (name: string) => {
    const queue = queues.getQueueClient(`${name}-poison`);
    const message = await eventually(async () =>
      (await queue.exists()) ? (await queue.receiveMessages()).receivedMessageItems[0] : undefined,
    );
    await queue.deleteMessage(message.messageId, message.popReceipt);
    return message.messageText;
  };

  test('poison: a message that fails maxDequeueCount times moves to the poison queue', async () => {
    await send('plain text');
    expect(Buffer.from(await poisoned('first'), 'base64').toString()).toBe('plain text');
    expect(
      seen()
        .filter((line) => line.queue === 'plain text')
        .map((line) => line.dequeueCount),
    ).toEqual([1, 2]);
  });

  test('a message that is no base64 is poison at once, as it is, and no function sees it', async () => {
    const before = seen().filter((line) => line.queue !== undefined).length;
    await queues.getQueueClient('first').sendMessage('{"not":"base64"}');
    expect(await poisoned('first')).toBe('{"not":"base64"}');
    expect(seen().filter((line) => line.queue !== undefined)).toHaveLength(before);
  });

  test('a message whose bytes are no UTF-8 fails without the function', async () => {
    const before = seen().filter((line) => line.queue !== undefined).length;
    const text = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString('base64');
    await queues.getQueueClient('first').sendMessage(text);
    expect(await poisoned('first')).toBe(text);
    expect(seen().filter((line) => line.queue !== undefined)).toHaveLength(before);
  });

  test('at most batchSize and newBatchThreshold messages are at work at once, and no message is run twice', async () => {
    const queue = queues.getQueueClient('many');
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => queue.sendMessage(Buffer.from(String(n)).toString('base64'))),
    );
    const lines = await eventually(() => {
      const many = seen().filter((line) => line.many !== undefined);
      return many.length >= 60 ? many : undefined;
    });
    expect(new Set(lines.map((line) => line.many)).size).toBe(60);
    expect(lines).toHaveLength(60);
    const most = Math.max(...lines.map((line) => Number(line.atWork)));
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThanOrEqual(24);
  });
});

describe('timers', () => {
  const END = new Date(Date.UTC(new Date().getUTCFullYear(), 0, 1)); // of the last year
  const BEFORE = new Date(Date.UTC(new Date().getUTCFullYear() - 1, 0, 1));
  const restart = async (env: Record<string, string> = {}) => {
    const again = options();
    host = await HostProcess.start({ ...again, env: { ...again.env, ...env } });
  };
  const count = (key: string) => seen().filter((line) => line[key] !== undefined).length;
  /** Long enough for every timer that wants to run at a start. */
  const afterStart = async () => {
    const before = count('timer');
    await eventually(() => (count('timer') >= before + 2 ? true : undefined));
  };

  test('a schedule of seconds runs every second and has no status: only what is rarer than once a minute is remembered', async () => {
    expect(await seenWhere((line) => line.timer !== undefined)).toEqual({ timer: false, status: null });
    expect(seen().some((line) => line.disabled !== undefined)).toBe(false);
  });

  test('runOnStartup: at every start, and a timer that never ran has no last run', async () => {
    const first = await seenWhere((line) => line.atStart !== undefined);
    expect(first.atStart).toBe(false);
    expect(new Date(String(first.last)).getUTCFullYear()).toBe(1);
  });

  test('past due: a schedule that was missed runs once at the next start; one that was changed meanwhile does not', async () => {
    await host.stop();
    const { hub } = options();
    rememberTimer(hub, 'yearly', { last: BEFORE, next: END });
    rememberTimer(hub, 'moved', { last: BEFORE, next: END }); // its schedule says June
    rememberTimer(hub, 'atStart', { last: BEFORE, next: END });
    const [yearly, atStart] = [count('yearly'), count('atStart')];
    await restart();
    const line = await seenWhere((line) => line.yearly === true);
    expect([line.last, line.next].map((time) => new Date(String(time)).getTime())).toEqual([BEFORE, END].map(Number));
    await afterStart();
    expect([count('yearly'), count('moved'), count('atStart')]).toEqual([yearly + 1, 0, atStart + 1]);
    expect(
      seen()
        .filter((line) => line.atStart !== undefined)
        .at(-1)?.atStart,
    ).toBe(true);
  });

  test('restart: receipts survive, hooks run once each, and what was past due is not run again', async () => {
    const before = seen().filter((line) => line.blob === 'landing/in/report.txt').length;
    const yearly = count('yearly');
    expect(await host.stop()).toBe(0);
    expect(seen().filter((line) => line.hook !== undefined)).toEqual([
      ...[{ hook: 'appStart' }, { hook: 'appTerminate' }],
      ...[{ hook: 'appStart' }, { hook: 'appTerminate' }],
    ]);
    await restart();
    await upload('landing', 'in/later.txt', 'later');
    await seenWhere((line) => line.text === 'later'); // a whole scan has passed
    expect(seen().filter((line) => line.blob === 'landing/in/report.txt')).toHaveLength(before);
    await afterStart();
    expect(count('yearly')).toBe(yearly); // what was past due has been done
  });

  test('kill -9 while a timer is at work: its run is done again at the next start, past due', async () => {
    await host.stop();
    rememberTimer(options().hub, 'yearly', { last: BEFORE, next: END });
    const yearly = count('yearly');
    const again = options();
    let child: ChildProcess | undefined;
    // Not waited for: the timers of the real engine that are to be had (3.0.6) run what is past due before the host is up.
    const hanging = HostProcess.start({
      ...again,
      env: { ...again.env, TIMER_HANGS: 'yes' },
      spawned: (spawned) => (child = spawned),
    }).catch(() => undefined);
    await eventually(() => (count('yearly') === yearly + 1 ? true : undefined));
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGKILL');
    await ended;
    await hanging;
    await restart();
    await eventually(() => (count('yearly') === yearly + 2 ? true : undefined));
    expect(
      seen()
        .filter((line) => line.yearly !== undefined)
        .at(-1)?.yearly,
    ).toBe(true);
  });
});
