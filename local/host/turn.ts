// One turn of an orchestration, pure: the incoming event and the orchestrator's answer become history events and effects.
// Invariants: T1 one completion event per turn. T2 retry ids are allocated before the orchestrator runs, action ids after, in the
//             order of the actions. T3 every failed attempt is followed by a timer, the last one included, or the SDK waits for ever.
//             T4 while a task of an earlier action runs, what the orchestrator asked for after it waits, its end included: the extension
//             awaits all children of one action before it begins the next (OutOfProcOrchestrationShim of the Durable extension).
import { createHash } from 'node:crypto';
import type { Execution } from './execution.ts';
import {
  ActionKind,
  EventKind,
  entityInstanceId,
  type HistoryEvent,
  type IncomingEvent,
  jsonOrNull,
  leafActions,
  leavesOfAny,
  type OrchestratorAction,
  type OrchestratorAnswer,
  type RetryGroup,
} from './history.ts';

/** A message in an entity's queue, in the words of the wire. */
export interface EntityMessage {
  op?: string;
  id: string;
  /** JSON text. */
  input?: string;
  signal?: boolean;
  parent?: string;
  parentExecution?: string;
  lockset?: { name: string; key: string }[];
  pos?: number;
  release?: boolean;
}

export type Effect =
  | { kind: 'activity'; taskId: number; name: string; input: string | null }
  | { kind: 'http'; taskId: number; name: string; input: string }
  | { kind: 'child'; taskId: number; name: string; instanceId: string; input: string | null; version: string | null }
  | { kind: 'timer'; taskId: number; fireAt: number }
  | { kind: 'cancel-timer'; taskId: number }
  | { kind: 'deliver'; event: IncomingEvent }
  | { kind: 'entity'; target: string; message: EntityMessage };

export type Ending =
  | { kind: 'completed'; output: string | null }
  | { kind: 'failed'; output: string; error: string; failureDetails?: NonNullable<HistoryEvent['FailureDetails']> }
  | { kind: 'continued'; input: string | null };

export interface TurnStart {
  name: string;
  version: string | null;
  /** JSON text of the orchestration's input. */
  input: string | null;
}

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

/** Record the start of the turn and its one event; schedules what retries need. `start` on the very first turn only. */
export function openTurn(
  execution: Execution,
  context: TurnContext,
  start: TurnStart | undefined,
  event: IncomingEvent | undefined,
): Turn {
  const turn: Turn = {
    added: [],
    effects: [],
    handledActions: context.handledActions,
    listedActions: context.listedActions,
    customStatus: undefined,
    ending: undefined,
  };
  const fireAtMs = event?.FireAt === undefined ? 0 : Date.parse(event.FireAt);
  const stamp = new Date(Math.max(context.nowMs, execution.lastStarted, fireAtMs)).toISOString();
  const writer = new TurnWriter(execution, context, turn, stamp);
  writer.add({ EventType: EventKind.OrchestratorStarted });
  if (start) {
    writer.add({
      EventType: EventKind.ExecutionStarted,
      Name: start.name,
      Input: start.input,
      ...(start.version === null ? {} : { Version: start.version }),
    });
  }
  if (event) {
    const group = execution.retryOf(event);
    writer.add(event);
    if (group) writer.continueRetry(group, event);
  }
  return turn;
}

