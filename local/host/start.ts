// Starts the local host: one functions app, one task hub, one HTTP listener on 127.0.0.1.
// Invariants: S1 one app per process (module caches cannot be undone). S2 nothing runs before the app is loaded completely.
//             S3 stop() takes nothing new, lets running work finish for up to the grace time, runs appTerminate hooks and closes the hub.
import { createServer, type Server } from 'node:http';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../shared/ports.ts';
import { AdminApi } from './admin.ts';
import { loadApp, terminateApp } from './app-loader.ts';
import { BlobTrigger } from './blob-trigger.ts';
import { durableClientBinding } from './client-binding.ts';
import { CoreApi, type RegisteredFunction, type TypedData } from './core-api.ts';
import { DurableEngine } from './engine.ts';
import { HttpFunctions } from './http-functions.ts';
import { createRequestHandler } from './http-listener.ts';
import { Invoker } from './invoke.ts';
import { DURABLE_SYSTEM_KEY, FunctionKeys } from './keys.ts';
import { createHostLog, type HostLog } from './log.ts';
import { ManagementApi } from './management.ts';
import { OutputWriter, unsupportedBindings } from './outputs.ts';
import { QueueTrigger } from './queue-trigger.ts';
import { HostSettingsError, readHostSettings, readLocalSettings } from './settings.ts';
import { StorageClients } from './storage.ts';
import { TaskHub } from './task-hub.ts';
import { TimerTrigger } from './timer-trigger.ts';
import type { TriggerListener } from './triggers.ts';

/** Time that running work gets when the host stops. */
const DEFAULT_GRACE_MS = 10_000;

export interface HostOptions {
  /** Folder of package.json and host.json. */
  appDir: string;
  /** 0 or absent: a free port (LocalHttpPort of the settings file is used when absent). */
  port?: number;
  /** Added to process.env before the app is loaded; wins over the settings file. */
  env?: Readonly<Record<string, string>>;
  /** Default: `local.settings.json` of the app. */
  settingsFile?: string;
  /** SQLite file of the task hub, or ':memory:'. */
  taskHubFile: string;
  clock?: Clock;
  /** Least replay schema announced: 2 as today's bundle, 3 for critical sections. Default 2. */
  replaySchema?: 2 | 3;
  logFormat?: 'json' | 'pretty';
  /** Receives log lines; default stderr. */
  logSink?: (line: string) => void;
  /** Pause between container scans. Default 1000. */
  scanIntervalMs?: number;
  graceMs?: number;
}

export interface Host {
  readonly port: number;
  /** `http://localhost:<port>` */
  readonly url: string;
  readonly functions: readonly string[];
  readonly engine: DurableEngine;
  /** Drain and close; safe to call twice. */
  stop(): Promise<void>;
}

/** A host whose command was killed ends by itself within a moment: one that is started anew waits for it. */
const PREDECESSOR_MS = 10_000;

