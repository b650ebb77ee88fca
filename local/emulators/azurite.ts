// Azurite (blobs, queues, tables) from its npm package, as a child process on 127.0.0.1.
// Invariants: A1 ready when the promise resolves: all three services listen. A2 the child ends with the parent, however that ends
// (azurite-child.ts). A3 the usual ports are a preference: a taken port is replaced by a free one, never shared. A4 the account's
// key is the caller's or a new one, never the one that is published for emulators; no page of another site is answered (azurite-child.ts).
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { extname, join } from 'node:path';
import { readEnvironment } from '../../shared/config.ts';

/** The name every storage emulator's account has. Its key is not the one that everybody knows. */
export const ACCOUNT = 'devstoreaccount1';

/** A key of the form that storage accounts have. */
export const newAccountKey = (): string => randomBytes(64).toString('base64');

const START_LIMIT_MS = 30_000;
const CLOSE_LIMIT_MS = 10_000;

export interface AzuriteOptions {
  /** Folder of its data, created when missing; null keeps everything in memory. One process per folder. */
  folder: string | null;
  /** Key of the account, base64; default: a new one. */
  key?: string;
  /** Wished ports; 0 = any free one. Default 10000, 10001, 10002. */
  ports?: { blob: number; queue: number; table: number };
  /** Its process has begun, and loads for some tenths of a second: what the caller loads now costs no time. */
  onProcess?: () => void;
}

export interface Azurite {
  readonly pid: number;
  readonly blobPort: number;
  readonly queuePort: number;
  readonly tablePort: number;
  readonly account: string;
  readonly key: string;
  readonly blobEndpoint: string;
  readonly queueEndpoint: string;
  readonly tableEndpoint: string;
  /** Blob, queue and table endpoints of this process; no DFS (see dfs.ts). */
  readonly connectionString: string;
  /** How it ended, by itself or by `close`. */
  readonly ended: Promise<string>;
  /** Shuts down in order (data are saved) and resolves when the process is gone. Idempotent. */
  close(): Promise<void>;
}

/**
 * Start Azurite and wait until it listens.
 * @throws Error with Azurite's own words when it does not start within 30 s
 */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const wished = options.ports ?? { blob: 10000, queue: 10001, table: 10002 };
  const ports = await Promise.all([wished.blob, wished.queue, wished.table].map(freeOrAny));
  const key = options.key ?? newAccountKey();
  const first = await launch(options, key, ports);
  if (first.kind === 'started') return first.azurite;
  // Somebody took a port between the probe and the start.
  const second = first.portTaken ? await launch(options, key, [0, 0, 0]) : first;
  if (second.kind === 'started') return second.azurite;
  throw new Error(`Azurite did not start: ${second.reason}`);
}

type Launch = { kind: 'started'; azurite: Azurite } | { kind: 'failed'; portTaken: boolean; reason: string };

