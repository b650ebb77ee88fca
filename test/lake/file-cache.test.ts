import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FileCache } from '../../shared/lake/file-cache.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A cache of 8,000 bytes, with files of others in it, oldest first. */
async function cacheWith(...sizes: number[]) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-file-cache-'));
  folders.push(folder);
  const left = async (name: string, size: number, at: number) => {
    await writeFile(join(folder, `${name}.parquet`), Buffer.alloc(size));
    await utimes(join(folder, `${name}.parquet`), at, at);
  };
  for (const [i, size] of sizes.entries()) await left(`old-${i}`, size, 1_000_000 + i);
  const lake = new MemoryLake();
  return {
    folder,
    left,
    cache: new FileCache(folder, 8000),
    fetch: async (cache: FileCache, path: string, size: number) => {
      await lake.write(path, Buffer.alloc(size));
      return (await cache.fetch(lake, [path]))[0] ?? '';
    },
    names: async () => (await readdir(folder)).filter((name) => name.startsWith('old-')).sort(),
  };
}

test('a folder over its limit loses its oldest files until there is room again, and never the ones that are asked for', async () => {
  const { cache, fetch, names } = await cacheWith(2000, 2000, 2000, 2000);
  const file = await fetch(cache, 'a', 3000);
  expect(await names()).toEqual(['old-2.parquet', 'old-3.parquet']); // 7,000 of 8,000 bytes
  const local = await fetch(cache, 'b', 7900);
  expect(await names()).toEqual([]);
  expect(await readdir(join(file, '..'))).toContain(local.split(/[\\/]/).at(-1));
});

test('the folder is looked through once for all processes, and not by every fetch: what it costs does not grow with its files', async () => {
  const { folder, cache, fetch, names, left } = await cacheWith(1000);
  await fetch(cache, 'a', 10);
  await left('old-large', 9000, 900_000); // the oldest
  const other = new FileCache(folder, 8000);
  for (let i = 0; i < 5; i++) await fetch(i % 2 === 0 ? cache : other, `few-${i}`, 10);
  expect(await names()).toEqual(['old-0.parquet', 'old-large.parquet']);
  await fetch(other, 'much', 900); // more than an eighth of the 6,990 bytes that were free
  expect(await names()).toEqual(['old-0.parquet']);
});

test('the folder is looked through when nobody has for an hour', async () => {
  const { folder, cache, fetch, names, left } = await cacheWith();
  await fetch(cache, 'a', 10);
  await left('old-large', 9000, 1_000_000);
  await utimes(join(folder, 'looked-through'), 1_000_000, 1_000_000);
  await fetch(cache, 'b', 10);
  expect(await names()).toEqual([]);
});
