// A Delta table as another engine writes it: one commit and one file of 100 rows at a time, with deletion vectors in files of their own, or
// without. For the lake benchmark: reading the one must cost little more than reading the other.
// Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Deletion Vectors".
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { sqlText, withConnection } from '../shared/lake/duckdb.ts';
import type { LakeStore } from '../shared/ports.ts';

const ROWS_PER_FILE = 100;
const DELETED = [1, 5, 9, 77];
const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** @returns rows that a reader must find */
export async function writeForeignTable(
  store: LakeStore,
  table: string,
  commits: number,
  hasVectors: boolean,
): Promise<number> {
  const data = await oneFile();
  const vector = bitmap(DELETED);
  const features = hasVectors ? ['deletionVectors'] : [];
  const fields = ['text', 'label'].map((name) => ({ name, type: 'string', nullable: true, metadata: {} }));
  const head = [
    {
      protocol: hasVectors
        ? { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features }
        : { minReaderVersion: 1, minWriterVersion: 2 },
    },
    {
      metaData: {
        id: 'bench',
        format: { provider: 'parquet', options: {} },
        schemaString: JSON.stringify({ type: 'struct', fields }),
        partitionColumns: [],
        configuration: {},
      },
    },
  ];
  for (let version = 0; version < commits; version++) {
    const id = Buffer.alloc(16);
    id.writeUInt32BE(version);
    const hex = id.toString('hex');
    const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    const path = `part-${version}.parquet`;
    const deletionVector = {
      storageType: 'u',
      pathOrInlineDv: z85(id),
      offset: 1,
      sizeInBytes: vector.length,
      cardinality: DELETED.length,
    };
    const add = { path, partitionValues: {}, size: data.length, modificationTime: 0, dataChange: true };
    const actions = [...(version === 0 ? head : []), { add: hasVectors ? { ...add, deletionVector } : add }];
    await store.write(`${table}/${path}`, data);
    if (hasVectors) await store.write(`${table}/deletion_vector_${uuid}.bin`, vectorFile(vector));
    const log = `${table}/_delta_log/${String(version).padStart(20, '0')}.json`;
    await store.write(log, actions.map((action) => JSON.stringify(action)).join('\n'));
  }
  return commits * (ROWS_PER_FILE - (hasVectors ? DELETED.length : 0));
}

async function oneFile(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-foreign-'));
  try {
    const path = join(folder, 'rows.parquet');
    const select = `SELECT 'text number ' || i || ' of a table' AS text, 'l' || (i % 5) AS label FROM range(${ROWS_PER_FILE}) t(i)`;
    await withConnection((connection) => connection.run(`COPY (${select}) TO ${sqlText(path)} (FORMAT parquet)`));
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A Roaring bitmap array with one container, a list. */
function bitmap(rows: readonly number[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeInt32LE(1681511377, 0);
  head.writeBigInt64LE(1n, 4);
  const words = Buffer.from(Uint32Array.of(0, 12346, 1).buffer);
  const list = Buffer.from(Uint16Array.from([0, rows.length - 1]).buffer);
  const offset = Buffer.from(Uint32Array.of(16).buffer);
  return Buffer.concat([head, words, list, offset, Buffer.from(Uint16Array.from(rows).buffer)]);
}

/** Version, size, vector, checksum. */
function vectorFile(vector: Buffer): Buffer {
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeInt32BE(vector.length);
  sum.writeUInt32BE(crc32(vector));
  return Buffer.concat([Buffer.from([1]), size, vector, sum]);
}

function z85(bytes: Buffer): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 4) {
    const value = bytes.readUInt32BE(i);
    for (let power = 4; power >= 0; power--) out += Z85[Math.floor(value / 85 ** power) % 85];
  }
  return out;
}
