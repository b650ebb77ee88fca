// Records with compare-and-swap in Table storage: LLM quota, counters. One entity per key, each in a partition of its own.
// Invariants: T1 a swap succeeds only if the entity still has the ETag the caller saw (or is absent). T2 a swap that storage did although its
// reply was lost counts as done: every write carries an id, and a refusal is checked against it.
import { randomUUID } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { RetryableError, TerminalError } from '../errors.ts';
import { DEFAULT_TRY_SECONDS } from '../lake/storage-connection.ts';
import type { StateTable } from '../ports.ts';

/** How to reach the account: emulators by connection string, Azure by identity. */
export type TableConnection =
  | { kind: 'connection-string'; connectionString: string }
  | { kind: 'identity'; tableUrl: string; credential: TokenCredential };

const ROW_KEY = 'state';
const MAX_VALUE_CHARS = 32 * 1024; // a string property holds 64 KiB of UTF-16

interface StateEntity {
  partitionKey: string;
  rowKey: string;
  value: string;
  writeId: string;
}

/** Open a table; it is created on first use, and the SDK is loaded with the first call. */
export function openStateTable(
  connection: TableConnection,
  tableName: string,
  tryTimeoutMs: number = DEFAULT_TRY_SECONDS * 1000,
): StateTable {
  return new AzureStateTable(async () => {
    const { TableClient: Client } = await import('@azure/data-tables');
    const options = { httpClient: (await import('../lake/storage-http.ts')).storageHttpClient(tryTimeoutMs) };
    return connection.kind === 'identity'
      ? new Client(connection.tableUrl, tableName, connection.credential, options)
      : Client.fromConnectionString(connection.connectionString, tableName, {
          ...options,
          allowInsecureConnection: true, // emulators speak http on the loopback
        });
  });
}

class AzureStateTable implements StateTable {
  readonly #open: () => Promise<TableClient>;
  #opened: Promise<TableClient> | undefined;
  #ready: Promise<void> | undefined;

  /** @param open  called once, by the first call to storage */
  constructor(open: () => Promise<TableClient>) {
    this.#open = open;
  }

  #client(): Promise<TableClient> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async get(key: string): Promise<{ value: unknown; etag: string } | undefined> {
    const entity = await this.#find(key);
    return entity === undefined ? undefined : { value: JSON.parse(entity.value), etag: entity.etag };
  }

  async compareAndSwap(key: string, expected: string | null, value: unknown): Promise<string | undefined> {
    const text = JSON.stringify(value);
    if (text === undefined || text.length > MAX_VALUE_CHARS) {
      throw new TerminalError('internal', `State of ${text?.length} characters; at most ${MAX_VALUE_CHARS} fit`, {
        ids: { key },
      });
    }
    const entity: StateEntity = { partitionKey: partitionOf(key), rowKey: ROW_KEY, value: text, writeId: randomUUID() };
    return await this.#run(key, async () => {
      try {
        const reply =
          expected === null
            ? await (await this.#client()).createEntity(entity)
            : await (await this.#client()).updateEntity(entity, 'Replace', { etag: expected });
        return reply.etag;
      } catch (error) {
        if (![404, 409, 412].includes(statusOf(error) ?? 0)) throw error;
        const present = await this.#find(key);
        return present?.writeId === entity.writeId ? present.etag : undefined; // T2
      }
    });
  }

  async delete(key: string): Promise<void> {
    await this.#run(key, async () => {
      try {
        await (await this.#client()).deleteEntity(partitionOf(key), ROW_KEY);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    });
  }

  async #find(key: string): Promise<(StateEntity & { etag: string }) | undefined> {
    return await this.#run(key, async () => {
      try {
        return await (await this.#client()).getEntity<StateEntity>(partitionOf(key), ROW_KEY);
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });
  }

  async #run<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      this.#ready ??= this.#client().then((client) => client.createTable());
      await this.#ready;
      return await work();
    } catch (error) {
      this.#ready = undefined;
      throw toLakeError(error, key);
    }
  }
}

/** Keys hold any text; `/ \ # ? %` and control characters are not allowed in an entity's key, so all but a safe set is escaped. */
function partitionOf(key: string): string {
  return key.replace(/[^A-Za-z0-9._:-]/gu, (char) =>
    [...Buffer.from(char, 'utf8')].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function toLakeError(error: unknown, key: string): unknown {
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    return new TerminalError('lake.forbidden', 'Table storage refused access', { ids: { key }, cause: error });
  }
  const code = (error as { code?: unknown } | null)?.code;
  const isNetwork = status === undefined && typeof code === 'string' && /^(E[A-Z]+|REQUEST_SEND_ERROR)$/.test(code);
  if (isNetwork || status === 408 || status === 429 || (status !== undefined && status >= 500)) {
    return new RetryableError('lake.unavailable', 'Table storage did not answer', { ids: { key }, cause: error });
  }
  return error;
}
