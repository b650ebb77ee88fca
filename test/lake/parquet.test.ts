import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf } from '../../shared/errors.ts';
import { isoTimestamp, microsOf, sqlReadParquet, withConnection } from '../../shared/lake/duckdb.ts';
import {
  type Column,
  type ParquetStats,
  type Row,
  readParquet,
  takeBatches,
  writeParquet,
  writeSelection,
} from '../../shared/lake/parquet.ts';
import { resultsTable } from '../../shared/lake/tables.ts';
import fc from '../fakes/property.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-parquet-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Ends when it is true; what it waits for is done by others in this process. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

const COLUMNS: Column[] = [
  { name: 'text', type: 'string' },
  { name: 'long', type: 'long' },
  { name: 'integer', type: 'integer' },
  { name: 'double', type: 'double' },
  { name: 'flag', type: 'boolean' },
  { name: 'day', type: 'date' },
  { name: 'at', type: 'timestamp' },
  { name: 'odd "name"', type: 'string' },
];

const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 5 });
const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((value) => value.isWellFormed());
const micros = fc.bigInt({ min: microsOf('0001-01-02T00:00:00Z'), max: microsOf('9999-12-30T00:00:00Z') });
const row: fc.Arbitrary<Row> = fc.record({
  text: orNull(text),
  long: orNull(fc.maxSafeInteger()),
  integer: orNull(fc.integer()),
  double: orNull(fc.double()),
  flag: orNull(fc.boolean()),
  day: orNull(micros.map((value) => isoTimestamp(value).slice(0, 10))),
  at: orNull(micros.map(isoTimestamp)),
  'odd "name"': orNull(text),
});

test('parquet: any rows come back in order with every value', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
      const file = join(folder, `p${++count}.parquet`);
      const stats = await writeParquet(file, COLUMNS, rows);
      expect(await readParquet(file)).toEqual(rows);
      expect(stats.numRecords).toBe(rows.length);
      for (const { name } of COLUMNS) {
        const values = rows.map((one) => one[name]).filter((value) => value !== null);
        expect(stats.nullCount[name]).toBe(rows.length - values.length);
      }
    }),
    { numRuns: 60, seed: 11 },
  );
});

test('parquet: bounds of rows are those that DuckDB finds in the file', async () => {
  const shown = ({ minValues, maxValues, nullCount }: ParquetStats) =>
    JSON.stringify({ minValues, maxValues, nullCount }); // 0 and -0 are the same
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
      const file = join(folder, `b${++count}.parquet`);
      const stats = await writeParquet(file, COLUMNS, rows);
      const measured = await withConnection((connection) =>
        writeSelection(connection, `FROM ${sqlReadParquet([file])}`, COLUMNS, `${file}.copy`, stats.sizeBytes),
      );
      expect(shown(stats)).toBe(shown(measured));
    }),
    { numRuns: 30, seed: 12 },
  );
});

test('parquet: half a surrogate pair is written as U+FFFD, and texts are bounded in the order of UTF-8', async () => {
  const file = join(folder, 'surrogates.parquet');
  const texts = ['\u{1f600}', '\uffee', 'a\ud83d', 'a long text of more than sixteen characters'];
  const rows = texts.map((text) => ({ text }));
  const stats = await writeParquet(file, COLUMNS, rows);
  expect([stats.minValues.text, stats.maxValues.text]).toEqual([texts[3], '\u{1f600}']);
  const halves = await writeParquet(file, COLUMNS, [{ text: '\ud83d' }, { text: '\ue000' }]);
  expect([halves.minValues.text, halves.maxValues.text]).toEqual(['\ue000', '\ufffd']);
  expect((await readParquet(file, ['text'])).map(({ text }) => text)).toEqual(['\ufffd', '\ue000']);
});

