// The durable engine: runs turns of orchestrations and hands work to activity workers, timers and entities.
// Invariants: E1 turns of one instance never overlap. E2 a turn's history, status and effects are one transaction.
//             E3 event-driven: nothing is polled except the next due timer. E4 a turn whose instance was ended or suspended meanwhile is discarded.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../shared/ports.ts';
import { ActivityWorkers } from './activity-workers.ts';
import type { CoreApi, RegisteredFunction } from './core-api.ts';
import { DurableTimers } from './durable-timers.ts';
import { EntityEngine } from './entity-engine.ts';
import { Execution } from './execution.ts';
import { answerOfFailure, EventKind, type HistoryEvent, type OrchestratorAnswer } from './history.ts';
import { hasEnded, type Instance, InstanceStore, newId } from './instances.ts';
import { type Invoker, isDurableTrigger } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { OutputWriter } from './outputs.ts';
import type { DurableSettings } from './settings.ts';
import type { TaskHub } from './task-hub.ts';
import { closeTurn, type Effect, failTurn, openTurn, type Turn, type TurnContext } from './turn.ts';

/** Idle histories kept in memory, in events; beyond that the least recently used are dropped and read again when needed. */
const MAX_CACHED_EVENTS = 400_000;

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
  readonly #executions = new Map<string, { executionId: string; execution: Execution; counted: number }>();
  #cachedEvents = 0;
  readonly #runnable = new Set<string>();
  readonly #waiters = new Map<string, Set<() => void>>();
  #pumping: Promise<void> | undefined;
  #started = false;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.instances = new InstanceStore(deps.hub);
    const wake = (id: string) => this.#wake(id);
    this.#workers = new ActivityWorkers({
      ...deps,
      instances: this.instances,
      findActivity: (name) => this.#find('activitytrigger', name),
      wake,
    });
    this.#timers = new DurableTimers({ hub: deps.hub, clock: deps.clock, instances: this.instances, wake });
    this.entities = new EntityEngine({
      ...deps,
      instances: this.instances,
      findEntity: (name) => this.#find('entitytrigger', name),
      wake,
    });
  }

  /** Take up everything that an earlier process left. */
  start(): void {
    this.#started = true;
    for (const id of this.instances.runnable()) this.#wake(id);
    this.#workers.start();
    this.#timers.start();
    this.entities.start();
  }

  /** Take no new work; wait up to `graceMs` for running activities and entity operations, whose results are stored. */
  async stop(graceMs: number): Promise<void> {
    this.#started = false;
    this.#timers.stop();
    const work = Promise.all([this.#workers.drain(graceMs), this.entities.drain(graceMs)]);
    await this.#pumping;
    await work;
    for (const waiters of this.#waiters.values()) for (const done of waiters) done();
  }

  get runningActivities(): number {
    return this.#workers.running;
  }

  /** Start an orchestration. */
  create(
    name: string,
    options: { id?: string; version?: string; input: string | null },
  ): { kind: 'created'; id: string } | { kind: 'exists'; id: string } | { kind: 'unknown' } {
    const fn = this.#find('orchestrationtrigger', name);
    if (!fn) return { kind: 'unknown' };
    const id = options.id ?? newId();
    const created = this.#deps.hub.transaction(() =>
      this.instances.create(
        { id, name: fn.metadata.name, version: options.version ?? null, input: options.input },
        this.#deps.clock.now(),
      ),
    );
    if (!created) return { kind: 'exists', id };
    this.#forget(id);
    this.#wake(id);
    return { kind: 'created', id };
  }

  raiseEvent(id: string, name: string, input: string | null): Verdict {
    return this.#onLive(id, () => {
      this.instances.deliver(id, null, { EventType: EventKind.EventRaised, Name: name, Input: input });
      this.#wake(id);
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
      if (parent) this.#wake(parent);
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
      this.#wake(id);
    });
  }

  /** Remove instances that have ended. Returns how many. */
  purge(ids: readonly string[]): number {
    return this.#deps.hub.transaction(() => {
      let purged = 0;
      for (const id of ids) {
        const instance = this.instances.find(id);
        if (!instance || !hasEnded(instance.status)) continue;
        this.instances.delete(id);
        this.#forget(id);
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
      this.#deps.clock.sleep(timeoutMs, abort.signal).then(resolve, () => resolve());
    });
    abort.abort();
    return this.#deps.hub.closed ? undefined : this.instances.find(id);
  }

  #find(type: string, name: string): RegisteredFunction | undefined {
    const { functions } = this.#deps.core;
    const exact = functions.get(name);
    if (exact && isDurableTrigger(exact.trigger.type, type)) return exact;
    const lower = name.toLowerCase();
    for (const fn of functions.values()) {
      if (fn.metadata.name.toLowerCase() === lower && isDurableTrigger(fn.trigger.type, type)) return fn;
    }
    return undefined;
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
    this.#forget(instance.id);
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

  #wake(id: string): void {
    this.#runnable.add(id);
    if (this.#started && !this.#pumping) {
      this.#pumping = this.#pump().finally(() => {
        this.#pumping = undefined;
        if (this.#started && this.#runnable.size > 0) this.#wake(this.#runnable.values().next().value ?? id);
      });
    }
  }

  async #pump(): Promise<void> {
    await setImmediate(); // the caller's transaction ends first
    while (this.#started) {
      const next = this.#runnable.values().next();
      if (next.done) return;
      this.#runnable.delete(next.value);
      try {
        if (await this.#turn(next.value)) this.#runnable.add(next.value);
      } catch (error) {
        this.#forget(next.value);
        this.#deps.log.error('durable.turn-failed', {
          instanceId: next.value,
          message: error instanceof Error ? error.message : String(error),
        });
      }
      await setImmediate(); // requests and activities get their share
    }
  }

  /** Run one turn. Returns whether the instance has more to do. */
  async #turn(id: string): Promise<boolean> {
    const { hub, clock } = this.#deps;
    const instance = this.instances.find(id);
    if (!instance || hasEnded(instance.status) || instance.status === 'Suspended') return false;
    const first = instance.turns === 0;
    const incoming = first ? undefined : this.instances.nextEvent(id, instance.executionId);
    if (!first && !incoming) return false;
    const execution = this.#load(instance);
    const context: TurnContext = {
      instanceId: id,
      executionId: instance.executionId,
      nowMs: clock.now(),
      handledActions: instance.handledActions,
      listedActions: instance.listedActions,
      storeInputs: this.#deps.settings.storeInputsInHistory,
      problemWith: (kind, name) => this.#problemWith(kind, name),
    };
    const start = first ? { name: instance.name, version: instance.version, input: instance.input } : undefined;
    const turn = openTurn(execution, context, start, incoming?.event);
    await this.#runOrchestrator(instance, execution, context, turn);
    this.#count(id);
    const committed = hub.transaction(() => {
      const current = this.instances.find(id);
      if (
        !current ||
        current.executionId !== instance.executionId ||
        current.turns !== instance.turns ||
        current.status === 'Suspended' ||
        hasEnded(current.status)
      )
        return false;
      if (incoming) hub.run('DELETE FROM inbox WHERE id=?', incoming.rowId);
      this.#commit(current, turn);
      return true;
    });
    if (!committed || turn.ending) this.#forget(id);
    if (committed && turn.ending && turn.ending.kind !== 'continued') this.#ended(id);
    return turn.ending?.kind === 'continued' || (turn.ending === undefined && this.instances.hasEvents(id));
  }

  async #runOrchestrator(instance: Instance, execution: Execution, context: TurnContext, turn: Turn): Promise<void> {
    const fn = this.#find('orchestrationtrigger', instance.name);
    const problem = this.#problemWith('orchestrator', instance.name);
    if (!fn || problem !== undefined) return failTurn(execution, context, turn, instance.name, problem ?? 'not found');
    try {
      const result = await this.#deps.invoker.invoke(fn, {
        trigger: { live: this.#replayPayload(instance, execution) },
      });
      closeTurn(execution, context, turn, instance.name, result.raw as OrchestratorAnswer, false); // `as`: the SDK's answer
    } catch (error) {
      const answer = answerOfFailure(error);
      if (answer) return closeTurn(execution, context, turn, instance.name, answer, true);
      // Not the orchestrator's own failure: a hook, the SDK or this host. Never silent.
      const message = error instanceof Error ? error.message : String(error);
      this.#deps.log.error('durable.orchestrator-error', { instanceId: instance.id, name: instance.name, message });
      failTurn(execution, context, turn, instance.name, `host error: ${message}`);
    }
  }

  #replayPayload(instance: Instance, execution: Execution): object {
    const { settings } = this.#deps;
    const payload = {
      input: instance.input === null ? null : JSON.parse(instance.input),
      instanceId: instance.id,
      isReplaying: false,
      parentInstanceId: instance.parent?.id ?? null,
      upperSchemaVersion: 1,
      upperSchemaVersionNew: settings.schemaVersion,
      longRunningTimerIntervalDuration: '3.00:00:00',
      maximumShortTimerDuration: '6.00:00:00',
      defaultHttpAsyncRequestSleepTimeMillseconds: settings.httpSleepMs, // spelt as on the wire
    };
    // Not enumerable: the SDK walks every enumerable member to turn Timestamps into dates, which is done already
    Object.defineProperty(payload, 'history', { value: execution.replay, enumerable: false });
    return payload;
  }

  #problemWith(kind: 'activity' | 'orchestrator', name: string): string | undefined {
    const type = kind === 'activity' ? 'activitytrigger' : 'orchestrationtrigger';
    if (this.#find(type, name)) return undefined;
    const known = [...this.#deps.core.functions.values()]
      .filter((fn) => isDurableTrigger(fn.trigger.type, type))
      .map((fn) => `'${fn.metadata.name}'`);
    return `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function. Known ${kind} functions: ${known.join(', ')}`;
  }

  #commit(instance: Instance, turn: Turn): void {
    const { hub, clock } = this.#deps;
    const nowMs = clock.now();
    this.instances.appendHistory(instance.id, instance.turns, turn.added);
    hub.run(
      "UPDATE instance SET status='Running', turns=?, handled_actions=?, listed_actions=?, custom_status=?, updated=? WHERE id=?",
      instance.turns + 1,
      turn.handledActions,
      turn.listedActions,
      turn.customStatus === undefined ? instance.customStatus : turn.customStatus,
      nowMs,
      instance.id,
    );
    for (const effect of turn.effects) this.#apply(instance, effect);
    const { ending } = turn;
    if (!ending) return;
    if (ending.kind === 'continued') {
      this.instances.continueAsNew(instance.id, ending.input, nowMs);
      return;
    }
    const parent = this.instances.end(
      instance,
      ending.kind === 'completed'
        ? { status: 'Completed', output: ending.output }
        : {
            status: 'Failed',
            output: ending.output,
            reason: String(JSON.parse(ending.output)),
            ...(ending.failureDetails ? { failureDetails: ending.failureDetails } : {}),
          },
      nowMs,
    );
    if (parent) this.#wake(parent);
  }

  #apply(instance: Instance, effect: Effect): void {
    switch (effect.kind) {
      case 'activity':
      case 'http':
        this.#workers.add(instance.id, instance.executionId, effect);
        break;
      case 'child':
        this.#createChild(instance, effect);
        break;
      case 'timer':
        this.#timers.add(instance.id, instance.executionId, effect.taskId, effect.fireAt);
        break;
      case 'cancel-timer':
        this.#timers.cancel(instance.id, effect.taskId);
        break;
      case 'deliver':
        this.instances.deliver(instance.id, instance.executionId, effect.event);
        break;
      case 'entity':
        this.entities.send(effect.target, effect.message);
        break;
    }
  }

  #createChild(parent: Instance, child: Extract<Effect, { kind: 'child' }>): void {
    const { instanceId: id, name, version, input, taskId } = child;
    const link = { id: parent.id, executionId: parent.executionId, taskId };
    if (this.instances.create({ id, name, version, input, parent: link }, this.#deps.clock.now())) {
      this.#forget(id);
      this.#wake(id);
      return;
    }
    this.instances.deliver(parent.id, parent.executionId, {
      EventType: EventKind.SubOrchestrationInstanceFailed,
      TaskScheduledId: taskId,
      Reason: `Orchestrator function '${name}' failed: an instance with the id '${id}' has not ended`,
      Details: '',
    });
  }

  #load(instance: Instance): Execution {
    const cached = this.#executions.get(instance.id);
    this.#forget(instance.id);
    const execution =
      cached?.executionId === instance.executionId
        ? cached.execution
        : Execution.rebuild(instance.turns === 0 ? [] : this.instances.history(instance.id));
    this.#executions.set(instance.id, { executionId: instance.executionId, execution, counted: 0 }); // last = most recently used
    this.#count(instance.id);
    for (const id of this.#executions.keys()) {
      if (this.#cachedEvents <= MAX_CACHED_EVENTS || id === instance.id) break;
      this.#forget(id);
    }
    return execution;
  }

  #forget(id: string): void {
    const cached = this.#executions.get(id);
    if (!cached) return;
    this.#cachedEvents -= cached.counted;
    this.#executions.delete(id);
  }

  #count(id: string): void {
    const cached = this.#executions.get(id);
    if (!cached) return;
    this.#cachedEvents += cached.execution.replay.length - cached.counted;
    cached.counted = cached.execution.replay.length;
  }

  #ended(id: string): void {
    const waiters = this.#waiters.get(id);
    this.#waiters.delete(id);
    for (const done of waiters ?? []) done();
  }
}
