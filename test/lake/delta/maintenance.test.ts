import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf } from '../../../shared/errors.ts';
import {
  checkpoint,
  cleanLog,
  compact,
  maintain,
  planCompaction,
  vacuum,
} from '../../../shared/lake/delta/maintenance.ts';
import { rewriteRows } from '../../../shared/lake/delta/rewrite.ts';
import { DeltaTable } from '../../../shared/lake/delta/table.ts';
import { FileCache } from '../../../shared/lake/file-cache.ts';
import type { Row, TableSchema } from '../../../shared/lake/tables.ts';
import { seededRandom, silentLogger } from '../../../shared/ports.ts';
import { EPOCH, stillClock } from '../emulated-lake.ts';
import { MemoryLakeStore } from '../memory-store.ts';

const DAY_MS = 24 * 3_600_000;
let folder: string;
let caches = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-maintenance-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const schema: TableSchema = {
  name: 'things',
  columns: [
    { name: 'id', type: 'string' },
    { name: 'n', type: 'long' },
    { name: 'day', type: 'date' },
  ],
  partitionColumns: ['day'],
};
const thing = (n: number, day = '2026-11-23'): Row => ({ id: `id-${n}`, n, day });

function open() {
  const store = new MemoryLakeStore();
  store.now = EPOCH;
  const clock = stillClock();
  const another = (as = schema) =>
    DeltaTable.open(store, 'tables/things', as, {
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      cache: new FileCache(join(folder, `cache-${++caches}`)),
    });
  const move = (days: number) => {
    clock.move(days * DAY_MS);
    store.now = clock.now();
  };
  return { store, clock, table: another(), another, move };
}
const append = (table: DeltaTable, rows: Row[], appId: string) => table.append(rows, { appId, appVersion: 0 });
const rowsOf = async (table: DeltaTable, version?: number) =>
  (await table.scan(version === undefined ? {} : { version })).map((row) => JSON.stringify(row)).sort();
const dataFiles = (store: MemoryLakeStore) =>
  [...store.files.keys()].filter((path) => !path.includes('_delta_log')).length;

