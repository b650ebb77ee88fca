// A host as a child process, for tests: start, talk to the management API, move its clock, stop or kill it. The local host, or with
// SLUICE_TEST_HOST=real-engine the engine of Azure (test/real-engine): the same cases judge both.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';

import { test } from 'vitest';
import { type Azurite, startAzurite } from '../../local/emulators/azurite.ts';

const ENTRY = join(import.meta.dirname, '../../local/host/main.ts');
const CLOCKED_ENTRY = join(import.meta.dirname, 'clocked-host.ts');

const REAL_ENGINE = join(import.meta.dirname, '../../.local/real-engine/bin/RealEngine.dll');
const WORKER = join(import.meta.dirname, '../real-engine/worker.ts');

export const isRealEngine = process.env.SLUICE_TEST_HOST === 'real-engine';

/** A case of the local host alone. @param reason  why the engine of Azure is not asked, or what it does instead: printed where it is skipped */
export const localOnly =
  (reason: string) =>
  (name: string, body: () => Promise<void>): void => {
    if (isRealEngine) test.skip(`${name} [not asked: ${reason}]`, body);
    else test(name, body);
  };

/** Of all real engines of this test file; it outlives the hosts, as storage does. */
let storage: Promise<Azurite> | undefined;

export interface Status {
  name: string;
  instanceId: string;
  runtimeStatus: string;
  input: unknown;
  output: unknown;
  customStatus: unknown;
  historyEvents?: Record<string, unknown>[];
}

export interface HostProcessOptions {
  /** Folder below apps/, or the path of an app. */
  app: string;
  hub: string;
  env?: Record<string, string>;
  flags?: string[];
  /** The host's time stands still until advance() moves it. */
  clocked?: boolean;
  /** Told of the process before it is ready. */
  spawned?: (child: ChildProcess) => void;
}

/** A folder for one test file, removed by the returned function. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sluice-host-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export class HostProcess {
  readonly url: string;
  readonly port: number;
  readonly functions: string[];
  readonly child: ChildProcess;
  readonly #log: string[];

  private constructor(child: ChildProcess, ready: { port: number; url: string; functions: string[] }, log: string[]) {
    this.child = child;
    this.port = ready.port;
    this.url = `http://127.0.0.1:${ready.port}`;
    this.functions = ready.functions;
    this.#log = log;
  }

  /** Start and wait for the ready line. @throws with the host's own message when it does not start */
  static async start(options: HostProcessOptions): Promise<HostProcess> {
    const child = isRealEngine ? await spawnRealEngine(options) : spawnLocalHost(options);
    options.spawned?.(child);
    const log: string[] = [];
    child.stderr?.setEncoding('utf8').on('data', (text: string) => log.push(text));
    const line = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
      });
      child.once('exit', (code) => reject(new Error(`The host ended with code ${code}: ${text} ${log.join('')}`)));
    });
    const ready = JSON.parse(line);
    if (!ready.ready) throw new Error(ready.error);
    return new HostProcess(child, ready, log);
  }

  /** Everything the host has written to stderr so far. */
  get log(): string {
    return this.#log.join('');
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  durable(path: string, init?: RequestInit): Promise<Response> {
    return this.fetch(`/runtime/webhooks/durabletask/${path}`, init);
  }

  post(path: string, body?: unknown): Promise<Response> {
    return this.durable(path, {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  }

  /** Start an orchestration over the management API; returns its id. */
  async begin(name: string, input?: unknown, id?: string): Promise<string> {
    const response = await this.post(`orchestrators/${name}${id === undefined ? '' : `/${id}`}`, input);
    if (response.status !== 202) throw new Error(`start answered ${response.status}: ${await response.text()}`);
    return ((await response.json()) as { id: string }).id;
  }

  async status(id: string, query = ''): Promise<Status> {
    return (await (await this.durable(`instances/${id}${query}`)).json()) as Status;
  }

  /** Wait until a condition of the instance holds; asks the host again and again. */
  async until(id: string, holds: (status: Status) => boolean = hasEnded): Promise<Status> {
    for (;;) {
      const status = await this.status(id);
      if (holds(status)) return status;
      await setTimeout(10);
    }
  }

  /** Start an orchestration and wait for its end. */
  async complete(name: string, input?: unknown): Promise<Status> {
    return this.until(await this.begin(name, input));
  }

  /** Move the time of a clocked host. */
  async advance(ms: number): Promise<void> {
    const moved = new Promise<void>((resolve) => this.child.once('message', () => resolve()));
    this.child.send({ advanceMs: ms });
    await moved;
  }

  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** SIGKILL: no chance to tidy up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve(this.child.exitCode);
    return new Promise((resolve) => {
      this.child.once('exit', (code) => resolve(code));
      this.child.kill(signal);
    });
  }
}

function spawnLocalHost(options: HostProcessOptions): ChildProcess {
  const entry = options.clocked ? CLOCKED_ENTRY : ENTRY;
  const flags = ['--app-dir', appDirOf(options), '--port', '0', '--hub', options.hub, ...(options.flags ?? [])];
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...flags], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** The hub's file becomes the name of a task hub, so that a host that is started again finds what the one before left. */
async function spawnRealEngine(options: HostProcessOptions): Promise<ChildProcess> {
  storage ??= startAzurite({ folder: null, ports: { blob: 0, queue: 0, table: 0 } });
  const hub = `T${createHash('sha256').update(options.hub).digest('hex').slice(0, 16)}`;
  const flags = ['--app-dir', appDirOf(options), '--hub', hub, '--worker', WORKER, '--state', dirname(options.hub)];
  return spawn('dotnet', [REAL_ENGINE, ...flags, '--polling', '00:00:00.2', '--hidden', '00:01:00'], {
    env: { ...process.env, AzureWebJobsStorage: (await storage).connectionString, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

const appDirOf = ({ app }: HostProcessOptions): string => resolve(import.meta.dirname, 'apps', app);

function hasEnded(status: Status): boolean {
  return ['Completed', 'Failed', 'Terminated', 'Canceled'].includes(status.runtimeStatus);
}

/** What a host that is not running remembers of a timer; undefined is never. */
export interface TimerStatus {
  last?: Date;
  next: Date;
}

/** Write what a host that is not running remembers of a timer: a schedule that it missed cannot be waited for. */
export function rememberTimer(hub: string, name: string, { last, next }: TimerStatus): void {
  if (isRealEngine) {
    const status = {
      Last: last?.toISOString() ?? '0001-01-01T00:00:00',
      Next: next.toISOString(),
      LastUpdated: last?.toISOString(),
    };
    writeFileSync(join(dirname(hub), `Host.Functions.${name}.status`), JSON.stringify(status));
    return;
  }
  const database = new DatabaseSync(hub);
  const row = [name, last?.getTime() ?? null, next.getTime(), last?.getTime() ?? null];
  database.prepare('INSERT OR REPLACE INTO timer_status(function, last, next, updated) VALUES(?, ?, ?, ?)').run(...row);
  database.close();
}

/** Wait until a condition of the outside world holds. */
export async function eventually<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    await setTimeout(10);
  }
}
