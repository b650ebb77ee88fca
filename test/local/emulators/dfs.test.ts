// The real DFS client against the shim: every operation the SDK has, with the codes the real service gives.
import { randomBytes } from 'node:crypto';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { BlobServiceClient } from '@azure/storage-blob';
import {
  type DataLakeFileSystemClient,
  DataLakeServiceClient,
  FileSystemSASPermissions,
  StorageSharedKeyCredential,
} from '@azure/storage-file-datalake';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Azurite, emulatorConnectionString, startAzurite } from '../../../local/emulators/azurite.ts';
import { type DfsShim, startDfs } from '../../../local/emulators/dfs.ts';
import { answerRefused } from '../../../local/emulators/dfs-errors.ts';
import { Room } from '../../../local/emulators/room.ts';
import { forOthers } from '../../../shared/lake/storage-connection.ts';
import { openLakeStore } from '../../../shared/lake/store.ts';

let azurite: Azurite;
let shim: DfsShim;
let service: DataLakeServiceClient;
let fs: DataLakeFileSystemClient;
let count = 0;

beforeAll(async () => {
  azurite = await startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  shim = await startDfs(azurite);
  service = DataLakeServiceClient.fromConnectionString(shim.connectionString);
});
afterAll(async () => {
  await shim.close();
  await azurite.close();
});
beforeEach(async () => {
  fs = service.getFileSystemClient(`fs${++count}`);
  await fs.create();
});

