import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf } from '../../../shared/errors.ts';
import { encodeActions } from '../../../shared/lake/delta/actions.ts';
import { checkpointActions, readParquetCheckpoint, writeCheckpoint } from '../../../shared/lake/delta/checkpoint.ts';
import { type Condition, pruneFiles } from '../../../shared/lake/delta/prune.ts';
import { DeltaTable } from '../../../shared/lake/delta/table.ts';
import { FileCache } from '../../../shared/lake/file-cache.ts';
import type { Row, TableSchema } from '../../../shared/lake/tables.ts';
import { seededRandom, silentLogger } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';
import { stillClock } from '../emulated-lake.ts';
import { MemoryLakeStore } from '../memory-store.ts';

let folder: string;
let caches = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-table-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const schema: TableSchema = {
  name: 'things',
  columns: [
    { name: 'id', type: 'string' },
    { name: 'n', type: 'long' },
    { name: 'at', type: 'timestamp' },
    { name: 'day', type: 'date' },
  ],
  partitionColumns: ['day'],
};
const thing = (n: number, day = '2026-11-23'): Row => ({ id: `id-${n}`, n, at: '2026-11-23T10:00:00.000Z', day });

function open(store = new MemoryLakeStore(), as = schema) {
  const cache = new FileCache(join(folder, `cache-${++caches}`));
  const deps = { clock: stillClock(), random: seededRandom(1), logger: silentLogger, cache };
  return { store, table: DeltaTable.open(store, 'tables/things', as, deps) };
}
const ids = async (table: DeltaTable, version?: number) =>
  (await table.scan({ columns: ['id'], ...(version === undefined ? {} : { version }) })).map((row) => row.id).sort();

test('table: the first append creates it; rows come back with their partition values', async () => {
  const { table } = open();
  expect(await table.snapshot()).toBeUndefined();
  expect(await table.scan()).toEqual([]);
  const rows = [thing(1), thing(2, '2026-11-24')];
  expect(await table.append(rows, { appId: 'run', appVersion: 0 })).toEqual({ version: 1, alreadyApplied: false });
  expect((await table.scan()).sort((a, b) => Number(a.n) - Number(b.n))).toEqual(rows);
  const snapshot = (await table.snapshot())!;
  expect([...snapshot.files.values()].map((file) => file.partitionValues)).toEqual([
    { day: '2026-11-23' },
    { day: '2026-11-24' },
  ]);
  for (const path of snapshot.files.keys())
    expect(path).toMatch(/^day=2026-11-2[34]\/part-0000[01]-[0-9a-f-]{36}\.c000\.snappy\.parquet$/);
});

test('table: an append is applied once, by whichever process it is repeated', async () => {
  const { store, table } = open();
  await table.append([thing(1)], { appId: 'run', appVersion: 0 });
  expect(await table.append([thing(1)], { appId: 'run', appVersion: 0 })).toEqual({ version: 1, alreadyApplied: true });
  expect(await open(store).table.append([thing(1)], { appId: 'run', appVersion: 0 })).toMatchObject({
    alreadyApplied: true,
  });
  expect(store.calls.upload).toBe(1); // a repeated append does not even write files
  await table.append([thing(2)], { appId: 'run', appVersion: 1 });
  expect(await ids(table)).toEqual(['id-1', 'id-2']);
});

test('table: staged files are invisible until they are appended, and survive JSON', async () => {
  const { store, table } = open();
  const staged = [...(await table.stage([thing(1), thing(2, '2026-11-24')])), ...(await table.stage([thing(3)]))];
  expect(await table.snapshot()).toBeUndefined();
  const files = JSON.parse(JSON.stringify(staged));
  await open(store).table.append({ files }, { appId: 'run', appVersion: 0 });
  expect(await ids(table)).toEqual(['id-1', 'id-2', 'id-3']);
  expect((await table.snapshot())?.version).toBe(1);
});

test('table: staging gives one file per partition however many rows, in their order', async () => {
  const { table } = open();
  function* many(): Generator<Row> {
    for (let n = 0; n < 40_000; n++) yield thing(n, n % 2 === 0 ? '2026-11-23' : '2026-11-24');
  }
  const files = await table.stage(many());
  expect(files.map(({ add }) => add.partitionValues.day)).toEqual(['2026-11-23', '2026-11-24']);
  await table.append({ files }, { appId: 'a', appVersion: 0 });
  const rows = await table.scan({ columns: ['n'], where: [{ column: 'day', op: '=', value: '2026-11-24' }] });
  expect(rows.length).toBe(20_000);
  expect(rows.every((row, index) => row.n === 2 * index + 1)).toBe(true);
  await table.append(many(), { appId: 'b', appVersion: 0 });
  expect((await table.scan({ columns: ['n'] })).length).toBe(80_000);
});

