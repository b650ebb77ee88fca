// The copy of a checkpoint's actions in its own file: the same state by it and by the Parquet, and never anything that the Parquet does not say.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Action, encodeActions } from '../../../shared/lake/delta/actions.ts';
import { readCheckpoint, readParquetCheckpoint } from '../../../shared/lake/delta/checkpoint.ts';
import { copyIn, withCopy } from '../../../shared/lake/delta/checkpoint-copy.ts';
import { DeltaTable } from '../../../shared/lake/delta/table.ts';
import { sqlText, withConnection } from '../../../shared/lake/duckdb.ts';
import { FileCache } from '../../../shared/lake/file-cache.ts';
import type { TableSchema } from '../../../shared/lake/tables.ts';
import { seededRandom, silentLogger } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';
import { stillClock } from '../emulated-lake.ts';
import { MemoryLakeStore } from '../memory-store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-copy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const schema: TableSchema = {
  name: 'things',
  columns: [
    { name: 'id', type: 'string' },
    { name: 'day', type: 'date' },
  ],
  partitionColumns: ['day'],
};
function open(store = new MemoryLakeStore()) {
  const deps = { clock: stillClock(), random: seededRandom(1), logger: silentLogger, cache: new FileCache(folder) };
  return { store, table: DeltaTable.open(store, 'tables/things', schema, deps) };
}
const CHECKPOINT = 'tables/things/_delta_log/00000000000000000010.checkpoint.parquet';

/** A table of twelve versions, with a checkpoint at 10. */
async function written() {
  const { store, table } = open();
  for (let n = 1; n <= 12; n++)
    await table.append([{ id: `ünï"cödé\n${n}`, day: `2026-11-${10 + (n % 3)}` }], {
      appId: `run-${n}`,
      appVersion: n,
    });
  const found = store.files.get(CHECKPOINT)!;
  return { store, found, bytes: found.bytes };
}
const stripped = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, member) => (member === null ? undefined : member)));

test('copy: a checkpoint of ours has one, and it says what its Parquet says', async () => {
  const { bytes } = await written();
  expect(copyIn(bytes)).toBeDefined();
  expect(stripped(await readCheckpoint(bytes, CHECKPOINT))).toEqual(
    stripped(await readParquetCheckpoint(bytes, CHECKPOINT)),
  );
});

test('copy: the Parquet around it is read by DuckDB as before', async () => {
  const { store } = await written();
  const file = join(folder, 'checkpoint.parquet');
  await store.download(CHECKPOINT, file);
  const found = await withConnection((connection) =>
    connection.runAndReadAll(`SELECT count(*), count(add.path), count(txn.appId) FROM read_parquet(${sqlText(file)})`),
  );
  expect(found.getRows()).toEqual([[22n, 10n, 10n]]);
});

test('copy: a table is opened by it with as many requests as without, and to the same state', async () => {
  const { store, found, bytes } = await written();
  const state = async () => {
    const before = store.calls.read;
    const snapshot = await open(store).table.snapshot();
    const reads = store.calls.read - before;
    return { reads, state: stripped({ ...snapshot, files: [...snapshot!.files], txns: [...snapshot!.txns] }) };
  };
  const withIt = await state();
  const footer = bytes.readUInt32LE(bytes.length - 8) + 8;
  const tail = bytes.length - footer;
  const plain = Buffer.concat([bytes.subarray(0, tail - 48 - bytes.readUInt32LE(tail - 16)), bytes.subarray(tail)]);
  expect(copyIn(plain)).toBeUndefined();
  store.files.set(CHECKPOINT, { ...found, bytes: plain });
  expect(await state()).toEqual(withIt);
});

test('copy: one that was damaged, or made for another footer, is not believed', async () => {
  const { bytes } = await written();
  const footerAt = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  const size = bytes.readUInt32LE(footerAt - 16);
  fc.assert(
    fc.property(
      fc.integer({ min: footerAt - 48 - size, max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, by) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ by;
        expect(copyIn(damaged)).toBeUndefined();
      },
    ),
    { numRuns: 300 },
  );
  const { store } = open();
  const table = DeltaTable.open(store, 'tables/things', schema, {
    clock: stillClock(),
    random: seededRandom(2),
    logger: silentLogger,
  });
  for (let n = 1; n <= 10; n++) await table.append([], { appId: `other-${n}`, appVersion: 0 });
  const other = store.files.get(CHECKPOINT)!.bytes;
  const otherFooter = other.subarray(other.length - 8 - other.readUInt32LE(other.length - 8));
  const otherParquet = other.subarray(0, other.length - otherFooter.length);
  const stale = Buffer.concat([otherParquet, bytes.subarray(footerAt - 48 - size, footerAt), otherFooter]);
  expect(copyIn(stale)).toBeUndefined();
  const actions = await readCheckpoint(stale, CHECKPOINT);
  expect(actions.filter((action) => 'txn' in action)).toHaveLength(10);
  expect(JSON.stringify(actions)).toContain('other-7');
});

test('copy: one that inflates to more or less than it tells is not believed, also with a right hash', () => {
  const footer = Buffer.from('\0\0\0\0PAR1');
  const made = (told: number) => {
    const copy = deflateRawSync(Buffer.alloc(100_000, 32));
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(copy.length, 0);
    lengths.writeUInt32LE(told, 4);
    const hash = createHash('sha256').update(copy).update(lengths).update(footer).digest();
    return copyIn(Buffer.concat([copy, hash, lengths, Buffer.from('SLUICE1\n'), footer]));
  };
  expect(made(100_000)).toHaveLength(100_000);
  for (const told of [0, 1, 99_999, 100_001, 2 ** 32 - 1]) expect(made(told), `${told}`).toBeUndefined();
});

test('copy: whatever the bytes, a file is looked at without an error; what is no Parquet stays as it is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.string()), (noise, texts) => {
      const file = Buffer.from(noise);
      expect(copyIn(file)).toBeUndefined();
      const actions: Action[] = texts.map((appId) => ({ txn: { appId, version: 1 } }));
      const parquet = Buffer.concat([file, Buffer.from([0, 0, 0, 0]), Buffer.from('PAR1')]);
      const lines = encodeActions(actions);
      expect(copyIn(withCopy(parquet, lines))).toEqual(lines);
    }),
  );
  expect(withCopy(Buffer.from('short'), Buffer.from('{}'))).toEqual(Buffer.from('short'));
});
