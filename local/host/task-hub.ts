// The durable store of the local host: instances, histories, inboxes, work, timers, entities and receipts in one SQLite file.
// Invariants: H1 one process per file: the exclusive lock is the operating system's and dies with the process.
//             H2 every method that changes more than one row runs in one transaction; transaction() may be nested (joins the outer one).
//             H3 a crash loses at most the transaction in progress (WAL, synchronous=NORMAL: a power cut may lose the last few).
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

const SCHEMA_VERSION = 1;
/** https://sqlite.org/rescode.html#full */
const SQLITE_FULL = 13;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS instance(
  id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT, status TEXT NOT NULL,
  input TEXT, output TEXT, custom_status TEXT, parent_id TEXT, parent_execution TEXT, parent_task INTEGER,
  created INTEGER NOT NULL, updated INTEGER NOT NULL,
  turns INTEGER NOT NULL DEFAULT 0, handled_actions INTEGER NOT NULL DEFAULT 0, listed_actions INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS instance_created ON instance(created, id);
CREATE INDEX IF NOT EXISTS instance_status ON instance(status);
CREATE TABLE IF NOT EXISTS history(instance_id TEXT NOT NULL, turn INTEGER NOT NULL, events TEXT NOT NULL, PRIMARY KEY(instance_id, turn)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox(id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_instance ON inbox(instance_id, id);
CREATE TABLE IF NOT EXISTS work(
  id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL,
  kind TEXT NOT NULL, name TEXT NOT NULL, input TEXT, attempts INTEGER NOT NULL DEFAULT 0, lease_until INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS work_instance ON work(instance_id);
CREATE TABLE IF NOT EXISTS timer(instance_id TEXT NOT NULL, task_id INTEGER NOT NULL, execution_id TEXT NOT NULL, fire_at INTEGER NOT NULL,
  PRIMARY KEY(instance_id, task_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timer_due ON timer(fire_at);
CREATE TABLE IF NOT EXISTS entity(id TEXT PRIMARY KEY, present INTEGER NOT NULL DEFAULT 0, state TEXT, locked_by TEXT, updated INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entity_message(id INTEGER PRIMARY KEY AUTOINCREMENT, entity_id TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entity_message_entity ON entity_message(entity_id, id);
CREATE TABLE IF NOT EXISTS blob_receipt(function TEXT NOT NULL, container TEXT NOT NULL, blob TEXT NOT NULL, etag TEXT NOT NULL,
  attempts INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY(function, container, blob)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blob_event(id INTEGER PRIMARY KEY AUTOINCREMENT, function TEXT NOT NULL, container TEXT NOT NULL, blob TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS timer_status(function TEXT PRIMARY KEY, last INTEGER, next INTEGER, updated INTEGER) WITHOUT ROWID;
`;

/** The task hub cannot be used; the message says what to do. */
export class TaskHubError extends Error {
  override readonly name = 'TaskHubError';
}

/** The disk has no room for a change; nothing of it is stored. Whoever made it makes it again after STORE_AGAIN_MS. */
export class HubFullError extends TaskHubError {}

export const STORE_AGAIN_MS = 5000;

export type Row = Record<string, SQLInputValue>;

/** One SQLite file with cached prepared statements. */
export class TaskHub {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;
  #closed = false;

  /**
   * Open or create the file and lock it for this process.
   * @param file   path, or ':memory:'
   * @param patienceMs  how long a process that is about to end, as after its command was killed, may still hold the file
   * @throws {TaskHubError} when another process holds the file, or the file is no task hub of this version
   */
  constructor(file: string, { patienceMs = 0 }: { patienceMs?: number } = {}) {
    this.file = file;
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    try {
      this.#db = new DatabaseSync(file);
      this.#db.exec(`PRAGMA busy_timeout=${patienceMs}`);
      // EXCLUSIVE before the first read: the lock is then taken at once and kept, and no shared-memory file is needed
      this.#db.exec(
        'PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;',
      );
      this.#db.exec('BEGIN EXCLUSIVE; COMMIT;');
    } catch (error) {
      throw new TaskHubError(describeOpenError(file, error), { cause: error });
    }
    const version = Number(this.#db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (version > SCHEMA_VERSION) {
      this.#db.close();
      throw new TaskHubError(
        `Task hub ${file} was written by a newer host (version ${version}, known ${SCHEMA_VERSION}): use that one, or another file.`,
      );
    }
    this.#db.exec(SCHEMA);
    this.#db.exec(`PRAGMA user_version=${SCHEMA_VERSION}`);
  }

  /** Rows of a query. `Row` members are what SQLite stores: text, number or null. */
  all(sql: string, ...parameters: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...parameters) as Row[]; // `as`: node:sqlite types rows as Record<string, SQLOutputValue>
  }

  /** First row, if any. */
  get(sql: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as Row | undefined; // `as`: as above
  }

  /** Run a statement. Returns the number of rows changed and the last row id. */
  run(sql: string, ...parameters: SQLInputValue[]): { changes: number; rowId: number } {
    try {
      const result = this.#prepare(sql).run(...parameters);
      return { changes: Number(result.changes), rowId: Number(result.lastInsertRowid) };
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** Run `body` in one transaction: all or nothing. `body` must be synchronous. */
  transaction<T>(body: () => T): T {
    if (this.#depth > 0) return body();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = body();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself where the disk was full; a second time would hide why.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw this.#named(error);
    } finally {
      this.#depth--;
    }
  }

  #named(error: unknown): unknown {
    if ((error as { errcode?: number }).errcode !== SQLITE_FULL) return error;
    return new HubFullError(`The disk is full: ${this.file} cannot grow. Make room; the host goes on by itself.`);
  }

  /** Keep a value across restarts. */
  remember(key: string, value: string): void {
    this.run('INSERT OR REPLACE INTO setting(key, value) VALUES(?, ?)', key, value);
  }

  /** A setting kept across restarts, created on first use. */
  setting(key: string, create: () => string): string {
    const row = this.get('SELECT value FROM setting WHERE key=?', key);
    if (row) return String(row.value);
    const value = create();
    this.run('INSERT INTO setting(key, value) VALUES(?, ?)', key, value);
    return value;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function describeOpenError(file: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/locked|busy/i.test(text)) {
    return `Task hub ${file} is in use by another host process. Stop that one, or give this one another file (--hub).`;
  }
  if (/not a database/i.test(text))
    return `File ${file} is not a task hub. Name another file (--hub), or move it away.`;
  return `Task hub ${file} cannot be opened: ${text}`;
}
