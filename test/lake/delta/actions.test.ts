import { expect, test } from 'vitest';
import { type Action, decodeActions, encodeActions, writtenActions } from '../../../shared/lake/delta/actions.ts';
import { checkpointActions, readCheckpoint, writeCheckpoint } from '../../../shared/lake/delta/checkpoint.ts';
import { DeltaLog } from '../../../shared/lake/delta/log.ts';
import { Replay } from '../../../shared/lake/delta/snapshot.ts';
import { bytesOf } from '../../fakes/bytes-of.ts';
import fc from '../../fakes/property.ts';
import { MemoryLakeStore } from '../memory-store.ts';

const add = (path: string, stats: string): Action => ({
  add: { path, partitionValues: { day: '2026-11-29' }, size: 1, modificationTime: 1, dataChange: true, stats },
});

test('actions: what is written in one piece or in many is the same, and is read as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 30 }), (texts) => {
      const few = texts.map((text) => add(text, text));
      const many = Array.from({ length: 20 }, () => few).flat();
      for (const actions of [few, many]) {
        const bytes = encodeActions(actions);
        expect(bytesOf(writtenActions(actions)).equals(bytes)).toBe(true);
        expect(decodeActions(bytes, 'here')).toEqual(JSON.parse(JSON.stringify(actions)));
      }
    }),
  );
});

test('actions: entries of many megabytes are read by lines, letters and ends of line are never cut', () => {
  const actions = Array.from({ length: 900 }, (_, n) => add(`${n}`, 'ü€😀'.repeat(200 + (n % 301))));
  const bytes = encodeActions(actions);
  expect(bytes.length).toBeGreaterThan(2 * 1024 * 1024);
  expect(decodeActions(bytes, 'here')).toEqual(actions);
  expect(decodeActions(bytes.subarray(0, -1), 'here')).toEqual(actions); // without the last end of line
  expect(() => decodeActions(Buffer.concat([bytes, Buffer.from('{"add":')]), 'here')).toThrow(
    'Unreadable line in here',
  );
});

test('actions: a commit of thousands of files is never held as one text', () => {
  const actions = Array.from({ length: 5000 }, (_, n) => add(`${n}`, 'x'.repeat(300)));
  const written = writtenActions(actions);
  if (!('pieces' in written)) throw new Error('written as a whole');
  const largest = Math.max(...[...written.pieces()].map((piece) => piece.byteLength));
  expect(largest).toBeLessThan(written.byteLength / 10);
});

test('checkpoint: that of a table whose bounds are larger than the memory of the database is written and read', async () => {
  const store = new MemoryLakeStore();
  const log = new DeltaLog(store, 'tables/large');
  const replay = new Replay();
  replay.apply([
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: 'large',
        format: { provider: 'parquet', options: {} },
        schemaString: '{"type":"struct","fields":[]}',
        partitionColumns: [],
        configuration: {},
      },
    },
    ...Array.from({ length: 7000 }, (_, n) => add(`part-${n}`, `${n} ${'bounds '.repeat(2800)}`)),
  ]);
  const snapshot = replay.snapshot(10, 'tables/large');
  await writeCheckpoint(log, snapshot, 0);
  const path = log.checkpointPath(10);
  const files = (await readCheckpoint(await store.read(path), path)).flatMap((action) =>
    'add' in action ? [action.add] : [],
  );
  expect(files.map((file) => [file.path, file.stats])).toEqual(
    checkpointActions(snapshot, 0).flatMap((action) => ('add' in action ? [[action.add.path, action.add.stats]] : [])),
  );
  expect(await log.lastCheckpoint()).toMatchObject({ version: 10, numOfAddFiles: 7000 });
});