test('table: an append of nothing records its txn and adds no file', async () => {
  const { table } = open();
  await table.append([], { appId: 'empty', appVersion: 0 });
  expect(await table.append([], { appId: 'empty', appVersion: 0 })).toMatchObject({ alreadyApplied: true });
  expect((await table.snapshot())?.files.size).toBe(0);
});

test('table: a missing date partition is refused, missing text becomes __unknown', async () => {
  const { table } = open();
  expect(await table.append([{ id: 'x' }], { appId: 'r', appVersion: 0 }).catch(codeOf)).toBe('internal');
  const byText: TableSchema = { ...schema, partitionColumns: ['id'] };
  const other = open(new MemoryLakeStore(), byText).table;
  await other.append([{ n: 1 }, { n: 2, id: '' }, { n: 3, id: 'ok' }], { appId: 'r', appVersion: 0 });
  expect((await other.scan({ columns: ['id', 'n'] })).sort((a, b) => Number(a.n) - Number(b.n))).toEqual([
    { id: '__unknown', n: 1 },
    { id: '__unknown', n: 2 },
    { id: 'ok', n: 3 },
  ]);
  expect(await other.append([{ id: 'a/../b' }], { appId: 's', appVersion: 0 }).catch(codeOf)).toBe('internal');
});

test('table: every version can be read again, a missing one is named', async () => {
  const { store, table } = open();
  for (let n = 1; n <= 25; n++) await table.append([thing(n)], { appId: `run-${n}`, appVersion: 0 });
  for (const version of [0, 1, 9, 10, 11, 19, 20, 25]) expect((await ids(table, version)).length).toBe(version);
  const other = open(store).table;
  for (const version of [25, 20, 3]) expect((await ids(other, version)).length).toBe(version);
  expect(await other.snapshot(26).catch(codeOf)).toBe('lake.not-found');
});

test('table: opening costs the checkpoint and the commits after it, not the whole log, and no listing', async () => {
  const { store, table } = open();
  for (let n = 1; n <= 34; n++) await table.append([], { appId: `run-${n}`, appVersion: 0 });
  const before = { ...store.calls };
  const snapshot = await open(store).table.snapshot();
  expect([snapshot?.version, snapshot?.txns.size]).toEqual([34, 34]);
  expect(store.calls.list - before.list).toBe(0);
  expect(store.calls.read - before.read).toBe(2 + 10); // hint, checkpoint at 30, commits 31…34 and six misses
});

test('table: opening waits for storage twice: for the hint, then for the checkpoint and the commits at once', async () => {
  const { store, table } = open();
  for (let n = 1; n <= 12; n++) await table.append([], { appId: `run-${n}`, appVersion: 0 });
  const events: string[] = [];
  const read = store.readIfExists.bind(store);
  store.readIfExists = async (path) => {
    const kind = /_last_checkpoint|checkpoint|json/.exec(path)?.[0];
    events.push(`ask ${kind}`);
    const found = await read(path);
    events.push(`have ${kind}`);
    return found;
  };
  expect((await open(store).table.snapshot())?.version).toBe(12);
  const asked = ['ask _last_checkpoint', 'have _last_checkpoint', 'ask checkpoint', ...Array(10).fill('ask json')];
  expect(events.slice(0, asked.length)).toEqual(asked);
});

test('table: a lost hint or checkpoint costs time, not data; a gap in the log is an error', async () => {
  const { store, table } = open();
  for (let n = 1; n <= 22; n++) await table.append([thing(n)], { appId: `run-${n}`, appVersion: 0 });
  const hint = store.files.get('tables/things/_delta_log/_last_checkpoint')!;
  store.files.delete('tables/things/_delta_log/_last_checkpoint');
  expect((await ids(open(store).table)).length).toBe(22);
  for (const text of ['{"version":20', '{"version":20,"parts":3}', '{"version":99}']) {
    store.files.set('tables/things/_delta_log/_last_checkpoint', { ...hint, bytes: Buffer.from(text) });
    expect((await ids(open(store).table)).length).toBe(22);
  }
  store.files.delete('tables/things/_delta_log/00000000000000000020.checkpoint.parquet');
  store.files.delete('tables/things/_delta_log/00000000000000000010.checkpoint.parquet');
  expect((await ids(open(store).table)).length).toBe(22);
  store.files.delete('tables/things/_delta_log/00000000000000000000.json');
  expect(await open(store).table.snapshot().catch(codeOf)).toBe('lake.corrupt-table');
});

