// Tables of other engines. Small ones are put together here, file by file; those of real engines lie in shared/data/cases/engines.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readForeignTable } from '../../../../shared/lake/delta/foreign/foreign-table.ts';
import { sqlText, withConnection } from '../../../../shared/lake/duckdb.ts';
import { FileCache } from '../../../../shared/lake/file-cache.ts';
import { MemoryLake } from '../../../fakes/memory-lake.ts';
import { bitmap, encodeZ85, inline, vectorFile } from './vector-bytes.ts';

const ENGINES = join(import.meta.dirname, '../../../../../shared/data/cases/engines/delta');
const folder = await mkdtemp(join(tmpdir(), 'sluice-foreign-'));
afterAll(async () => await rm(folder, { recursive: true, force: true }));
let unique = 0;

/** The rows of a select as a Parquet file. */
async function parquet(select: string, options = ''): Promise<Buffer> {
  const path = join(folder, `${unique++}.parquet`);
  await withConnection((connection) =>
    connection.run(`COPY (${select}) TO ${sqlText(path)} (FORMAT parquet${options})`),
  );
  return await readFile(path);
}

type Field = { name: string; type: unknown; metadata?: Record<string, unknown> };
const metaData = (fields: Field[], more: object = {}) => ({
  metaData: {
    id: 'x',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({
      type: 'struct',
      fields: fields.map((f) => ({ nullable: true, metadata: {}, ...f })),
    }),
    partitionColumns: [],
    configuration: {},
    ...more,
  },
});
const protocol = (...readerFeatures: string[]) => ({
  protocol:
    readerFeatures.length === 0
      ? { minReaderVersion: 1, minWriterVersion: 2 }
      : { minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures: readerFeatures },
});
const add = (path: string, more: object = {}) => ({
  add: { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true, ...more },
});
const TEXT_LABEL: Field[] = [
  { name: 'text', type: 'string' },
  { name: 'label', type: 'string' },
];
const log = (version: number) => `t/_delta_log/${String(version).padStart(20, '0')}`;

