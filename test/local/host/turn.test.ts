import { expect, test } from 'vitest';
import { Execution } from '../../../local/host/execution.ts';
import {
  ActionKind,
  EventKind,
  type HistoryEvent,
  type IncomingEvent,
  type OrchestratorAction,
} from '../../../local/host/history.ts';
import { closeTurn, openTurn } from '../../../local/host/turn.ts';
import type { Turn, TurnContext } from '../../../local/host/turn-writer.ts';

/** Drives turns by hand: the answers are what the SDK would return. */
class Driver {
  execution = new Execution();
  readonly stored: HistoryEvent[] = [];
  readonly actions: OrchestratorAction[] = [];
  nowMs = 1_000_000;
  #handled = 0;
  #listed = 0;

  turn(
    event: IncomingEvent | undefined,
    fresh: OrchestratorAction[],
    end: { isDone?: boolean; failed?: boolean; error?: string } = {},
  ): Turn {
    const context: TurnContext = {
      instanceId: 'i',
      executionId: 'e',
      nowMs: this.nowMs,
      handledActions: this.#handled,
      listedActions: this.#listed,
      storeInputs: false,
      problemWith: (_kind, name) => (name === 'missing' ? 'no such function' : undefined),
    };
    const turn = openTurn(
      this.execution,
      context,
      event ? undefined : { name: 'f', version: null, input: null },
      event,
    );
    this.actions.push(...fresh);
    const actions = end.failed ? (JSON.parse(JSON.stringify(this.actions)) as OrchestratorAction[]) : this.actions;
    closeTurn(
      this.execution,
      context,
      turn,
      'f',
      { isDone: end.isDone ?? false, actions: [actions], ...(end.error ? { error: end.error } : {}) },
      end.failed ?? false,
    );
    this.#handled = turn.handledActions;
    this.#listed = turn.listedActions;
    this.stored.push(...turn.added);
    return turn;
  }
}

const activity = (functionName = 'a'): OrchestratorAction => ({ actionType: ActionKind.CallActivity, functionName });
const withRetry = (maxNumberOfAttempts: number, extra: object = {}): OrchestratorAction => ({
  actionType: ActionKind.CallActivityWithRetry,
  functionName: 'r',
  retryOptions: { firstRetryIntervalInMilliseconds: 100, maxNumberOfAttempts, backoffCoefficient: 2, ...extra },
});
const all = (...compoundActions: OrchestratorAction[]): OrchestratorAction => ({ actionType: 12, compoundActions });
const any = (...compoundActions: OrchestratorAction[]): OrchestratorAction => ({ actionType: 11, compoundActions });
const failed = (id: number): IncomingEvent => ({
  EventType: EventKind.TaskFailed,
  TaskScheduledId: id,
  Reason: 'no',
  Details: '',
});
const completed = (id: number): IncomingEvent => ({
  EventType: EventKind.TaskCompleted,
  TaskScheduledId: id,
  Result: null,
});
const fired = (id: number): IncomingEvent => ({
  EventType: EventKind.TimerFired,
  TimerId: id,
  FireAt: '1970-01-01T00:00:00.000Z',
});
const ids = (turn: Turn) =>
  turn.effects.map((effect) => `${effect.kind} ${'taskId' in effect ? effect.taskId : ''}`.trim());

test('turn: leaves are numbered depth-first; waits take no id', () => {
  const driver = new Driver();
  const wait: OrchestratorAction = { actionType: ActionKind.WaitForExternalEvent, externalEventName: 'e' };
  const turn = driver.turn(undefined, [any(activity(), wait, all(activity(), activity()))]);
  expect(ids(turn)).toEqual(['activity 0', 'activity 1', 'activity 2']);
  expect(ids(driver.turn(completed(0), [activity()]))).toEqual(['activity 3']);
});

test('turn: what follows a failed Task.all waits until its other tasks have ended, the end of the orchestration too', () => {
  const driver = new Driver();
  driver.turn(undefined, [all(activity(), activity(), withRetry(2))]);
  expect(ids(driver.turn(failed(0), [activity('after')]))).toEqual([]);
  expect(ids(driver.turn(failed(2), []))).toEqual(['timer 3']);
  expect(ids(driver.turn(completed(1), []))).toEqual([]);
  expect(ids(driver.turn(fired(3), []))).toEqual(['activity 4']);
  expect(ids(driver.turn(completed(4), []))).toEqual(['activity 5']);

  for (const end of [{ isDone: true }, { failed: true, error: 'no' }]) {
    const ending = new Driver();
    ending.turn(undefined, [all(activity(), activity())]);
    expect(ending.turn(failed(0), [], end).ending).toBeUndefined();
    expect(ending.turn(completed(1), [], end).ending).toBeDefined();
  }
});

test('turn: nothing waits for the tasks of a Task.any that lost', () => {
  const driver = new Driver();
  driver.turn(undefined, [any(activity(), all(activity(), withRetry(2)))]);
  driver.turn(failed(2), []);
  expect(ids(driver.turn(completed(0), [activity()]))).toEqual(['activity 4']);
  expect(driver.turn(completed(4), [], { isDone: true }).ending).toMatchObject({ kind: 'completed' });
});

test('turn: a task listed again inside a later compound is not scheduled twice', () => {
  const driver = new Driver();
  const [a, b] = [activity('a'), activity('b')];
  driver.turn(undefined, [any(a, b)]);
  expect(ids(driver.turn(completed(0), [any(b, activity('c'))]))).toEqual(['activity 2']);
});