test('table: an unreadable commit is an error, an unknown action is not', async () => {
  const { store, table } = open();
  await table.append([thing(1)], { appId: 'r', appVersion: 0 });
  await store.write('tables/things/_delta_log/00000000000000000002.json', '{"future":{"x":1}}\n');
  expect((await open(store).table.snapshot())?.version).toBe(2);
  await store.write('tables/things/_delta_log/00000000000000000003.json', '{"add":');
  expect(await open(store).table.snapshot().catch(codeOf)).toBe('lake.corrupt-table');
});

test('table: columns are added at the end; old rows have null there, old writers go on', async () => {
  const { store, table } = open();
  await table.append([thing(1)], { appId: 'old', appVersion: 0 });
  const wider: TableSchema = { ...schema, columns: [...schema.columns, { name: 'extra', type: 'double' }] };
  const next = open(store, wider).table;
  await next.append([{ ...thing(2), extra: 1.5 }], { appId: 'new', appVersion: 0 });
  await table.append([thing(3)], { appId: 'old', appVersion: 1 });
  const rows = (await next.scan({ columns: ['n', 'extra'] })).sort((a, b) => Number(a.n) - Number(b.n));
  expect(rows).toEqual([
    { n: 1, extra: null },
    { n: 2, extra: 1.5 },
    { n: 3, extra: null },
  ]);
  const metadata = (await next.snapshot())!.metadata;
  expect([metadata.id, (await next.snapshot(0))!.metadata.id].every((id) => id === metadata.id)).toBe(true);
  expect((await next.snapshot())!.columns.map((column) => column.name)).toEqual(['id', 'n', 'at', 'day', 'extra']);
});

test('table: overwrite replaces the rows of its partitions only', async () => {
  const { table } = open();
  await table.append([thing(1), thing(2, '2026-11-24')], { appId: 'r', appVersion: 0 });
  await table.overwrite([thing(9, '2026-11-24')], { day: '2026-11-24' });
  expect(await ids(table)).toEqual(['id-1', 'id-9']);
  expect(await ids(table, 1)).toEqual(['id-1', 'id-2']);
  expect(await table.overwrite([thing(5)], { day: '2026-11-24' }).catch(codeOf)).toBe('internal');
  await table.overwrite([]);
  expect(await ids(table)).toEqual([]);
  expect((await table.snapshot())!.tombstones.size).toBe(3);
});

test('table: a checkpoint holds the whole state, with foreign-safe types', async () => {
  const { store, table } = open();
  await table.append([thing(1), thing(2, '2026-11-24')], { appId: 'ünï"cödé\n', appVersion: 7 });
  await table.overwrite([], { day: '2026-11-24' });
  const snapshot = (await table.snapshot())!;
  await writeCheckpoint(table.log, snapshot, 0);
  const bytes = store.files.get(table.log.checkpointPath(2))!.bytes;
  const strip = (value: unknown) =>
    JSON.parse(JSON.stringify(value, (_key, member) => (member === null ? undefined : member)));
  const expected = strip(checkpointActions(snapshot, 0));
  expect(strip(await readParquetCheckpoint(bytes, 'checkpoint'))).toEqual(expected);
  expect(JSON.parse(store.files.get(table.log.lastCheckpointPath)!.bytes.toString())).toMatchObject({
    version: 2,
    size: 5,
  });
  // An expired tombstone is left out, and the hint does not move backwards.
  await writeCheckpoint(table.log, (await table.snapshot(1))!, 0);
  expect(await table.log.lastCheckpoint()).toMatchObject({ version: 2 });
  expect(checkpointActions(snapshot, Number.MAX_SAFE_INTEGER).some((action) => 'remove' in action)).toBe(false);
});

test('table: a failed checkpoint does not fail its commit', async () => {
  const { store, table } = open();
  store.beforeWrite = (path) => {
    if (path.endsWith('.parquet')) throw new Error('disk full');
    return undefined;
  };
  for (let n = 1; n <= 11; n++) await table.append([], { appId: `run-${n}`, appVersion: 0 });
  expect((await open(store).table.snapshot())?.version).toBe(11);
});

test('scan: conditions, projection and limit; files that cannot match are not fetched', async () => {
  const { store, table } = open();
  for (let n = 0; n < 6; n++) {
    await table.append([thing(n * 10, `2026-11-2${n}`), thing(n * 10 + 1, `2026-11-2${n}`)], {
      appId: `r${n}`,
      appVersion: 0,
    });
  }
  const select = async (...where: Condition[]) => (await table.scan({ columns: ['n'], where })).map((row) => row.n);
  expect(await select({ column: 'day', op: '=', value: '2026-11-22' })).toEqual([20, 21]);
  expect(store.calls.download).toBe(1);
  expect(await select({ column: 'n', op: '>', value: 40 })).toEqual([41, 50, 51]);
  expect(store.calls.download).toBe(3);
  expect(
    await select({ column: 'n', op: 'in', values: [11, 50] }, { column: 'day', op: '<', value: '2026-11-25' }),
  ).toEqual([11]);
  expect(await select({ column: 'at', op: '>', value: '2026-11-23T10:00:00.001Z' })).toEqual([]);
  expect(await select({ column: 'id', op: 'is-null' })).toEqual([]);
  expect((await table.scan({ limit: 3 })).length).toBe(3);
  expect(await table.scan({ columns: ['nope'] }).catch(codeOf)).toBe('request.invalid');
});

