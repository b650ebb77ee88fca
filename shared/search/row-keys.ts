// Of each row of the results what search must know of it, read once for each data file and held while the table has the file.
// Invariants: K1 33 bytes a row; what is read follows from the file alone, so it is never read again. K2 more rows than a quarter of the memory has room for
// are refused.
import { totalmem } from 'node:os';
import { TerminalError } from '../errors.ts';
import { sqlRelation } from '../lake/delta/read.ts';
import type { DeltaTable } from '../lake/delta/table.ts';
import { loadDuckDb, withConnection } from '../lake/duckdb.ts';
import { DOCUMENT_KEY, HAS_TEXT, REASON_KEY, SEARCHED, TEXT_KEY } from './mark-keys.ts';

/** Rows of one data file, by their place in it. */
export interface FileRows {
  /** [4 * rows]: low and high half of the key of the text, then of the reasons. */
  keys: Uint32Array;
  documentKeys: Float64Array;
  /** Microseconds since the epoch. */
  decidedAt: Float64Array;
  /** Bits. */
  flags: Uint8Array;
}

export const IS_SEARCHED = 1;
export const HAS_OWN_TEXT = 2;

/** Of a row that counts, with its two entries, places and a question's scores: the arrays together have 92. */
const BYTES_PER_ROW = 100;

/** Rows that this machine, or the part of it that is ours, has room for. */
function rowsThatFit(): number {
  const ours = process.constrainedMemory();
  return Math.floor(Math.min(totalmem(), ours > 0 ? ours : totalmem()) / 4 / BYTES_PER_ROW);
}

/** Files that are read by one statement. */
const FILES_AT_ONCE = 200;
const COLUMNS = ['document_id', 'run_id', 'processed_at', 'content_sha256', 'source_etag', 'chars', 'failure_code'];

export class RowKeys {
  readonly #results: DeltaTable;
  readonly #maxRows: number;
  #files = new Map<string, FileRows>();

  constructor(results: DeltaTable, maxRows: number = rowsThatFit()) {
    this.#results = results;
    this.#maxRows = maxRows;
  }

  /**
   * Rows of files, in their order.
   * @param paths  in the lake
   * @param options.areAll  they are those of the table now: others are forgotten
   * @throws {TerminalError} search.too-large (K2)
   */
  async take(paths: readonly string[], { areAll }: { areAll: boolean }): Promise<FileRows[]> {
    const missing = paths.filter((path) => !this.#files.has(path));
    let rows = paths.reduce((sum, path) => sum + (this.#files.get(path)?.flags.length ?? 0), 0);
    for (let from = 0; from < missing.length; from += FILES_AT_ONCE) {
      const some = missing.slice(from, from + FILES_AT_ONCE);
      await this.#read(some);
      rows += some.reduce((sum, path) => sum + (this.#files.get(path)?.flags.length ?? 0), 0);
      if (rows > this.#maxRows) {
        this.#files.clear();
        const more = `more than the ${this.#maxRows} that this machine's memory has room for`;
        throw new TerminalError('search.too-large', `The results have ${rows} decisions or more, ${more}`);
      }
    }
    const files = paths.map((path) => this.#files.get(path) ?? new Growing().end());
    if (areAll) this.#files = new Map(paths.map((path, i) => [path, files[i] ?? new Growing().end()]));
    return files;
  }

  async #read(paths: readonly string[]): Promise<void> {
    const { cache, store, schema } = this.#results;
    const local = await cache.fetch(store, paths);
    const columns = schema.columns.filter(({ name }) => COLUMNS.includes(name));
    const files = paths.map((path) => ({ path, partitionValues: {} }));
    const relation = sqlRelation(columns, [], files, local, [...files.keys()]);
    const found = paths.map(() => new Growing());
    await withConnection(async (connection) => {
      const result = await connection.stream(
        `SELECT file_no, row_no, ${TEXT_KEY}, ${REASON_KEY}, ${DOCUMENT_KEY}, epoch_us(processed_at)::DOUBLE,
          ((${SEARCHED})::UTINYINT * ${IS_SEARCHED} + (${HAS_TEXT})::UTINYINT * ${HAS_OWN_TEXT})::UTINYINT FROM (${relation})`,
      );
      await loadDuckDb();
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      ) {
        const [file, row, text, reason, document, decided, flags] = [0, 1, 2, 3, 4, 5, 6].map((i) =>
          chunk?.getColumnVector(i),
        );
        for (let i = 0; i < chunk.rowCount; i++)
          found[Number(file?.getItem(i))]?.put(Number(row?.getItem(i)), {
            text: text?.getItem(i) as bigint, // UBIGINT, as asked for above
            reason: reason?.getItem(i) as bigint,
            document: Number(document?.getItem(i)),
            decided: Number(decided?.getItem(i)),
            flags: Number(flags?.getItem(i)),
          });
      }
    });
    for (const [i, path] of paths.entries()) this.#files.set(path, found[i]?.end() ?? new Growing().end());
  }
}

/** Rows of a file whose number is known when all have come. */
class Growing {
  #room = 0;
  #rows = 0;
  #keys = new BigUint64Array(0);
  #documentKeys = new Float64Array(0);
  #decidedAt = new Float64Array(0);
  #flags = new Uint8Array(0);

  put(
    row: number,
    {
      text,
      reason,
      document,
      decided,
      flags,
    }: { text: bigint; reason: bigint; document: number; decided: number; flags: number },
  ): void {
    this.#rows = Math.max(this.#rows, row + 1);
    if (row >= this.#room) this.#grow(Math.max(2048, 2 * row));
    this.#keys[2 * row] = text;
    this.#keys[2 * row + 1] = reason;
    this.#documentKeys[row] = document;
    this.#decidedAt[row] = decided;
    this.#flags[row] = flags;
  }

  #grow(room: number): void {
    const grown = <T extends BigUint64Array | Float64Array | Uint8Array>(now: T, size: number): T => {
      const larger = new (now.constructor as new (size: number) => T)(size);
      (larger as Uint8Array).set(now as Uint8Array); // each to its own kind
      return larger;
    };
    this.#room = room;
    this.#keys = grown(this.#keys, 2 * room);
    this.#documentKeys = grown(this.#documentKeys, room);
    this.#decidedAt = grown(this.#decidedAt, room);
    this.#flags = grown(this.#flags, room);
  }

  end(): FileRows {
    return {
      keys: new Uint32Array(this.#keys.slice(0, 2 * this.#rows).buffer),
      documentKeys: this.#documentKeys.slice(0, this.#rows),
      decidedAt: this.#decidedAt.slice(0, this.#rows),
      flags: this.#flags.slice(0, this.#rows),
    };
  }
}
