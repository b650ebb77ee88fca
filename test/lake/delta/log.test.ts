// Opening a table whose log was damaged: an older state of the same version, or an error that says which file.
import { beforeEach, expect, test } from 'vitest';
import { decodeSchema, encodeActions } from '../../../shared/lake/delta/actions.ts';
import { readCheckpoint, readParquetCheckpoint } from '../../../shared/lake/delta/checkpoint.ts';
import { DeltaLog } from '../../../shared/lake/delta/log.ts';
import { DeltaTable } from '../../../shared/lake/delta/table.ts';
import { type LogFields, seededRandom, silentLogger } from '../../../shared/ports.ts';
import { stillClock } from '../emulated-lake.ts';
import { MemoryLakeStore } from '../memory-store.ts';

let store: MemoryLakeStore;
let log: DeltaLog;
let told: object[];
beforeEach(async () => {
  store = new MemoryLakeStore();
  told = [];
  const warn = (event: string, fields?: LogFields) => void told.push({ event, ...fields });
  log = new DeltaLog(store, 'tables/things', { ...silentLogger, warn });
  const schema = { name: 'things', columns: [{ name: 'id', type: 'string' as const }], partitionColumns: [] };
  const deps = { clock: stillClock(), random: seededRandom(1), logger: silentLogger };
  const table = DeltaTable.open(store, log.table, schema, deps);
  for (let n = 1; n <= 22; n++) await table.append([{ id: `${n}` }], { appId: `run-${n}`, appVersion: n });
});
const damage = (path: string, change: (bytes: Buffer) => Buffer) => {
  const found = store.files.get(path)!;
  store.files.set(path, { ...found, bytes: change(Buffer.from(found.bytes)) });
};
const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
const state = async (version?: number) => {
  const snapshot = await log.snapshot(version);
  return { version: snapshot?.version, files: [...(snapshot?.files.keys() ?? [])].sort() };
};

test('log: a checkpoint that cannot be read is passed over for an older one, or for the commits', async () => {
  const [whole, older] = [await state(), await state(15)];
  damage(log.checkpointPath(20), half);
  expect(told).toEqual([]);
  expect(await state()).toEqual(whole);
  expect(told).toContainEqual({ event: 'lake.checkpoint.damaged', table: 'tables/things', version: 20 });
  for (let version = 0; version < 10; version++) await store.delete(log.commitPath(version));
  expect(await state()).toEqual(whole);
  expect(await state(15)).toEqual(older);
});

test('log: of several that cannot be read none is needed while the first commit is there', async () => {
  const whole = await state();
  damage(log.checkpointPath(20), () => Buffer.alloc(0));
  damage(log.checkpointPath(10), () => Buffer.from('PAR1 no Parquet PAR1'));
  expect(await state()).toEqual(whole);
  await store.delete(log.commitPath(0));
  await expect(log.snapshot()).rejects.toMatchObject({
    code: 'lake.corrupt-table',
    message: expect.stringContaining(log.checkpointPath(20)),
  });
});

test('log: without a commit between them the table is never shown as of the older checkpoint', async () => {
  damage(log.checkpointPath(20), half);
  for (const version of [20, 21, 22]) await store.delete(log.commitPath(version));
  await expect(log.snapshot()).rejects.toMatchObject({ code: 'lake.corrupt-table' });
});

test('log: damaged bytes are a damaged table, in the words of no decoder', async () => {
  const path = log.checkpointPath(20);
  const bytes = store.files.get(path)!.bytes;
  const corrupt = { code: 'lake.corrupt-table', message: expect.stringContaining(path) };
  for (const part of [0, 3, 12, bytes.length - 100, bytes.length - 1]) {
    await expect(readCheckpoint(bytes.subarray(0, part), path)).rejects.toMatchObject(corrupt);
    await expect(readParquetCheckpoint(bytes.subarray(0, part), path)).rejects.toMatchObject(corrupt);
  }
  for (const schema of ['', '{"type":"struct"}', 'null', '{"fields":[null]}'])
    expect(() => decodeSchema(schema)).toThrow('schema that cannot be read');
});

test('log: a commit of a run of millions is read in parts, whatever is on their borders', async () => {
  const stats = (n: number) => `${n} ${'ü€😀'.repeat(2000 + (n % 301))}`;
  const files = Array.from({ length: 1100 }, (_, n) => ({
    add: { path: `${n}.parquet`, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, stats: stats(n) },
  }));
  await store.write(log.commitPath(23), encodeActions(files));
  expect(store.files.get(log.commitPath(23))!.bytes.length).toBeGreaterThan(16 * 1024 * 1024);
  store.largestRead = 0;
  const snapshot = await log.snapshot();
  expect(snapshot?.version).toBe(23);
  expect(files.every(({ add }) => snapshot?.files.get(add.path)?.stats === add.stats)).toBe(true);
  expect(store.largestRead).toBeLessThanOrEqual(4 * 1024 * 1024);
});

test('log: a large commit that a clean-up takes while it is read is not there', async () => {
  await store.write(log.commitPath(23), Buffer.alloc(17 * 1024 * 1024, ' '));
  const { stat } = store;
  store.stat = async () => undefined;
  expect(await log.readCommit(23)).toBeUndefined();
  store.stat = stat;
  expect(await log.readCommit(23)).toEqual([]);
});
