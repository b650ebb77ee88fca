// An encoder of the lake, at work in a thread of this process.
// Invariants: L1 the host's event loop never waits for the encoder. L2 one thread per encoder, ended after a quiet minute: its memory goes back.
// L3 a thread that dies takes only its own texts with it: they are tried once more in a new thread, and what dies twice or for want of memory
// fails for good, with its code. L4 an idle thread does not keep the process alive, and one that is closed is not begun again for what it held.
// L5 one that cannot work at all rests: for some minutes nobody reads its files or begins a thread again, and whoever comes is told at once why.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RetryableError, TerminalError } from '../../errors.ts';
import { type Clock, systemClock } from '../../ports.ts';
import type { Encoder, TextRole } from './encoder.ts';
import type { EncodeAnswer, EncoderStart } from './encoder-protocol.ts';
import type { OnnxManifest } from './manifest.ts';

/** Texts per message: a few seconds of work at most, so that progress is seen and a stop is heard. */
const TEXTS_PER_MESSAGE = 64;
const IDLE_MS = 60_000;
/** L5; as long as a deployment rests. */
const REST_MS = 5 * 60_000;
/**
 * Its heap holds the tokenizer and its file while it is read, texts and tokens. The model lies outside. A thread that reaches the
 * limit may take the whole process with it, so tokens.ts refuses what would.
 */
const MAX_HEAP_MB = 448;
/** Of what is new: by default it grows past 100 MB while a large tokenizer is built, for a tenth less of its time. */
const MAX_YOUNG_MB = 16;

/** The files, and the bytes may be moved into the thread. */
export type EncoderFiles = Pick<EncoderStart, 'model' | 'tokenizer'>;

interface Waiting {
  resolve(answer: EncodeAnswer): void;
  reject(error: unknown): void;
}

/** A thread and the texts it holds; nobody else's are touched by its end. */
interface Thread {
  worker: Worker;
  waiting: Map<number, Waiting>;
  /** Why it is no more. */
  end?: { cause: unknown };
}

/** Why a thread ended that was told to. */
const CLOSED = Symbol('closed');

/** The thread ended before it answered. */
class ThreadLost {
  readonly cause: unknown;
  constructor(cause: unknown) {
    this.cause = cause;
  }
}

export class LocalEncoder implements Encoder {
  readonly version: string;
  readonly dimensions: number;
  readonly #manifest: OnnxManifest;
  readonly #files: () => Promise<EncoderFiles>;
  readonly #threads: number;
  readonly #entry: string;
  readonly #clock: Pick<Clock, 'now'>;
  #rest: { until: number; error: TerminalError } | undefined;
  #thread: Promise<Thread> | undefined;
  #active = 0;
  #idle: NodeJS.Timeout | undefined;
  #next = 0;

  /** @param files  checked; asked for whenever a thread begins. @param options.entry  the thread's file */
  constructor(
    manifest: OnnxManifest,
    files: () => Promise<EncoderFiles>,
    { threads = 1, entry = threadEntry(), clock = systemClock as Pick<Clock, 'now'> } = {},
  ) {
    this.version = manifest.version;
    this.dimensions = manifest.dimensions;
    this.#manifest = manifest;
    this.#files = files;
    this.#threads = threads;
    this.#entry = entry;
    this.#clock = clock;
  }

