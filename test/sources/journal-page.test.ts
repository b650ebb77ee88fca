import { expect, test } from 'vitest';
import { DriveItems } from '../../shared/sources/drive-items.ts';
import { newDriveState, readDriveItems, writeDriveItems } from '../../shared/sources/drive-state.ts';
import type { DriveRow } from '../../shared/sources/graph/drive-rows.ts';
import { FoldedPages, type JournalPage } from '../../shared/sources/journal-page.ts';
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
    rows: fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), eTag: fc.string() })),
    isRestart: fc.boolean(),
    isFull: fc.boolean(),
  }),
);

test('of each item the last row since the last restart of its part counts, in the order of the last rows', () => {
  fc.assert(
    fc.property(pages, (some) => {
      const folded = new FoldedPages(new DriveItems());
      for (const page of some) {
        const rows = page.rows.map(({ id, eTag }) => row(id, { eTag }));
        folded.add({ ...page, rows, unreadable: 0, next: null, delta: null } satisfies JournalPage);
      }
      expect(folded.count).toBe(some.length);
      for (const part of ['', 'inbox']) {
        const mine = some.filter((page) => page.part === part);
        const all = mine
          .slice(
            Math.max(
              0,
              mine.findLastIndex((page) => page.isRestart),
            ),
          )
          .flatMap(({ rows }) => rows);
        const last = all.filter(({ id }, i) => !all.slice(i + 1).some((later) => later.id === id));
        const found = folded.part(part);
        expect([...found.rows.values()].map(({ id, eTag }) => ({ id, eTag }))).toEqual(last);
        expect(found.last?.isFull).toBe(mine.at(-1)?.isFull);
      }
    }),
  );
});

test('items are stored and read again as they were, whatever their names hold', async () => {
  const lake = new MemoryLake('lake');
  const roundTrip = async (names: readonly string[]) => {
    const items = new DriveItems();
    for (const [i, name] of names.entries()) items.put(row(String(i), { name }));
    await writeDriveItems(lake, 'items', items);
    const again = await readDriveItems(lake, { ...newDriveState('d', 'd', ''), itemsPath: 'items' });
    return [...again.byId.values()].map(({ name }) => name);
  };
  // Longer than a chunk, so that characters and lines are cut.
  const long = Array.from({ length: 200 }, (_, i) => `${'日😀'.repeat(150 + i)}\u2028 \n${i}`);
  expect(await roundTrip(long)).toEqual(long);
  expect(await roundTrip([])).toEqual([]);
  const names = fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(names, async (some) => {
      expect(await roundTrip(some)).toEqual(some);
    }),
    { numRuns: 20 },
  );
});
