// What is kept of every call, so that nothing that was answered is ever asked again.
// Invariants: W1 an intent exists before a request is sent. W2 the raw answer is stored before it is read. W3 the first stored answer of a pack counts;
//             a later one is booked as a duplicate. W4 an intent without an outcome is money that may be spent: it is booked as `unknown`.
//             W5 a pack is either asked or split: both take the next attempt's file, so only one of them can be first.
// Layout below runs/<run>/llm/<batch>/: calls/<key>/<n>.intent.json, <n>.outcome.json (attempts that gave no answer), answer.json.

import { SluiceError } from '../errors.ts';
import { runPaths } from '../paths.ts';
import type { LakeStore } from '../ports.ts';
import { parseRecord } from '../record-json.ts';
import type { Usage } from './money/price.ts';

export interface Intent {
  callKey: string;
  attempt: number;
  instanceId: string;
  deployment: string;
  /** ms since the epoch */
  startedAt: number;
  /** After this the call cannot be running any more. */
  expiresAt: number;
  documentCount: number;
  chargeEstimate: number;
  promptTokens: number;
  maxOutputTokens: number;
  priceId: string;
  /** What the call costs at most, nano-dollars as text. */
  costAtMost: string;
  /** Under this name the money is set aside. */
  reservation: string;
}

interface Split {
  splitAt: number;
}

/** How an attempt ended. `body` only where it is the answer of the pack. */
export interface Outcome {
  attempt: number;
  endedAt: number;
  httpStatus: number | null;
  requestId: string | null;
  /** Model and tier that the service says it used. */
  model: string | null;
  serviceTier: string | null;
  finishReason: string | null;
  usage: Usage | null;
  /** Nano-dollars as text; null when unknown. */
  cost: string | null;
  /** Rule of the error table, or null for an answer. */
  rule: string | null;
  /** The service's own words on a failure, shortened, without content of documents. */
  words?: string;
  isDuplicate?: boolean;
  body?: unknown;
}

/** The answer of a pack: a completion, or a refusal that will not change. */
export type Answer = Outcome & { body: unknown };

export interface CallRecord {
  intents: Map<number, Intent>;
  outcomes: Map<number, Outcome>;
  answer: Answer | undefined;
  /** The money did not reach for the pack: its first so many documents and the others are asked apart. */
  splitAt: number | undefined;
}

const READS_AT_ONCE = 16;

export class CallLog {
  readonly folder: string;
  readonly #store: LakeStore;
  readonly #records = new Map<string, CallRecord>();

  readonly runId: string;

  /** @param folder  of the batch: of its questions, unless said otherwise */
  constructor(store: LakeStore, runId: string, batchId: string, folder: string = runPaths.llm(runId, batchId)) {
    this.runId = runId;
    this.#store = store;
    this.folder = `${folder}/calls`;
  }

  /** Read everything that earlier activities left. One listing; one read for each file not known yet. */
  async load(): Promise<void> {
    const paths: string[] = [];
    for await (const file of this.#store.list(this.folder)) paths.push(file.path);
    for (let i = 0; i < paths.length; i += READS_AT_ONCE)
      await Promise.all(paths.slice(i, i + READS_AT_ONCE).map((path) => this.#read(path)));
  }

  record(key: string): CallRecord {
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const created: CallRecord = { intents: new Map(), outcomes: new Map(), answer: undefined, splitAt: undefined };
    this.#records.set(key, created);
    return created;
  }

  keys(): string[] {
    return [...this.#records.keys()];
  }

  /** Announce a call. False when somebody else announced this attempt first. */
  async announce(intent: Intent): Promise<boolean> {
    const isFirst = await this.#putOnce(
      `${this.folder}/${intent.callKey}/${number(intent.attempt)}.intent.json`,
      intent,
    );
    if (isFirst) this.record(intent.callKey).intents.set(intent.attempt, intent);
    return isFirst;
  }

  /** Note that a pack is asked in two parts. False when somebody else has just announced a call, or another split. */
  async split(key: string, splitAt: number): Promise<boolean> {
    const record = this.record(key);
    const isFirst = await this.#putOnce(`${this.folder}/${key}/${number(nextAttempt(record))}.intent.json`, {
      splitAt,
    } satisfies Split);
    if (isFirst) record.splitAt = splitAt;
    return isFirst;
  }

  /** Keep the answer of a pack. When there is one already, book this one as a duplicate and return the first. */
  async keepAnswer(key: string, answer: Answer): Promise<Answer> {
    const path = `${this.folder}/${key}/answer.json`;
    const record = this.record(key);
    if (await this.#putOnce(path, answer)) {
      record.answer = answer;
      return answer;
    }
    const stored = await this.#store.readIfExists(path);
    if (stored === undefined) throw new SluiceError('lake.conflict', `${path} exists and cannot be read`);
    const first = parseRecord<Answer>(stored.bytes, path);
    record.answer = first;
    if (first.attempt !== answer.attempt) {
      const { body: _dropped, ...outcome } = answer;
      await this.keepOutcome(key, { ...outcome, isDuplicate: true });
    }
    return first;
  }

  async keepOutcome(key: string, outcome: Outcome): Promise<void> {
    await this.#putOnce(`${this.folder}/${key}/${number(outcome.attempt)}.outcome.json`, outcome);
    this.record(key).outcomes.set(outcome.attempt, outcome);
  }

  /** Look again for the answer and the newest attempts of one pack. */
  async refresh(key: string): Promise<CallRecord> {
    for await (const file of this.#store.list(`${this.folder}/${key}`)) await this.#read(file.path);
    return this.record(key);
  }

  async #read(path: string): Promise<void> {
    const [key, file] = path.slice(this.folder.length + 1).split('/');
    if (key === undefined || file === undefined) return;
    const record = this.record(key);
    const attempt = Number.parseInt(file, 10);
    if (
      file.endsWith('.intent.json')
        ? record.intents.has(attempt)
        : file.endsWith('.outcome.json')
          ? record.outcomes.has(attempt)
          : record.answer !== undefined
    )
      return;
    const value: unknown = parseRecord(await this.#store.read(path), path);
    if (file.endsWith('.intent.json')) {
      const written = value as Intent | Split; // by announce() and split()
      if ('splitAt' in written) record.splitAt = written.splitAt;
      else record.intents.set(attempt, written);
    }
    if (file.endsWith('.outcome.json')) record.outcomes.set(attempt, value as Outcome);
    if (file === 'answer.json') record.answer = value as Answer;
  }

  async #putOnce(path: string, value: unknown): Promise<boolean> {
    try {
      await this.#store.write(path, JSON.stringify(value), { ifAbsent: true });
      return true;
    } catch (error) {
      if (error instanceof SluiceError && error.code === 'lake.conflict') return false;
      throw error;
    }
  }
}

/** Number of the next attempt at a pack. */
export const nextAttempt = (record: CallRecord): number => Math.max(0, ...record.intents.keys()) + 1;

/** The attempt that may still be running: the newest intent with neither outcome nor answer, not expired. */
export function runningAttempt(record: CallRecord, nowMs: number): Intent | undefined {
  return [...record.intents.values()].find(
    (intent) =>
      !record.outcomes.has(intent.attempt) && record.answer?.attempt !== intent.attempt && intent.expiresAt > nowMs,
  );
}

function number(attempt: number): string {
  return String(attempt).padStart(3, '0');
}
