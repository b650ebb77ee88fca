// Durable entities: one queue per entity, one operation at a time, locks of critical sections.
// Invariants: Y1 operations of one entity never overlap and run in order of arrival. Y2 new state, reply and signals are one transaction
//             with the removal of the message (a crash runs the operation again on the old state).
//             Y3 a locked entity serves only its holder; others wait in the queue.

import type { Clock } from '../../shared/ports.ts';
import type { RegisteredFunction } from './core-api.ts';
import { type EntityMessage, EventKind, entityInstanceId, parseEntityInstanceId } from './history.ts';
import { IdleWait } from './idle-wait.ts';
import { hasEnded, type InstanceStore, newId } from './instances.ts';
import { type Invoker, returnJson } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { DurableSettings } from './settings.ts';
import { HubFullError, type Row, STORE_AGAIN_MS, type TaskHub } from './task-hub.ts';

export interface EntityDeps {
  hub: TaskHub;
  invoker: Invoker;
  clock: Clock;
  log: HostLog;
  settings: DurableSettings;
  instances: InstanceStore;
  findEntity(name: string): RegisteredFunction | undefined;
  wake(instanceId: string): void;
}

export interface EntityRecord {
  name: string;
  key: string;
  /** JSON text; null when the entity has no state. */
  state: string | null;
  lockedBy: string | null;
  /** Epoch ms of the last operation. */
  updated: number;
}

interface OperationBatch {
  entityExists: boolean;
  entityState?: string;
  results: { isError: boolean; result?: string }[];
  signals: { target: { name: string; key: string }; name: string; input: string }[];
}

export class EntityEngine {
  readonly #deps: EntityDeps;
  readonly #ready = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #idle = new IdleWait();
  readonly #abort = new AbortController();
  #started = false;

