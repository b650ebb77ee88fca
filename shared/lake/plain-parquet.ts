// Rows → a local Parquet file without compression and statistics: how rows get into DuckDB, which writes what the lake keeps.
// A call per cell into DuckDB's appender took most of the time of an append; a file of plain values is written by this process alone.
// Invariants: F1 memory is bounded: a row group is written as soon as it has 2,048 rows or 4 MB; values wait for 128 rows or 256 kB of texts. F2 statistics are those of the values written:
// exact or absent, texts in UTF-8 order.
// Format: https://github.com/apache/parquet-format (data page V1, every column optional; PLAIN, or RLE_DICTIONARY for texts that repeat).
import { type FileHandle, open } from 'node:fs/promises';
import { type Cells, type CellsPage, PAGE_ROWS } from './cells.ts';
import { cells } from './plain-cells.ts';
import type { Column, ColumnType, Row } from './tables.ts';
import { ThriftWriter } from './thrift-writer.ts';

/** What is known of rows; values in the form rows have, timestamps as ISO text with all digits. */
export interface RowStats {
  numRecords: number;
  /** Absent for columns without values, boolean columns, and doubles with NaN or infinities. */
  minValues: Readonly<Record<string, string | number>>;
  maxValues: Readonly<Record<string, string | number>>;
  nullCount: Readonly<Record<string, number>>;
}

const GROUP_BYTES = 4 * 1024 * 1024;
const BLOCK_ROWS = 128;
const BLOCK_CHARS = 256 * 1024;
const MAGIC = Buffer.from('PAR1');

// parquet.thrift
const OPTIONAL = 1;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;
const UNCOMPRESSED = 0;
const PHYSICAL: Readonly<Record<ColumnType, number>> = {
  boolean: 0,
  integer: 1,
  date: 1,
  long: 2,
  timestamp: 2,
  double: 5,
  string: 6,
};
const CONVERTED: Readonly<Partial<Record<ColumnType, number>>> = { string: 0, date: 6, timestamp: 10 };

interface Chunk {
  offset: number;
  /** Of the data page, where a dictionary stands before it. */
  dataOffset: number;
  sizeBytes: number;
}

interface RowGroup {
  rows: number;
  chunks: Chunk[];
}

/** A file that rows are added to, one by one. The caller looks at `isFull` after each and flushes. */
export class PlainParquetFile {
  readonly path: string;
  readonly #columns: readonly Column[];
  readonly #cells: readonly Cells[];
  readonly #cellsOf: ReadonlyMap<string, Cells>;
  /** Names of the last row in its order, and their columns: the next one mostly has the same. */
  readonly #names: string[] = [];
  readonly #order: (Cells | undefined)[] = [];
  readonly #groups: RowGroup[] = [];
  #file: FileHandle | undefined;
  #offset = MAGIC.length;
  #rows = 0;
  #groupRows = 0;
  #blockRows = 0;
  #blockChars = 0;
  /** Of the values written, and of those in the groups that ended. */
  #bytes = 0;
  #groupsBytes = 0;

  /** Nothing is created before the first flush. */
  constructor(path: string, columns: readonly Column[]) {
    this.path = path;
    this.#columns = columns;
    this.#cells = columns.map(cells);
    this.#cellsOf = new Map(columns.map(({ name }, index) => [name, this.#cells[index]!]));
  }

  get rows(): number {
    return this.#rows;
  }

  /** Of all values added so far; of the last rows it is about what they weigh, until they are flushed. */
  get bytes(): number {
    return this.#bytes + this.#blockChars;
  }

  get isFull(): boolean {
    return this.#groupRows >= PAGE_ROWS || this.bytes - this.#groupsBytes >= GROUP_BYTES;
  }