test('compaction: merges small files of each partition without changing a row or its order', async () => {
  const { table } = open();
  for (let n = 0; n < 12; n++) await append(table, [thing(n, `2026-11-2${n % 2}`)], `r${n}`);
  const before = await rowsOf(table);
  expect(await compact(table)).toEqual({ merged: 12, into: 2 });
  expect((await table.snapshot())!.files.size).toBe(2);
  expect(await rowsOf(table)).toEqual(before);
  const order = await table.scan({ columns: ['n'], where: [{ column: 'day', op: '=', value: '2026-11-20' }] });
  expect(order.map((row) => row.n)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(await rowsOf(table, 12)).toEqual(before); // older versions still read
  expect(await compact(table)).toEqual({ merged: 0, into: 0 });
});

test('compaction: keeps to the target size and leaves large files alone', async () => {
  const { table } = open();
  for (let n = 0; n < 10; n++) await append(table, [thing(n)], `r${n}`);
  const snapshot = (await table.snapshot())!;
  const size = [...snapshot.files.values()][0]!.size;
  const groups = planCompaction(snapshot, size * 4);
  expect(groups.map((group) => group.length)).toEqual([4, 4, 2]);
  expect(planCompaction(snapshot, size)).toEqual([]);
});

test('compaction: goes on over appends, and gives up a group that was overwritten meanwhile', async () => {
  const { store, table, another } = open();
  for (let n = 0; n < 4; n++) await append(table, [thing(n)], `r${n}`);
  const other = another();
  const interfere = async (work: () => Promise<unknown>) => {
    const upload = store.upload.bind(store);
    store.upload = async (path, file) => {
      store.upload = upload; // once: between the merge and its commit
      const etag = await upload(path, file);
      await work();
      return etag;
    };
    return await compact(table);
  };
  expect(await interfere(() => append(other, [thing(100)], 'late'))).toEqual({ merged: 4, into: 1 });
  expect((await rowsOf(table)).length).toBe(5);
  expect(await interfere(() => other.overwrite([thing(7)], { day: '2026-11-23' }))).toEqual({ merged: 0, into: 0 });
  expect(await rowsOf(table)).toEqual([JSON.stringify(thing(7))]);
});

test('compaction: rows of files that lack a later column get null there', async () => {
  const { table, another } = open();
  await append(table, [thing(1)], 'a');
  const wider = another({ ...schema, columns: [...schema.columns, { name: 'extra', type: 'double' }] });
  await append(wider, [{ ...thing(2), extra: 0.5 }], 'b');
  await compact(wider);
  expect((await wider.scan({ columns: ['n', 'extra'] })).map((row) => row.extra)).toEqual([null, 0.5]);
});

test('vacuum: deletes only what nothing can refer to any more', async () => {
  const { store, table, move } = open();
  for (let n = 0; n < 3; n++) await append(table, [thing(n)], `r${n}`);
  await table.stage([thing(99)]); // staged long ago, never committed
  move(3);
  await compact(table);
  await table.stage([thing(98)]); // an upload in flight
  await store.write('tables/things/_notes/readme.txt', 'not a data file');
  expect((await vacuum(table)).deleted).toEqual([]);
  move(5); // the first orphan is 8 days old, the tombstones 5
  const dry = await vacuum(table, { dryRun: true });
  expect([dry.deleted.length, dataFiles(store)]).toEqual([1, 7]);
  expect(await vacuum(table)).toEqual(dry);
  move(3); // tombstones and the second orphan expire
  expect((await vacuum(table)).deleted.length).toBe(4);
  expect((await rowsOf(table)).length).toBe(3);
  expect([dataFiles(store), store.files.has('tables/things/_notes/readme.txt')]).toEqual([2, true]);
});

test('vacuum: a retention below seven days is refused unless accepted in so many words', async () => {
  const { table, move } = open();
  await append(table, [thing(1)], 'r');
  await table.overwrite([]);
  for (const retentionMs of [0, DAY_MS, 6.9 * DAY_MS, Number.NaN]) {
    expect(await vacuum(table, { retentionMs }).catch(codeOf)).toBe('request.invalid');
  }
  move(1 / 24);
  expect((await vacuum(table, { retentionMs: 0, acceptShortRetention: true })).deleted.length).toBe(1);
});

test('log: entries before the last checkpoint of the retention go, everything kept can be read', async () => {
  const { store, table, another, move } = open();
  for (let n = 1; n <= 25; n++) await append(table, [thing(n)], `r${n}`);
  expect(await cleanLog(table)).toBe(0);
  move(40);
  for (let n = 26; n <= 33; n++) await append(table, [thing(n)], `r${n}`);
  expect(await cleanLog(table)).toBe(20 + 1); // 0…19.json and the checkpoint at 10
  expect(await cleanLog(table)).toBe(0);
  const other = another();
  expect((await other.snapshot())?.version).toBe(33);
  expect((await rowsOf(other, 20)).length).toBe(20);
  expect((await rowsOf(other, 33)).length).toBe(33);
  expect(await other.snapshot(19).catch(codeOf)).toBe('lake.not-found');
  expect(store.files.has('tables/things/_delta_log/00000000000000000020.json')).toBe(true);
});

test('log: nothing is deleted while the hint points before the checkpoint that would be kept', async () => {
  const { store, table, move } = open();
  for (let n = 1; n <= 12; n++) await append(table, [], `r${n}`);
  store.files.delete('tables/things/_delta_log/_last_checkpoint');
  move(40);
  expect(await cleanLog(table)).toBe(0);
  expect(await checkpoint(table)).toBe(12);
  expect(await cleanLog(table)).toBeGreaterThan(0);
  expect((await table.snapshot())?.version).toBe(12);
});

test('log: a process that slept through a clean-up does not write into the gap', async () => {
  const { table, another, move } = open();
  const sleeper = another();
  await append(sleeper, [thing(0)], 'before');
  for (let n = 1; n <= 12; n++) await append(table, [thing(n)], `r${n}`);
  move(40);
  await append(table, [thing(13)], 'r13');
  expect(await cleanLog(table)).toBeGreaterThan(0);
  expect(await append(sleeper, [thing(14)], 'after')).toEqual({ version: 15, alreadyApplied: false });
  expect((await rowsOf(another())).length).toBe(15);
});

test('log: a retention of less than a day is refused', async () => {
  const { table } = open();
  for (const retentionMs of [0, 3_600_000, Number.NaN])
    expect(await cleanLog(table, retentionMs).catch(codeOf)).toBe('request.invalid');
});

test('maintenance: does it all, twice without harm, and nothing to a table that does not exist', async () => {
  const { table, another, move } = open();
  expect(await maintain(table)).toBeUndefined();
  for (let n = 0; n < 15; n++) await append(table, [thing(n)], `r${n}`);
  const before = await rowsOf(table);
  expect(await maintain(table)).toMatchObject({ merged: 15, into: 1, checkpointVersion: 16, filesDeleted: 0 });
  move(31);
  expect(await maintain(table)).toMatchObject({ merged: 0, filesDeleted: 15 });
  expect(await maintain(table)).toMatchObject({ merged: 0, filesDeleted: 0, logEntriesDeleted: 0 });
  expect(await rowsOf(another())).toEqual(before);
});

test('rewrite: deletes and changes matching rows only, and only files that hold them', async () => {
  const { table } = open();
  await append(table, [thing(1), thing(2), { id: null, n: null, day: '2026-11-23' }], 'a');
  await append(table, [thing(3, '2026-11-24')], 'b');
  const untouched = [...(await table.snapshot())!.files.keys()][1]!;
  expect(await rewriteRows(table, [{ column: 'id', op: '=', value: 'id-2' }], { kind: 'delete' })).toBe(1);
  expect((await table.scan({ columns: ['n'] })).map((row) => row.n)).toEqual([3, 1, null]); // the rewritten file is the newest
  expect((await table.snapshot())!.files.has(untouched)).toBe(true);
  const change = { kind: 'set' as const, values: { id: "it's gone", n: null } };
  expect(await rewriteRows(table, [{ column: 'n', op: '>=', value: 1 }], change)).toBe(2);
  expect(await rowsOf(table)).toEqual(
    [
      { id: "it's gone", n: null, day: '2026-11-23' },
      { id: "it's gone", n: null, day: '2026-11-24' },
      { id: null, n: null, day: '2026-11-23' },
    ]
      .map((row) => JSON.stringify(row))
      .sort(),
  );
  expect(await rewriteRows(table, [{ column: 'n', op: '=', value: 77 }], { kind: 'delete' })).toBe(0);
  expect(await rewriteRows(table, [], { kind: 'delete' })).toBe(3);
  expect((await table.snapshot())!.files.size).toBe(0);
  expect(await rewriteRows(table, [], { kind: 'set', values: { day: '2026-01-01' } }).catch(codeOf)).toBe(
    'request.invalid',
  );
});

test('rewrite: fails when a matching row arrives meanwhile, so that none escapes', async () => {
  const { store, table, another } = open();
  await append(table, [thing(1), thing(2)], 'a');
  const upload = store.upload.bind(store);
  store.upload = async (path, file) => {
    store.upload = upload;
    await append(another(), [thing(1)], 'late');
    return await upload(path, file);
  };
  const where = [{ column: 'id', op: '=' as const, value: 'id-1' }];
  expect(await rewriteRows(table, where, { kind: 'delete' }).catch(codeOf)).toBe('lake.commit-conflict');
  expect(await rewriteRows(table, where, { kind: 'delete' })).toBe(2);
  expect((await table.scan({ columns: ['id'] })).map((row) => row.id)).toEqual(['id-2']);
});
