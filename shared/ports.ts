// What the domain asks of the outside world. Adapters live at the edge (shared/azure, shared/lake/store.ts, local/); tests bring fakes.

/** Time. Domain code never calls Date.now. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Uniform numbers in [0, 1). */
export interface Random {
  next(): number;
}

/** Structured log: an event name of the catalogue plus ids and numbers. Never document content, prompts or answers. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One file of the lake as a listing shows it. `path` is relative to the container, without leading slash. */
export interface LakeFile {
  path: string;
  sizeBytes: number;
  etag: string;
  /** Milliseconds since the epoch. */
  lastModified: number;
}

export interface WriteCondition {
  /** Create only: `lake.conflict` when the path exists. Atomic: readers never see an empty file. */
  ifAbsent?: boolean;
  /** Replace only this version: `lake.conflict` when the ETag differs or the path is gone. */
  ifMatch?: string;
}

/** Content that is made while it is sent, so that it is never there as a whole. A try that failed makes it again: equal bytes each time. */
export interface MadeContent {
  byteLength: number;
  pieces(): Iterable<Uint8Array>;
}

export type FileContent = Uint8Array | string | MadeContent;

/** What the names of a store cannot hold: XML 1.0 has no place for it, so no listing could give it back. */
export const UNLISTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/**
 * One container of the lake. All methods throw SluiceError: `lake.not-found`, `lake.conflict`, `lake.forbidden`,
 * or RetryableError `lake.unavailable` after the SDK's own retries.
 */
export interface LakeStore {
  readonly container: string;
  read(path: string): Promise<Buffer>;
  /** Content with its ETag; undefined when absent. `maxBytes` refuses a larger file with `extract.too-large`. */
  readIfExists(path: string, maxBytes?: number): Promise<{ bytes: Buffer; etag: string } | undefined>;
  /** Some bytes of a file that never changes. */
  readPart(path: string, offset: number, length: number): Promise<Buffer>;
  /** Whole-file write, visible at once or not at all. Returns the new ETag. */
  write(path: string, content: FileContent, condition?: WriteCondition): Promise<string>;
  /** Copy a local file to the lake (streams large files). A condition is told as refused also when only the answer to this upload was lost: look who did. */
  upload(path: string, localFile: string, condition?: WriteCondition): Promise<string>;
  /** Copy a lake file to a local file. */
  download(path: string, localFile: string): Promise<void>;
  /** Properties; undefined when absent. */
  stat(path: string): Promise<LakeFile | undefined>;
  /** Files (not folders) below a folder prefix, recursively. Order is not promised. */
  list(prefix: string): AsyncIterable<LakeFile>;
  /** Remove one file; absent is fine. */
  delete(path: string): Promise<void>;
  /** Remove a folder with everything below; absent is fine. */
  deleteFolder(path: string): Promise<void>;
}

/** A small strongly consistent record store with compare-and-swap (Table storage): LLM quota, counters. */
export interface StateTable {
  /** The record's JSON value and its ETag; undefined when absent. */
  get(key: string): Promise<{ value: unknown; etag: string } | undefined>;
  /** Write if `expected` still holds: an ETag, or null for "must not exist". Returns the new ETag, or undefined when the race was lost. */
  compareAndSwap(key: string, expected: string | null, value: unknown): Promise<string | undefined>;
  delete(key: string): Promise<void>;
}

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** Seeded generator (mulberry32): equal seeds give equal sequences on every platform. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
}

/** Logs nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