test('scan: pruning never loses a row', async () => {
  const value = fc.oneof(fc.constant(null), fc.integer({ min: -5, max: 5 }));
  const day = fc.constantFrom('2026-11-22', '2026-11-23', '2026-11-24');
  const text = fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary', maxLength: 40 }).filter((t) => t.isWellFormed()),
  );
  const row = fc.record({ id: text, n: value, day });
  const condition: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({
      column: fc.constant('n'),
      op: fc.constantFrom('=', '<', '<=', '>', '>='),
      value: fc.integer({ min: -5, max: 5 }),
    }) as fc.Arbitrary<Condition>,
    fc.record({
      column: fc.constant('day'),
      op: fc.constantFrom('=', '<', '>='),
      value: day,
    }) as fc.Arbitrary<Condition>,
    fc.record({
      column: fc.constant('id'),
      op: fc.constantFrom('<', '>=', '='),
      value: fc.string({ unit: 'binary', maxLength: 3 }).filter((t) => t.isWellFormed() && !t.includes('\0')),
    }) as fc.Arbitrary<Condition>,
    fc.record({
      column: fc.constantFrom('id', 'n', 'day'),
      op: fc.constantFrom('is-null', 'is-not-null'),
    }) as fc.Arbitrary<Condition>,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(row, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      fc.array(condition, { maxLength: 2 }),
      async (batches, where) => {
        const { table } = open();
        for (const [index, rows] of batches.entries()) await table.append(rows, { appId: `r${index}`, appVersion: 0 });
        const snapshot = (await table.snapshot())!;
        const pruned = new Set(pruneFiles(snapshot, where).map((file) => file.path));
        const found = await table.scan({ columns: ['id', 'n', 'day'], where });
        // The same conditions with no statistics and partition values untouched: nothing but partitions can be pruned.
        const bare = {
          ...snapshot,
          files: new Map([...snapshot.files].map(([path, file]) => [path, { ...file, stats: null }])),
        };
        const { readFiles } = await import('../../../shared/lake/delta/read.ts');
        const all = await readFiles(table, bare, [...bare.files.values()], { columns: ['id', 'n', 'day'], where });
        const sorted = (rows: Row[]) => rows.map((one) => JSON.stringify(one)).sort();
        expect(sorted(found)).toEqual(sorted(all));
        expect(pruned.size).toBeLessThanOrEqual(snapshot.files.size);
      },
    ),
    { numRuns: 40, seed: 5 },
  );
});

test('table: foreign actions with escaped paths are decoded once, paths outside are refused', async () => {
  const { store, table } = open();
  await table.append([thing(1)], { appId: 'r', appVersion: 0 });
  const add = [...(await table.snapshot())!.files.values()][0]!;
  const bytes = store.files.get(`tables/things/${add.path}`)!;
  store.files.set('tables/things/day=2026-11-23/odd%3A name.parquet', bytes);
  const odd = { add: { ...add, path: 'day=2026-11-23/odd%253A%20name.parquet' } };
  await store.write(table.log.commitPath(2), encodeActions([odd]));
  expect(await ids(table)).toEqual(['id-1', 'id-1']);
  await store.write(table.log.commitPath(3), encodeActions([{ add: { ...add, path: 'abfss://x@y/z.parquet' } }]));
  expect(await ids(table).catch(codeOf)).toBe('lake.unsupported-table');
});

test('table: a lost commit among others is an error, one that comes while the others are read is read', async () => {
  const { store, table } = open();
  for (let n = 1; n <= 5; n++) await table.append([thing(n)], { appId: 'run', appVersion: n });
  const path = table.log.commitPath(3);

  const readIfExists = store.readIfExists.bind(store);
  let late = 1;
  store.readIfExists = (asked) => (asked === path && late-- > 0 ? Promise.resolve(undefined) : readIfExists(asked));
  expect((await open(store).table.snapshot())?.version).toBe(5);

  store.files.delete(path);
  await expect(open(store).table.snapshot()).rejects.toMatchObject({
    code: 'lake.corrupt-table',
    message: expect.stringContaining('Commit 3 of tables/things is missing'),
  });
});
