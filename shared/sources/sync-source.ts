// The round of a source as an orchestration: an activity that works for a few minutes, until there is nothing left.
import type { SyncRequest } from '../api/source-status.ts';
import { codeOf, SluiceError } from '../errors.ts';
import type { Sources } from './sources.ts';

export interface SyncInput extends Partial<SyncRequest> {
  name: string;
  /** The round goes on: its source may have been paused or removed meanwhile. */
  isContinued?: boolean;
}

export interface SyncOutcome {
  isDone: boolean;
  /** The round failed; what is to be done stands in the source's status. */
  code: string | null;
}

/** What the orchestration may do. */
interface Port<Task> {
  call(activity: 'syncSourceFor', input: unknown): Task;
  continueAsNew(input: unknown): void;
}

/** An activity must end well before the platform ends it. */
const WORK_MS = 3 * 60_000;

// biome-ignore lint/suspicious/noExplicitAny: what a yield gives back is the activity's JSON
export function* syncSource<Task>(o: Port<Task>, input: SyncInput): Generator<Task, SyncOutcome, any> {
  const outcome: SyncOutcome = yield o.call('syncSourceFor', input);
  if (!outcome.isDone && outcome.code === null) o.continueAsNew({ ...input, isContinued: true });
  return outcome;
}

/** A round that fails is a state of its source, not of the engine: the timer tries again. */
export async function syncActivity(
  sources: Sources,
  { name, isContinued = false, ...request }: SyncInput,
): Promise<SyncOutcome> {
  try {
    if (isContinued && !(await sources.isOn(name))) return { isDone: true, code: null };
    return { ...(await sources.sync(name, request, WORK_MS)), code: null };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { isDone: true, code: codeOf(error) };
  }
}
