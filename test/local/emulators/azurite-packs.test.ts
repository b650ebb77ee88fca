// What the laptop's storage does beyond Azurite: packs of files, and plain reads past its layers.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient, type ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/emulators/azurite.ts';
import { encodePack, FILE_PACK, MAX_PACK_BYTES, type PackedFile } from '../../../shared/api/file-pack.ts';

let folder: string;
let azurite: Azurite;
let container: ContainerClient;

const clientOf = (one: Azurite) =>
  BlobServiceClient.fromConnectionString(one.connectionString).getContainerClient('kept');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-packs-'));
  azurite = await startAzurite({ folder, ports: { blob: 0, queue: 0, table: 0 } });
  container = clientOf(azurite);
  await container.create();
});
afterAll(async () => {
  await azurite.close();
  await rm(folder, { recursive: true, force: true });
});

const put = (body: Buffer) =>
  container.getBlockBlobClient('in/pack').upload(body, body.byteLength, { metadata: { [FILE_PACK]: 'true' } });
const text = (path: string, bytes: string): PackedFile => ({ path, bytes: Buffer.from(bytes) });

test('a pack: each of its files is a blob with the properties of one that was put alone, and the pack is none', async () => {
  const files = [
    text('in/a b ü.txt', 'first'),
    text('in/empty.txt', ''),
    { path: 'in/c.bin', bytes: randomBytes(70_000) },
  ];
  await put(encodePack(files));
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix: 'in/' })) names.push(name);
  expect(names).toEqual(files.map(({ path }) => path).sort());
  const etags = new Set<string | undefined>();
  for (const { path, bytes } of files) {
    const blob = container.getBlockBlobClient(path);
    const alone = container.getBlockBlobClient(`alone/${path}`);
    await alone.upload(Buffer.from(bytes), bytes.byteLength);
    expect((await blob.downloadToBuffer()).equals(bytes), path).toBe(true);
    const [ours, theirs] = [await blob.getProperties(), await alone.getProperties()];
    for (const name of ['contentLength', 'contentType', 'contentMD5', 'blobType', 'accessTier', 'leaseState'] as const)
      expect(ours[name], `${path} ${name}`).toEqual(theirs[name]);
    expect(ours.metadata).toEqual(theirs.metadata);
    etags.add(ours.etag);
  }
  expect(etags.size).toBe(files.length);
});

test('a backslash in a name of a pack is a slash, as in every other name: read, asked about and deleted under both', async () => {
  await put(encodePack([text('back\\slash\\a.txt', 'first')]));
  for (const name of ['back/slash/a.txt', 'back\\slash\\a.txt']) {
    const blob = container.getBlockBlobClient(name);
    expect((await blob.downloadToBuffer()).toString()).toBe('first');
    expect(await plain(name)).toMatchObject({ status: 200, body: 'first' });
    expect((await blob.getProperties()).contentLength).toBe(5);
  }
  await container.getBlockBlobClient('back\\slash\\a.txt').delete();
  for await (const { name } of container.listBlobsFlat({ prefix: 'back' })) expect(name).toBeUndefined();
});

test('a pack replaces what was there', async () => {
  await put(encodePack([text('again.txt', 'old')]));
  await put(encodePack([text('again.txt', 'new, and longer')]));
  expect((await container.getBlockBlobClient('again.txt').downloadToBuffer()).toString()).toBe('new, and longer');
});

test('what is no whole pack is refused, and leaves nothing', async () => {
  const cut = encodePack([text('cut/a.txt', 'first'), text('cut/b.txt', 'second')]).subarray(0, -1);
  const unlistable = encodePack([text('cut/a.txt', 'first'), text('cut/\u0007.txt', 'x')]);
  const tooLong = encodePack([{ path: 'cut/long', bytes: Buffer.alloc(MAX_PACK_BYTES) }]);
  for (const body of [cut, unlistable, tooLong, Buffer.from('x'), Buffer.from('\xff\xff\xff\xff', 'latin1')])
    await expect(put(body)).rejects.toMatchObject({ statusCode: 400 });
  for await (const { name } of container.listBlobsFlat({ prefix: 'cut/' })) expect(name).toBeUndefined();
});

