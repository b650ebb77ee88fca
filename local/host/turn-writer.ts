// What a turn writes: history events with their ids, and the effects that the engine applies with them.
// Invariants: W1 an event is recorded in the turn and in the execution at once, so both know the same history. W2 ids are allocated
//             in the order of the calls. W3 what is written depends on the history and the turn's time alone: a turn that runs again writes the same.
import { createHash } from 'node:crypto';
import type { Execution } from './execution.ts';
import {
  ActionKind,
  type EntityMessage,
  EventKind,
  entityInstanceId,
  type HistoryEvent,
  type IncomingEvent,
  jsonOrNull,
  type OrchestratorAction,
  type RetryGroup,
} from './history.ts';

export type Effect =
  | { kind: 'activity'; taskId: number; name: string; input: string | null }
  | { kind: 'http'; taskId: number; name: string; input: string }
  | { kind: 'child'; taskId: number; name: string; instanceId: string; input: string | null; version: string | null }
  | { kind: 'timer'; taskId: number; fireAt: number }
  | { kind: 'cancel-timer'; taskId: number }
  | { kind: 'deliver'; event: IncomingEvent }
  | { kind: 'entity'; target: string; message: EntityMessage }
  /** A call of a function that is not there: it never ends. */
  | { kind: 'nobody'; problem: string };

export type Ending =
  | { kind: 'completed'; output: string | null }
  | { kind: 'failed'; output: string; error: string; failureDetails?: NonNullable<HistoryEvent['FailureDetails']> }
  | { kind: 'continued'; input: string | null };

export interface Turn {
  /** Events added by this turn, in order: they form one history row. */
  added: HistoryEvent[];
  effects: Effect[];
  /** Position in the list of unique actions up to which all were handled. */
  handledActions: number;
  /** The same, repeats counted: used when the answer came as JSON and identity is lost. */
  listedActions: number;
  customStatus: string | null | undefined;
  ending: Ending | undefined;
}

export interface TurnContext {
  instanceId: string;
  executionId: string;
  nowMs: number;
  handledActions: number;
  listedActions: number;
  storeInputs: boolean;
  /** A problem with the function named, or undefined when it can be called. */
  problemWith(kind: 'activity' | 'orchestrator', name: string): string | undefined;
}

/** Writes one turn; `stamp` (ISO 8601) is the time of all its events. */
export class TurnWriter {
  readonly #execution: Execution;
  readonly #context: TurnContext;
  readonly #turn: Turn;
  readonly #stamp: string;

  constructor(execution: Execution, context: TurnContext, turn: Turn, stamp: string) {
    this.#execution = execution;
    this.#context = context;
    this.#turn = turn;
    this.#stamp = stamp;
  }

