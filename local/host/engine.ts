// The durable engine: what clients ask of instances, and the parts that serve it: turns, activities, timers, entities.
// Invariants: E5 what a client changes is one transaction, and an instance that has ended is never changed. E6 who waits for an instance's end
//             is answered when it ends, when its time is over or when the host stops. E1 to E4 are those of the turns (turn-loop.ts).
import type { Clock } from '../../shared/ports.ts';
import { ActivityWorkers } from './activity-workers.ts';
import type { CoreApi } from './core-api.ts';
import { DurableRegistry } from './durable-registry.ts';
import { DurableTimers } from './durable-timers.ts';
import { EntityEngine } from './entity-engine.ts';
import { Execution } from './execution.ts';
import { EventKind, type HistoryEvent } from './history.ts';
import { hasEnded, type Instance, InstanceStore, newId } from './instances.ts';
import type { Invoker } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { OutputWriter } from './outputs.ts';
import type { DurableSettings } from './settings.ts';
import type { TaskHub } from './task-hub.ts';
import { TurnLoop } from './turn-loop.ts';

export interface EngineDeps {
  hub: TaskHub;
  core: CoreApi;
  invoker: Invoker;
  clock: Clock;
  log: HostLog;
  settings: DurableSettings;
  outputs: OutputWriter;
}

export type Verdict = 'ok' | 'not-found' | 'ended';

