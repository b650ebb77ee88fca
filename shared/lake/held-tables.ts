// Lists of numbers that statements may name as a table, in the database for as long as they are read, and some of them for the next question.
// Invariant: H1 a table that somebody reads is never dropped; of the others the MAX_HELD used last stay.
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlName } from './duckdb.ts';

/** Numbers that statements may name as a table, with one column `n`. */
export interface HeldNumbers {
  /** One name stands for one content for ever. */
  name: string;
  numbers: BigUint64Array;
}

/** 8 bytes a number. */
const MAX_HELD = 6;

/** Of one database. Whoever holds does so alone: two at a time would make the same table. */
export class HeldTables {
  /** How many read each now; the one used last at the end. */
  readonly #uses = new Map<string, number>();

  async hold(connection: DuckDBConnection, { name, numbers }: HeldNumbers): Promise<void> {
    const uses = this.#uses.get(name);
    if (uses !== undefined) {
      this.#uses.delete(name);
      this.#uses.set(name, uses + 1);
      return;
    }
    await connection.run(`CREATE OR REPLACE TABLE ${sqlName(name)} (n UBIGINT)`);
    const appender = await connection.createAppender(name);
    for (const number of numbers) {
      appender.appendUBigInt(number);
      appender.endRow();
    }
    appender.closeSync();
    this.#uses.set(name, 1);
    for (const [other, usesNow] of this.#uses) {
      if (this.#uses.size <= MAX_HELD) return;
      if (usesNow > 0) continue;
      await connection.run(`DROP TABLE IF EXISTS ${sqlName(other)}`);
      this.#uses.delete(other);
    }
  }

  /** After each hold(). */
  release({ name }: HeldNumbers): void {
    const uses = this.#uses.get(name);
    if (uses !== undefined) this.#uses.set(name, uses - 1); // it is not there when all were cleared meanwhile
  }

  /** The database is gone. */
  clear(): void {
    this.#uses.clear();
  }
}