test('parquet: texts of any length come back, one of megabytes among them, and row groups follow what rows weigh', async () => {
  const texts = [
    'x'.repeat(5_000_000),
    '',
    'ü'.repeat(3_000_000),
    ...Array.from({ length: 300 }, (_, at) => 'y'.repeat(at)),
  ];
  const file = join(folder, 'wide.parquet');
  const { numRecords } = await writeParquet(
    file,
    COLUMNS,
    texts.map((text) => ({ text })),
  );
  const back = await readParquet(file, ['text']);
  expect([numRecords, back.every(({ text }, at) => text === texts[at])]).toEqual([303, true]);
});

test('parquet: statistics are the true bounds, and absent where there is none', async () => {
  const rows = [
    { text: 'ä', long: 5, double: 1.5, at: '2026-11-23T10:00:00.123456Z', day: '2026-11-23' },
    { text: 'z', long: -5, double: Number.NaN, at: '2026-11-23T10:00:00.123Z', day: '1969-12-31' },
  ];
  const stats = await writeParquet(join(folder, 's.parquet'), COLUMNS, rows);
  expect(stats.minValues).toEqual({ text: 'z', long: -5, at: '2026-11-23T10:00:00.123Z', day: '1969-12-31' });
  expect(stats.maxValues).toEqual({ text: 'ä', long: 5, at: '2026-11-23T10:00:00.123456Z', day: '2026-11-23' });
  expect(stats.nullCount.flag).toBe(2);
});

test('parquet: reads only the columns asked for, and names an unknown one', async () => {
  const file = join(folder, 'c.parquet');
  await writeParquet(file, COLUMNS, [{ text: 'a', long: 1 }]);
  expect(await readParquet(file, ['long'])).toEqual([{ long: 1 }]);
  await expect(readParquet(file, ['nope'])).rejects.toThrow(/nope/);
});

test('parquet: a value that does not fit its column is refused by name, without the value', async () => {
  const wrong: Row[] = [
    { long: 1.5 },
    { long: 2 ** 60 },
    { integer: 2 ** 31 },
    { text: 5 },
    { flag: 'yes' },
    { day: '23.11.2026' },
    { day: '2026-02-30x' },
    { at: 'secret yesterday' },
  ];
  for (const [index, bad] of wrong.entries()) {
    const work = writeParquet(join(folder, `w${index}.parquet`), COLUMNS, [bad]);
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(codeOf(error)).toBe('internal');
    expect(String(error)).toContain(`Column ${Object.keys(bad)[0]} needs`);
    expect(String(error)).not.toContain('secret');
  }
});

test('parquet: rows are split into groups, in the order of their keys, each with the columns asked for', async () => {
  const rows = [
    { text: 'b', day: '2026-01-02' },
    { text: 'a', day: '2026-01-01' },
    { text: 'c', day: '2026-01-01' },
  ];
  const seen: unknown[] = [];
  let files = 0;
  const split = {
    columns: COLUMNS.filter(({ name }) => name === 'text'),
    of: (row: Row) => ({ key: String(row.day), group: row.day }),
    newFile: () => join(folder, `split.plain${++files}`),
  };
  await takeBatches(rows, split, async ({ group, write }) => {
    const file = join(folder, 'split.parquet');
    const { numRecords } = await write(file);
    seen.push([group, numRecords, await readParquet(file)]);
  });
  expect(seen).toEqual([
    ['2026-01-01', 2, [{ text: 'a' }, { text: 'c' }]],
    ['2026-01-02', 1, [{ text: 'b' }]],
  ]);
  expect((await readdir(folder)).filter((name) => name.includes('.plain'))).toEqual([]);
});

