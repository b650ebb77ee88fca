// The words of the durable replay protocol: history events, orchestrator actions and the orchestrator's answer.
// Invariants: field names and event numbers are those of the wire; members marked "host only" are ours and the SDK ignores them.

export const EventKind = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ContinueAsNew: 16,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

/** Names by number, as the status API shows them. */
export const EVENT_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(EventKind).map(([name, number]) => [number, name]),
);

export interface FailureDetails {
  ErrorType: string;
  ErrorMessage: string;
  StackTrace?: string | null;
  IsNonRetriable?: boolean;
  Properties?: unknown;
  InnerFailure?: FailureDetails | null;
}

export interface HistoryEvent {
  EventType: number;
  /** -1 except for scheduling events, where it is the task id. */
  EventId: number;
  IsPlayed: boolean;
  /** ISO 8601; never rewritten once stored. */
  Timestamp: string;
  Name?: string;
  Version?: string;
  /** JSON text. */
  Input?: string | null;
  /** JSON text, or null for undefined; never absent on completions. */
  Result?: string | null;
  Reason?: string;
  Details?: string;
  FailureDetails?: FailureDetails;
  TaskScheduledId?: number;
  TimerId?: number;
  FireAt?: string;
  InstanceId?: string;
  OrchestrationStatus?: string;
  /** Host only: the retry group this attempt or back-off timer belongs to. */
  Retry?: RetryGroup;
  /** Host only: position of the CreateTimer action among the unique actions; tells which timer a later cancellation means. */
  ActionIndex?: number;
  /** Host only: entity ids of a lock request. */
  Lock?: string[];
  /** Host only: the task is one of a Task.any, so nothing waits for its end. */
  Optional?: true;
}

/** An event on its way to an instance: it gets its id and time when a turn records it. */
export type IncomingEvent = Omit<HistoryEvent, 'EventId' | 'IsPlayed' | 'Timestamp'>;

export const ActionKind = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  CallEntity: 7,
  CallHttp: 8,
  SignalEntity: 9,
  WhenAny: 11,
  LockEntities: 13,
  ReleaseEntities: 14,
} as const;

export interface RetryPolicy {
  firstRetryIntervalInMilliseconds: number;
  maxNumberOfAttempts: number;
  backoffCoefficient?: number;
  maxRetryIntervalInMilliseconds?: number;
  retryTimeoutInMilliseconds?: number;
}

/** All attempts of one `…WithRetry` call. */
export interface RetryGroup {
  action: OrchestratorAction;
  /** Attempts made so far, the running one included. */
  attempt: number;
  /** Epoch ms of the first attempt. */
  since: number;
  /** How the last attempt failed. */
  failure?: { Reason: string; Details: string };
  /** The call is one of a Task.any. */
  optional?: true;
}

export interface OrchestratorAction {
  actionType: number;
  functionName?: string;
  input?: unknown;
  instanceId?: string;
  version?: string;
  retryOptions?: RetryPolicy;
  fireAt?: string | Date;
  isCanceled?: boolean;
  externalEventName?: string;
  operation?: string;
  httpRequest?: DurableHttpRequest;
  lockRequestId?: string;
  lockSet?: { name: string; key: string }[];
  compoundActions?: OrchestratorAction[];
}

export interface DurableHttpRequest {
  method: string;
  uri: string;
  content?: unknown;
  headers?: Record<string, string>;
  tokenSource?: { resource: string; kind?: string };
  asynchronousPatternEnabled?: boolean;
}

export interface OrchestratorAnswer {
  isDone: boolean;
  actions: OrchestratorAction[][];
  output?: unknown;
  error?: string;
  customStatus?: unknown;
  failureDetails?: FailureDetails;
}

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

const FAILURE_MARKER = '\n\n$OutOfProcData$:';

/** The answer hidden in the error of a failed orchestrator; undefined when the error is not one (a host defect or a hook that threw). */
export function answerOfFailure(error: unknown): OrchestratorAnswer | undefined {
  if (!(error instanceof Error)) return undefined;
  const at = error.message.indexOf(FAILURE_MARKER);
  // `as`: the SDK wrote this JSON in the same process
  return at < 0 ? undefined : (JSON.parse(error.message.slice(at + FAILURE_MARKER.length)) as OrchestratorAnswer);
}

/** The leaves that stand somewhere below a Task.any. */
export function leavesOfAny(
  actions: readonly OrchestratorAction[],
  isBelow = false,
  into = new Set<OrchestratorAction>(),
): Set<OrchestratorAction> {
  for (const action of actions) {
    if (action.compoundActions)
      leavesOfAny(action.compoundActions, isBelow || action.actionType === ActionKind.WhenAny, into);
    else if (isBelow) into.add(action);
  }
  return into;
}

/** The leaf actions below an action, depth-first: the order in which the SDK numbers tasks. */
export function leafActions(
  actions: readonly OrchestratorAction[],
  into: OrchestratorAction[] = [],
): OrchestratorAction[] {
  for (const action of actions) {
    if (action.compoundActions) leafActions(action.compoundActions, into);
    else into.push(action);
  }
  return into;
}

/** `@name@key`, the name in lower case: the instance id of an entity. */
export function entityInstanceId(name: string, key: string): string {
  return `@${name.toLowerCase()}@${key}`;
}

/** Name and key of an entity's instance id; undefined when it is not one. The key may hold further `@`. */
export function parseEntityInstanceId(id: string): { name: string; key: string } | undefined {
  const second = id.indexOf('@', 1);
  if (!id.startsWith('@') || second < 0) return undefined;
  return { name: id.slice(1, second), key: id.slice(second + 1) };
}

/** JSON text of a value for a `Result` or `Input` field: undefined becomes null. */
export function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : (JSON.stringify(value) ?? null);
}
