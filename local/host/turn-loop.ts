// Turns, one after the other: what was woken runs, its history, status and effects are stored, and what they concern is woken.
// Invariants: E1 turns of one instance never overlap. E2 a turn's history, status and effects are one transaction.
//             E3 event-driven: nothing is polled. E4 a turn whose instance was ended or suspended meanwhile is discarded.
//             E5 a turn that a full disk does not take is discarded and run again when there may be room.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../shared/ports.ts';
import type { ActivityWorkers } from './activity-workers.ts';
import type { DurableRegistry } from './durable-registry.ts';
import type { DurableTimers } from './durable-timers.ts';
import type { EntityEngine } from './entity-engine.ts';
import type { Execution } from './execution.ts';
import { ExecutionCache } from './execution-cache.ts';
import { answerOfFailure, type OrchestratorAnswer } from './history.ts';
import { hasEnded, type Instance, type InstanceStore } from './instances.ts';
import type { Invoker } from './invoke.ts';
import type { HostLog } from './log.ts';
import type { DurableSettings } from './settings.ts';
import { HubFullError, STORE_AGAIN_MS, type TaskHub } from './task-hub.ts';
import { closeTurn, failTurn, openTurn } from './turn.ts';
import type { Effect, Turn, TurnContext } from './turn-writer.ts';

export interface TurnLoopDeps {
  hub: TaskHub;
  instances: InstanceStore;
  registry: DurableRegistry;
  invoker: Invoker;
  clock: Clock;
  log: HostLog;
  settings: DurableSettings;
  workers: ActivityWorkers;
  timers: DurableTimers;
  entities: EntityEngine;
  /** An instance has ended (not: continued as new). */
  onEnded(id: string): void;
}

export class TurnLoop {
  readonly #deps: TurnLoopDeps;
  readonly #executions: ExecutionCache;
  readonly #runnable = new Set<string>();
  readonly #abort = new AbortController();
  #pumping: Promise<void> | undefined;
  #started = false;

  constructor(deps: TurnLoopDeps) {
    this.#deps = deps;
    this.#executions = new ExecutionCache(deps.instances);
  }

  /** Run the turns that wait, and from now on each that is woken. */
  start(): void {
    this.#started = true;
    for (const id of this.#deps.instances.runnable()) this.wake(id);
  }

  /** Begin no further turn. Resolves when the running one is stored. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#abort.abort();
    await this.#pumping;
  }

  /** The instance's history was changed from outside a turn. */
  forget(id: string): void {
    this.#executions.forget(id);
  }

  /** There is something for the instance to do; may be called inside a transaction. */
  wake(id: string): void {
    this.#runnable.add(id);
    if (this.#started && !this.#pumping) {
      this.#pumping = this.#pump().finally(() => {
        this.#pumping = undefined;
        if (this.#started && this.#runnable.size > 0) this.wake(this.#runnable.values().next().value ?? id);
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
        this.forget(next.value);
        this.#deps.log.error('durable.turn-failed', {
          instanceId: next.value,
          message: error instanceof Error ? error.message : String(error),
        });
        if (error instanceof HubFullError) this.#wakeLater(next.value);
      }
      await setImmediate(); // requests and activities get their share
    }
  }

  /** E5. */
  #wakeLater(id: string): void {
    this.#deps.clock.sleep(STORE_AGAIN_MS, this.#abort.signal).then(
      () => this.wake(id),
      () => undefined, // stopping: the next start runs what waits
    );
  }

  /** Run one turn. Returns whether the instance has more to do. */
  async #turn(id: string): Promise<boolean> {
    const { hub, clock } = this.#deps;
    const instance = this.#deps.instances.find(id);
    if (!instance || hasEnded(instance.status) || instance.status === 'Suspended') return false;
    const first = instance.turns === 0;
    const incoming = first ? undefined : this.#deps.instances.nextEvent(id, instance.executionId);
    if (!first && !incoming) return false;
    const execution = this.#executions.load(instance);
    const context: TurnContext = {
      instanceId: id,
      executionId: instance.executionId,
      nowMs: clock.now(),
      handledActions: instance.handledActions,
      listedActions: instance.listedActions,
      storeInputs: this.#deps.settings.storeInputsInHistory,
      problemWith: (kind, name) => this.#deps.registry.problemWith(kind, name),
    };
    const start = first ? { name: instance.name, version: instance.version, input: instance.input } : undefined;
    const turn = openTurn(execution, context, start, incoming?.event);
    await this.#runOrchestrator(instance, execution, context, turn);
    this.#executions.count(id);
    const committed = hub.transaction(() => {
      const current = this.#deps.instances.find(id);
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
    if (!committed || turn.ending) this.forget(id);
    if (committed && turn.ending && turn.ending.kind !== 'continued') this.#deps.onEnded(id);
    return turn.ending?.kind === 'continued' || (turn.ending === undefined && this.#deps.instances.hasEvents(id));
  }

  async #runOrchestrator(instance: Instance, execution: Execution, context: TurnContext, turn: Turn): Promise<void> {
    const { registry } = this.#deps;
    const fn = registry.find('orchestrationtrigger', instance.name);
    const problem = registry.problemWith('orchestrator', instance.name);
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

  #commit(instance: Instance, turn: Turn): void {
    const { hub, clock } = this.#deps;
    const nowMs = clock.now();
    this.#deps.instances.appendHistory(instance.id, instance.turns, turn.added);
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
      this.#deps.instances.continueAsNew(instance.id, ending.input, nowMs);
      return;
    }
    const parent = this.#deps.instances.end(
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
    if (parent) this.wake(parent);
  }

  #apply(instance: Instance, effect: Effect): void {
    switch (effect.kind) {
      case 'activity':
      case 'http':
        this.#deps.workers.add(instance.id, instance.executionId, effect);
        break;
      case 'child':
        this.#createChild(instance, effect);
        break;
      case 'timer':
        this.#deps.timers.add(instance.id, instance.executionId, effect.taskId, effect.fireAt);
        break;
      case 'cancel-timer':
        this.#deps.timers.cancel(instance.id, effect.taskId);
        break;
      case 'deliver':
        this.#deps.instances.deliver(instance.id, instance.executionId, effect.event);
        break;
      case 'entity':
        this.#deps.entities.send(effect.target, effect.message);
        break;
      case 'nobody': // the extension tells nobody: the instance waits until it is terminated
        this.#deps.log.error('durable.unknown-function', { instanceId: instance.id, message: effect.problem });
        break;
    }
  }

  #createChild(parent: Instance, child: Extract<Effect, { kind: 'child' }>): void {
    const { instanceId: id, name, version, input, taskId } = child;
    const link = { id: parent.id, executionId: parent.executionId, taskId };
    if (this.#deps.instances.create({ id, name, version, input, parent: link }, this.#deps.clock.now())) {
      this.forget(id);
      this.wake(id);
      return;
    }
    // As the extension: the start is dropped and the parent waits for ever.
    this.#deps.log.error('durable.child-exists', { instanceId: parent.id, childId: id, name });
  }
}