  /** @throws {TerminalError} internal when a value of this or an earlier row does not fit its column */
  add(row: Row): void {
    let at = 0;
    for (const name in row) {
      if (this.#names[at] !== name) {
        this.#names[at] = name;
        this.#order[at] = this.#cellsOf.get(name);
      }
      const value = row[name];
      this.#order[at++]?.set(this.#groupRows, value);
      if (typeof value === 'string') this.#blockChars += value.length;
    }
    this.#rows++;
    this.#groupRows++;
    if (++this.#blockRows >= BLOCK_ROWS || this.#blockChars >= BLOCK_CHARS) this.#endBlock();
  }

  /** Write the rows added since the last time as a row group (F1). */
  async flush(): Promise<void> {
    if (this.#groupRows === 0) return;
    this.#endBlock();
    const parts: Uint8Array[] = [];
    const chunks = this.#cells.map((column) => this.#chunk(column.page(this.#groupRows), parts));
    this.#groups.push({ rows: this.#groupRows, chunks });
    await this.#write(parts);
    this.#groupRows = 0;
    this.#groupsBytes = this.#bytes;
    for (const column of this.#cells) column.clear();
  }

  /** Write what is left and close the file. */
  async end(): Promise<RowStats> {
    await this.flush();
    const footer = fileMetadata(this.#columns, this.#groups, this.#rows);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    await this.#write([footer, length, MAGIC]);
    await this.close();
    return this.#stats();
  }

  /** Close the file, whole or not. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    const isNew = this.#file === undefined;
    this.#file ??= await open(this.path, 'w');
    const all = isNew ? [MAGIC, ...parts] : parts;
    const { bytesWritten } = await this.#file.writev(all);
    // A disk that is nearly full takes a part without an error; the rest has it.
    const rest = Buffer.concat(bytesWritten < sizeOf(all) ? all : []).subarray(bytesWritten);
    if (rest.length > 0) await this.#file.writeFile(rest);
  }

  #endBlock(): void {
    for (const column of this.#cells) column.write();
    this.#bytes = this.#cells.reduce((sum, { weight }) => sum + weight, 0);
    this.#blockRows = 0;
    this.#blockChars = 0;
  }

  #chunk({ levels, values, dictionary }: CellsPage, parts: Uint8Array[]): Chunk {
    const offset = this.#offset;
    const put = (...more: Uint8Array[]) => {
      parts.push(...more);
      this.#offset += sizeOf(more);
    };
    if (dictionary !== undefined) put(dictionaryHeader(dictionary.count, dictionary.bytes.length), dictionary.bytes);
    const dataOffset = this.#offset;
    const encoding = dictionary === undefined ? PLAIN : RLE_DICTIONARY;
    put(pageHeader(this.#groupRows, levels.length + values.length, encoding), levels, values);
    return { offset, dataOffset, sizeBytes: this.#offset - offset };
  }

  #stats(): RowStats {
    const minValues: Record<string, string | number> = {};
    const maxValues: Record<string, string | number> = {};
    const nullCount: Record<string, number> = {};
    for (const [index, { name }] of this.#columns.entries()) {
      const column = this.#cells[index]!;
      nullCount[name] = this.#rows - column.present;
      const bounds = column.bounds();
      if (bounds === undefined) continue;
      minValues[name] = bounds.min;
      maxValues[name] = bounds.max;
    }
    return { numRecords: this.#rows, minValues, maxValues, nullCount };
  }
}

const sizeOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

function pageHeader(rows: number, sizeBytes: number, encoding: number): Uint8Array {
  const thrift = new ThriftWriter();
  thrift.int(1, DATA_PAGE).int(2, sizeBytes).int(3, sizeBytes);
  thrift.struct(5, () => thrift.int(1, rows).int(2, encoding).int(3, RLE).int(4, RLE));
  return thrift.end();
}

function dictionaryHeader(count: number, sizeBytes: number): Uint8Array {
  const thrift = new ThriftWriter();
  thrift.int(1, DICTIONARY_PAGE).int(2, sizeBytes).int(3, sizeBytes);
  thrift.struct(7, () => thrift.int(1, count).int(2, PLAIN));
  return thrift.end();
}

function fileMetadata(columns: readonly Column[], groups: readonly RowGroup[], rows: number): Uint8Array {
  const thrift = new ThriftWriter();
  thrift.int(1, 1); // version
  thrift.structs(2, [undefined, ...columns], (column) => {
    if (column === undefined) return thrift.text(4, 'schema').int(5, columns.length);
    thrift.int(1, PHYSICAL[column.type]).int(3, OPTIONAL).text(4, column.name);
    const converted = CONVERTED[column.type];
    if (converted !== undefined) thrift.int(6, converted);
    // LogicalType.TIMESTAMP, adjusted to UTC, in TimeUnit.MICROS
    if (column.type === 'timestamp')
      thrift.struct(10, () => thrift.struct(8, () => thrift.yes(1).struct(2, () => thrift.struct(2, () => thrift))));
    return thrift;
  });
  thrift.long(3, rows);
  thrift.structs(4, groups, (group) => {
    thrift.structs(1, group.chunks, ({ offset, dataOffset, sizeBytes }, index) => {
      const { type, name } = columns[index]!;
      const hasDictionary = dataOffset > offset;
      const encodings = hasDictionary ? [PLAIN, RLE, RLE_DICTIONARY] : [PLAIN, RLE];
      return thrift.long(2, offset).struct(3, () => {
        thrift.int(1, PHYSICAL[type]).ints(2, encodings).texts(3, [name]).int(4, UNCOMPRESSED);
        thrift.long(5, group.rows).long(6, sizeBytes).long(7, sizeBytes).long(9, dataOffset);
        return hasDictionary ? thrift.long(11, offset) : thrift;
      });
    });
    const sizeBytes = group.chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
    return thrift.long(2, sizeBytes).long(3, group.rows);
  });
  return thrift.end();
}
