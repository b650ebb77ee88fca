import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importFiles, listFolder } from '../../cli/import-folder.ts';
import { FILE_PACK, openPack } from '../../shared/api/file-pack.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const SMALL_BYTES = 64 * 1024;

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-names-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a name with a control character is skipped and told without it; the others are taken', async () => {
  await withFolder(async (folder) => {
    for (const name of ['a\u0007b.txt', 'c d#ü%.txt']) await writeFile(join(folder, name), 'x');
    const { files, skipped } = await listFolder(folder);
    expect(files.map((file) => file.path)).toEqual(['c d#ü%.txt']);
    expect(skipped).toEqual([{ path: 'a?b.txt', reason: expect.stringContaining('control character') }]);
  });
});

test('a folder whose name is not UTF-8 is skipped and told, as a file is; the others are taken', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'a.txt'), 'x');
    const garbled = Buffer.concat([Buffer.from(join(folder, 'dir')), Buffer.from([0xe9])]);
    await mkdir(garbled);
    await writeFile(Buffer.concat([garbled, Buffer.from('/in.txt')]), 'x');
    const { files, skipped } = await listFolder(folder);
    expect(files.map((file) => file.path)).toEqual(['a.txt']);
    expect(skipped).toEqual([{ path: 'dir\ufffd', reason: 'its name is not UTF-8; rename it' }]);
  });
});

test('size and hash are those of the whole file, whatever its length', async () => {
  await withFolder(async (folder) => {
    const lengths = [0, 1, SMALL_BYTES - 1, SMALL_BYTES, SMALL_BYTES + 1, SMALL_BYTES + 2, 300_000];
    for (const length of lengths) await writeFile(join(folder, `${length}`), Buffer.alloc(length, length % 251));
    const { files } = await listFolder(folder);
    expect(files).toHaveLength(lengths.length);
    for (const { path, sizeBytes, sha256 } of files) {
      const bytes = Buffer.alloc(Number(path), Number(path) % 251);
      expect([path, sizeBytes, sha256]).toEqual([path, bytes.length, createHash('sha256').update(bytes).digest('hex')]);
    }
  });
});

test('small files go some hundred at a time where storage takes packs, large ones and those that have grown alone', async () => {
  await withFolder(async (folder) => {
    for (let i = 0; i < 1100; i++) await writeFile(join(folder, `f${i}.txt`), `text ${i}`);
    await writeFile(join(folder, 'large.bin'), Buffer.alloc(SMALL_BYTES + 1, 1));
    const { files } = await listFolder(folder);
    await writeFile(join(folder, 'f7.txt'), Buffer.alloc(SMALL_BYTES + 5, 2));
    const [store, lake] = [new MemoryLake(), new MemoryLake()];
    const packs: number[] = [];
    const seen: number[] = [];
    const takesPacks = {
      writeMarked: async (_: string, content: Uint8Array, metadata: Readonly<Record<string, string>>) => {
        expect(metadata).toEqual({ [FILE_PACK]: 'true' });
        const pack = openPack(Buffer.from(content));
        packs.push(pack.files.length);
        for (const { path, offset, length } of pack.files)
          await store.write(path, pack.content.subarray(offset, offset + length));
      },
    };
    expect(await importFiles(store, lake, 'in', files, (done) => seen.push(done), takesPacks)).toBe(1101);
    expect(packs.sort()).toEqual([100, 499, 500]);
    expect(seen.at(-1)).toBe(1101);
    expect((await store.read('in/f1099.txt')).toString()).toBe('text 1099');
    expect((await store.read('in/f7.txt')).length).toBe(SMALL_BYTES + 5);
    expect((await store.read('in/large.bin')).length).toBe(SMALL_BYTES + 1);
    // It is whole, so the same folder sends nothing.
    const again = (await listFolder(folder)).files.filter(({ path }) => path !== 'f7.txt');
    expect(await importFiles(store, lake, 'in', again, () => {}, takesPacks)).toBe(0);
  });
});

test('where storage takes no packs each file is sent alone', async () => {
  await withFolder(async (folder) => {
    for (const name of ['a.txt', 'b.txt']) await writeFile(join(folder, name), name);
    const [store, lake] = [new MemoryLake(), new MemoryLake()];
    expect(await importFiles(store, lake, 'in', (await listFolder(folder)).files, () => {})).toBe(2);
    expect((await store.read('in/b.txt')).toString()).toBe('b.txt');
  });
});
