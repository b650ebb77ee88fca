// One turn of an orchestration, pure: the incoming event and the orchestrator's answer become history events and effects.
// Invariants: T1 one completion event per turn. T2 retry ids are allocated before the orchestrator runs, action ids after, in the
//             order of the actions. T3 every failed attempt is followed by a timer, the last one included, or the SDK waits for ever.
//             T4 while a task of an earlier action runs, what the orchestrator asked for after it waits, its end included: the extension
//             awaits all children of one action before it begins the next (OutOfProcOrchestrationShim of the Durable extension).
import type { Execution } from './execution.ts';
import {
  ActionKind,
  EventKind,
  type HistoryEvent,
  type IncomingEvent,
  jsonOrNull,
  leafActions,
  leavesOfAny,
  type OrchestratorAction,
  type OrchestratorAnswer,
} from './history.ts';
import { type Ending, type Turn, type TurnContext, TurnWriter } from './turn-writer.ts';

export interface TurnStart {
  name: string;
  version: string | null;
  /** JSON text of the orchestration's input. */
  input: string | null;
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