test('turn: the id of a retry is allocated before the ids of what the user code calls next', () => {
  const driver = new Driver();
  driver.turn(undefined, [any(withRetry(4), activity())]);
  expect(ids(driver.turn(failed(0), []))).toEqual(['timer 2']);
  expect(ids(driver.turn(completed(1), [activity()]))).toEqual(['activity 3']);
  expect(ids(driver.turn(fired(2), []))).toEqual(['activity 4']);
});

test('turn: back-off grows, and the last failure is followed by a timer that fires at once', () => {
  const driver = new Driver();
  driver.turn(undefined, [withRetry(3)]);
  const delays: number[] = [];
  let id = 0;
  for (let attempt = 0; attempt < 3; attempt++) {
    const timer = driver.turn(failed(id), []).effects[0];
    if (timer?.kind !== 'timer') throw new Error('a timer was expected');
    delays.push(timer.fireAt - driver.nowMs);
    const next = driver.turn(fired(timer.taskId), []).effects[0];
    if (attempt < 2) id = next?.kind === 'activity' ? next.taskId : -1;
    else expect(next).toBeUndefined();
  }
  expect(delays).toEqual([100, 200, 0]);
});

test('turn: after the retry timeout the remaining attempts fail without running, with the last reason', () => {
  const driver = new Driver();
  driver.turn(undefined, [withRetry(3, { retryTimeoutInMilliseconds: 50 })]);
  driver.nowMs += 60;
  expect(driver.turn(failed(0), []).effects).toEqual([{ kind: 'timer', taskId: 1, fireAt: driver.nowMs }]);
  expect(driver.turn(fired(1), []).effects).toEqual([
    { kind: 'deliver', event: { EventType: EventKind.TaskFailed, TaskScheduledId: 2, Reason: 'no', Details: '' } },
  ]);
});

test('turn: a cancelled timer is removed once', () => {
  const driver = new Driver();
  const timer: OrchestratorAction = { actionType: ActionKind.CreateTimer, fireAt: new Date(2_000_000).toISOString() };
  driver.turn(undefined, [any({ actionType: ActionKind.WaitForExternalEvent, externalEventName: 'e' }, timer)]);
  timer.isCanceled = true;
  const raised: IncomingEvent = { EventType: EventKind.EventRaised, Name: 'e', Input: null };
  expect(ids(driver.turn(raised, [activity()]))).toEqual(['activity 1', 'cancel-timer 0']);
  expect(ids(driver.turn(completed(1), []))).toEqual([]);
});

test('turn: a failing orchestrator still sends its new signals, and nothing that was handled before', () => {
  const driver = new Driver();
  const signal: OrchestratorAction = {
    actionType: ActionKind.SignalEntity,
    instanceId: '@c@k',
    operation: 'add',
    input: 1,
  };
  driver.turn(undefined, [activity()]);
  const turn = driver.turn(failed(0), [signal, { ...signal }], { failed: true, error: 'broken' });
  expect(turn.effects.map((effect) => effect.kind)).toEqual(['entity', 'entity']);
  expect(turn.ending).toMatchObject({ kind: 'failed', output: '"Orchestrator function \'f\' failed: broken"' });
});

test('turn: a call of a missing function never ends, and what the orchestrator asks for after it waits', () => {
  const driver = new Driver();
  const turn = driver.turn(undefined, [activity('missing')]);
  expect(turn.ending).toBeUndefined();
  expect(turn.effects).toEqual([{ kind: 'nobody', problem: 'no such function' }]);
});

test('turn: locks that are still held at the end are released', () => {
  const driver = new Driver();
  driver.turn(undefined, [
    {
      actionType: ActionKind.LockEntities,
      lockRequestId: 'q',
      lockSet: [
        { name: 'C', key: '1' },
        { name: 'C', key: '2' },
      ],
    },
  ]);
  const turn = driver.turn({ EventType: EventKind.EventRaised, Name: 'q', Input: '{}' }, [], { isDone: true });
  expect(turn.effects.map((effect) => effect.kind === 'entity' && effect.message.release && effect.target)).toEqual([
    '@c@1',
    '@c@2',
  ]);
});

test('turn: time never runs backwards, and a timer never fires before its time', () => {
  const driver = new Driver();
  driver.turn(undefined, [activity()]);
  driver.nowMs -= 500_000;
  driver.turn(completed(0), [activity()]);
  driver.turn({ EventType: EventKind.TimerFired, TimerId: 9, FireAt: new Date(3_000_000).toISOString() }, []);
  const times = driver.stored
    .filter((event) => event.EventType === EventKind.OrchestratorStarted)
    .map((event) => Date.parse(event.Timestamp));
  expect(times).toEqual([1_000_000, 1_000_000, 3_000_000]);
});

test('execution: rebuilt from stored events it goes on exactly as the one in memory', () => {
  const live = new Driver();
  live.turn(undefined, [
    all(withRetry(3), activity(), { actionType: ActionKind.CreateTimer, fireAt: new Date(9e9).toISOString() }),
  ]);
  live.turn(failed(0), []);
  const rebuilt = Execution.rebuild(JSON.parse(JSON.stringify(live.stored)) as HistoryEvent[]);
  expect(rebuilt.nextId).toBe(live.execution.nextId);
  expect([...rebuilt.retries]).toEqual([...live.execution.retries]);
  expect([...rebuilt.timers]).toEqual([...live.execution.timers]);
  expect([...rebuilt.open]).toEqual([...live.execution.open]);
  live.execution = rebuilt;
  expect(ids(live.turn(fired(3), []))).toEqual(['activity 4']);
});
