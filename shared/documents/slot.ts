// One process that opens hostile documents (it reads or draws them): its start, its deadline, its memory watch and its end.
// Invariants: S1 a slot over its deadline or its memory limit is ended by SIGKILL, which nothing inside can stop.
// S2 an idle slot does not keep the host alive. S3 the process gets no environment variables and no right to write files.
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ReaderOptions } from './protocol.ts';
import { wasmFlags } from './wasm-flags.ts';

const WATCH_MS = 100;
const START_TIMEOUT_MS = 30_000;
const PAGE_BYTES = 4096; // x64 and most arm64 kernels; a larger page makes the watch stricter by that factor never laxer

/** Why a slot ended. 'exit' = by itself; its code and signal tell more. */
export interface SlotEnd {
  reason: 'timeout' | 'memory' | 'exit' | 'start';
  exitCode: number | null;
  signal: string | null;
}

export interface SlotEvents<Answer> {
  message(message: Answer): void;
  end(end: SlotEnd): void;
}

/** What runs in the process, without its extension. */
export type SlotEntry = './reader-process' | './pages/page-process';

/** `Request` goes in, `Answer` comes out; the first answer of all is `ready`. */
export class Slot<Request extends object, Answer extends { kind: string }> {
  readonly pid: number | undefined;
  readonly #child: ChildProcess;
  readonly #timeoutMs: number;
  readonly #maxMemoryBytes: number;
  readonly #events: SlotEvents<Answer>;
  #watch: NodeJS.Timeout | undefined;
  #lastSignMs = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #reason: SlotEnd['reason'] = 'exit';
  #isReady = false;
  #isEnded = false;
  #isBusy = false;

  constructor(entry: SlotEntry, options: ReaderOptions, events: SlotEvents<Answer>) {
    this.#timeoutMs = options.limits.timeoutMs;
    this.#maxMemoryBytes = options.limits.maxMemoryBytes;
    this.#events = events;
    this.#child = fork(entryFile(entry), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'], // libraries print document content on errors
      env: {},
      execArgv: readerFlags(options.limits.maxMemoryBytes),
    });
    this.pid = this.#child.pid;
    this.#child.on('message', (message) => this.#onMessage(message as Answer)); // our own child sends nothing else
    this.#child.on('error', () => this.#finish(null, null)); // the process could not be started
    this.#child.on('exit', (code, signal) => this.#finish(code, signal));
    this.#send({ kind: 'configure', options });
    this.idle();
  }

  /**
   * Hand a document over. Its time counts from now, and anew from every sign of progress.
   * @param deadlineMs on performance.now()'s scale; over it no progress helps
   */
  read(request: Request, deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
    this.#wake();
    this.#send(request);
  }

  /** No work is left: stop the watch and let the host exit. */
  idle(): void {
    this.#isBusy = false;
    clearTimeout(this.#watch);
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** End the process now. Resolves when it is gone. */
  end(): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    this.#child.ref();
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGKILL'); // it holds nothing worth a goodbye
    return gone;
  }

  #wake(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#child.ref();
    this.#child.channel?.ref();
    this.#lastSignMs = performance.now();
    this.#look();
  }

  #send(message: Request | { kind: 'configure'; options: ReaderOptions }): void {
    if (this.#child.connected) this.#child.send(message, () => {}); // a broken pipe shows up as 'exit'
  }

  #onMessage(message: Answer): void {
    if (this.#isEnded) return;
    if (message.kind === 'ready') this.#isReady = true;
    this.#lastSignMs = performance.now();
    if (message.kind !== 'ready') this.#events.message(message);
  }

  #kill(reason: SlotEnd['reason']): void {
    if (this.#isEnded) return;
    this.#reason = reason;
    this.#child.kill('SIGKILL');
  }

  /** Deadline and memory, looked at ten times a second while busy: no timer per document. */
  #look(): void {
    this.#watch = setTimeout(() => {
      const rssBytes = residentBytes(this.pid);
      const nowMs = performance.now();
      const silentMs = nowMs - this.#lastSignMs;
      if (silentMs > (this.#isReady ? this.#timeoutMs : START_TIMEOUT_MS))
        this.#kill(this.#isReady ? 'timeout' : 'start');
      else if (nowMs > this.#deadlineMs) this.#kill('timeout');
      else if (rssBytes > this.#maxMemoryBytes) this.#kill('memory');
      else this.#look();
    }, WATCH_MS);
  }

  #finish(exitCode: number | null, signal: string | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#watch);
    this.#events.end({ reason: this.#reason, exitCode, signal });
  }
}

/** Resident bytes of a process; 0 where /proc does not tell (not Linux, or the process is gone). Reads memory, not a disk: no wait. */
function residentBytes(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ');
    return Number(fields[1]) * PAGE_BYTES;
  } catch {
    return 0; // no /proc: V8's own heap limit and the deadline remain
  }
}

/** Compiled beside this file in dist/, a TypeScript source when the sources run directly. */
function entryFile(entry: SlotEntry): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`${entry}.${extension}`, import.meta.url));
}

function readerFlags(maxMemoryBytes: number): string[] {
  const heapMb = Math.max(64, Math.floor(maxMemoryBytes / (1024 * 1024)));
  const flags = [
    `--max-old-space-size=${heapMb}`,
    // Under a limit of 1 GiB V8 collects the whole heap as soon as it has grown by about half, which took 5 to 10 % of the readers' work;
    // this is its own measure for larger heaps. The limit stays, and V8 goes half way to it at most between two collections.
    '--heap-growing-percent=300',
    // 64 MiB by default: a smaller young generation costs no more time and saves 100 MB per reader.
    '--max-semi-space-size=16',
    // As many readers as cores keep the cores busy; helper threads of each one's collector only get in the other's way (7 % of the CPU time).
    '--single-threaded-gc',
    ...wasmFlags(process.versions.v8),
    '--no-warnings',
  ];
  // The permission model (Node 22.13+): no writes, no further processes, no addons.
  if (process.allowedNodeEnvironmentFlags.has('--permission'))
    flags.push('--permission', '--allow-fs-read=*', '--allow-worker');
  return flags;
}
