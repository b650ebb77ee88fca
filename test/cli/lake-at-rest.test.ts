import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLakeAtRest } from '../../cli/lake-at-rest.ts';
import { type Azurite, startAzurite } from '../../local/emulators/azurite.ts';
import { startDfs } from '../../local/emulators/dfs.ts';
import { openLakeStore } from '../../shared/lake/store.ts';
import type { LakeFile, LakeStore } from '../../shared/ports.ts';

let folder: string;
let listed: LakeFile[];
let whileRunning: unknown;
const big = Buffer.alloc(9 * 1024 * 1024, 'sluice'); // uploaded in two blocks

async function filesOf(store: LakeStore, prefix = ''): Promise<LakeFile[]> {
  const files: LakeFile[] = [];
  for await (const file of store.list(prefix)) files.push({ ...file, lastModified: 0 });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function startStorage(): Promise<{
  azurite: Azurite;
  store: ReturnType<typeof openLakeStore>;
  stop(): Promise<void>;
}> {
  const azurite = await startAzurite({ folder: join(folder, 'azurite'), ports: { blob: 0, queue: 0, table: 0 } });
  const dfs = await startDfs(azurite);
  const store = openLakeStore({ kind: 'connection-string', connectionString: dfs.connectionString }, 'lake');
  const stop = async () => {
    await dfs.close();
    await azurite.close();
  };
  return { azurite, store, stop };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-at-rest-'));
  const { store, stop } = await startStorage();
  await store.ensureContainer();
  await store.write('tables/results/one.parquet', 'first');
  await store.write('tables/results/one.parquet', 'second, longer than the first');
  await store.write('tables/results/ümlaut #1 %20.json', '{}');
  await store.write('tables/results-old/two.parquet', 'another folder');
  await store.write('empty', '');
  await store.write('gone/three', 'x');
  await store.write('gone/four', 'x');
  await store.deleteFolder('gone');
  await store.write('moved/from', 'moves');
  await store.rename('moved/from', 'moved/to');
  await writeFile(join(folder, 'big'), big);
  await store.upload('big', join(folder, 'big'));
  listed = await filesOf(store);
  whileRunning = await openLakeAtRest(join(folder, 'azurite'));
  await stop();
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function atRest<T>(work: (store: LakeStore) => Promise<T>): Promise<T> {
  const rest = await openLakeAtRest(join(folder, 'azurite'));
  if (rest === undefined) throw new Error('not opened');
  try {
    return await work(rest.container('lake'));
  } finally {
    rest.close();
  }
}

test('a lake at rest lists what storage listed, and each file with the bytes that storage held', async () => {
  expect(listed.map(({ path }) => path)).toEqual([
    'big',
    'empty',
    'moved/to',
    'tables/results-old/two.parquet',
    'tables/results/one.parquet',
    'tables/results/ümlaut #1 %20.json',
  ]);
  await atRest(async (store) => {
    expect(await filesOf(store)).toEqual(listed);
    expect((await store.read('tables/results/one.parquet')).toString()).toBe('second, longer than the first');
    expect((await store.read('moved/to')).toString()).toBe('moves');
    expect(await store.read('empty')).toHaveLength(0);
    expect((await store.read('big')).equals(big)).toBe(true);
    await store.download('big', join(folder, 'down', 'big'));
    expect((await readFile(join(folder, 'down', 'big'))).equals(big)).toBe(true);
  });
});

test('a folder is listed without its neighbour of the same beginning, with and without slashes', async () => {
  await atRest(async (store) => {
    for (const prefix of ['tables/results', '/tables/results/'])
      expect((await filesOf(store, prefix)).map(({ path }) => path)).toEqual([
        'tables/results/one.parquet',
        'tables/results/ümlaut #1 %20.json',
      ]);
    expect(await filesOf(store, 'nobody')).toEqual([]);
  });
});

test('what is not there is told as storage tells it, and the limit of a read holds', async () => {
  await atRest(async (store) => {
    expect(await store.stat('gone/three')).toBeUndefined();
    expect(await store.readIfExists('gone/three')).toBeUndefined();
    await expect(store.read('gone/three')).rejects.toMatchObject({ code: 'lake.not-found' });
    await expect(store.readIfExists('big', 1000)).rejects.toMatchObject({ code: 'extract.too-large' });
  });
});

test('nothing can be written', async () => {
  await atRest(async (store) => {
    for (const work of [
      () => store.write('new', 'x'),
      () => store.upload('new', join(folder, 'big')),
      () => store.delete('big'),
      () => store.deleteFolder('tables'),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'internal' });
  });
});

test('while storage runs on the folder nothing is read beside it', () => {
  expect(whileRunning).toBeUndefined();
});

test('the lock of storage is held while the folder is read, and free again after it', async () => {
  const lock = () => {
    const database = new DatabaseSync(join(folder, 'azurite', 'azurite.lock'));
    try {
      database.exec('BEGIN EXCLUSIVE');
    } finally {
      database.close();
    }
  };
  await atRest(async () => expect(lock).toThrow(/locked/));
  lock();
});

test('a catalogue of a form not known here is left to storage', async () => {
  const odd = await mkdtemp(join(tmpdir(), 'sluice-odd-'));
  try {
    expect(await openLakeAtRest(odd)).toBeUndefined(); // none at all
    await writeFile(
      join(odd, '__azurite_db_blob_extent__.json'),
      '{"collections":[{"name":"$EXTENTS_COLLECTION$","data":[]}]}',
    );
    for (const text of [
      '',
      '{"collections"',
      '[]',
      '{"collections":[]}',
      '{"collections":[{"name":"$BLOBS_COLLECTION$","data":[{"name":1}]}]}',
    ]) {
      await writeFile(join(odd, '__azurite_db_blob__.json'), text);
      expect(await openLakeAtRest(odd)).toBeUndefined();
    }
  } finally {
    await rm(odd, { recursive: true, force: true });
  }
});
