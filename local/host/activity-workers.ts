// Runs activities and durable HTTP calls from the work table, several at a time.
// Invariants: W1 at-least-once: a row leaves the table in the transaction that queues its result, so a crash runs it again.
//             W2 a claim is a lease in the table; the hub's lock proves that leases of another process are dead.
//             W3 a result of work whose row is gone (instance terminated or purged) is dropped.
import type { Clock } from '../../shared/ports.ts';
import type { RegisteredFunction } from './core-api.ts';
import { callDurableHttp } from './durable-http.ts';
import { type DurableHttpRequest, EventKind, type FailureDetails, type IncomingEvent } from './history.ts';
import { IdleWait } from './idle-wait.ts';
import { hasEnded, type InstanceStore } from './instances.ts';
import { type Invoker, returnJson } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { OutputWriter } from './outputs.ts';
import type { DurableSettings } from './settings.ts';
import { STORE_AGAIN_MS, type TaskHub } from './task-hub.ts';

/** Long polls of callHttp wait for others; they do not take the places of activities. */
const MAX_HTTP_CALLS = 100;
/** How long a claim is valid unless renewed by the running process; for reading the table, the hub's lock decides. */
const LEASE_MS = 300_000;

export interface WorkerDeps {
  hub: TaskHub;
  invoker: Invoker;
  clock: Clock;
  log: HostLog;
  settings: DurableSettings;
  instances: InstanceStore;
  findActivity(name: string): RegisteredFunction | undefined;
  wake(instanceId: string): void;
  outputs: OutputWriter;
}

interface WorkRow {
  id: number;
  instanceId: string;
  executionId: string;
  taskId: number;
  kind: string;
  name: string;
  input: string | null;
  attempts: number;
}

