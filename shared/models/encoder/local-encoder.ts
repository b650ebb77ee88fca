// An encoder of the lake, at work in a thread of this process.
// Invariants: L1 the host's event loop never waits for the encoder. L2 one thread per encoder, ended after a quiet minute: its memory goes back.
// L3 a thread that dies fails the texts it held, and the next ones get a new thread. L4 an idle thread does not keep the process alive.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RetryableError, TerminalError } from '../../errors.ts';
import type { Encoder, TextRole } from './encoder.ts';
import type { EncodeAnswer, EncoderStart } from './encoder-protocol.ts';
import type { EncoderManifest } from './manifest.ts';

/** Texts per message: a few seconds of work at most, so that progress is seen and a stop is heard. */
const TEXTS_PER_MESSAGE = 64;
const IDLE_MS = 60_000;
/** Its heap holds texts and tokens only; the model lives outside. */
const MAX_HEAP_MB = 192;

interface Waiting {
  resolve(answer: EncodeAnswer): void;
  reject(error: Error): void;
}

export class LocalEncoder implements Encoder {
  readonly version: string;
  readonly dimensions: number;
  readonly #manifest: EncoderManifest;
  readonly #start: () => Promise<Omit<EncoderStart, 'shape' | 'threads'>>;
  readonly #threads: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Promise<Worker> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #next = 0;

  /** @param start  the files, checked; asked for whenever a thread begins */
  constructor(
    manifest: EncoderManifest,
    start: () => Promise<Omit<EncoderStart, 'shape' | 'threads'>>,
    { threads = 1 } = {},
  ) {
    this.version = manifest.version;
    this.dimensions = manifest.dimensions;
    this.#manifest = manifest;
    this.#start = start;
    this.#threads = threads;
  }

  async encode(texts: readonly string[], role: TextRole): Promise<Float32Array> {
    const vectors = new Float32Array(texts.length * this.dimensions);
    for (let from = 0; from < texts.length; from += TEXTS_PER_MESSAGE) {
      const part = texts.slice(from, from + TEXTS_PER_MESSAGE);
      const answer = await this.#ask(part, this.#manifest.prefixes[role]);
      if ('code' in answer)
        throw new TerminalError(answer.code, `Encoder ${this.version}: ${answer.message}`, {
          ids: { encoder: this.version },
        });
      if (answer.dimensions !== this.dimensions)
        throw new TerminalError(
          'encoder.dimensions-changed',
          `Encoder ${this.version} gave ${answer.dimensions} dimensions; it was imported with ${this.dimensions}`,
          { ids: { encoder: this.version } },
        );
      vectors.set(answer.vectors, from * this.dimensions);
    }
    return vectors;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = await this.#worker?.catch(() => undefined);
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #ask(texts: readonly string[], prefix: string): Promise<EncodeAnswer> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#begin();
    const worker = await this.#worker;
    const id = this.#next++;
    worker.ref();
    try {
      return await new Promise<EncodeAnswer>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        worker.postMessage({ id, texts, prefix });
      });
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) {
        worker.unref();
        this.#idle = setTimeout(() => void this.close(), IDLE_MS);
        this.#idle.unref();
      }
    }
  }

  async #begin(): Promise<Worker> {
    try {
      const { inputs, output, pooling, maxTokens, windows } = this.#manifest;
      const data: EncoderStart = {
        ...(await this.#start()),
        shape: { inputs, output, pooling, maxTokens, windows },
        threads: this.#threads,
      };
      const worker = new Worker(threadEntry(), {
        workerData: data,
        env: {},
        resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
        execArgv: ['--disable-warning=ExperimentalWarning'],
      });
      worker.on('message', (answer: EncodeAnswer) => this.#waiting.get(answer.id)?.resolve(answer));
      worker.on('error', (cause) => this.#lost(cause));
      worker.on('exit', () => this.#lost(undefined));
      worker.unref();
      return worker;
    } catch (error) {
      this.#worker = undefined; // the next text tries again
      throw error;
    }
  }

  /** L3. */
  #lost(cause: unknown): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values())
      reject(
        new RetryableError('encoder.unavailable', `Encoder ${this.version}: its thread ended before it answered`, {
          cause,
          ids: { encoder: this.version },
        }),
      );
    this.#waiting.clear();
  }
}

/** Compiled beside this file in dist/, a TypeScript source when the sources run directly. */
function threadEntry(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./encoder-thread.${extension}`, import.meta.url));
}