/** Apply the orchestrator's answer. `failed` tells that it threw (the answer then lost the identity of its actions). */
export function closeTurn(
  execution: Execution,
  context: TurnContext,
  turn: Turn,
  name: string,
  answer: OrchestratorAnswer,
  failed: boolean,
): void {
  const stamp = new Date(execution.lastStarted).toISOString();
  const writer = new TurnWriter(execution, context, turn, stamp);
  const given = answer.actions[0] ?? [];
  const listed = leafActions(given);
  const ofAny = leavesOfAny(given);
  const unique = failed ? listed : [...new Set(listed)];
  const fresh = failed ? withoutRepeats(listed, turn.listedActions) : unique.slice(turn.handledActions);
  if (answer.customStatus) turn.customStatus = jsonOrNull(answer.customStatus);
  if (!failed) for (const [taskId, at] of execution.timers) if (unique[at]?.isCanceled) execution.open.delete(taskId);
  if (execution.open.size > 0 && (fresh.length > 0 || failed || answer.isDone)) {
    finishTurn(execution, context, turn); // T4
    return;
  }
  let index = failed ? -1 : turn.handledActions;
  let problem: string | undefined;
  let continued: { input: string | null } | undefined;
  for (const action of fresh) {
    if (action.actionType === ActionKind.ContinueAsNew) continued = { input: continuedInput(action.input) };
    else problem ??= writer.schedule(action, index, ofAny.has(action));
    if (index >= 0) index++;
  }
  if (!failed) {
    turn.handledActions = unique.length;
    for (const [taskId, at] of execution.timers) {
      if (unique[at]?.isCanceled) {
        execution.timers.delete(taskId);
        execution.open.delete(taskId);
        turn.effects.push({ kind: 'cancel-timer', taskId });
      }
    }
  }
  turn.listedActions = listed.length;
  if (problem !== undefined) turn.ending = failure(name, problem);
  else if (continued) turn.ending = { kind: 'continued', input: continued.input };
  else if (failed) turn.ending = failure(name, answer.error ?? 'unknown error', answer.failureDetails);
  else if (answer.isDone) turn.ending = { kind: 'completed', output: jsonOrNull(answer.output) };
  finishTurn(execution, context, turn);
}

/** End the turn with a failure that the orchestrator did not answer itself (missing function, hook that threw). */
export function failTurn(execution: Execution, context: TurnContext, turn: Turn, name: string, error: string): void {
  turn.ending = failure(name, error);
  finishTurn(execution, context, turn);
}

function finishTurn(execution: Execution, context: TurnContext, turn: Turn): void {
  const writer = new TurnWriter(execution, context, turn, new Date(execution.lastStarted).toISOString());
  if (turn.ending && execution.lock) writer.release();
  writer.add({ EventType: EventKind.OrchestratorCompleted });
  if (turn.ending?.kind === 'completed' || turn.ending?.kind === 'failed') {
    writer.add({
      EventType: EventKind.ExecutionCompleted,
      Result: turn.ending.output,
      OrchestrationStatus: turn.ending.kind === 'completed' ? 'Completed' : 'Failed',
    });
  }
}

function failure(name: string, error: string, details?: HistoryEvent['FailureDetails']): Ending {
  const output = JSON.stringify(`Orchestrator function '${name}' failed: ${error}`);
  return { kind: 'failed', output, error, ...(details ? { failureDetails: details } : {}) };
}

/** New actions of a JSON answer: entries beyond those listed before, without repeats of pending tasks (signals may repeat). */
function withoutRepeats(listed: readonly OrchestratorAction[], from: number): OrchestratorAction[] {
  const repeatable = (a: OrchestratorAction) =>
    a.actionType === ActionKind.SignalEntity || a.actionType === ActionKind.ReleaseEntities;
  const known = new Set(listed.slice(0, from).map((a) => JSON.stringify(a)));
  return listed.slice(from).filter((a) => repeatable(a) || !known.has(JSON.stringify(a)));
}

/** continueAsNew passes strings pre-encoded as JSON; other values raw. */
function continuedInput(input: unknown): string | null {
  if (typeof input !== 'string') return jsonOrNull(input);
  try {
    JSON.parse(input);
    return input;
  } catch {
    return JSON.stringify(input); // a string that the SDK did not encode
  }
}

class TurnWriter {
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
    if (problem !== undefined) return problem;
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
      this.#turn.effects.push({ kind: 'activity', taskId: id, name, input });
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
      this.#turn.effects.push({ kind: 'child', taskId: id, name, instanceId, input, version: action.version ?? null });
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
