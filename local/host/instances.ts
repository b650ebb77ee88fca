// Instances in the task hub: creation, inbox, endings, queries, purge. Callers wrap several calls in one hub.transaction().
// Invariants: N1 an instance that has not ended is never replaced. N2 a child's ending reaches its parent in the transaction that ends it.
//             N3 events for an execution that is gone are dropped.
import { randomUUID } from 'node:crypto';
import { EventKind, type HistoryEvent, type IncomingEvent } from './history.ts';
import type { Row, TaskHub } from './task-hub.ts';

export type RuntimeStatus =
  | 'Pending'
  | 'Running'
  | 'Completed'
  | 'Failed'
  | 'Terminated'
  | 'Suspended'
  | 'Canceled'
  | 'ContinuedAsNew';

export interface Instance {
  id: string;
  executionId: string;
  name: string;
  version: string | null;
  status: RuntimeStatus;
  /** JSON texts. */
  input: string | null;
  output: string | null;
  customStatus: string | null;
  parent: { id: string; executionId: string; taskId: number } | undefined;
  /** Epoch ms. */
  created: number;
  updated: number;
  /** Turns of the current execution; 0 = not started. */
  turns: number;
  handledActions: number;
  listedActions: number;
}

export interface NewInstance {
  id: string;
  name: string;
  version: string | null;
  input: string | null;
  parent?: { id: string; executionId: string; taskId: number };
}

export interface InstanceFilter {
  createdFrom?: number;
  createdTo?: number;
  statuses?: readonly string[];
  idPrefix?: string;
}

const ENDED: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Terminated', 'Canceled']);

/** Has an instance of this status ended for good? */
export function hasEnded(status: string): boolean {
  return ENDED.has(status);
}

/** A fresh id: 32 hex digits. */
export function newId(): string {
  return randomUUID().replaceAll('-', '');
}

export class InstanceStore {
  readonly #hub: TaskHub;

  constructor(hub: TaskHub) {
    this.#hub = hub;
  }

  find(id: string): Instance | undefined {
    const row = this.#hub.get('SELECT * FROM instance WHERE id=?', id);
    return row ? toInstance(row) : undefined;
  }