  /** @throws as Encoder.encode, and encoder.out-of-memory, encoder.crashed */
  async encode(texts: readonly string[], role: TextRole): Promise<Float32Array> {
    const now = this.#clock.now();
    if (this.#rest !== undefined && this.#rest.until > now && this.#rest.until <= now + REST_MS) throw this.#rest.error; // the last: the clock was set back
    this.#rest = undefined;
    const vectors = new Float32Array(texts.length * this.dimensions);
    this.#active++;
    clearTimeout(this.#idle);
    try {
      for (let from = 0; from < texts.length; from += TEXTS_PER_MESSAGE) {
        const part = texts.slice(from, from + TEXTS_PER_MESSAGE);
        const answer = await this.#askTwice(part, this.#manifest.prefixes[role]);
        if ('code' in answer) {
          const error = new TerminalError(answer.code, `Encoder ${this.version}: ${answer.message}`, {
            ids: { encoder: this.version },
          });
          throw answer.isStart ? this.#resting(error) : error;
        }
        if (answer.dimensions !== this.dimensions)
          throw this.#resting(
            new TerminalError(
              'encoder.dimensions-changed',
              `Encoder ${this.version} gave ${answer.dimensions} dimensions; it was imported with ${this.dimensions}`,
              { ids: { encoder: this.version } },
            ),
          );
        vectors.set(answer.vectors, from * this.dimensions);
      }
      return vectors;
    } finally {
      if (--this.#active === 0) {
        clearTimeout(this.#idle);
        this.#idle = setTimeout(() => void this.close(), IDLE_MS);
        this.#idle.unref();
      }
    }
  }

  /** Its files were written anew: the next text tries again. */
  wake(): void {
    this.#rest = undefined;
  }

  /** L5 */
  #resting(error: TerminalError): TerminalError {
    this.#rest = { until: this.#clock.now() + REST_MS, error };
    return error;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const closing = this.#thread;
    this.#thread = undefined;
    const thread = await closing?.catch(() => undefined);
    if (thread === undefined) return;
    thread.end ??= { cause: CLOSED };
    await thread.worker.terminate();
  }

  /** L3. */
  async #askTwice(texts: readonly string[], prefix: string): Promise<EncodeAnswer> {
    for (let isSecond = false; ; isSecond = true) {
      try {
        return await this.#ask(texts, prefix);
      } catch (error) {
        if (error instanceof TerminalError) throw this.#resting(error); // its files
        if (!(error instanceof ThreadLost)) throw error;
        if (error.cause === CLOSED)
          throw new RetryableError('encoder.unavailable', `Encoder ${this.version} was closed before it answered`, {
            ids: { encoder: this.version },
          });
        if (isSecond || isOutOfMemory(error.cause)) throw this.#resting(this.#lostForGood(error.cause));
      }
    }
  }

  async #ask(texts: readonly string[], prefix: string): Promise<EncodeAnswer> {
    this.#thread ??= this.#begin();
    const thread = await this.#thread;
    if (thread.end !== undefined) throw new ThreadLost(thread.end.cause);
    const id = this.#next++;
    thread.worker.ref();
    try {
      return await new Promise<EncodeAnswer>((resolve, reject) => {
        thread.waiting.set(id, { resolve, reject });
        thread.worker.postMessage({ id, texts, prefix });
      });
    } finally {
      thread.waiting.delete(id);
      if (thread.waiting.size === 0) thread.worker.unref();
    }
  }

  #begin(): Promise<Thread> {
    const beginning = this.#startThread();
    const forget = () => {
      if (this.#thread === beginning) this.#thread = undefined; // the next text tries again; a newer thread stays
    };
    beginning.then(({ worker }) => worker.once('exit', forget), forget);
    return beginning;
  }

  async #startThread(): Promise<Thread> {
    const { inputs, output, pooling, maxTokens, windows, reading } = this.#manifest;
    const files = await this.#files();
    const data: EncoderStart = {
      ...files,
      shape: { inputs, output, pooling, maxTokens, windows },
      reading,
      threads: this.#threads,
    };
    const worker = new Worker(this.#entry, {
      workerData: data,
      transferList: Object.values(files).flatMap(wholeBuffer),
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: MAX_YOUNG_MB },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const thread: Thread = { worker, waiting: new Map() };
    const end = (cause: unknown) => {
      thread.end ??= { cause };
      for (const { reject } of thread.waiting.values()) reject(new ThreadLost(thread.end.cause));
      thread.waiting.clear();
    };
    worker.on('message', (answer: EncodeAnswer) => thread.waiting.get(answer.id)?.resolve(answer));
    worker.on('error', end);
    worker.on('exit', () => end(undefined));
    worker.unref();
    return thread;
  }

  #lostForGood(cause: unknown): TerminalError {
    const ids = { encoder: this.version };
    if (isOutOfMemory(cause))
      return new TerminalError(
        'encoder.out-of-memory',
        `Encoder ${this.version}: its tokenizer needs more than the ${MAX_HEAP_MB} MB an encoder's thread may use`,
        { cause, ids },
      );
    return new TerminalError('encoder.crashed', `Encoder ${this.version}: its thread ended twice before it answered`, {
      cause,
      ids,
    });
  }
}

const isOutOfMemory = (cause: unknown): boolean =>
  cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';

/** The buffer behind bytes that fill it: it can be moved instead of copied. */
const wholeBuffer = ({ buffer, byteLength }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];

/** Compiled beside this file in dist/, a TypeScript source when the sources run directly. */
function threadEntry(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./encoder-thread.${extension}`, import.meta.url));
}