/**
 * Start a host in this process.
 * @throws {TaskHubError} the hub's file is in use; {AppLoadError} the app is broken; {HostSettingsError} a setting is wrong
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const appDir = resolve(options.appDir);
  const clock = options.clock ?? systemClock;
  const local = readLocalSettings(options.settingsFile ?? join(appDir, 'local.settings.json'));
  const { env } = process;
  for (const [name, value] of Object.entries(options.env ?? {})) env[name] = value;
  for (const [name, value] of Object.entries(local.values)) env[name] ??= value;
  const settings = readHostSettings(appDir, env);
  const durable = { ...settings.durable, schemaVersion: options.replaySchema ?? settings.durable.schemaVersion };
  const sink = options.logSink ?? ((line: string) => process.stderr.write(line));
  const log = createHostLog({
    format: options.logFormat ?? 'json',
    levels: settings.logLevels,
    sink,
    now: () => clock.now(),
  });
  const hub = new TaskHub(options.taskHubFile, { patienceMs: PREDECESSOR_MS });
  const cleanups: (() => unknown)[] = [() => hub.close()];
  try {
    const server = createServer({ requestTimeout: 0 });
    cleanups.unshift(() => closeServer(server));
    const port = await listen(server, options.port ?? local.port ?? 0);
    const url = `http://localhost:${port}`;
    Object.assign(env, { WEBSITE_HOSTNAME: `localhost:${port}`, AzureWebJobsScriptRoot: appDir });
    // As the Core Tools say: no platform stands in front that would check callers.
    env.FUNCTIONS_CORETOOLS_ENVIRONMENT = 'True';
    env.AZURE_FUNCTIONS_ENVIRONMENT ??= 'Development';
    env.FUNCTIONS_EXTENSION_VERSION ??= '~4';
    env.FUNCTIONS_WORKER_RUNTIME ??= 'node';

    const core = new CoreApi((level, category, message) => log.debug('core', { level, category, message }));
    cleanups.unshift(core.install());
    const app = await loadApp(appDir, core);
    const functions = enabledFunctions(core, env, log);

    const keys = new FunctionKeys(hub);
    const storage = new StorageClients(env);
    const outputs = new OutputWriter(storage, env, settings.queues.base64);
    const clientBinding = durableClientBinding({
      origin: url,
      rpcOrigin: `http://127.0.0.1:${port}`,
      hubName: durable.hubName,
      key: keys.get('system', DURABLE_SYSTEM_KEY),
    });
    const invoker = new Invoker({
      core,
      log,
      functionTimeoutMs: settings.functionTimeoutMs,
      now: () => performance.now(),
      resolveInput: (fn, key, metadata) => {
        const binding = fn.metadata.bindings[key];
        if (binding?.type.toLowerCase() === 'blob') return outputs.readBlob(binding, textTokens(metadata));
        return { string: clientBinding };
      },
    });
    const engine = new DurableEngine({ hub, core, invoker, clock, log, settings: durable, outputs });
    const http = new HttpFunctions({
      functions: functions.filter((fn) => fn.trigger.type.toLowerCase() === 'httptrigger'),
      invoker,
      outputs,
      routePrefix: settings.routePrefix,
      env,
      streamingBase: app.streamingBase,
    });
    const timers = new Map<string, TimerTrigger>();
    const blobs: BlobTrigger[] = [];
    const listeners = functions.flatMap((fn): TriggerListener[] => {
      const shared = { hub, storage, invoker, outputs, clock, log, env };
      switch (fn.trigger.type.toLowerCase()) {
        case 'timertrigger': {
          const timer = new TimerTrigger(fn, shared);
          timers.set(fn.metadata.name, timer);
          return [timer];
        }
        case 'queuetrigger':
          return [new QueueTrigger(fn, { ...shared, settings: settings.queues })];
        case 'blobtrigger': {
          const blob = new BlobTrigger(fn, {
            ...shared,
            settings: settings.blobs,
            scanIntervalMs: options.scanIntervalMs ?? 1000,
          });
          blobs.push(blob);
          return [blob];
        }
        default:
          return [];
      }
    });
    const startedMs = performance.now();
    let state = 'Running';
    const admin = new AdminApi({
      functions,
      invoker,
      timers,
      keys,
      log,
      origin: url,
      describe: (fn) => http.describe(fn),
      state: () => state,
      uptimeMs: () => performance.now() - startedMs,
    });
    const management = new ManagementApi({
      engine,
      hubName: durable.hubName,
      key: () => keys.get('system', DURABLE_SYSTEM_KEY),
    });
    const { handler, drained } = createRequestHandler({
      http,
      admin,
      management,
      blobs,
      log,
      url,
      cors: local,
      accepting: () => state === 'Running',
    });
    server.removeAllListeners('request');
    server.on('request', handler);
    engine.start();
    for (const listener of listeners) listener.start();
    log.info('host.started', { port, functions: functions.length, hub: options.taskHubFile });

    let stopping: Promise<void> | undefined;
    const stop = async () => {
      state = 'Stopping';
      const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
      // Running functions may still call the management API: the server closes after them
      await withinMs(
        graceMs,
        Promise.all([engine.stop(graceMs), drained(), ...listeners.map((listener) => listener.stop())]),
      );
      await terminateApp(app, core);
      for (const cleanup of cleanups) await cleanup();
      log.info('host.stopped');
    };
    return {
      port,
      url,
      functions: functions.map((fn) => fn.metadata.name),
      engine,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    for (const cleanup of cleanups) await cleanup();
    throw error;
  }
}

const SERVED = new Set([
  'httptrigger',
  'timertrigger',
  'queuetrigger',
  'blobtrigger',
  'orchestrationtrigger',
  'activitytrigger',
  'entitytrigger',
]);

/** Functions to serve: disabled ones are removed, and bindings that nobody serves are reported. */
function enabledFunctions(core: CoreApi, env: NodeJS.ProcessEnv, log: HostLog): RegisteredFunction[] {
  const problems: string[] = [];
  for (const fn of [...core.functions.values()]) {
    const { name } = fn.metadata;
    if (/^(1|true)$/i.test(env[`AzureWebJobs.${name}.Disabled`] ?? env[`AzureWebJobs_${name}_Disabled`] ?? '')) {
      core.functions.delete(name);
      log.info('function.disabled', { function: name });
    } else if (!SERVED.has(fn.trigger.type.toLowerCase())) {
      problems.push(`${name}: trigger ${fn.trigger.type}`);
    } else {
      problems.push(...unsupportedBindings(fn).map((problem) => `${name}: ${problem}`));
    }
  }
  if (problems.length > 0)
    throw new HostSettingsError(
      `The local host does not serve: ${problems.join('; ')}. Disable the function with AzureWebJobs.<name>.Disabled=true.`,
    );
  return [...core.functions.values()];
}

function textTokens(metadata: Record<string, TypedData>): Record<string, string> {
  const tokens = Object.entries(metadata).flatMap(([name, data]): [string, string][] => {
    if (typeof data.string !== 'string') return [];
    try {
      const value: unknown = JSON.parse(data.string);
      return [[name, String(value)]];
    } catch {
      return [[name, data.string]];
    }
  });
  return Object.fromEntries(tokens);
}

function listen(server: Server, port: number): Promise<number> {
  // Until the app is loaded, requests wait for nothing: they are told to come again
  server.on('request', (_request, response) => response.writeHead(503, { 'retry-after': '1' }).end());
  return new Promise((fulfil, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new HostSettingsError(`Port ${port} is in use: name another one (--port), or 0 for a free one.`)
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      fulfil(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((fulfil) => {
    server.close(() => fulfil());
    server.closeAllConnections();
  });
}

async function withinMs(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    work,
    new Promise<void>((fulfil) => {
      timer = setTimeout(fulfil, ms);
    }),
  ]);
  clearTimeout(timer);
}
