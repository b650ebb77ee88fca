// One execution of an orchestration in memory: its history and what follows from it.
// Invariants: X1 everything here is a function of the stored history rows (rebuild() after a crash gives the same object).
//             X2 ids are allocated in the order of the SDK: retry ids when the completion arrives, action ids after the turn.
// Source of the numbering rules: the replay executor of durable-functions 3.5.
import { EventKind, type HistoryEvent, type IncomingEvent, type RetryGroup } from './history.ts';

export class Execution {
  /**
   * The history as the SDK takes it: events that it ignores are left out. Shared between turns, so never copied:
   * the SDK changes no event, and the one value that it hands to user code, the time of a turn, is made afresh at each reading.
   */
  readonly replay: unknown[] = [];
  /** The next task id; the SDK counts in step with it. */
  nextId = 0;
  /** Open attempts and back-off timers of `…WithRetry` calls by task id. */
  readonly retries = new Map<number, RetryGroup>();
  /** Open user timers: task id → position among the unique actions. */
  readonly timers = new Map<number, number>();
  /**
   * Tasks on which everything after them waits: in Azure an action is begun when all children of the one before have ended, also when
   * Task.all has failed meanwhile. Those of a Task.any are not among them.
   */
  readonly open = new Set<number>();
  /** Entity ids held, or asked for, by the current critical section. */
  lock: { entities: readonly string[]; requestId: string } | undefined;
  /** Epoch ms of the last OrchestratorStarted: time never runs backwards within an execution. */
  lastStarted = 0;

  /** Rebuild from stored events. */
  static rebuild(events: Iterable<HistoryEvent>): Execution {
    const execution = new Execution();
    for (const event of events) execution.record(event);
    return execution;
  }

  allocateId(): number {
    return this.nextId++;
  }

  /** Append one event and update what is derived from it. */
  record(event: HistoryEvent): void {
    this.#remember(event);
    if (event.EventId >= 0) {
      this.nextId = Math.max(this.nextId, event.EventId + 1);
      if (event.Retry) this.retries.set(event.EventId, event.Retry);
    }
    this.#openOrEnd(event);
    switch (event.EventType) {
      case EventKind.OrchestratorStarted:
        this.lastStarted = Date.parse(event.Timestamp);
        break;
      case EventKind.TimerCreated:
        if (event.ActionIndex !== undefined) this.timers.set(event.EventId, event.ActionIndex);
        break;
      case EventKind.TimerFired:
        this.timers.delete(event.TimerId ?? -1);
        this.retries.delete(event.TimerId ?? -1);
        break;
      case EventKind.TaskCompleted:
      case EventKind.TaskFailed:
      case EventKind.SubOrchestrationInstanceCompleted:
      case EventKind.SubOrchestrationInstanceFailed:
        this.retries.delete(event.TaskScheduledId ?? -1);
        break;
      case EventKind.EventSent:
        if (event.Lock) this.lock = { entities: event.Lock, requestId: lockRequestId(event) };
        else if (event.Name === 'release') this.lock = undefined;
        break;
    }
  }

  #openOrEnd(event: HistoryEvent): void {
    switch (event.EventType) {
      case EventKind.TaskScheduled:
      case EventKind.SubOrchestrationInstanceCreated:
      case EventKind.TimerCreated:
        if (!event.Optional) this.open.add(event.EventId);
        break;
      case EventKind.TimerFired:
        this.open.delete(event.TimerId ?? -1);
        break;
      default:
        this.open.delete(event.TaskScheduledId ?? -1);
    }
  }

  /** The retry group that a completion event belongs to. */
  retryOf(event: IncomingEvent): RetryGroup | undefined {
    return this.retries.get(event.TaskScheduledId ?? event.TimerId ?? -1);
  }

  #remember(event: HistoryEvent): void {
    switch (event.EventType) {
      case EventKind.OrchestratorStarted:
        this.replay.push(new TurnStarted(Date.parse(event.Timestamp)));
        break;
      case EventKind.TaskScheduled:
      case EventKind.SubOrchestrationInstanceCreated:
      case EventKind.TimerCreated:
      case EventKind.OrchestratorCompleted:
        break;
      default:
        this.replay.push(event);
    }
  }
}

/** OrchestratorStarted for the SDK. User code gets the date and may change it: each reading is a new one. */
class TurnStarted {
  readonly EventType = EventKind.OrchestratorStarted;
  readonly EventId = -1;
  readonly IsPlayed = false;
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  get Timestamp(): Date {
    return new Date(this.#ms);
  }
}

function lockRequestId(event: HistoryEvent): string {
  // `as`: written by the host itself
  return (JSON.parse(event.Input ?? '{}') as { id?: string }).id ?? '';
}
