import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FolderTree } from '../../shared/sources/folder-tree.ts';
import type { DriveRow } from '../../shared/sources/graph/drive-rows.ts';
import { UNITS } from '../../shared/sources/item-key.ts';
import { Journal, type JournalPage } from '../../shared/sources/journal.ts';
import { RoundRows } from '../../shared/sources/round-rows.ts';
import { Spill } from '../../shared/sources/spill.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import fc from '../fakes/property.ts';

const row = (id: string, over: Partial<DriveRow> = {}): DriveRow => ({
  ...{ id, kind: 'file', name: id, parentId: 'root', isRoot: false, size: 1, contentTag: '', eTag: '', webUrl: '' },
  ...{ isMalware: false, isPending: false },
  ...over,
});

const pages = fc.array(
  fc.record({
    part: fc.constantFrom('', 'inbox'),
    rows: fc.array(
      fc.record({
        id: fc.constantFrom('a', 'b', 'c', 'd'),
        eTag: fc.string(),
        kind: fc.constantFrom('file', 'deleted'),
      }),
    ),
    isRestart: fc.boolean(),
    isFull: fc.boolean(),
  }),
);

async function all(rows: RoundRows): Promise<Map<string, DriveRow>> {
  const found = new Map<string, DriveRow>();
  for (let unit = 0; unit < UNITS; unit++)
    if (rows.sizeOf(unit) > 0) for (const [id, one] of await rows.of(unit)) found.set(id, one);
  return found;
}

test('of each item the last row since the last restart of its part counts, one that shows it before one of another part that removes it; a process that goes on finds the same', async () => {
  await fc.assert(
    fc.asyncProperty(pages, async (some) => {
      const journal = new Journal(new MemoryLake('lake'), 'tax', 'd', 1);
      const rows = new RoundRows(journal, 'd', new FolderTree());
      for (const page of some) {
        const read = page.rows.map(({ id, eTag, kind }) => row(id, { eTag, kind: kind as 'file' }));
        await rows.add({ ...page, rows: read, unreadable: 0, next: null, delta: null } satisfies JournalPage);
      }
      const shown = new Map<string, Map<string, DriveRow>>();
      for (const part of ['', 'inbox']) {
        const mine = some.filter((page) => page.part === part);
        const since = mine.slice(
          Math.max(
            0,
            mine.findLastIndex((page) => page.isRestart),
          ),
        );
        shown.set(part, new Map(since.flatMap((page) => page.rows.map((one) => [one.id, one as DriveRow]))));
        expect(rows.last(part)?.isFull).toBe(mine.at(-1)?.isFull);
      }
      const again = new RoundRows(journal, 'd', new FolderTree());
      await again.resume();
      const found = await all(rows);
      expect(await all(again)).toEqual(found);
      expect([again.pages, rows.pages]).toEqual([some.length, some.length]);
      for (const id of ['a', 'b', 'c', 'd']) {
        const last = [...shown.values()].flatMap((part) => part.get(id) ?? []);
        const isThere = last.some(({ kind }) => kind === 'file');
        expect(found.get(id)?.kind).toBe(last.length === 0 ? undefined : isThere ? 'file' : 'deleted');
        if (last.length === 1) expect(found.get(id)?.eTag).toBe(last[0]?.eTag);
      }
    }),
    { numRuns: 40 },
  );
});

test('rows are the same whether they stay in memory or go to the disk, whatever they hold', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  vi.stubEnv('TMPDIR', folder);
  const spill = new Spill<string>();
  const texts = Array.from({ length: 300 }, (_, i) => `${'日😀'.repeat(3000)}\u2028 \n${i}`);
  for (const [i, text] of texts.entries()) await spill.add(i % 3, text); // 4 megabytes
  for (const unit of [0, 1, 2]) expect(await spill.read(unit)).toEqual(texts.filter((_, i) => i % 3 === unit));
  expect([...spill.sizes.slice(0, 4)]).toEqual([100, 100, 100, 0]);
  // What a process leaves behind that is killed: nothing.
  expect(await readdir(folder)).toEqual([]);
  await spill.remove();
  await expect(spill.read(0)).rejects.toMatchObject({ code: 'lake.not-found' });
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});
