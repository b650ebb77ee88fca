// Histories that stay in memory between the turns of their instances, so that a turn reads its history from storage only once.
// Invariants: X1 at most MAX_CACHED_EVENTS events of idle histories are kept; the least recently used go first.
//             X2 a history is used only for the execution that it belongs to.
import { Execution } from './execution.ts';
import type { Instance, InstanceStore } from './instances.ts';

/** Idle histories kept in memory, in events; beyond that the least recently used are dropped and read again when needed. */
const MAX_CACHED_EVENTS = 400_000;

export class ExecutionCache {
  readonly #instances: InstanceStore;
  readonly #executions = new Map<string, { executionId: string; execution: Execution; counted: number }>();
  #cachedEvents = 0;

  constructor(instances: InstanceStore) {
    this.#instances = instances;
  }

  /** The instance's history, from memory or storage; it is now the most recently used. */
  load(instance: Instance): Execution {
    const cached = this.#executions.get(instance.id);
    this.forget(instance.id);
    const execution =
      cached?.executionId === instance.executionId
        ? cached.execution
        : Execution.rebuild(instance.turns === 0 ? [] : this.#instances.history(instance.id));
    this.#executions.set(instance.id, { executionId: instance.executionId, execution, counted: 0 }); // last = most recently used
    this.count(instance.id);
    for (const id of this.#executions.keys()) {
      if (this.#cachedEvents <= MAX_CACHED_EVENTS || id === instance.id) break;
      this.forget(id);
    }
    return execution;
  }

  /** Drop a history that a transaction changed or left behind: storage is right. */
  forget(id: string): void {
    const cached = this.#executions.get(id);
    if (!cached) return;
    this.#cachedEvents -= cached.counted;
    this.#executions.delete(id);
  }

  /** Count the events that a turn added. */
  count(id: string): void {
    const cached = this.#executions.get(id);
    if (!cached) return;
    this.#cachedEvents += cached.execution.replay.length - cached.counted;
    cached.counted = cached.execution.replay.length;
  }
}