async function launch({ folder, onProcess }: AzuriteOptions, key: string, ports: readonly number[]): Promise<Launch> {
  const entry = join(import.meta.dirname, `azurite-child${extname(import.meta.filename)}`);
  const child = fork(entry, childArguments(folder, ports), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Its own process group: Ctrl+C in a terminal reaches the parent only, which closes Azurite after its own work.
    detached: true,
    // Not an argument: those can be read by everybody on the machine.
    env: { ...readEnvironment(), AZURITE_ACCOUNTS: `${ACCOUNT}:${key}`, AZURITE_DB: undefined }, // its data stay in its folder
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const listening = waitForListening(child);
  onProcess?.();
  const started = await listening;
  if (started.kind === 'failed') {
    await end(child);
    return started;
  }
  const [blobPort = 0, queuePort = 0, tablePort = 0] = started.ports;
  const [blobEndpoint, queueEndpoint, tableEndpoint] = [blobPort, queuePort, tablePort].map(
    (port) => `http://127.0.0.1:${port}/${ACCOUNT}`,
  ) as [string, string, string]; // three in, three out
  let closing: Promise<void> | undefined;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return {
    kind: 'started',
    azurite: {
      pid: child.pid ?? 0,
      blobPort,
      queuePort,
      tablePort,
      account: ACCOUNT,
      key,
      blobEndpoint,
      queueEndpoint,
      tableEndpoint,
      connectionString: emulatorConnectionString({ blobEndpoint, queueEndpoint, tableEndpoint, key }),
      ended,
      close: () => {
        closing ??= end(child);
        return closing;
      },
    },
  };
}

/** Connection string of an emulator account; endpoints that are not given are left out. */
export function emulatorConnectionString(endpoints: {
  blobEndpoint?: string;
  /** Where Blob calls go that need no other; see openLakeStore. */
  blobOnlyEndpoint?: string;
  /** It takes packs of files (shared/api/file-pack.ts). */
  takesPacks?: boolean;
  queueEndpoint?: string;
  tableEndpoint?: string;
  account?: string;
  key: string;
}): string {
  const parts: [string, string | undefined][] = [
    ['DefaultEndpointsProtocol', 'http'],
    ['AccountName', endpoints.account ?? ACCOUNT],
    ['AccountKey', endpoints.key],
    ['BlobEndpoint', endpoints.blobEndpoint],
    ['BlobOnlyEndpoint', endpoints.blobOnlyEndpoint],
    ['TakesPacks', endpoints.takesPacks ? 'true' : undefined],
    ['QueueEndpoint', endpoints.queueEndpoint],
    ['TableEndpoint', endpoints.tableEndpoint],
  ];
  return parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value};`])).join('');
}

function childArguments(folder: string | null, [blob, queue, table]: readonly number[]): string[] {
  return [
    ...['--blobHost', '127.0.0.1', '--blobPort', String(blob)],
    ...['--queueHost', '127.0.0.1', '--queuePort', String(queue)],
    ...['--tableHost', '127.0.0.1', '--tablePort', String(table)],
    ...(folder === null ? ['--inMemoryPersistence'] : ['--location', folder]),
    // SDK versions newer than Azurite must not be refused; telemetry would call out.
    ...['--skipApiVersionCheck', '--disableTelemetry', '--silent'],
  ];
}

const LISTENING = /Azurite (Blob|Queue|Table) service is successfully listening at https?:\/\/[^:]+:(\d+)/g;

function waitForListening(
  child: ChildProcess,
): Promise<{ kind: 'listening'; ports: number[] } | { kind: 'failed'; portTaken: boolean; reason: string }> {
  return new Promise((resolve) => {
    let output = '';
    const finish = (result: Parameters<typeof resolve>[0]) => {
      clearTimeout(limit);
      child.off('exit', onExit);
      child.stdout?.off('data', onOutput);
      child.stderr?.off('data', onOutput);
      // Drain what it may still print; a full pipe would block it.
      child.stdout?.resume();
      child.stderr?.resume();
      resolve(result);
    };
    const fail = (why: string) => {
      const reason = `${why}: ${output.trim().split('\n').slice(-5).join(' | ')}`;
      finish({ kind: 'failed', portTaken: /EADDRINUSE|EACCES/.test(output), reason });
    };
    const onExit = (code: number | null) => fail(`exit code ${code}`);
    const onOutput = (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const ports = new Map([...output.matchAll(LISTENING)].map((match) => [match[1], Number(match[2])]));
      if (ports.size === 3) {
        finish({ kind: 'listening', ports: ['Blob', 'Queue', 'Table'].map((name) => ports.get(name) ?? 0) });
      } else if (output.includes('EADDRINUSE')) fail('port taken');
    };
    const limit = setTimeout(() => fail(`not listening after ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    child.once('exit', onExit);
    child.once('error', (error) => fail(error.message));
    child.stdout?.on('data', onOutput);
    child.stderr?.on('data', onOutput);
  });
}

/** Orderly end over the IPC channel, then by force. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.connected) child.disconnect();
  else child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), CLOSE_LIMIT_MS);
  await gone;
  clearTimeout(force);
}

/** The port itself when nobody listens on it, else 0 (= any). */
function freeOrAny(port: number): Promise<number> {
  if (port === 0) return Promise.resolve(0);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(port)));
  });
}