export class ActivityWorkers {
  readonly #deps: WorkerDeps;
  /** Row ids, each once: a row of a transaction that failed may be given the id of a later one. */
  readonly #ready = { activity: new Set<number>(), http: new Set<number>() };
  readonly #running = { activity: 0, http: 0 };
  readonly #idle = new IdleWait();
  readonly #abort = new AbortController();
  #started = false;
  #scheduled = false;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
  }

  get running(): number {
    return this.#running.activity + this.#running.http;
  }

  start(): void {
    this.#started = true;
    for (const row of this.#deps.hub.all('SELECT id, kind FROM work ORDER BY id')) {
      this.#ready[row.kind === 'http' ? 'http' : 'activity'].add(Number(row.id));
    }
    this.#deps.hub.run('UPDATE work SET lease_until=0');
    this.#schedule();
  }

  /** Insert a row (inside the turn's transaction) and run it afterwards. */
  add(
    instanceId: string,
    executionId: string,
    work: { kind: 'activity' | 'http'; taskId: number; name: string; input: string | null },
  ): void {
    const { rowId } = this.#deps.hub.run(
      'INSERT INTO work(instance_id, execution_id, task_id, kind, name, input) VALUES(?, ?, ?, ?, ?, ?)',
      instanceId,
      executionId,
      work.taskId,
      work.kind,
      work.name,
      work.input,
    );
    this.#ready[work.kind].add(rowId);
    this.#schedule();
  }

  /** Claim nothing more; wait up to `graceMs` (wall clock) for running work. HTTP polls are abandoned: they run again. */
  async drain(graceMs: number): Promise<void> {
    this.#started = false;
    this.#abort.abort();
    if (this.#running.activity === 0) return;
    await this.#idle.wait(graceMs);
    if (this.#running.activity > 0)
      this.#deps.log.warn('durable.activities-abandoned', { count: this.#running.activity });
  }

  #schedule(): void {
    if (this.#scheduled || !this.#started) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#claim('activity', this.#deps.settings.maxConcurrentActivities);
      this.#claim('http', MAX_HTTP_CALLS);
    });
  }

  #claim(kind: 'activity' | 'http', limit: number): void {
    const { hub, clock } = this.#deps;
    const free = limit - this.#running[kind];
    if (!this.#started || free <= 0 || this.#ready[kind].size === 0) return;
    const ids = [...this.#ready[kind]].slice(0, free);
    for (const id of ids) this.#ready[kind].delete(id);
    let rows: ReturnType<typeof hub.all>;
    try {
      rows = hub.transaction(() =>
        ids.flatMap((id) => {
          const row = hub.get(
            'UPDATE work SET lease_until=?, attempts=attempts+1 WHERE id=? RETURNING *',
            clock.now() + LEASE_MS,
            id,
          );
          return row ? [row] : []; // gone: terminated before it began
        }),
      );
    } catch (error) {
      this.#deps.log.error('durable.work-not-claimed', {
        message: error instanceof Error ? error.message : String(error),
      });
      this.#putBack(kind, ids);
      return;
    }
    for (const row of rows) {
      const work: WorkRow = {
        id: Number(row.id),
        instanceId: String(row.instance_id),
        executionId: String(row.execution_id),
        taskId: Number(row.task_id),
        kind,
        name: String(row.name),
        input: row.input === null ? null : String(row.input),
        attempts: Number(row.attempts),
      };
      if (work.attempts > 1)
        this.#deps.log.info('durable.activity-again', {
          instanceId: work.instanceId,
          name: work.name,
          attempts: work.attempts,
        });
      this.#running[kind]++;
      void this.#run(work, kind);
    }
    if (rows.length < ids.length) this.#schedule();
  }

  /** Work that the task hub could not store is taken up again a little later: the disk may have room then. */
  #putBack(kind: 'activity' | 'http', ids: readonly number[]): void {
    if (this.#deps.hub.closed) return;
    this.#deps.clock
      .sleep(STORE_AGAIN_MS, this.#abort.signal)
      .then(() => {
        for (const id of ids) this.#ready[kind].add(id);
        this.#schedule();
      })
      .catch(() => undefined); // stopping: the next start reads the table
  }

  async #run(work: WorkRow, kind: 'activity' | 'http'): Promise<void> {
    try {
      const event = kind === 'activity' ? await this.#runActivity(work) : await this.#runHttp(work);
      if (event && !this.#deps.hub.closed) this.#complete(work, event);
    } catch (error) {
      // Storing the result failed (a full disk): the row stays, and the work is done again when there may be room (W1)
      this.#putBack(kind, [work.id]);
      this.#deps.log.error('durable.work-not-stored', {
        instanceId: work.instanceId,
        name: work.name,
        message: error instanceof Error ? error.message : String(error),
      });
    } finally {
      this.#running[kind]--;
      if (this.#running.activity === 0) this.#idle.end();
      this.#schedule();
    }
  }

  async #runActivity(work: WorkRow): Promise<IncomingEvent> {
    const fn = this.#deps.findActivity(work.name);
    try {
      if (!fn)
        throw new Error(`The function '${work.name}' doesn't exist, is disabled, or is not an activity function.`);
      const result = await this.#deps.invoker.invoke(fn, {
        trigger: work.input === null ? {} : { string: work.input },
      });
      await this.#deps.outputs.write(fn, result, {});
      return {
        EventType: EventKind.TaskCompleted,
        TaskScheduledId: work.taskId,
        Result: returnJson(result.returnValue),
      };
    } catch (error) {
      return { EventType: EventKind.TaskFailed, TaskScheduledId: work.taskId, ...describeFailure(work.name, error) };
    }
  }

  async #runHttp(work: WorkRow): Promise<IncomingEvent | undefined> {
    const { clock, settings } = this.#deps;
    try {
      const request = JSON.parse(work.input ?? '{}') as DurableHttpRequest; // `as`: written by the turn
      const response = await callDurableHttp(request, {
        clock,
        signal: this.#abort.signal,
        defaultPollMs: settings.httpSleepMs,
      });
      return { EventType: EventKind.TaskCompleted, TaskScheduledId: work.taskId, Result: JSON.stringify(response) };
    } catch (error) {
      if (this.#abort.signal.aborted) return undefined; // stopping: the call is made again after the restart
      return { EventType: EventKind.TaskFailed, TaskScheduledId: work.taskId, ...describeFailure(work.name, error) };
    }
  }

  #complete(work: WorkRow, event: IncomingEvent): void {
    const { hub, instances } = this.#deps;
    hub.transaction(() => {
      if (hub.run('DELETE FROM work WHERE id=?', work.id).changes === 0) return;
      const instance = hub.get('SELECT status, execution_id FROM instance WHERE id=?', work.instanceId);
      if (!instance || hasEnded(String(instance.status)) || instance.execution_id !== work.executionId) return;
      instances.deliver(work.instanceId, work.executionId, event);
      this.#deps.wake(work.instanceId);
    });
  }
}

/** Texts of a TaskFailed event. An exception-properties provider makes the message a JSON document, which becomes FailureDetails. */
export function describeFailure(
  name: string,
  error: unknown,
): { Reason: string; Details: string; FailureDetails?: FailureDetails } {
  const message = error instanceof Error ? error.message : String(error);
  const details = error instanceof Error ? (error.stack ?? '') : '';
  const properties = parseFailureProperties(message);
  // Two blanks: the extension cuts the host's text at `Exception:` and leaves the one that follows it
  if (!properties) return { Reason: `Activity function '${name}' failed:  ${message}`, Details: details };
  return {
    Reason: `Activity function '${name}' failed: ${properties.ErrorMessage}`,
    Details: properties.StackTrace ?? details,
    FailureDetails: properties,
  };
}

function parseFailureProperties(message: string): FailureDetails | undefined {
  if (!message.startsWith('{"errorType":')) return undefined;
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(message) as Record<string, unknown>; // `as`: checked below
  } catch {
    return undefined; // an ordinary message that happens to begin like one
  }
  if (typeof parsed.errorType !== 'string' || typeof parsed.errorMessage !== 'string') return undefined;
  return {
    ErrorType: parsed.errorType,
    ErrorMessage: parsed.errorMessage,
    StackTrace: typeof parsed.stackTrace === 'string' ? parsed.stackTrace : null,
    IsNonRetriable: parsed.isNonRetriable === true,
    Properties: parsed.properties ?? null,
    InnerFailure: null,
  };
}
