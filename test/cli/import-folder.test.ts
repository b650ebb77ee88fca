import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFolder, SMALL_BYTES } from '../../cli/folder-listing.ts';
import { importFiles, importPrefix } from '../../cli/import-folder.ts';
import { FILE_PACK, openPack } from '../../shared/api/file-pack.ts';
import { withTemporaryFolder } from '../../shared/temporary-folder.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

test('small files go some hundred at a time where storage takes packs, large ones and those that have grown alone', async () => {
  await withTemporaryFolder(async (folder) => {
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
  await withTemporaryFolder(async (folder) => {
    for (const name of ['a.txt', 'b.txt']) await writeFile(join(folder, name), name);
    const [store, lake] = [new MemoryLake(), new MemoryLake()];
    expect(await importFiles(store, lake, 'in', (await listFolder(folder)).files, () => {})).toBe(2);
    expect((await store.read('in/b.txt')).toString()).toBe('b.txt');
  });
});

test('the same folder has the same name, wherever it lies; another content has another', async () => {
  await withTemporaryFolder(async (folder) => {
    await writeFile(join(folder, 'a.txt'), 'a');
    await writeFile(join(folder, 'ö b.txt'), 'b');
    const name = async () => importPrefix('/somewhere/Tax & more', (await listFolder(folder)).files);
    const first = await name();
    expect(first).toBe('Tax-more-455d422dee57');
    await writeFile(join(folder, 'a.txt'), 'c');
    expect(await name()).not.toBe(first);
  });
});