/** Status and code of a refusal; the SDK puts the code into the body for some calls and into a header for others. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    const rest = error as { statusCode?: number; code?: string; details?: { errorCode?: string } };
    return `${rest.statusCode} ${rest.details?.errorCode ?? rest.code}`;
  }
}

async function put(path: string, text: string): Promise<void> {
  await fs.getFileClient(path).upload(Buffer.from(text));
}
const get = async (path: string) => (await fs.getFileClient(path).readToBuffer()).toString();

async function names(options: { path?: string; recursive?: boolean } = {}, maxPageSize?: number): Promise<string[]> {
  const found: string[] = [];
  const pages = fs.listPaths({ recursive: true, ...options }).byPage(maxPageSize === undefined ? {} : { maxPageSize });
  for await (const page of pages)
    for (const item of page.pathItems ?? []) found.push(item.isDirectory ? `${item.name}/` : String(item.name));
  return found.sort();
}

describe('file systems', () => {
  test('dfs: a file system is created once, found, listed and deleted', async () => {
    expect(await fs.exists()).toBe(true);
    expect((await fs.createIfNotExists()).succeeded).toBe(false);
    expect(await refusal(fs.create())).toBe('409 ContainerAlreadyExists');
    const listed: string[] = [];
    for await (const item of service.listFileSystems({ prefix: fs.name })) listed.push(item.name);
    expect(listed).toContain(fs.name);
    await fs.delete();
    expect(await fs.exists()).toBe(false);
    expect(await refusal(fs.getFileClient('a').create())).toBe('404 FilesystemNotFound');
  });
});

test('dfs: a page that goes by another name, or comes from another site, is not answered, with or without a signature', async () => {
  const statusOf = (headers: Record<string, string>) =>
    new Promise((resolve, reject) => {
      send(`${shim.url}/${fs.name}?resource=filesystem&recursive=true`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  expect(await statusOf({})).toBe(401);
  expect(await statusOf({ host: 'evil.example' })).toBe(421);
  expect(await statusOf({ 'sec-fetch-site': 'cross-site' })).toBe(403);
});

describe('create', () => {
  test('dfs: create makes an empty file and its parents', async () => {
    await fs.getFileClient('a/b/c.txt').create();
    expect(await get('a/b/c.txt')).toBe('');
    expect(await names()).toEqual(['a/', 'a/b/', 'a/b/c.txt']);
    expect(await fs.getDirectoryClient('a/b').exists()).toBe(true);
  });

  test('dfs: create keeps metadata, content type and other content headers', async () => {
    const file = fs.getFileClient('m.txt');
    const pathHttpHeaders = { contentType: 'text/plain', cacheControl: 'no-store', contentLanguage: 'de' };
    await file.create({ metadata: { owner: 'Zürich', empty: '' }, pathHttpHeaders });
    const found = await file.getProperties();
    expect(found.metadata?.owner).toBe('Zürich');
    expect([found.contentType, found.cacheControl, found.contentLanguage]).toEqual(['text/plain', 'no-store', 'de']);
  });

  test('dfs: create replaces a file, createIfNotExists and If-None-Match do not', async () => {
    await put('f', 'old');
    expect((await fs.getFileClient('f').createIfNotExists()).succeeded).toBe(false);
    expect(await refusal(fs.getFileClient('f').create({ conditions: { ifNoneMatch: '*' } }))).toBe(
      '409 PathAlreadyExists',
    );
    expect(await get('f')).toBe('old');
    await fs.getFileClient('f').create();
    expect(await get('f')).toBe('');
  });

  test('dfs: create refuses the other kind, and a parent that is a file', async () => {
    await put('file', 'x');
    await fs.getDirectoryClient('folder').create();
    expect(await refusal(fs.getFileClient('folder').create())).toBe('409 PathAlreadyExists');
    expect(await refusal(fs.getDirectoryClient('file').create())).toBe('409 PathAlreadyExists');
    expect(await refusal(fs.getFileClient('file/below').create())).toBe('409 PathConflict');
    expect((await fs.getDirectoryClient('folder').createIfNotExists()).succeeded).toBe(false);
  });

  test('dfs: names with spaces, percent signs, umlauts and encoded slashes are decoded once', async () => {
    for (const path of ['a b/ü ö.txt', '100%/50%25.txt', 'plus+and=equals&.txt', 'emoji 😀.bin', "quote'(1).txt"]) {
      await put(path, path);
      expect(await get(path)).toBe(path);
    }
    await fs.getDirectoryClient('dir').getFileClient('x/y.txt').upload(Buffer.from('slash'));
    expect(await get('dir/x/y.txt')).toBe('slash');
  });
});

describe('append and flush', () => {
  test('dfs: appended bytes are invisible until flushed', async () => {
    const file = fs.getFileClient('f');
    await file.create();
    await file.append('hello ', 0, 6);
    expect(await get('f')).toBe('');
    await file.append('world', 6, 5);
    await file.flush(11);
    expect(await get('f')).toBe('hello world');
  });

  test('dfs: appends may arrive in any order; a gap or a position inside a block is refused', async () => {
    const file = fs.getFileClient('f');
    await file.create();
    await file.append('world', 6, 5);
    expect(await refusal(file.flush(11))).toBe('400 InvalidFlushPosition');
    await file.append('hello ', 0, 6);
    expect(await refusal(file.flush(3))).toBe('400 InvalidFlushPosition');
    await file.flush(11, { close: true });
    expect(await get('f')).toBe('hello world');
  });

  test('dfs: a flush keeps earlier content, metadata and headers it does not name', async () => {
    const file = fs.getFileClient('f');
    await file.create({
      metadata: { a: '1' },
      pathHttpHeaders: { contentType: 'text/plain', cacheControl: 'no-store' },
    });
    await file.append('one', 0, 3);
    await file.flush(3);
    await file.append('two', 3, 3);
    await file.flush(6, { pathHttpHeaders: { contentType: 'text/markdown' } });
    const found = await file.getProperties();
    expect(await get('f')).toBe('onetwo');
    expect([found.metadata?.a, found.contentType, found.cacheControl]).toEqual(['1', 'text/markdown', 'no-store']);
  });

  test('dfs: append with flush in one call, and to a file written by a Blob call', async () => {
    const blob = BlobServiceClient.fromConnectionString(shim.connectionString).getContainerClient(fs.name);
    await blob.getBlockBlobClient('whole').upload('0123', 4);
    await fs.getFileClient('whole').append('45', 4, 2, { flush: true });
    expect(await get('whole')).toBe('012345');
  });

  test('dfs: append and flush need the file and the right conditions', async () => {
    const file = fs.getFileClient('f');
    expect(await refusal(file.append('x', 0, 1))).toBe('404 PathNotFound');
    expect(await refusal(file.flush(0))).toBe('404 PathNotFound');
    await file.create();
    await file.append('x', 0, 1);
    expect(await refusal(file.flush(1, { conditions: { ifMatch: '"0x0"' } }))).toBe('412 ConditionNotMet');
    const { etag } = await file.getProperties();
    await file.flush(1, { conditions: { ifMatch: etag! } });
    expect(await get('f')).toBe('x');
  });

  test('dfs: upload, uploadStream and ranged reads carry megabytes unchanged', async () => {
    const bytes = randomBytes(9 * 1024 * 1024);
    await fs.getFileClient('one').upload(bytes);
    await fs
      .getFileClient('parts')
      .upload(bytes, { singleUploadThreshold: 1024, chunkSize: 1024 * 1024, maxConcurrency: 5 });
    await fs.getFileClient('stream').uploadStream(Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]));
    for (const name of ['one', 'parts', 'stream'])
      expect((await fs.getFileClient(name).readToBuffer()).equals(bytes)).toBe(true);
    const middle = await fs.getFileClient('one').readToBuffer(5_000_000, 10);
    expect(middle.equals(bytes.subarray(5_000_000, 5_000_010))).toBe(true);
  });
});

describe('delete', () => {
  test('dfs: a file is deleted once; deleteIfExists says whether it did', async () => {
    await put('f', 'x');
    expect((await fs.getFileClient('f').deleteIfExists()).succeeded).toBe(true);
    expect((await fs.getFileClient('f').deleteIfExists()).succeeded).toBe(false);
    expect(await refusal(fs.getFileClient('f').delete())).toBe('404 PathNotFound');
  });

  test('dfs: a folder needs recursive, and takes everything below but not its neighbours', async () => {
    await put('a/b/c', 'x');
    await put('a-b', 'stays');
    await put('ab/c', 'stays');
    expect(await refusal(fs.getDirectoryClient('a').delete(false))).toBe('409 DirectoryNotEmpty');
    await fs.getDirectoryClient('a').delete(true);
    expect(await names()).toEqual(['a-b', 'ab/', 'ab/c']);
    await fs.getDirectoryClient('empty').create();
    await fs.getDirectoryClient('empty').delete(false);
    expect(await fs.getDirectoryClient('empty').exists()).toBe(false);
  });

  test('dfs: a paged recursive delete continues until the folder is gone', async () => {
    const blobs = BlobServiceClient.fromConnectionString(shim.connectionString).getContainerClient(fs.name);
    await Promise.all(
      Array.from({ length: 1100 }, (_, index) => blobs.getBlockBlobClient(`many/${index}`).upload('', 0)),
    );
    const sas = (
      await fs.generateSasUrl({ permissions: FileSystemSASPermissions.parse('racwdl'), expiresOn: soon() })
    ).split('?')[1];
    const url = `${shim.url}/${fs.name}/many?recursive=true&paginated=true&${sas}`;
    const first = await fetch(url, { method: 'DELETE' });
    expect([first.status, first.headers.get('x-ms-continuation')]).toEqual([200, 'more']);
    const second = await fetch(`${url}&continuation=more`, { method: 'DELETE' });
    expect([second.status, second.headers.get('x-ms-continuation')]).toEqual([200, null]);
    expect(await names()).toEqual([]);
  });

  test('dfs: delete honours If-Match', async () => {
    await put('f', 'x');
    expect(await refusal(fs.getFileClient('f').delete(false, { conditions: { ifMatch: '"0x0"' } }))).toBe(
      '412 ConditionNotMet',
    );
    const { etag } = await fs.getFileClient('f').getProperties();
    await fs.getFileClient('f').delete(false, { conditions: { ifMatch: etag! } });
  });
});

describe('list', () => {
  test('dfs: one level and recursive, folders once, whether they are markers or prefixes', async () => {
    await put('a/b/c.txt', '123');
    await put('a/d.txt', '4');
    const blobs = BlobServiceClient.fromConnectionString(shim.connectionString).getContainerClient(fs.name);
    await blobs.getBlockBlobClient('implied/deep/e.txt').upload('5', 1);
    expect(await names({ recursive: false })).toEqual(['a/', 'implied/']);
    expect(await names({ path: 'a', recursive: false })).toEqual(['a/b/', 'a/d.txt']);
    const all = ['a/', 'a/b/', 'a/b/c.txt', 'a/d.txt', 'implied/', 'implied/deep/', 'implied/deep/e.txt'];
    expect(await names()).toEqual(all);
    for (const pageSize of [1, 2, 3, 100]) expect(await names({}, pageSize)).toEqual(all);
    for (const pageSize of [1, 2, 3]) expect(await names({ recursive: false }, pageSize)).toEqual(['a/', 'implied/']);
  });

  test('dfs: entries carry length, time, etag and permissions', async () => {
    await put('f.txt', '12345');
    for await (const item of fs.listPaths()) {
      expect([item.contentLength, item.isDirectory, item.permissions?.owner.read]).toEqual([5, false, true]);
      expect(`"${item.etag}"`).toBe((await fs.getFileClient('f.txt').getProperties()).etag);
      expect(item.lastModified).toBeInstanceOf(Date);
    }
  });

  test('dfs: a missing folder is 404, an empty one has no entries', async () => {
    expect(await refusal(names({ path: 'nowhere' }))).toBe('404 PathNotFound');
    await fs.getDirectoryClient('empty').create();
    expect(await names({ path: 'empty' })).toEqual([]);
  });
});

describe('properties and access', () => {
  test('dfs: metadata and content headers are set and read back', async () => {
    await put('f', 'x');
    await fs.getFileClient('f').setMetadata({ stage: 'done' });
    await fs.getFileClient('f').setHttpHeaders({ contentType: 'application/x-test' });
    const found = await fs.getFileClient('f').getProperties();
    expect([found.metadata?.stage, found.contentType, found.contentLength]).toEqual(['done', 'application/x-test', 1]);
    expect(await refusal(fs.getFileClient('nope').getProperties())).toBe('404 BlobNotFound');
  });

  test('dfs: a folder that is only a prefix has properties and exists', async () => {
    const blobs = BlobServiceClient.fromConnectionString(shim.connectionString).getContainerClient(fs.name);
    await blobs.getBlockBlobClient('p/q/r').upload('x', 1);
    expect(await fs.getDirectoryClient('p/q').exists()).toBe(true);
    expect((await fs.getDirectoryClient('p').getProperties()).metadata?.hdi_isfolder).toBe('true');
    expect(await fs.getDirectoryClient('p/other').exists()).toBe(false);
  });

  test('dfs: access control is answered, setting it is accepted', async () => {
    await put('d/f', 'x');
    const access = await fs.getFileClient('d/f').getAccessControl();
    expect([access.owner, access.permissions?.owner.write]).toEqual(['$superuser', true]);
    await fs.getFileClient('d/f').setPermissions({
      owner: { read: true, write: true, execute: false },
      group: { read: true, write: false, execute: false },
      other: { read: false, write: false, execute: false },
      stickyBit: false,
      extendedAcls: false,
    });
    await fs.getFileClient('d/f').setAccessControl(access.acl);
    expect((await fs.getDirectoryClient('d').setAccessControlRecursive(access.acl)).counters.failedChangesCount).toBe(
      0,
    );
    expect(await refusal(fs.getFileClient('none').getAccessControl())).toBe('404 PathNotFound');
  });

  test('dfs: query and expiry answer 501, as does an unknown action', async () => {
    await put('f.csv', 'a,b\n1,2\n');
    expect(await refusal(fs.getFileClient('f.csv').query('select * from BlobStorage'))).toBe('501 NotImplemented');
    expect(await refusal(fs.getFileClient('f.csv').setExpiry('NeverExpire'))).toBe('501 NotImplemented');
  });
});

describe('rename', () => {
  test('dfs: a file moves with content, metadata and headers, and its source is gone', async () => {
    await fs
      .getFileClient('a/from.txt')
      .upload(Buffer.from('text'), { metadata: { k: 'v' }, pathHttpHeaders: { contentType: 'text/x' } });
    await fs.getFileClient('a/from.txt').move('b/c/to.txt');
    expect(await get('b/c/to.txt')).toBe('text');
    const found = await fs.getFileClient('b/c/to.txt').getProperties();
    expect([found.metadata?.k, found.contentType]).toEqual(['v', 'text/x']);
    expect(await fs.getFileClient('a/from.txt').exists()).toBe(false);
    expect(await fs.getDirectoryClient('b/c').exists()).toBe(true);
  });

  test('dfs: a destination is replaced, unless If-None-Match forbids it', async () => {
    await put('a', 'new');
    await put('b', 'old');
    expect(await refusal(fs.getFileClient('a').move('b', { destinationConditions: { ifNoneMatch: '*' } }))).toBe(
      '409 PathAlreadyExists',
    );
    expect(await get('b')).toBe('old');
    await fs.getFileClient('a').move('b');
    expect(await get('b')).toBe('new');
    expect(await refusal(fs.getFileClient('a').move('c'))).toBe('404 SourcePathNotFound');
  });

  test('dfs: source conditions are checked', async () => {
    await put('a', 'x');
    expect(await refusal(fs.getFileClient('a').move('b', { conditions: { ifMatch: '"0x0"' } }))).toMatch(/^412 /);
    expect(await get('a')).toBe('x');
  });

  test('dfs: a folder moves with everything below it, not into itself', async () => {
    await put('tree/x/1', '1');
    await put('tree/x/y/2', '2');
    await put('tree-other', 'stays');
    expect(await refusal(fs.getDirectoryClient('tree').move('tree/inside'))).toBe('409 InvalidRenameSourcePath');
    await fs.getDirectoryClient('tree/x').move('moved/here');
    expect([await get('moved/here/1'), await get('moved/here/y/2')]).toEqual(['1', '2']);
    expect(await names({ path: 'tree' })).toEqual([]);
    expect(await get('tree-other')).toBe('stays');
    await put('full/z', 'z');
    expect(await refusal(fs.getDirectoryClient('moved').move('full'))).toBe('409 DirectoryNotEmpty');
  });

  test('dfs: the lease of the source is checked before anything moves', async () => {
    await put('leased', 'x');
    const lease = fs.getFileClient('leased').getDataLakeLeaseClient();
    const { leaseId } = await lease.acquireLease(15);
    expect(await refusal(fs.getFileClient('leased').move('gone'))).toBe('412 LeaseIdMissing');
    expect(await fs.getFileClient('gone').exists()).toBe(false);
    expect(await refusal(fs.getFileClient('leased').delete())).toBe('412 LeaseIdMissing');
    await fs.getFileClient('leased').move('gone', { conditions: { leaseId: leaseId! } });
    expect(await get('gone')).toBe('x');
  });
});

describe('authentication', () => {
  test('dfs: a wrong key is refused on DFS and Blob calls alike', async () => {
    const credential = new StorageSharedKeyCredential(azurite.account, Buffer.from('wrong').toString('base64'));
    const stranger = new DataLakeServiceClient(shim.url, credential).getFileSystemClient(fs.name);
    expect(await refusal(stranger.getFileClient('f').create())).toBe('403 AuthenticationFailed');
    expect(await refusal(stranger.getFileClient('f').getProperties())).toMatch(/^403 /);
    expect((await fetch(`${shim.url}/${fs.name}/f?resource=file`, { method: 'PUT' })).status).toBe(401);
  });

  test('dfs: a SAS of the file system works within its permissions, which Azurite enforces', async () => {
    await put('f', 'x');
    const url = async (permissions: string) =>
      await fs.generateSasUrl({ permissions: FileSystemSASPermissions.parse(permissions), expiresOn: soon() });
    const { DataLakeFileSystemClient: Client } = await import('@azure/storage-file-datalake');
    const writer = new Client(await url('racwdl'));
    await writer.getFileClient('g/h').upload(Buffer.from('by sas'));
    expect(await get('g/h')).toBe('by sas');
    await writer.getFileClient('g/h').move('g/i');
    expect(await get('g/i')).toBe('by sas');
    const reader = new Client(await url('rl'));
    expect((await reader.getFileClient('f').readToBuffer()).toString()).toBe('x');
    expect(await refusal(reader.getFileClient('f').create())).toMatch(/^403 /);
    expect(await refusal(reader.getFileClient('f').delete())).toMatch(/^403 /);
    await writer.getFileClient('g/i').delete();
  });
});

const soon = () => new Date(Date.now() + 600_000);

test('a full disk: writes of either kind get 507 while there is room for the metadata, what is stored can be read, and room is noticed', async () => {
  let free = 17 * 1024 * 1024;
  const small = await startDfs({ ...azurite, folder: '/', freeBytes: () => free });
  const connectionString = forOthers(small.connectionString); // of the shim; Azurite's own is below
  const lake = openLakeStore({ kind: 'connection-string', connectionString }, 'full');
  await lake.ensureContainer();
  await lake.write('before', 'kept');
  const failure = { code: 'disk.full' };
  await expect(lake.write('large', Buffer.alloc(2 * 1024 * 1024))).rejects.toMatchObject(failure);
  free = 1000;
  await expect(lake.write('small', 'x')).rejects.toMatchObject(failure);
  await expect(lake.write('small', 'x', { ifAbsent: true })).rejects.toMatchObject(failure);
  const files = DataLakeServiceClient.fromConnectionString(small.connectionString).getFileSystemClient('full');
  expect(await refusal(files.getFileClient('dfs').upload(Buffer.from('x')))).toBe('507 DiskFull');
  expect((await lake.read('before')).toString()).toBe('kept');
  await lake.delete('before');
  free = 1e9;
  await lake.write('small', 'x');
  await small.close();
});

test('a full disk: a write that goes to Azurite itself is refused with the same code', async () => {
  const room = new Room(() => 17 * 1024 * 1024);
  const server = createServer((request, response) => {
    if (!answerRefused(() => room.require(request), response)) response.writeHead(201).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's address is never a string
  const to = emulatorConnectionString({ blobEndpoint: `http://127.0.0.1:${port}/devstoreaccount1`, key: azurite.key });
  const lake = openLakeStore({ kind: 'connection-string', connectionString: to }, 'full');
  await lake.write('small', 'x');
  await expect(lake.write('large', Buffer.alloc(2 * 1024 * 1024))).rejects.toMatchObject({ code: 'disk.full' });
  server.closeAllConnections();
  server.close();
});

test('blob calls of a lake go to the blob endpoint itself, and the two endpoints show the same files', async () => {
  const { blobEndpoint } = azurite;
  expect(shim.connectionString).toContain(`BlobOnlyEndpoint=${blobEndpoint};`);
  const through = forOthers(shim.connectionString);
  const [direct, viaShim] = [shim.connectionString, through].map((connectionString) =>
    openLakeStore({ kind: 'connection-string', connectionString }, fs.name),
  );
  if (direct === undefined || viaShim === undefined) throw new Error('two were opened');
  await direct.write('folder/a.txt', 'one');
  await viaShim.write('folder/b.txt', 'two');
  for (const store of [direct, viaShim]) {
    const paths: string[] = [];
    for await (const file of store.list('folder')) paths.push(file.path);
    expect(paths.sort()).toEqual(['folder/a.txt', 'folder/b.txt']);
    expect((await store.read('folder/b.txt')).toString()).toBe('two');
    expect(await store.stat('folder')).toBeUndefined();
    await expect(store.write('folder/a.txt', 'x', { ifAbsent: true })).rejects.toMatchObject({ code: 'lake.conflict' });
  }
});
