import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorConnectionString } from '../../local/emulators/azurite.ts';
import { codeOf } from '../../shared/errors.ts';
import { type AzureLakeStore, openLakeStore } from '../../shared/lake/store.ts';
import { type EmulatedLake, listPaths, startEmulatedLake } from './emulated-lake.ts';

let lake: EmulatedLake;
let store: AzureLakeStore;
beforeAll(async () => {
  lake = await startEmulatedLake();
  store = await lake.newStore();
});
afterAll(() => lake.close());

const codeOfRejection = (work: Promise<unknown>) => work.then(() => 'done', codeOf);

test('store: writes whole files and reads them back, absent ones are undefined or lake.not-found', async () => {
  const etag = await store.write('a/b/c.txt', 'Zürich');
  expect(await store.readIfExists('a/b/c.txt')).toEqual({ bytes: Buffer.from('Zürich'), etag });
  expect((await store.read('a/b/c.txt')).toString()).toBe('Zürich');
  expect(await store.readIfExists('a/b/none')).toBeUndefined();
  expect(await codeOfRejection(store.read('a/b/none'))).toBe('lake.not-found');
  expect(await store.readIfExists('a/b')).toBeUndefined(); // a folder is no file
});

test('store: a file above maxBytes is refused without being read', async () => {
  await store.write('large', Buffer.alloc(1000));
  expect(await codeOfRejection(store.readIfExists('large', 999))).toBe('extract.too-large');
  expect((await store.readIfExists('large', 1000))?.bytes.length).toBe(1000);
});

test('store: content that is made while it is sent is whole, made anew for each try, and keeps its condition', async () => {
  const rows = Array.from({ length: 3000 }, (_, n) => `row ${n} ${'x'.repeat(n % 977)}\n`);
  let made = 0;
  const content = {
    byteLength: Buffer.byteLength(rows.join('')),
    *pieces() {
      made++;
      for (let from = 0; from < rows.length; from += 100) yield Buffer.from(rows.slice(from, from + 100).join(''));
    },
  };
  const etag = await store.write('made.txt', content, { ifAbsent: true });
  expect(await store.readIfExists('made.txt')).toEqual({ bytes: Buffer.from(rows.join('')), etag });
  expect(await codeOfRejection(store.write('made.txt', content, { ifAbsent: true }))).toBe('lake.conflict');
  expect(made).toBe(2);
});

test('store: of 20 creators one wins, the others get lake.conflict', async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, writer) =>
      store.write('once.json', `{"writer":${writer}}`, { ifAbsent: true }).then(() => writer, codeOf),
    ),
  );
  const winners = results.filter((result) => typeof result === 'number');
  expect(winners.length).toBe(1);
  expect(results.filter((result) => result === 'lake.conflict').length).toBe(19);
  expect((await store.read('once.json')).toString()).toBe(`{"writer":${winners[0]}}`);
});

test('store: ifMatch replaces only the version seen', async () => {
  const first = await store.write('state.json', '1');
  const second = await store.write('state.json', '2', { ifMatch: first });
  expect(await codeOfRejection(store.write('state.json', '3', { ifMatch: first }))).toBe('lake.conflict');
  expect((await store.stat('state.json'))?.etag).toBe(second);
  expect(await codeOfRejection(store.write('nowhere.json', '1', { ifMatch: first }))).toBe('lake.conflict');
});

test('store: lists files only, below a folder only, with the ETags that other calls give', async () => {
  await store.write('list/x/1', '1');
  await store.write('list/x/y/2', '22');
  await store.write('list/x-other/3', '3');
  await store.write('list/xy', '4');
  expect(await listPaths(store, 'list/x')).toEqual(['list/x/1', 'list/x/y/2']);
  expect(await listPaths(store, 'list/x/')).toEqual(['list/x/1', 'list/x/y/2']);
  expect(await listPaths(store, 'list/none')).toEqual([]);
  for await (const file of store.list('list')) expect(await store.stat(file.path)).toEqual(file);
});

