// Durable timers: rows in the task hub, one sleep until the earliest.
// Invariants: M1 a timer fires once, in the transaction that removes its row. M2 long timers fire once, at their final time (never split).
// M3 a clock that is set back, while the host is up or down, moves the timers with it, so nothing waits longer than it was to. M4 a full disk holds
// timers up until there is room, and loses none.
import type { Clock } from '../../shared/ports.ts';
import { EventKind } from './history.ts';
import type { InstanceStore } from './instances.ts';
import type { HostLog } from './log.ts';
import { HubFullError, STORE_AGAIN_MS, type TaskHub } from './task-hub.ts';

/** setTimeout overflows at 24.8 days, and a suspended laptop's clock jumps: look again at least this often. */
const MAX_SLEEP_MS = 60_000;

/** Clocks are corrected by milliseconds all the time. */
const JITTER_MS = 1000;

/** Setting of the hub: the clock when timers were last looked at or set, epoch ms. */
const SEEN = 'clock.seen';

export interface TimerDeps {
  hub: TaskHub;
  clock: Clock;
  instances: InstanceStore;
  log: HostLog;
  wake(instanceId: string): void;
}

export class DurableTimers {
  readonly #deps: TimerDeps;
  #sleeping: { until: number; abort: AbortController } | undefined;
  #started = false;
  /** By how much the clock was set back since timers were last moved. */
  #backMs = 0;

  constructor(deps: TimerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#started = true;
    const seen = this.#deps.hub.get('SELECT value FROM setting WHERE key=?', SEEN)?.value;
    if (seen !== undefined) this.#moveBack(Number(seen) - this.#deps.clock.now());
    void this.#loop();
  }

  stop(): void {
    this.#started = false;
    this.#sleeping?.abort.abort();
  }

  /** Insert a row (inside the turn's transaction). Times are epoch ms. */
  add(instanceId: string, executionId: string, taskId: number, fireAt: number): void {
    this.#deps.hub.run(
      'INSERT OR REPLACE INTO timer(instance_id, task_id, execution_id, fire_at) VALUES(?, ?, ?, ?)',
      instanceId,
      taskId,
      executionId,
      fireAt,
    );
    this.#deps.hub.remember(SEEN, String(this.#deps.clock.now()));
    // Only after the transaction: aborting resolves a promise, whose continuation runs later
    if (this.#sleeping && fireAt < this.#sleeping.until) this.#sleeping.abort.abort();
  }

  cancel(instanceId: string, taskId: number): void {
    this.#deps.hub.run('DELETE FROM timer WHERE instance_id=? AND task_id=?', instanceId, taskId);
  }

  async #loop(): Promise<void> {
    const { clock } = this.#deps;
    while (this.#started) {
      const sleepMs = this.#fired() ? this.#untilNext() : STORE_AGAIN_MS;
      const abort = new AbortController();
      const asleepAt = clock.now();
      this.#sleeping = { until: asleepAt + sleepMs, abort };
      try {
        await clock.sleep(sleepMs, abort.signal);
      } catch (error) {
        if (!abort.signal.aborted) throw error; // a sleep cut short is how an earlier timer announces itself
      }
      this.#sleeping = undefined;
      this.#backMs += Math.max(0, asleepAt - clock.now());
    }
  }

  /** Whether everything that was to be stored is (M4). */
  #fired(): boolean {
    try {
      this.#moveBack(this.#backMs);
      this.#backMs = 0;
      this.#fireDue();
      return true;
    } catch (error) {
      if (!(error instanceof HubFullError)) throw error;
      this.#deps.log.error('durable.timers-wait', { message: error.message });
      return false;
    }
  }

  #untilNext(): number {
    const next = this.#deps.hub.get('SELECT MIN(fire_at) AS at FROM timer')?.at;
    return Math.max(0, Math.min(MAX_SLEEP_MS, typeof next === 'number' ? next - this.#deps.clock.now() : MAX_SLEEP_MS));
  }

  /** M3. */
  #moveBack(backMs: number): void {
    if (backMs > JITTER_MS) this.#deps.hub.run('UPDATE timer SET fire_at = fire_at - ?', backMs);
  }

  #fireDue(): void {
    const { hub, clock, instances } = this.#deps;
    hub.transaction(() => {
      hub.remember(SEEN, String(clock.now()));
      for (const row of hub.all(
        'SELECT * FROM timer WHERE fire_at<=? ORDER BY fire_at, instance_id, task_id',
        clock.now(),
      )) {
        const instanceId = String(row.instance_id);
        const taskId = Number(row.task_id);
        hub.run('DELETE FROM timer WHERE instance_id=? AND task_id=?', instanceId, taskId);
        const fireAt = new Date(Number(row.fire_at)).toISOString();
        instances.deliver(instanceId, String(row.execution_id), {
          EventType: EventKind.TimerFired,
          TimerId: taskId,
          FireAt: fireAt,
        });
        this.#deps.wake(instanceId);
      }
    });
  }
}