test('parquet: the next rows are taken while the ones before are worked on, never more than a batch ahead', async () => {
  const seen: string[] = [];
  function* wide(): Generator<Row> {
    const text = 'w'.repeat(13 * 1024 * 1024); // two rows fill a batch
    for (let index = 0; index < 6; index++) {
      seen.push(`row ${index}`);
      yield { text: `${index}${text}` };
    }
  }
  let files = 0;
  const split = {
    columns: COLUMNS.slice(0, 1),
    of: () => ({ key: '', group: undefined }),
    newFile: () => join(folder, `ahead.plain${++files}`),
  };
  const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  let batches = 0;
  const taking = takeBatches(wide(), split, async ({ bytes }) => {
    const batch = batches++;
    seen.push(`batch ${batch} of ${Math.round(bytes / 1e6)} MB`);
    await gates[batch]?.promise;
  });
  await until(() => seen.includes('row 3'));
  gates[0]?.resolve();
  await until(() => seen.includes('row 5'));
  for (const gate of gates) gate.resolve();
  await taking;
  expect(seen).toEqual([
    ...['row 0', 'row 1', 'batch 0 of 27 MB', 'row 2', 'row 3'],
    ...['batch 1 of 27 MB', 'row 4', 'row 5', 'batch 2 of 27 MB'],
  ]);
  expect((await readdir(folder)).filter((name) => name.startsWith('ahead'))).toEqual([]);
});

test('parquet: what fails in a batch or in the rows after it is told once the other is over, and no file is left', async () => {
  const many = function* (end: () => void): Generator<Row> {
    for (let index = 0; index < 40_000; index++) yield { long: index };
    end();
  };
  let files = 0;
  const split = {
    columns: COLUMNS.slice(0, 2),
    of: () => ({ key: '', group: undefined }),
    newFile: () => join(folder, `fails.plain${++files}`),
  };
  const left = async () => (await readdir(folder)).filter((name) => name.startsWith('fails'));
  const broken = takeBatches(
    many(() => {}),
    split,
    async () => {
      throw new Error('work broke');
    },
  );
  await expect(broken).rejects.toThrow('work broke');
  expect([files, await left()]).toEqual([2, []]);

  let written = 0;
  const source = many(() => {
    throw new Error('source broke');
  });
  const ended = takeBatches(source, split, async ({ write }) => {
    written += (await write(join(folder, 'fails.parquet'))).numRecords;
  });
  await expect(ended).rejects.toThrow('source broke');
  expect([written, await left()]).toEqual([32_768, ['fails.parquet']]);
});

test('parquet: texts that repeat come back in their order, with their bounds, whatever else a page has', async () => {
  let count = 0;
  const few = fc.uniqueArray(text, { minLength: 1, maxLength: 12 });
  const part = fc.record({
    texts: few,
    rows: fc.integer({ min: 1, max: 1500 }),
    step: fc.integer({ min: 1, max: 40 }),
  });
  const isNull = fc.nat({ max: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), isNull, async (parts, nulls) => {
      // In turns of `step` rows; the last text of each part gets a number, so that all its rows differ.
      const texts = parts.flatMap(({ texts, rows, step }) =>
        Array.from({ length: rows }, (_, row) => {
          const at = Math.floor(row / step) % texts.length;
          return at === texts.length - 1 && texts.length > 1 ? `${texts[at]}${row}` : texts[at]!;
        }),
      );
      const rows = texts.map((text, index) => ({ text: nulls > 0 && index % (nulls * 7) === 3 ? null : text }));
      const file = join(folder, `r${++count}.parquet`);
      const stats = await writeParquet(file, COLUMNS.slice(0, 1), rows);
      const back = await readParquet(file, ['text']);
      expect(back.findIndex(({ text }, index) => text !== rows[index]?.text)).toBe(-1);
      const sorted = rows.flatMap(({ text }) => (text === null ? [] : [Buffer.from(text)])).sort(Buffer.compare);
      const bounds = [sorted[0]?.toString(), sorted.at(-1)?.toString()];
      expect([back.length, stats.minValues.text, stats.maxValues.text]).toEqual([rows.length, ...bounds]);
      expect(stats.nullCount.text).toBe(rows.length - sorted.length);
    }),
    { numRuns: 25, seed: 13 },
  );
});