test('store: deleting takes a file, or a folder with everything below; absent is fine', async () => {
  await store.write('gone/a', '1');
  await store.write('gone/b/c', '2');
  await store.write('gone-not', '3');
  await store.delete('gone/a');
  await store.delete('gone/a');
  expect(await listPaths(store, 'gone')).toEqual(['gone/b/c']);
  await store.deleteFolder('gone');
  await store.deleteFolder('gone');
  expect(await listPaths(store, 'gone')).toEqual([]);
  expect(await store.stat('gone-not')).toMatchObject({ sizeBytes: 1 });
});

test.each([1000, 9 * 1024 * 1024])('store: an upload of %i bytes keeps its condition', async (size) => {
  const source = join(lake.folder, `conditional-${size}`);
  await writeFile(source, randomBytes(size));
  const path = `conditional/${size}`;
  const etag = await store.upload(path, source, { ifAbsent: true });
  expect(await codeOfRejection(store.upload(path, source, { ifAbsent: true }))).toBe('lake.conflict');
  const next = await store.upload(path, source, { ifMatch: etag });
  expect(await codeOfRejection(store.upload(path, source, { ifMatch: etag }))).toBe('lake.conflict');
  expect((await store.stat(path))?.etag).toBe(next);
});

test('store: uploads and downloads large files unchanged', async () => {
  const bytes = randomBytes(20 * 1024 * 1024 + 7);
  const [source, target] = [join(lake.folder, 'up.bin'), join(lake.folder, 'sub/down.bin')];
  await writeFile(source, bytes);
  await store.upload('big/file.bin', source);
  await store.download('big/file.bin', target);
  expect((await readFile(target)).equals(bytes)).toBe(true);
  expect(await codeOfRejection(store.download('big/none', join(lake.folder, 'none')))).toBe('lake.not-found');
});

test('store: renames a file unless the destination exists', async () => {
  await store.write('from', '1');
  await store.rename('from', 'moved/to');
  expect(await store.stat('from')).toBeUndefined();
  await store.write('from', '2');
  expect(await codeOfRejection(store.rename('from', 'moved/to'))).toBe('lake.conflict');
  expect((await store.read('moved/to')).toString()).toBe('1');
});

test('store: a wrong key is lake.forbidden, a missing container lake.not-found', async () => {
  const connectionString = emulatorConnectionString({
    blobEndpoint: lake.dfs.url,
    key: Buffer.from('no').toString('base64'),
  });
  const stranger = openLakeStore({ kind: 'connection-string', connectionString }, store.container);
  expect(await codeOfRejection(stranger.read('a/b/c.txt'))).toBe('lake.forbidden');
  const nowhere = openLakeStore(lake.connection, 'no-such-container');
  expect(await codeOfRejection(nowhere.write('a', '1'))).toBe('lake.not-found');
  expect(await codeOfRejection(listPaths(nowhere, 'a'))).toBe('lake.not-found');
});

/** A proxy that lets the first matching request reach storage and then breaks the connection instead of answering. */
async function losingReply(matches: (request: IncomingMessage) => boolean) {
  let lost = 0;
  const upstream = new URL(lake.azurite.blobEndpoint);
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { method, url: path, headers } = request;
    const forward = httpRequest({ host: upstream.hostname, port: upstream.port, method, path, headers }, (answer) => {
      if (lost === 0 && matches(request)) {
        lost++;
        answer.resume().on('end', () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
      answer.pipe(response);
    });
    request.pipe(forward);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const blobEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${lake.azurite.account}`;
  return {
    connectionString: emulatorConnectionString({ blobEndpoint, key: lake.azurite.key }),
    lost: () => lost,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('store: a conditional write whose reply was lost counts as done', async () => {
  const proxy = await losingReply((request) => request.method === 'PUT' && !request.url!.includes('comp='));
  const flaky = openLakeStore({ kind: 'connection-string', connectionString: proxy.connectionString }, store.container);
  const mine = { byteLength: 4, pieces: () => [Buffer.from('mi'), Buffer.from('ne')] };
  const etag = await flaky.write('lost/commit.json', mine, { ifAbsent: true });
  expect(proxy.lost()).toBe(1);
  expect(await store.readIfExists('lost/commit.json')).toEqual({ bytes: Buffer.from('mine'), etag });
  // Another's equal content is still another's.
  expect(await codeOfRejection(flaky.write('lost/commit.json', 'mine', { ifAbsent: true }))).toBe('lake.conflict');
  proxy.close();
});
