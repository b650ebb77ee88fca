// StateTable in memory: compare-and-swap with fresh ETags, values copied as a network would.
import type { StateTable } from '../../shared/ports.ts';

export class MemoryStateTable implements StateTable {
  /** Calls so far, to assert what a design costs. */
  operations = 0;
  readonly #records = new Map<string, { text: string; etag: string }>();
  #sequence = 0;

  async get(key: string): Promise<{ value: unknown; etag: string } | undefined> {
    this.operations++;
    const record = this.#records.get(key);
    return record === undefined ? undefined : { value: JSON.parse(record.text), etag: record.etag };
  }

  async compareAndSwap(key: string, expected: string | null, value: unknown): Promise<string | undefined> {
    this.operations++;
    if ((this.#records.get(key)?.etag ?? null) !== expected) return undefined;
    const etag = `"${++this.#sequence}"`;
    this.#records.set(key, { text: JSON.stringify(value), etag });
    return etag;
  }

  async delete(key: string): Promise<void> {
    this.operations++;
    this.#records.delete(key);
  }
}