test('parquet: timestamps of any minute come back, and one that is none is refused though its minute is right', async () => {
  const usual = fc.integer({ min: -4e9, max: 4e9 }).map((index) => new Date(index * 1009).toISOString());
  const file = join(folder, 'minutes.parquet');
  await fc.assert(
    fc.asyncProperty(fc.array(usual, { minLength: 1, maxLength: 400 }), async (some) => {
      const times = [...some, ...some.map((at) => `${at.slice(0, 17)}59.999Z`), ...some.toSorted()];
      await writeParquet(
        file,
        COLUMNS,
        times.map((at) => ({ at })),
      );
      expect((await readParquet(file, ['at'])).map(({ at }) => at)).toEqual(times);
    }),
    { numRuns: 10, seed: 14 },
  );
  for (const odd of ['T10:00:60.000Z', 'T10:00:5x.000Z', 'T10:00:00.0x0Z', 'T24:00:01.000Z']) {
    const rows = [{ at: '2026-11-23T10:00:00.000Z' }, { at: '2026-11-23T24:00:00.000Z' }, { at: `2026-11-23${odd}` }];
    await expect(writeParquet(file, COLUMNS, rows)).rejects.toThrow('Column at needs');
  }
});

test('parquet: a file that takes the place of one of the same length and second is read as it is', async () => {
  const file = join(folder, 'again.parquet');
  const last: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    await writeParquet(
      file,
      COLUMNS,
      Array.from({ length: 9000 }, (_, index) => ({ long: 10_000 * (round + 1) + index })),
    );
    last.push((await readParquet(file, ['long'])).at(-1));
  }
  expect(last).toEqual([{ long: 18_999 }, { long: 28_999 }, { long: 38_999 }]);
});

test('parquet: more rows than one batch come back in order, with nulls in their places', async () => {
  const at = (index: number): Row => ({
    text: index % 3 === 0 ? null : `t${index}`,
    long: index % 5 === 0 ? null : index,
    flag: index % 7 === 0 ? null : index % 2 === 0,
    'odd "name"': null,
  });
  function* many(): Generator<Row> {
    for (let index = 0; index < 60_000; index++) yield at(index);
  }
  const file = join(folder, 'batches.parquet');
  const stats = await writeParquet(file, COLUMNS, many());
  expect([stats.numRecords, stats.nullCount.text, stats.maxValues.long]).toEqual([60_000, 20_000, 59_999]);
  const back = await readParquet(file, ['text', 'long', 'flag', 'odd "name"']);
  expect(back.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(at(index)))).toBe(-1);
  expect((await readdir(folder)).filter((name) => name.includes('.part'))).toEqual([]);
});

test('parquet: a source that fails ends the write with its error and leaves no file', async () => {
  function* broken(): Generator<Row> {
    yield { text: 'a' };
    throw new Error('source broke');
  }
  await expect(writeParquet(join(folder, 'broken.parquet'), COLUMNS, broken())).rejects.toThrow('source broke');
  expect((await readdir(folder)).filter((name) => name.startsWith('broken'))).toEqual([]);
});

test('parquet: an iterable of rows is consumed once, chunk by chunk', async () => {
  function* many(): Generator<Row> {
    for (let index = 0; index < 5000; index++) yield { run_id: `r${index}`, size_bytes: index };
  }
  const file = join(folder, 'many.parquet');
  const stats = await writeParquet(file, resultsTable.columns, many());
  expect(stats).toMatchObject({ numRecords: 5000, minValues: { size_bytes: 0 }, maxValues: { size_bytes: 4999 } });
  const back = await readParquet(file, ['size_bytes']);
  expect(back.every((one, index) => one.size_bytes === index)).toBe(true);
});

test('parquet: pages are of version 1 and compressed by snappy, timestamps are adjusted to UTC', async () => {
  const { parquetMetadata } = await import('hyparquet');
  const { readFile } = await import('node:fs/promises');
  const file = join(folder, 'meta.parquet');
  await writeParquet(file, COLUMNS, [{ text: 'a', at: '2026-11-23T10:00:00Z', day: '2026-11-23' }]);
  const bytes = await readFile(file);
  const metadata = parquetMetadata(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
  expect(metadata.version).toBe(1);
  for (const chunk of metadata.row_groups[0]!.columns) expect(chunk.meta_data?.codec).toBe('SNAPPY');
  const at = metadata.schema.find((element) => element.name === 'at');
  expect(at).toMatchObject({
    type: 'INT64',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  });
});