async function table(commits: object[][], files: Record<string, Buffer>, from = 0): Promise<MemoryLake> {
  const lake = new MemoryLake();
  for (const [path, bytes] of Object.entries(files)) await lake.write(`t/${path}`, bytes);
  for (const [i, actions] of commits.entries())
    await lake.write(`${log(from + i)}.json`, actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
  return lake;
}

const rowsOf = async (lake: MemoryLake, columns = ['text', 'label']) => {
  // a cache of its own: the same names stand for other contents here
  const cache = new FileCache(join(folder, `c${unique++}`));
  const rows: unknown[][] = [];
  for await (const row of readForeignTable(lake, 't', columns, cache)) rows.push(columns.map((name) => row[name]));
  return rows;
};
const abc = () => parquet("SELECT * FROM (VALUES ('a', 'x'), ('b', 'y'), ('c', 'x')) AS v(text, label)");

describe('what a table says of its rows', () => {
  test('only the types of the columns asked for matter', async () => {
    const fields = [
      ...TEXT_LABEL,
      { name: 'amount', type: 'decimal(10,2)' },
      { name: 'tags', type: { type: 'array', elementType: 'string', containsNull: true } },
      { name: 'raw', type: 'binary' },
      { name: 'any', type: 'variant' },
      { name: 'at', type: 'timestamp_ntz' },
      { name: 'day', type: 'date' },
    ];
    const file = await parquet(
      "SELECT 'a' AS text, 'x' AS label, 12.50::DECIMAL(10,2) AS amount, ['k'] AS tags, 'q'::BLOB AS raw, TIMESTAMP '2026-01-02 03:04:05' AS at, DATE '2026-01-02' AS day",
    );
    const lake = await table([[protocol('timestampNtz', 'variantType'), metaData(fields), add('f.parquet')]], {
      'f.parquet': file,
    });
    expect(await rowsOf(lake)).toEqual([['a', 'x']]);
    expect(await rowsOf(lake, ['text', 'amount', 'at', 'day'])).toEqual([
      ['a', '12.50', '2026-01-02 03:04:05', '2026-01-02'],
    ]);
    for (const [column, kind] of [
      ['tags', 'array'],
      ['raw', 'binary'],
      ['any', 'variant'],
    ] as const)
      await expect(rowsOf(lake, [column])).rejects.toMatchObject({
        code: 'lake.unsupported-table',
        message: expect.stringMatching(`${column}.*${kind}`),
      });
    await expect(rowsOf(lake, ['nothing'])).rejects.toMatchObject({ code: 'request.invalid', message: /text, label/ });
  });

  test('texts that the writer did not mark as UTF-8 are read as they are', async () => {
    const file = await parquet("SELECT encode('Größe') AS text, encode('x') AS label");
    const lake = await table([[protocol(), metaData(TEXT_LABEL), add('f.parquet')]], { 'f.parquet': file });
    expect(await rowsOf(lake)).toEqual([['Größe', 'x']]);
  });

  test('a table that replaced another one of the same name and files is read, not what the cache has of the first', async () => {
    const cache = new FileCache(join(folder, `c${unique++}`));
    for (const [text, size] of [
      ['first', 1],
      ['second', 2],
    ] as const) {
      const file = await parquet(`SELECT '${text}' AS text, 'x' AS label`);
      const entry = { add: { ...add('f.parquet').add, size } };
      const lake = await table([[protocol(), metaData(TEXT_LABEL), entry]], { 'f.parquet': file });
      const rows: unknown[] = [];
      for await (const row of readForeignTable(lake, 't', ['text'], cache)) rows.push(row.text);
      expect(rows).toEqual([text]);
    }
  });

  test('deleted rows are left out: in the log, in a file, after a second deletion, after a restore', async () => {
    const uuid = Buffer.from('d2c639aa8816431aaaf6d3fe2512ff61', 'hex');
    const bytes = bitmap([2]);
    const { file, offsets } = vectorFile([bytes]);
    const stored = {
      storageType: 'u',
      pathOrInlineDv: encodeZ85(uuid),
      offset: offsets[0],
      sizeInBytes: bytes.length,
      cardinality: 1,
    };
    const files = {
      'f.parquet': await abc(),
      'g.parquet': await abc(),
      'deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin': file,
    };
    const first = inline([0]);
    const base = [
      protocol('deletionVectors'),
      metaData(TEXT_LABEL),
      add('f.parquet', { deletionVector: first }),
      add('g.parquet'),
    ];
    const second = [
      { remove: { path: 'g.parquet', dataChange: true } },
      add('g.parquet', { deletionVector: stored }),
      add('f.parquet', { deletionVector: inline([0, 1]) }),
      { remove: { path: 'f.parquet', dataChange: true, deletionVector: first } },
    ];
    expect((await rowsOf(await table([base], files))).map(([text]) => text)).toEqual(['b', 'c', 'a', 'b', 'c']);
    expect((await rowsOf(await table([base, second], files))).map(([text]) => text).sort()).toEqual(['a', 'b', 'c']);
  });

  test('vectors in files of their own are fetched together with the data: once each, and not one after the other', async () => {
    const count = 40;
    const [bytes, data] = [bitmap([1]), await abc()];
    const { file, offsets } = vectorFile([bytes]);
    const files: Record<string, Buffer> = {};
    const adds = Array.from({ length: count }, (_, i) => {
      const uuid = Buffer.alloc(16);
      uuid.writeUInt32BE(i + 1);
      const hex = uuid.toString('hex');
      const name = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
      files[`deletion_vector_${name}.bin`] = file;
      files[`f${i}.parquet`] = data;
      const vector = { pathOrInlineDv: encodeZ85(uuid), offset: offsets[0], sizeInBytes: bytes.length, cardinality: 1 };
      return add(`f${i}.parquet`, { deletionVector: { storageType: 'u', ...vector } });
    });
    const lake = await table([[protocol('deletionVectors'), metaData(TEXT_LABEL), ...adds]], files);
    const reads: string[] = [];
    let [open, most] = [0, 0];
    const download = lake.download.bind(lake);
    lake.download = async (path, file) => {
      reads.push(path);
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      return await download(path, file).finally(() => open--);
    };
    expect(await rowsOf(lake)).toHaveLength(2 * count);
    const vectors = reads.filter((path) => path.endsWith('.bin'));
    expect([vectors.length, new Set(vectors).size]).toEqual([count, count]);
    expect(most).toBeGreaterThan(1);
  });

  test('column mapping: by name and by field id, partition columns too', async () => {
    const fields = TEXT_LABEL.map((field, i) => ({
      ...field,
      metadata: { 'delta.columnMapping.id': i + 1, 'delta.columnMapping.physicalName': `col-${i}` },
    }));
    const named = await parquet(`SELECT 'a' AS "col-0", 'x' AS "col-1"`);
    const configuration = { 'delta.columnMapping.mode': 'name' };
    const reader2 = { protocol: { minReaderVersion: 2, minWriterVersion: 5 } };
    const byName = await table([[reader2, metaData(fields, { configuration }), add('f.parquet')]], {
      'f.parquet': named,
    });
    expect(await rowsOf(byName)).toEqual([['a', 'x']]);
    const byId = await parquet("SELECT 'a' AS t, 'x' AS l", ', FIELD_IDS {t: 1, l: 2}');
    const swapped = await parquet(`SELECT 'y' AS "col-0", 'b' AS "col-1"`, `, FIELD_IDS {'col-0': 2, 'col-1': 1}`);
    const ids = { configuration: { 'delta.columnMapping.mode': 'id' } };
    const lake = await table([[protocol('columnMapping'), metaData(fields, ids), add('f.parquet'), add('g.parquet')]], {
      'f.parquet': byId,
      'g.parquet': swapped,
    });
    expect(await rowsOf(lake)).toEqual([
      ['a', 'x'],
      ['b', 'y'],
    ]);
    const parted = metaData(fields, { configuration, partitionColumns: ['label'] });
    const values = { partitionValues: { 'col-1': '50% Ü/x' } };
    const partition = await table(
      [[reader2, parted, add('f.parquet', values), add('g.parquet', { partitionValues: { 'col-1': null } })]],
      {
        'f.parquet': await parquet(`SELECT 'a' AS "col-0"`),
        'g.parquet': await parquet(`SELECT 'b' AS "col-0"`),
      },
    );
    expect(await rowsOf(partition)).toEqual([
      ['a', '50% Ü/x'],
      ['b', null],
    ]);
  });

  test('a column that became wider, and one that older files lack', async () => {
    const fields = [...TEXT_LABEL.slice(0, 1), { name: 'label', type: 'long' }];
    const lake = await table(
      [[protocol('typeWidening'), metaData(fields), add('f.parquet'), add('g.parquet'), add('h.parquet')]],
      {
        'f.parquet': await parquet("SELECT 'a' AS text, 7::SMALLINT AS label"),
        'g.parquet': await parquet("SELECT 'b' AS text, 5000000000::BIGINT AS label"),
        'h.parquet': await parquet("SELECT 'c' AS text"),
      },
    );
    expect(await rowsOf(lake)).toEqual([
      ['a', 7],
      ['b', 5_000_000_000],
      ['c', null],
    ]);
  });

  test.each(['catalogManaged', 'someFuture-preview'])(
    'the feature %s is refused by name, with what to do',
    async (feature) => {
      const lake = await table([[protocol('deletionVectors', feature), metaData(TEXT_LABEL)]], {});
      await expect(rowsOf(lake)).rejects.toMatchObject({
        code: 'lake.unsupported-table',
        message: expect.stringMatching(`${feature}.*DROP FEATURE`),
      });
    },
  );
});

describe('checkpoints', () => {
  const ADD =
    'STRUCT(path VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), size BIGINT, "modificationTime" BIGINT, "dataChange" BOOLEAN)';
  const META = `STRUCT(id VARCHAR, "schemaString" VARCHAR, "partitionColumns" VARCHAR[], configuration MAP(VARCHAR, VARCHAR))`;
  const PROTOCOL = 'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER, "readerFeatures" VARCHAR[])';
  const schema = metaData(TEXT_LABEL).metaData.schemaString;
  const addRow = (path: string) =>
    `SELECT {path: '${path}', "partitionValues": MAP {}, size: 1, "modificationTime": 0, "dataChange": false}::${ADD} AS add`;
  const metaRow = `SELECT {id: 'x', "schemaString": ${sqlText(schema)}, "partitionColumns": [], configuration: MAP {}}::${META} AS "metaData"`;
  const protocolRow = (features: string) =>
    `SELECT {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ${features}}::${PROTOCOL} AS protocol`;
  const union = (...rows: string[]) => parquet(rows.join(' UNION ALL BY NAME '));
  const next = [add('h.parquet')];
  const files = async () => ({ 'f.parquet': await abc(), 'g.parquet': await abc(), 'h.parquet': await abc() });

  test('of several parts, when all are there', async () => {
    const lake = await table([next], await files(), 11);
    const part = (i: number) => `${log(10)}.checkpoint.000000000${i}.0000000002.parquet`;
    await lake.write(part(1), await union(protocolRow("['deletionVectors']"), metaRow, addRow('f.parquet')));
    await expect(rowsOf(lake)).rejects.toMatchObject({ code: 'lake.corrupt-table', message: /version 0/ });
    await lake.write(part(2), await union(addRow('g.parquet')));
    expect(await rowsOf(lake)).toHaveLength(9);
  });

  test.each(['json', 'parquet'])('of version 2 with sidecars, as %s', async (ending) => {
    const lake = await table([next], await files(), 11);
    await lake.write('t/_delta_log/_sidecars/s1.parquet', await union(addRow('f.parquet'), addRow('g.parquet')));
    const path = `${log(10)}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.${ending}`;
    const actions = [
      protocol('v2Checkpoint'),
      metaData(TEXT_LABEL),
      { sidecar: { path: 's1.parquet', sizeInBytes: 1 } },
    ];
    await lake.write(
      path,
      ending === 'json'
        ? actions.map((action) => JSON.stringify(action)).join('\n')
        : await union(
            protocolRow("['v2Checkpoint']"),
            metaRow,
            `SELECT {path: 's1.parquet', "sizeInBytes": 1} AS sidecar`,
          ),
    );
    expect(await rowsOf(lake)).toHaveLength(9);
  });

  test('a gap in the log is an error', async () => {
    const lake = await table([[protocol(), metaData(TEXT_LABEL)]], {});
    await lake.write(`${log(2)}.json`, '');
    await expect(rowsOf(lake)).rejects.toMatchObject({ code: 'lake.corrupt-table', message: /version 1/ });
  });
});

describe.skipIf(!existsSync(ENGINES))('tables of delta-rs and Spark (skipped: ../shared/data/cases is absent)', () => {
  test.each([
    ['decimal', 36],
    ['dv', 18],
    ['partitioned', 36],
  ])('%s: %i rows', async (name, count) => {
    const lake = new MemoryLake();
    const root = join(ENGINES, name);
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      await lake.write(`t/${relative(root, path).split(sep).join('/')}`, await readFile(path));
    }
    const rows = await rowsOf(lake);
    expect(rows).toHaveLength(count);
    expect(rows.every(([text, label]) => typeof text === 'string' && typeof label === 'string')).toBe(true);
  });
});
