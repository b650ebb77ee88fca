// The bytes of the sources of a batch. One file that storage does not give becomes a failed row; storage that gives nothing stops the batch.
// Invariants: B1 a source is asked for at most ROUNDS times, each with the store's own tries and time limits. B2 a file is blamed only while storage
// gives others, or answers for a path that does not exist; an outage is waited for like any other (activities.ts). B3 when every source of a
// run is refused, it is the identity that has no right: the run ends and says so. Of a batch that is refused wholly it is only a folder, if storage
// gives a file of another batch: of up to OTHERS one is asked for.
import { type ErrorCode, RetryableError, SluiceError, TerminalError } from '../errors.ts';
import { batchId } from '../ids.ts';
import type { LakeStore } from '../ports.ts';
import { type Plan, type PlannedBatch, type PlannedSource, readBatch } from './records.ts';
import type { PipelineServices } from './services.ts';

export type SourceRead =
  | { kind: 'read'; bytes: Buffer; etag: string }
  | { kind: 'unreadable'; code: ErrorCode; message: string };

/** Waits between the rounds; a partition that moves answers 503 for seconds. */
const WAITS_MS = [2000, 8000];
/** A connection that never answers costs minutes a round: no further one after this. */
const PATIENCE_MS = 3 * 60_000;
/** A path that nobody writes: whether storage answers at all. */
const PROBE_PATH = '.sluice-probe/absent';
const OTHERS = 8;

export class SourceReader {
  readonly #services: PipelineServices;
  readonly #store: LakeStore;
  readonly #plan: Pick<Plan, 'runId' | 'batches'>;
  readonly #batch: PlannedBatch;
  #read = 0;
  #refused = 0;

  constructor(services: PipelineServices, plan: Pick<Plan, 'runId' | 'batches'>, batch: PlannedBatch) {
    this.#services = services;
    this.#store = services.sources[batch.container];
    this.#plan = plan;
    this.#batch = batch;
  }

  /**
   * Content of one source, or why its document fails.
   * @throws {RetryableError} lake.unavailable when storage as a whole does not answer
   * @throws {TerminalError} lake.forbidden when the identity may read nothing (B3)
   */
  async read(source: PlannedSource): Promise<SourceRead> {
    const { clock, config } = this.#services;
    const since = clock.now();
    for (let round = 0; ; round++) {
      try {
        const found = await this.#store.readIfExists(source.path, config.EXTRACT_MAX_BYTES);
        this.#read++;
        if (found !== undefined) return { kind: 'read', ...found };
        return unreadable('source.changed', `${source.path} is gone; it was there when the run was planned`);
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        const wait = WAITS_MS[round];
        if (error instanceof RetryableError && wait !== undefined && clock.now() - since < PATIENCE_MS) {
          await clock.sleep(wait);
          continue;
        }
        return await this.#verdict(error);
      }
    }
  }

  async #verdict(error: SluiceError): Promise<SourceRead> {
    switch (error.code) {
      case 'extract.too-large':
      case 'source.changed':
      case 'source.archived':
        this.#read++; // storage has told why: it is up, and the identity may ask
        return unreadable(error.code, error.message);
      case 'lake.forbidden':
        this.#refused++;
        if (this.#refused === this.#batch.sources.length && !(await this.#givesOthers()))
          throw noRight(this.#store.container, error);
        return unreadable('source.forbidden', error.message);
      case 'lake.unavailable':
        if (this.#read === 0 && (await this.#probe()) !== undefined) throw error; // B2
        return unreadable('source.unavailable', error.message);
      default:
        return unreadable('source.unreadable', error.message);
    }
  }

  /** Whether storage lets the identity read anything but this batch (B3). */
  async #givesOthers(): Promise<boolean> {
    if (this.#batch.sources.length === 1 && (await this.#probe()) !== 'lake.forbidden') return true;
    const ids = Array.from({ length: this.#plan.batches }, (_, i) => batchId(i)).filter(
      (id) => id !== this.#batch.batchId,
    );
    const every = Math.max(1, ids.length / OTHERS);
    for (let i = 0; i < ids.length; i += every) {
      const other = await readBatch(this.#services.lake, this.#plan.runId, ids[Math.floor(i)] ?? '');
      const source = other.sources[0];
      if (source !== undefined && (await this.#isGiven(source.path))) return true;
    }
    return false;
  }

  async #isGiven(path: string): Promise<boolean> {
    try {
      return (await this.#store.readIfExists(path, 1)) !== undefined;
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      return error.code === 'extract.too-large'; // more than a byte: not read, and not refused
    }
  }

  /** Undefined when storage answers; else the code of its error. */
  async #probe(): Promise<ErrorCode | undefined> {
    try {
      await this.#store.stat(PROBE_PATH);
      return undefined;
    } catch (error) {
      if (error instanceof SluiceError) return error.code;
      throw error;
    }
  }
}

/** A file as it is listed; without ETag and size when storage refuses to tell: the run makes a failed row of it. */
export async function statOne(
  store: LakeStore,
  path: string,
): Promise<{ path: string; etag: string; sizeBytes: number; lastModified?: number } | undefined> {
  try {
    return await store.stat(path);
  } catch (error) {
    if (error instanceof SluiceError && REFUSALS.has(error.code)) return { path, etag: '', sizeBytes: 0 };
    throw error;
  }
}

const REFUSALS = new Set<ErrorCode>(['lake.forbidden', 'lake.refused', 'lake.unavailable', 'source.archived']);

const unreadable = (code: ErrorCode, message: string): SourceRead => ({ kind: 'unreadable', code, message });

const noRight = (container: string, cause: SluiceError): TerminalError =>
  new TerminalError(
    'lake.forbidden',
    `The identity has no right to read the files of container ${container}: every one that was asked for was refused`,
    { ids: { container }, cause },
  );