export class DurableEngine {
  readonly instances: InstanceStore;
  readonly entities: EntityEngine;
  readonly #deps: EngineDeps;
  readonly #workers: ActivityWorkers;
  readonly #timers: DurableTimers;
  readonly #registry: DurableRegistry;
  readonly #turns: TurnLoop;
  readonly #waiters = new Map<string, Set<() => void>>();

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.instances = new InstanceStore(deps.hub);
    this.#registry = new DurableRegistry(deps.core);
    const wake = (id: string) => this.#turns.wake(id);
    this.#workers = new ActivityWorkers({
      ...deps,
      instances: this.instances,
      findActivity: (name) => this.#registry.find('activitytrigger', name),
      wake,
    });
    this.#timers = new DurableTimers({ ...deps, instances: this.instances, wake });
    this.entities = new EntityEngine({
      ...deps,
      instances: this.instances,
      findEntity: (name) => this.#registry.find('entitytrigger', name),
      wake,
    });
    this.#turns = new TurnLoop({
      ...deps,
      instances: this.instances,
      registry: this.#registry,
      workers: this.#workers,
      timers: this.#timers,
      entities: this.entities,
      onEnded: (id) => this.#ended(id),
    });
  }

  /** Take up everything that an earlier process left. */
  start(): void {
    this.#turns.start();
    this.#workers.start();
    this.#timers.start();
    this.entities.start();
  }

  /** Take no new work; wait up to `graceMs` for running activities and entity operations, whose results are stored. */
  async stop(graceMs: number): Promise<void> {
    const turns = this.#turns.stop();
    this.#timers.stop();
    const work = Promise.all([this.#workers.drain(graceMs), this.entities.drain(graceMs)]);
    await turns;
    await work;
    for (const waiters of this.#waiters.values()) for (const done of waiters) done();
  }

  /** Who waits for the end of an instance. */
  get waiting(): number {
    return [...this.#waiters.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get runningActivities(): number {
    return this.#workers.running;
  }

  /** Start an orchestration. As the extension does it, a name that no orchestrator has is taken too: its instance then fails and says so. */
  create(
    name: string,
    options: { id?: string; version?: string; input: string | null },
  ): { kind: 'created'; id: string } | { kind: 'exists'; id: string } {
    const fn = this.#registry.find('orchestrationtrigger', name);
    const id = options.id ?? newId();
    const created = this.#deps.hub.transaction(() =>
      this.instances.create(
        { id, name: fn?.metadata.name ?? name, version: options.version ?? null, input: options.input },
        this.#deps.clock.now(),
      ),
    );
    if (!created) return { kind: 'exists', id };
    this.#turns.forget(id);
    this.#turns.wake(id);
    return { kind: 'created', id };
  }

  raiseEvent(id: string, name: string, input: string | null): Verdict {
    return this.#onLive(id, () => {
      this.instances.deliver(id, null, { EventType: EventKind.EventRaised, Name: name, Input: input });
      this.#turns.wake(id);
    });
  }

  terminate(id: string, reason: string): Verdict {
    return this.#onLive(id, (instance) => {
      const output = JSON.stringify(reason);
      const event: HistoryEvent = {
        EventType: EventKind.ExecutionTerminated,
        EventId: -1,
        IsPlayed: false,
        Timestamp: this.#stamp(),
        Input: output,
      };
      this.#appendOutsideTurn(instance, event);
      this.#releaseLocks(instance);
      const parent = this.instances.end(
        instance,
        { status: 'Terminated', output, reason: `Orchestrator terminated: ${reason}` },
        this.#deps.clock.now(),
      );
      if (parent) this.#turns.wake(parent);
      this.#ended(id);
    });
  }

  suspend(id: string, reason: string): Verdict {
    return this.#onLive(id, (instance) => {
      if (instance.status === 'Suspended') return;
      this.#appendOutsideTurn(instance, {
        EventType: EventKind.ExecutionSuspended,
        EventId: -1,
        IsPlayed: false,
        Timestamp: this.#stamp(),
        Reason: reason,
      });
      this.#setStatus(id, 'Suspended');
    });
  }

  resume(id: string, reason: string): Verdict {
    return this.#onLive(id, (instance) => {
      if (instance.status !== 'Suspended') return;
      this.#appendOutsideTurn(instance, {
        EventType: EventKind.ExecutionResumed,
        EventId: -1,
        IsPlayed: false,
        Timestamp: this.#stamp(),
        Reason: reason,
      });
      this.#setStatus(id, instance.turns === 0 ? 'Pending' : 'Running');
      this.#turns.wake(id);
    });
  }

  /** Remove instances, those too that have not ended. Returns how many. */
  purge(ids: readonly string[]): number {
    return this.#deps.hub.transaction(() => {
      let purged = 0;
      for (const id of ids) {
        const instance = this.instances.find(id);
        if (!instance) continue;
        if (!hasEnded(instance.status)) this.#releaseLocks(instance);
        this.instances.delete(id);
        this.#turns.forget(id);
        this.#ended(id);
        purged++;
      }
      return purged;
    });
  }

  /** Resolves when the instance ends, or after `timeoutMs`, or when the host stops. */
  async untilEnded(id: string, timeoutMs: number): Promise<Instance | undefined> {
    const instance = this.instances.find(id);
    if (!instance || hasEnded(instance.status)) return instance;
    const abort = new AbortController();
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters);
    await new Promise<void>((resolve) => {
      waiters.add(resolve);
      // Whoever has waited long enough is forgotten: an instance that never ends is asked about for ever.
      const giveUp = () => {
        waiters.delete(resolve);
        if (waiters.size === 0 && this.#waiters.get(id) === waiters) this.#waiters.delete(id);
        resolve();
      };
      this.#deps.clock.sleep(timeoutMs, abort.signal).then(giveUp, giveUp);
    });
    abort.abort();
    return this.#deps.hub.closed ? undefined : this.instances.find(id);
  }

  #onLive(id: string, change: (instance: Instance) => void): Verdict {
    return this.#deps.hub.transaction(() => {
      const instance = this.instances.find(id);
      if (!instance) return 'not-found';
      if (hasEnded(instance.status)) return 'ended';
      change(instance);
      return 'ok';
    });
  }

  #appendOutsideTurn(instance: Instance, event: HistoryEvent): void {
    this.#turns.forget(instance.id);
    if (instance.turns === 0) return; // nothing is recorded before the first turn
    this.instances.appendHistory(instance.id, instance.turns, [event]);
    this.#deps.hub.run('UPDATE instance SET turns=turns+1 WHERE id=?', instance.id);
  }

  #releaseLocks(instance: Instance): void {
    const { lock } = Execution.rebuild(this.instances.history(instance.id));
    for (const entity of lock?.entities ?? []) {
      this.entities.send(entity, { id: lock?.requestId ?? '', parent: instance.id, release: true });
    }
  }

  #setStatus(id: string, status: string): void {
    this.#deps.hub.run('UPDATE instance SET status=?, updated=? WHERE id=?', status, this.#deps.clock.now(), id);
  }

  #stamp(): string {
    return new Date(this.#deps.clock.now()).toISOString();
  }

  #ended(id: string): void {
    const waiters = this.#waiters.get(id);
    this.#waiters.delete(id);
    for (const done of waiters ?? []) done();
  }
}