test('files of a pack are there after a restart', async () => {
  await put(encodePack([text('kept/a.txt', 'first'), text('kept/b.txt', 'second')]));
  await azurite.close();
  azurite = await startAzurite({ folder, ports: { blob: 0, queue: 0, table: 0 } });
  container = clientOf(azurite);
  expect(await plain('kept/b.txt')).toMatchObject({ body: 'second' });
});

interface Answer {
  status: number | undefined;
  /** Without those that differ from request to request. */
  headers: [string, string][];
  body: string;
}

/**
 * A Get Blob as the SDK signs it, sent as it is.
 * @param more  headers that keep it from being a plain read
 * @param target  sent in place of what was signed
 */
async function plain(path: string, more: Record<string, string> = {}, target?: string): Promise<Answer> {
  const blob = container.getBlockBlobClient(path);
  let signed: Record<string, string> = {};
  const spy = new StorageSharedKeyCredential(azurite.account, azurite.key);
  const service = new BlobServiceClient(azurite.blobEndpoint, spy, {
    retryOptions: { maxTries: 1 },
    httpClient: {
      sendRequest: async (request) => {
        signed = request.headers.toJson({ preserveCase: true });
        throw new Error('signed');
      },
    },
  });
  const conditions =
    more['If-Modified-Since'] === undefined ? {} : { ifModifiedSince: new Date(more['If-Modified-Since']) };
  await service
    .getContainerClient('kept')
    .getBlockBlobClient(path)
    .download(0, undefined, { conditions })
    .catch(() => {});
  return await new Promise((resolve, reject) => {
    const { port, pathname } = new URL(blob.url);
    const request = send({ port, path: target ?? pathname, headers: signed }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const raw = response.rawHeaders;
        const headers = raw.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, raw[i + 1] ?? '']] : []));
        const changing = /^(x-ms-request-id|x-ms-client-request-id|date)$/;
        resolve({
          status: response.statusCode,
          headers: headers.map(([name, value]) => [name, changing.test(name) ? '' : value]),
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.once('error', reject).end();
  });
}

test('a plain read is answered as Azurite answers one with a condition: the same headers in the same order, the same bytes', async () => {
  const metadata = { sluicewrite: 'x', Ab: '1' };
  await container.getBlockBlobClient('r/ä b.txt').upload('text', 4, { metadata });
  await container.getBlockBlobClient('r/empty').upload('', 0);
  await container
    .getBlockBlobClient('r/typed.html')
    .upload('<p>', 3, { blobHTTPHeaders: { blobContentType: 'text/html', blobCacheControl: 'no-store' } });
  await put(encodePack([text('r/packed.txt', 'of a pack')]));
  const blocks = container.getBlockBlobClient('r/blocks');
  await blocks.stageBlock('AAAA', 'one', 3);
  await blocks.commitBlockList(['AAAA']);
  await container.getBlockBlobClient('r/untyped').upload('none', 4);
  await container.getBlockBlobClient('r/untyped').setHTTPHeaders({ blobContentMD5: Buffer.alloc(16, 3) });
  for (const path of ['r/ä b.txt', 'r/empty', 'r/typed.html', 'r/packed.txt', 'r/blocks', 'r/untyped']) {
    const azurites = await plain(path, { 'If-Modified-Since': 'Thu, 01 Jan 2020 00:00:00 GMT' });
    expect(azurites.status, path).toBe(200);
    expect(await plain(path), path).toEqual(azurites);
  }
});

test('a read that is not signed with the key, or of what is not there, is refused as Azurite refuses it', async () => {
  await container.getBlockBlobClient('r/secret').upload('text', 4);
  const stranger = new StorageSharedKeyCredential(azurite.account, randomBytes(64).toString('base64'));
  const theirs = new BlobServiceClient(azurite.blobEndpoint, stranger, { retryOptions: { maxTries: 1 } });
  const reading = theirs.getContainerClient('kept').getBlockBlobClient('r/secret').download();
  await expect(reading).rejects.toMatchObject({ statusCode: 403 });
  const elsewhere = await plain('r/secret', {}, `/${azurite.account}/kept/other/../r/secret`);
  expect(elsewhere.status).toBe(403);
  const nameless = await fetch(container.getBlockBlobClient('r/secret').url);
  expect([401, 403, 404]).toContain(nameless.status);
  await expect(container.getBlockBlobClient('r/none').download()).rejects.toMatchObject({
    statusCode: 404,
    code: 'BlobNotFound',
  });
});
