// What the status API says of an instance, history included.
import { EVENT_NAMES, EventKind, type HistoryEvent } from './history.ts';
import type { Instance } from './instances.ts';

export interface StatusOptions {
  showInput: boolean;
  history?: readonly HistoryEvent[];
  showHistoryOutput?: boolean;
}

/** The status document. `input` and `output` are always present: the SDK refuses a status without them. */
export function statusOf(instance: Instance, options: StatusOptions): Record<string, unknown> {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: options.showInput ? parse(instance.input) : null,
    customStatus: parse(instance.customStatus),
    output: parse(instance.output),
    createdTime: wholeSeconds(instance.created),
    lastUpdatedTime: wholeSeconds(instance.updated),
    ...(options.history ? { historyEvents: shownHistory(options.history, options.showHistoryOutput ?? false) } : {}),
  };
}

/** ISO 8601 with whole seconds, as the durable extension writes times. */
export function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Schedulings are folded into their completions, those without one stay; turn boundaries and ids are left out. */
function shownHistory(history: readonly HistoryEvent[], showOutput: boolean): Record<string, unknown>[] {
  const scheduled = new Map<number, HistoryEvent>();
  const completed = new Set(history.map((event) => event.TaskScheduledId));
  const shown: Record<string, unknown>[] = [];
  for (const event of history) {
    switch (event.EventType) {
      case EventKind.OrchestratorStarted:
      case EventKind.OrchestratorCompleted:
        break;
      case EventKind.TaskScheduled:
      case EventKind.SubOrchestrationInstanceCreated:
        scheduled.set(event.EventId, event);
        if (!completed.has(event.EventId)) shown.push(shownEvent(event, undefined, showOutput));
        break;
      default:
        shown.push(shownEvent(event, scheduled.get(event.TaskScheduledId ?? -1), showOutput));
    }
  }
  return shown;
}

function shownEvent(
  event: HistoryEvent,
  origin: HistoryEvent | undefined,
  showOutput: boolean,
): Record<string, unknown> {
  const {
    EventType,
    EventId: _id,
    IsPlayed: _played,
    TimerId: _timer,
    TaskScheduledId: _task,
    Retry: _retry,
    ActionIndex: _index,
    Optional: _optional,
    Lock: _lock,
    Result,
    Name,
    ...rest
  } = event;
  return {
    EventType: EVENT_NAMES[EventType] ?? String(EventType),
    ...rest,
    ...(Name === undefined ? {} : EventType === EventKind.ExecutionStarted ? { FunctionName: Name } : { Name }),
    ...(origin
      ? { ScheduledTime: origin.Timestamp, FunctionName: origin.Name, ...(origin.Input ? { Input: origin.Input } : {}) }
      : {}),
    ...(showOutput && Result !== undefined ? { Result: parse(Result) } : {}),
  };
}

function parse(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}