  /** Insert a Pending instance; replaces one that has ended. Returns false when one with this id has not ended. */
  create(instance: NewInstance, nowMs: number): boolean {
    const existing = this.#hub.get('SELECT status FROM instance WHERE id=?', instance.id);
    if (existing && !hasEnded(String(existing.status))) return false;
    if (existing) this.delete(instance.id);
    this.#hub.run(
      `INSERT INTO instance(id, execution_id, name, version, status, input, parent_id, parent_execution, parent_task, created, updated)
       VALUES(?, ?, ?, ?, 'Pending', ?, ?, ?, ?, ?, ?)`,
      instance.id,
      newId(),
      instance.name,
      instance.version,
      instance.input,
      instance.parent?.id ?? null,
      instance.parent?.executionId ?? null,
      instance.parent?.taskId ?? null,
      nowMs,
      nowMs,
    );
    return true;
  }

  /** Remove every trace of an instance. */
  delete(id: string): void {
    for (const table of ['history', 'inbox', 'work', 'timer'])
      this.#hub.run(`DELETE FROM ${table} WHERE instance_id=?`, id);
    this.#hub.run('DELETE FROM instance WHERE id=?', id);
  }

  /** Queue an event. `executionId` null = for whichever execution is current (external events). */
  deliver(id: string, executionId: string | null, event: IncomingEvent): void {
    this.#hub.run(
      'INSERT INTO inbox(instance_id, execution_id, event) VALUES(?, ?, ?)',
      id,
      executionId,
      JSON.stringify(event),
    );
  }

  /** The oldest event that the current execution may see; stale ones are removed on the way. */
  nextEvent(id: string, executionId: string): { rowId: number; event: IncomingEvent } | undefined {
    for (;;) {
      const row = this.#hub.get(
        'SELECT id, execution_id, event FROM inbox WHERE instance_id=? ORDER BY id LIMIT 1',
        id,
      );
      if (!row) return undefined;
      if (row.execution_id === null || row.execution_id === executionId) {
        return { rowId: Number(row.id), event: JSON.parse(String(row.event)) as IncomingEvent }; // `as`: written by deliver()
      }
      this.#hub.run('DELETE FROM inbox WHERE id=?', Number(row.id));
    }
  }

  hasEvents(id: string): boolean {
    return this.#hub.get('SELECT 1 FROM inbox WHERE instance_id=? LIMIT 1', id) !== undefined;
  }

  /** History rows of the current execution, flattened. */
  history(id: string): HistoryEvent[] {
    return this.#hub
      .all('SELECT events FROM history WHERE instance_id=? ORDER BY turn', id)
      .flatMap((row) => JSON.parse(String(row.events)) as HistoryEvent[]); // `as`: written by appendHistory()
  }

  appendHistory(id: string, turn: number, events: readonly HistoryEvent[]): void {
    this.#hub.run('INSERT INTO history(instance_id, turn, events) VALUES(?, ?, ?)', id, turn, JSON.stringify(events));
  }

  /** End an instance and tell its parent. Returns the parent's id when it must run a turn. */
  end(
    instance: Instance,
    ending: {
      status: RuntimeStatus;
      output: string | null;
      reason?: string;
      failureDetails?: HistoryEvent['FailureDetails'];
    },
    nowMs: number,
  ): string | undefined {
    this.#hub.run(
      'UPDATE instance SET status=?, output=?, updated=? WHERE id=?',
      ending.status,
      ending.output,
      nowMs,
      instance.id,
    );
    this.#hub.run('DELETE FROM inbox WHERE instance_id=?', instance.id);
    this.#hub.run('DELETE FROM timer WHERE instance_id=?', instance.id);
    if (ending.status === 'Terminated') this.#hub.run('DELETE FROM work WHERE instance_id=?', instance.id);
    const { parent } = instance;
    if (!parent) return undefined;
    this.deliver(
      parent.id,
      parent.executionId,
      ending.status === 'Completed'
        ? {
            EventType: EventKind.SubOrchestrationInstanceCompleted,
            TaskScheduledId: parent.taskId,
            Result: ending.output,
          }
        : {
            EventType: EventKind.SubOrchestrationInstanceFailed,
            TaskScheduledId: parent.taskId,
            Reason: ending.reason ?? ending.status,
            Details: '',
            ...(ending.failureDetails ? { FailureDetails: ending.failureDetails } : {}),
          },
    );
    return parent.id;
  }

  /** Begin a new execution with an empty history; external events still in the inbox stay. */
  continueAsNew(id: string, input: string | null, nowMs: number): void {
    this.#hub.run('DELETE FROM history WHERE instance_id=?', id);
    this.#hub.run('DELETE FROM timer WHERE instance_id=?', id);
    this.#hub.run('DELETE FROM inbox WHERE instance_id=? AND execution_id IS NOT NULL', id);
    this.#hub.run(
      "UPDATE instance SET execution_id=?, input=?, status='Running', turns=0, handled_actions=0, listed_actions=0, updated=? WHERE id=?",
      newId(),
      input,
      nowMs,
      id,
    );
  }

  /** A page ordered by creation; `after` is the last row of the page before. */
  list(filter: InstanceFilter, limit: number, after?: { created: number; id: string }): Instance[] {
    const where: string[] = ['1'];
    const parameters: (string | number)[] = [];
    const add = (clause: string, ...values: (string | number)[]) => {
      where.push(clause);
      parameters.push(...values);
    };
    if (filter.createdFrom !== undefined) add('created>=?', filter.createdFrom);
    if (filter.createdTo !== undefined) add('created<=?', filter.createdTo);
    if (filter.statuses && filter.statuses.length > 0)
      add('status IN (SELECT value FROM json_each(?))', JSON.stringify(filter.statuses));
    if (filter.idPrefix) add('substr(id, 1, ?)=?', filter.idPrefix.length, filter.idPrefix);
    if (after) add('(created, id)>(?, ?)', after.created, after.id);
    const sql = `SELECT * FROM instance WHERE ${where.join(' AND ')} ORDER BY created, id LIMIT ?`;
    return this.#hub.all(sql, ...parameters, limit).map(toInstance);
  }

  /** Ids that have something to do: not started, or with events waiting. */
  runnable(): string[] {
    return this.#hub
      .all(
        "SELECT DISTINCT instance_id AS id FROM inbox UNION SELECT id FROM instance WHERE turns=0 AND status IN ('Pending', 'Running')",
      )
      .map((row) => String(row.id));
  }
}

function toInstance(row: Row): Instance {
  return {
    id: String(row.id),
    executionId: String(row.execution_id),
    name: String(row.name),
    version: textOrNull(row.version),
    status: String(row.status) as RuntimeStatus, // `as`: only these are written
    input: textOrNull(row.input),
    output: textOrNull(row.output),
    customStatus: textOrNull(row.custom_status),
    parent:
      row.parent_id === null
        ? undefined
        : { id: String(row.parent_id), executionId: String(row.parent_execution), taskId: Number(row.parent_task) },
    created: Number(row.created),
    updated: Number(row.updated),
    turns: Number(row.turns),
    handledActions: Number(row.handled_actions),
    listedActions: Number(row.listed_actions),
  };
}

function textOrNull(value: Row[string] | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