  constructor(deps: EntityDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#started = true;
    for (const row of this.#deps.hub.all('SELECT DISTINCT entity_id AS id FROM entity_message'))
      this.#wake(String(row.id));
  }

  /** Begin no further operation; wait up to `graceMs` (wall clock) for running ones. */
  async drain(graceMs: number): Promise<void> {
    this.#started = false;
    this.#abort.abort();
    if (this.#busy.size === 0) return;
    await this.#idle.wait(graceMs);
  }

  /** Queue a message for an entity's instance id `@name@key`; may be called inside a transaction. */
  send(target: string, message: EntityMessage): void {
    const parsed = parseEntityInstanceId(target);
    if (!parsed) {
      this.#deps.log.error('durable.bad-entity-id', { target });
      return;
    }
    const id = entityInstanceId(parsed.name, parsed.key);
    this.#deps.hub.run('INSERT INTO entity_message(entity_id, message) VALUES(?, ?)', id, JSON.stringify(message));
    this.#wake(id);
  }

  /** A client's signal. `input` is JSON text. */
  signal(name: string, key: string, operation: string, input: string | undefined): void {
    this.send(entityInstanceId(name, key), {
      op: operation,
      id: newId(),
      signal: true,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** An existing entity; undefined when it has no state. */
  read(name: string, key: string): EntityRecord | undefined {
    const row = this.#deps.hub.get('SELECT * FROM entity WHERE id=? AND present=1', entityInstanceId(name, key));
    return row ? toRecord(row) : undefined;
  }

  /** Existing entities, ordered by id, optionally of one name. */
  list(name: string | undefined, limit: number, afterId = ''): EntityRecord[] {
    const prefix = name === undefined ? '@' : `@${name.toLowerCase()}@`;
    return this.#deps.hub
      .all(
        'SELECT * FROM entity WHERE present=1 AND id>? AND substr(id, 1, ?)=? ORDER BY id LIMIT ?',
        afterId,
        prefix.length,
        prefix,
        limit,
      )
      .map(toRecord);
  }

  #wake(id: string): void {
    if (this.#busy.has(id)) {
      this.#ready.add(id);
      return;
    }
    this.#ready.add(id);
    if (this.#started) setImmediate(() => this.#pump());
  }

  #pump(): void {
    for (const id of this.#ready) {
      if (!this.#started || this.#busy.size >= this.#deps.settings.maxConcurrentEntities) return;
      if (this.#busy.has(id)) continue;
      this.#ready.delete(id);
      this.#busy.add(id);
      void this.#serve(id);
    }
  }

  async #serve(id: string): Promise<void> {
    try {
      while (this.#started && (await this.#step(id)));
    } catch (error) {
      this.#deps.log.error('durable.entity-failed', {
        entity: id,
        message: error instanceof Error ? error.message : String(error),
      });
      // The message is still there; it is served again when there may be room.
      if (error instanceof HubFullError)
        this.#deps.clock.sleep(STORE_AGAIN_MS, this.#abort.signal).then(
          () => this.#wake(id),
          () => undefined, // stopping: the next start reads the table
        );
    } finally {
      this.#busy.delete(id);
      if (this.#busy.size === 0) this.#idle.end();
      if (this.#started && this.#ready.size > 0) setImmediate(() => this.#pump());
    }
  }

  /** Handle one eligible message. Returns false when there is none. */
  async #step(id: string): Promise<boolean> {
    const { hub } = this.#deps;
    const entity = hub.get('SELECT * FROM entity WHERE id=?', id);
    const lockedBy = entity?.locked_by ?? null;
    const found = this.#nextMessage(id, lockedBy === null ? null : String(lockedBy));
    if (!found) return false;
    const { rowId, message } = found;
    if (message.release) {
      hub.transaction(() => {
        hub.run('UPDATE entity SET locked_by=NULL WHERE id=? AND locked_by=?', id, message.parent ?? '');
        hub.run('DELETE FROM entity_message WHERE id=?', rowId);
      });
    } else if (message.lockset) {
      this.#lock(id, rowId, message, message.lockset);
    } else {
      await this.#operate(id, rowId, message, entity);
    }
    return true;
  }

  #nextMessage(id: string, lockedBy: string | null): { rowId: number; message: EntityMessage } | undefined {
    let after = 0;
    for (;;) {
      const row = this.#deps.hub.get(
        'SELECT id, message FROM entity_message WHERE entity_id=? AND id>? ORDER BY id LIMIT 1',
        id,
        after,
      );
      if (!row) return undefined;
      const message = JSON.parse(String(row.message)) as EntityMessage; // `as`: written by send()
      if (lockedBy === null || message.parent === lockedBy || message.release)
        return { rowId: Number(row.id), message };
      after = Number(row.id);
    }
  }

  /** Take the lock, then pass the request to the next entity of the set, or answer the orchestration after the last. */
  #lock(id: string, rowId: number, message: EntityMessage, lockset: { name: string; key: string }[]): void {
    const { hub } = this.#deps;
    hub.transaction(() => {
      hub.run('DELETE FROM entity_message WHERE id=?', rowId);
      if (!this.#parentAlive(message)) return; // the holder has ended: nobody would release the lock
      this.#store(id, { locked_by: message.parent ?? '' });
      const position = (message.pos ?? 0) + 1;
      const next = lockset[position];
      if (next) this.send(entityInstanceId(next.name, next.key), { ...message, pos: position });
      else this.#reply(message, { result: 'Lock Acquisition Completed' });
    });
  }

  async #operate(id: string, rowId: number, message: EntityMessage, entity: Row | undefined): Promise<void> {
    const { hub, log } = this.#deps;
    const self = parseEntityInstanceId(id);
    const fn = self && this.#deps.findEntity(self.name);
    let batch: OperationBatch | undefined;
    let failure: string | undefined;
    try {
      if (!fn)
        throw new Error(`The function '${self?.name ?? id}' doesn't exist, is disabled, or is not an entity function.`);
      const payload = {
        self,
        exists: entity?.present === 1,
        state: entity?.present === 1 ? entity.state : null,
        batch: [{ name: message.op ?? '', input: message.input ?? null, isSignal: message.signal === true }],
      };
      const result = await this.#deps.invoker.invoke(fn, { trigger: { string: JSON.stringify(payload) } });
      batch = JSON.parse(returnJson(result.returnValue) ?? 'null') as OperationBatch; // `as`: the SDK's answer
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      log.error('durable.entity-error', { entity: id, operation: message.op ?? '', message: failure });
    }
    if (hub.closed) return;
    hub.transaction(() => {
      hub.run('DELETE FROM entity_message WHERE id=?', rowId);
      if (batch) {
        this.#store(id, {
          present: batch.entityExists ? 1 : 0,
          state: batch.entityExists ? (batch.entityState ?? null) : null,
        });
        for (const signal of batch.signals) {
          this.signal(
            signal.target.name,
            signal.target.key,
            signal.name,
            signal.input === '' ? undefined : signal.input,
          );
        }
      }
      if (message.signal) return;
      const outcome = batch?.results[0];
      if (failure !== undefined) this.#reply(message, { result: JSON.stringify(failure), exceptionType: 'Error' });
      else
        this.#reply(message, {
          result: outcome?.result ?? null,
          ...(outcome?.isError ? { exceptionType: 'Error' } : {}),
        });
    });
  }

  #store(id: string, values: { present?: number; state?: string | null; locked_by?: string }): void {
    const { hub, clock } = this.#deps;
    hub.run(
      'INSERT INTO entity(id, updated) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET updated=excluded.updated',
      id,
      clock.now(),
    );
    if (values.present !== undefined)
      hub.run('UPDATE entity SET present=?, state=? WHERE id=?', values.present, values.state ?? null, id);
    if (values.locked_by !== undefined) hub.run('UPDATE entity SET locked_by=? WHERE id=?', values.locked_by, id);
  }

  #parentAlive(message: EntityMessage): boolean {
    const row = this.#deps.hub.get('SELECT status, execution_id FROM instance WHERE id=?', message.parent ?? '');
    return (
      row !== undefined &&
      !hasEnded(String(row.status)) &&
      row.execution_id === (message.parentExecution ?? row.execution_id)
    );
  }

  #reply(message: EntityMessage, response: { result: string | null; exceptionType?: string }): void {
    if (message.parent === undefined || !this.#parentAlive(message)) return;
    this.#deps.instances.deliver(message.parent, message.parentExecution ?? null, {
      EventType: EventKind.EventRaised,
      Name: message.id,
      Input: JSON.stringify(response),
    });
    this.#deps.wake(message.parent);
  }
}

function toRecord(row: Row): EntityRecord {
  const id = parseEntityInstanceId(String(row.id));
  return {
    name: id?.name ?? '',
    key: id?.key ?? '',
    state: row.state === null || row.state === undefined ? null : String(row.state),
    lockedBy: row.locked_by === null || row.locked_by === undefined ? null : String(row.locked_by),
    updated: Number(row.updated),
  };
}