  add(event: IncomingEvent & { EventId?: number }): void {
    const full: HistoryEvent = { ...event, EventId: event.EventId ?? -1, IsPlayed: false, Timestamp: this.#stamp };
    this.#turn.added.push(full);
    this.#execution.record(full);
  }

  /** A failed attempt gets a timer; a fired back-off timer gets the next attempt, unless attempts are used up. */
  continueRetry(group: RetryGroup, event: IncomingEvent): void {
    const policy = group.action.retryOptions;
    if (!policy) return;
    const exhausted = group.attempt >= policy.maxNumberOfAttempts;
    if (event.EventType === EventKind.TaskFailed || event.EventType === EventKind.SubOrchestrationInstanceFailed) {
      const delayMs = exhausted || this.#timedOut(group) ? 0 : backoffMs(group);
      const failure = { Reason: event.Reason ?? '', Details: event.Details ?? '' };
      const optional = group.optional ? { Optional: true as const } : {};
      this.#timer(Date.parse(this.#stamp) + delayMs, { Retry: { ...group, failure }, ...optional });
    } else if (event.EventType === EventKind.TimerFired && !exhausted) {
      const next = { ...group, attempt: group.attempt + 1 };
      if (this.#timedOut(group)) this.#failAttempt(next);
      else this.#call(next.action, next, group.optional === true);
    }
  }

  /** After the retry timeout the remaining attempts fail at once: the SDK counts attempts and knows no timeout. */
  #failAttempt(group: RetryGroup): void {
    const id = this.#execution.allocateId();
    const name = group.action.functionName ?? '';
    const child = group.action.actionType === ActionKind.CallSubOrchestratorWithRetry;
    this.add({
      EventType: child ? EventKind.SubOrchestrationInstanceCreated : EventKind.TaskScheduled,
      EventId: id,
      Name: name,
      Retry: group,
      ...(group.optional ? { Optional: true } : {}),
    });
    const failure = group.failure ?? { Reason: `'${name}' failed: the retry timeout has passed`, Details: '' };
    const kind = child ? EventKind.SubOrchestrationInstanceFailed : EventKind.TaskFailed;
    this.#turn.effects.push({ kind: 'deliver', event: { EventType: kind, TaskScheduledId: id, ...failure } });
  }

  #timedOut(group: RetryGroup): boolean {
    const timeoutMs = group.action.retryOptions?.retryTimeoutInMilliseconds;
    return timeoutMs !== undefined && timeoutMs > 0 && Date.parse(this.#stamp) - group.since >= timeoutMs;
  }

  /** Give one new action its ids and effects. Returns a problem that must fail the orchestration. @param isOptional  one of a Task.any */
  schedule(action: OrchestratorAction, index: number, isOptional: boolean): string | undefined {
    const optional = isOptional ? { optional: true as const } : {};
    switch (action.actionType) {
      case ActionKind.CallActivity:
      case ActionKind.CallSubOrchestrator:
        return this.#call(action, undefined, isOptional);
      case ActionKind.CallActivityWithRetry:
      case ActionKind.CallSubOrchestratorWithRetry:
        return this.#call(action, { action, attempt: 1, since: Date.parse(this.#stamp), ...optional }, isOptional);
      case ActionKind.CreateTimer:
        this.#timer(new Date(action.fireAt ?? 0).getTime(), {
          ...(index >= 0 ? { ActionIndex: index } : {}),
          ...(isOptional ? { Optional: true } : {}),
        });
        return undefined;
      case ActionKind.WaitForExternalEvent:
        return undefined; // takes no id: the event's name is the key
      case ActionKind.CallHttp:
        this.#callHttp(action, isOptional);
        return undefined;
      case ActionKind.CallEntity:
      case ActionKind.SignalEntity:
        this.#sendToEntity(action);
        return undefined;
      case ActionKind.LockEntities:
        this.#lock(action);
        return undefined;
      case ActionKind.ReleaseEntities:
        this.release();
        return undefined;
      default:
        return `the local host does not know orchestrator action ${action.actionType}`;
    }
  }

  #call(action: OrchestratorAction, retry: RetryGroup | undefined, isOptional: boolean): string | undefined {
    const name = action.functionName ?? '';
    const isActivity =
      action.actionType === ActionKind.CallActivity || action.actionType === ActionKind.CallActivityWithRetry;
    const problem = this.#context.problemWith(isActivity ? 'activity' : 'orchestrator', name);
    const id = this.#execution.allocateId();
    const extra = { ...(retry ? { Retry: retry } : {}), ...(isOptional ? { Optional: true as const } : {}) };
    if (isActivity) {
      const input =
        action.input === undefined
          ? null
          : typeof action.input === 'string'
            ? action.input
            : JSON.stringify(action.input);
      const inputField = this.#context.storeInputs ? { Input: input } : {};
      this.add({ EventType: EventKind.TaskScheduled, EventId: id, Name: name, ...inputField, ...extra });
      this.#turn.effects.push(problem ? { kind: 'nobody', problem } : { kind: 'activity', taskId: id, name, input });
    } else {
      const input = jsonOrNull(action.input);
      const instanceId = action.instanceId || this.#deterministicId(id);
      this.add({
        EventType: EventKind.SubOrchestrationInstanceCreated,
        EventId: id,
        Name: name,
        InstanceId: instanceId,
        Input: input,
        ...extra,
      });
      const version = action.version ?? null;
      this.#turn.effects.push(
        problem ? { kind: 'nobody', problem } : { kind: 'child', taskId: id, name, instanceId, input, version },
      );
    }
    return undefined;
  }

  #timer(fireAt: number, extra: { Retry?: RetryGroup; ActionIndex?: number; Optional?: true }): void {
    const id = this.#execution.allocateId();
    this.add({ EventType: EventKind.TimerCreated, EventId: id, FireAt: new Date(fireAt).toISOString(), ...extra });
    this.#turn.effects.push({ kind: 'timer', taskId: id, fireAt });
  }

  #callHttp(action: OrchestratorAction, isOptional: boolean): void {
    const id = this.#execution.allocateId();
    const extra = isOptional ? { Optional: true as const } : {};
    this.add({ EventType: EventKind.TaskScheduled, EventId: id, Name: 'BuiltIn::HttpActivity', ...extra });
    this.#turn.effects.push({
      kind: 'http',
      taskId: id,
      name: 'BuiltIn::HttpActivity',
      input: JSON.stringify(action.httpRequest ?? {}),
    });
  }

  #sendToEntity(action: OrchestratorAction): void {
    const id = this.#execution.allocateId();
    const signal = action.actionType === ActionKind.SignalEntity;
    const message: EntityMessage = {
      op: action.operation ?? '',
      id: this.#deterministicId(id),
      parent: this.#context.instanceId,
      parentExecution: this.#context.executionId,
      ...(action.input === undefined ? {} : { input: JSON.stringify(action.input) }),
      ...(signal ? { signal: true } : {}),
    };
    const target = action.instanceId ?? '';
    this.add({
      EventType: EventKind.EventSent,
      EventId: id,
      InstanceId: target,
      Name: 'op',
      Input: JSON.stringify(message),
    });
    this.#turn.effects.push({ kind: 'entity', target, message });
  }

  #lock(action: OrchestratorAction): void {
    const lockset = action.lockSet ?? [];
    const first = lockset[0];
    if (!first) return;
    const message: EntityMessage = {
      id: action.lockRequestId ?? '',
      lockset,
      pos: 0,
      parent: this.#context.instanceId,
      parentExecution: this.#context.executionId,
    };
    const target = entityInstanceId(first.name, first.key);
    this.add({
      EventType: EventKind.EventSent,
      EventId: this.#execution.allocateId(),
      InstanceId: target,
      Name: 'op',
      Input: JSON.stringify(message),
      Lock: lockset.map((e) => entityInstanceId(e.name, e.key)),
    });
    this.#turn.effects.push({ kind: 'entity', target, message });
  }

  /** Give back every entity of the critical section; each message takes an id. */
  release(): void {
    const lock = this.#execution.lock;
    if (!lock) return;
    for (const target of lock.entities) {
      const message: EntityMessage = { id: lock.requestId, parent: this.#context.instanceId, release: true };
      const id = this.#execution.allocateId();
      const input = JSON.stringify({ parent: message.parent, id: message.id });
      this.add({ EventType: EventKind.EventSent, EventId: id, InstanceId: target, Name: 'release', Input: input });
      this.#turn.effects.push({ kind: 'entity', target, message });
    }
  }

  /** 32 hex digits that are the same when a crash makes the turn run again. */
  #deterministicId(taskId: number): string {
    return createHash('sha256').update(`${this.#context.executionId}:${taskId}`).digest('hex').slice(0, 32);
  }
}

/** Delay before the next attempt: first × backoff^(attempt-1), capped. */
function backoffMs(group: RetryGroup): number {
  const policy = group.action.retryOptions;
  if (!policy) return 0;
  const delay = policy.firstRetryIntervalInMilliseconds * (policy.backoffCoefficient ?? 1) ** (group.attempt - 1);
  const cap = policy.maxRetryIntervalInMilliseconds ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(delay) ? Math.min(delay, cap) : Math.min(cap, 2 ** 42);
}
