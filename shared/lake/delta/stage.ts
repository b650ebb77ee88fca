// Rows → local Parquet files, split by partition values, handed over one by one.
// Invariants: G1 every row is in exactly one file. G2 memory is bounded: rows are taken a batch at a time. G3 local files are gone afterwards.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withTemporaryFolder } from '../../temporary-folder.ts';
import { sqlReadParquet, withConnection } from '../duckdb.ts';
import { type ParquetStats, takeBatches, writeSelection } from '../parquet.ts';
import { writtenDate } from '../plain-cells.ts';
import type { Column, Row, TableSchema } from '../tables.ts';
import { type PartitionValues, partitionValue } from './actions.ts';

/** A local file with rows of one combination of partition values, whose columns it does not hold. */
export interface LocalPart {
  file: string;
  values: PartitionValues;
  stats: ParquetStats;
}

interface CountedPart extends LocalPart {
  bytes: number;
}

/**
 * Write rows as local files and hand each to `publish`, after which it is deleted.
 * @param onePerPartition  true: one file per partition, however many rows; false: one per partition and batch, which is faster
 * @throws {TerminalError} internal when a value does not fit its column or a partition value is missing
 */
export async function stageRows<T>(
  schema: TableSchema,
  rows: Iterable<Row>,
  onePerPartition: boolean,
  publish: (part: LocalPart, index: number) => Promise<T>,
): Promise<T[]> {
  const published: T[] = [];
  const waiting = new Map<string, CountedPart[]>();
  const handOver = async (part: LocalPart) => {
    published.push(await publish(part, published.length));
    await rm(part.file);
  };
  return await withTemporaryFolder(async (folder) => {
    let count = 0;
    await writeParts(
      schema,
      rows,
      () => join(folder, `${count++}.parquet`),
      async (part) => {
        if (!onePerPartition) return await handOver(part);
        const key = JSON.stringify(part.values);
        waiting.set(key, [...(waiting.get(key) ?? []), part]);
      },
    );
    for (const parts of waiting.values())
      await handOver(await merged(schema, parts, join(folder, `${count++}.parquet`)));
    return published;
  });
}

async function writeParts(
  schema: TableSchema,
  rows: Iterable<Row>,
  newFile: () => string,
  take: (part: CountedPart) => Promise<void>,
): Promise<void> {
  const { columns, partitionColumns } = schema;
  const partitions = columns.filter((column) => partitionColumns.includes(column.name));
  const kept = columns.filter((column) => !partitionColumns.includes(column.name));
  await takeBatches(rows, { columns: kept, of: splitBy(partitions), newFile }, async (batch) => {
    const file = newFile();
    const stats = await batch.write(file);
    await take({ file, values: batch.group, stats, bytes: batch.bytes });
  });
}

async function merged(schema: TableSchema, parts: readonly CountedPart[], file: string): Promise<LocalPart> {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const columns = schema.columns.filter((column) => !schema.partitionColumns.includes(column.name));
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const select = `SELECT * FROM ${sqlReadParquet(parts.map((part) => part.file))}`;
  const stats = await withConnection((connection) => writeSelection(connection, select, columns, file, bytes));
  return { file, values: first?.values ?? {}, stats };
}

/** The partition of a row, as the log will hold its values; missing text becomes `__unknown`. Rows of one partition mostly follow each other. */
function splitBy(partitions: readonly Column[]): (row: Row) => { key: string; group: PartitionValues } {
  let last: { key: string; group: PartitionValues } | undefined;
  let lastCells: Row[string][] = [];
  return (row) => {
    const isSame = last !== undefined && partitions.every(({ name }, index) => row[name] === lastCells[index]);
    if (isSame && last !== undefined) return last;
    lastCells = partitions.map(({ name }) => row[name] ?? null);
    const values = partitions.map((column, index) => writtenPartition(column, lastCells[index]));
    const group = Object.fromEntries(partitions.map(({ name }, index) => [name, values[index]!]));
    last = { key: values.join('\n'), group };
    return last;
  };
}

function writtenPartition(column: Column, cell: Row[string] | undefined): string {
  const text = partitionValue(column, cell);
  return column.type === 'date' ? writtenDate(column, text) : text;
}
