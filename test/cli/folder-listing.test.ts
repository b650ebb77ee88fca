import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFolder, SMALL_BYTES } from '../../cli/folder-listing.ts';
import { withTemporaryFolder } from '../../shared/temporary-folder.ts';

test('a name with a control character is skipped and told without it; the others are taken', async () => {
  await withTemporaryFolder(async (folder) => {
    for (const name of ['a\u0007b.txt', 'c d#ü%.txt']) await writeFile(join(folder, name), 'x');
    const { files, skipped } = await listFolder(folder);
    expect(files.map((file) => file.path)).toEqual(['c d#ü%.txt']);
    expect(skipped).toEqual([{ path: 'a?b.txt', reason: expect.stringContaining('control character') }]);
  });
});

test('a folder whose name is not UTF-8 is skipped and told, as a file is; the others are taken', async () => {
  await withTemporaryFolder(async (folder) => {
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
  await withTemporaryFolder(async (folder) => {
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

test('a file knows where it lies; one that is given alone is a folder of one', async () => {
  await withTemporaryFolder(async (folder) => {
    await mkdir(join(folder, 'ä', 'b c'), { recursive: true });
    const file = join(folder, 'ä', 'b c', '1.txt');
    await writeFile(file, 'x');
    expect((await listFolder(folder)).files.map(({ path, file }) => [path, file])).toEqual([['ä/b c/1.txt', file]]);
    const alone = (await listFolder(file)).files;
    const sha256 = createHash('sha256').update('x').digest('hex');
    expect(alone.map((one) => [one.path, one.file, one.sizeBytes, one.sha256])).toEqual([['1.txt', file, 1, sha256]]);
    await expect(listFolder(join(folder, 'none'))).rejects.toThrow('ENOENT');
  });
});
