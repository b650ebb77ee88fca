// host.json and local.settings.json: what the host honours of them, leniently parsed; %SETTING% references.
// Invariants: unknown keys are harmless; a value of the wrong type is an error that names its key; an existing environment variable wins.
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

export interface DurableSettings {
  /** Letter first, alphanumeric, 3–45 characters. */
  hubName: string;
  maxConcurrentActivities: number;
  maxConcurrentEntities: number;
  /** Pause between polls of a 202 in callHttp when the server names none. */
  httpSleepMs: number;
  /** 2 = what today's extension bundle announces; 3 allows critical sections (lock). */
  schemaVersion: 2 | 3;
  storeInputsInHistory: boolean;
}

export interface HostSettings {
  /** Without slashes; '' = none. */
  routePrefix: string;
  durable: DurableSettings;
  queues: {
    batchSize: number;
    newBatchThreshold: number;
    maxDequeueCount: number;
    maxPollingMs: number;
    visibilityMs: number;
    base64: boolean;
  };
  blobs: { maxParallel: number; poisonThreshold: number };
  /** undefined = unlimited. */
  functionTimeoutMs: number | undefined;
  logLevels: Record<string, string>;
}

export interface LocalSettings {
  values: Record<string, string>;
  port: number | undefined;
  /** Allowed origins; '*' allows all. */
  cors: readonly string[];
  corsCredentials: boolean;
}

/** A file of settings cannot be used; the message names file, key and remedy. */
export class HostSettingsError extends Error {
  override readonly name = 'HostSettingsError';
}

/** Read `host.json` of the app; absent means defaults. `env` resolves %SETTING%. */
export function readHostSettings(appDir: string, env: NodeJS.ProcessEnv): HostSettings {
  const file = join(appDir, 'host.json');
  const source = new Source(file, existsSync(file) ? parseJson(file) : {}, env);
  const durable = source.at('extensions.durableTask');
  const queues = source.at('extensions.queues');
  const blobs = source.at('extensions.blobs');
  const cores = Math.max(1, cpus().length);
  const hubName = durable.text('hubName') ?? alphanumeric(env.WEBSITE_SITE_NAME) ?? 'TestHubName';
  if (!/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(hubName)) {
    throw new HostSettingsError(
      `${file}: extensions.durableTask.hubName must begin with a letter and have 3 to 45 letters and digits, not "${hubName}".`,
    );
  }
  const batchSize = queues.number('batchSize', 1, 32) ?? 16;
  return {
    routePrefix: (source.at('extensions.http').text('routePrefix') ?? 'api').replace(/^\/+|\/+$/g, ''),
    durable: {
      hubName,
      maxConcurrentActivities: durable.number('maxConcurrentActivityFunctions', 1) ?? 10 * cores,
      maxConcurrentEntities: durable.number('maxConcurrentEntityFunctions', 1) ?? 10 * cores,
      httpSleepMs: durable.at('httpSettings').number('defaultAsyncRequestSleepTimeMilliseconds', 0) ?? 30_000,
      schemaVersion: 2,
      storeInputsInHistory: durable.flag('storeInputsInOrchestrationHistory') ?? false,
    },
    queues: {
      batchSize,
      newBatchThreshold: queues.number('newBatchThreshold', 0) ?? Math.floor(batchSize / 2),
      maxDequeueCount: queues.number('maxDequeueCount', 1) ?? 5,
      maxPollingMs: queues.duration('maxPollingInterval') ?? 1000,
      visibilityMs: queues.duration('visibilityTimeout') ?? 0,
      base64: (queues.text('messageEncoding') ?? 'base64').toLowerCase() !== 'none',
    },
    blobs: {
      maxParallel: blobs.number('maxDegreeOfParallelism', 1) ?? 8,
      poisonThreshold: blobs.number('poisonBlobThreshold', 1) ?? 5,
    },
    functionTimeoutMs: source.duration('functionTimeout'),
    logLevels: stringMap(source.at('logging.logLevel').raw),
  };
}

/** Read a local settings file; absent means none. */
export function readLocalSettings(file: string): LocalSettings {
  if (!existsSync(file)) return { values: {}, port: undefined, cors: [], corsCredentials: false };
  const json = parseJson(file);
  if (json.IsEncrypted === true)
    throw new HostSettingsError(`${file} is encrypted: decrypt it with "func settings decrypt".`);
  const source = new Source(file, json, {});
  const host = source.at('Host');
  const cors = host.text('CORS') ?? '';
  return {
    values: stringMap(source.at('Values').raw),
    port: host.number('LocalHttpPort', 0, 65_535),
    cors: cors.split(',').flatMap((origin) => (origin.trim() === '' ? [] : [origin.trim()])),
    corsCredentials: host.flag('CORSCredentials') ?? false,
  };
}

/** Replace %NAME% by app settings. @throws {HostSettingsError} when one is missing */
export function resolveSettingReferences(text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined)
      throw new HostSettingsError(
        `"${text}" needs the app setting ${name}, which is not set. Add it to local.settings.json.`,
      );
    return value;
  });
}

/** Milliseconds of a TimeSpan `[d.]hh:mm:ss[.fff]`; undefined when it is none, or negative (= unlimited). */
export function parseTimeSpan(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/.exec(text);
  if (!match) return undefined;
  const [, days = '0', hours, minutes, seconds, fraction = '0'] = match;
  return (
    ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 +
    Number(seconds) * 1000 +
    Math.round(Number(`0.${fraction}`) * 1000)
  );
}

class Source {
  readonly raw: unknown;
  readonly #file: string;
  readonly #path: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(file: string, raw: unknown, env: NodeJS.ProcessEnv, path = '') {
    this.#file = file;
    this.raw = raw;
    this.#env = env;
    this.#path = path;
  }

  at(path: string): Source {
    const value = path.split('.').reduce<unknown>((node, key) => member(node, key), this.raw);
    return new Source(this.#file, value, this.#env, this.#path === '' ? path : `${this.#path}.${path}`);
  }

  text(key: string): string | undefined {
    const value = member(this.raw, key);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw this.#wrong(key, 'a text', value);
    return resolveSettingReferences(value, this.#env);
  }

  number(key: string, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = member(this.raw, key);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number' || !(value >= least && value <= most))
      throw this.#wrong(key, `a number from ${least} to ${most}`, value);
    return value;
  }

  flag(key: string): boolean | undefined {
    const value = member(this.raw, key);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'boolean') throw this.#wrong(key, 'true or false', value);
    return value;
  }

  duration(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined || text.startsWith('-')) return undefined;
    const ms = parseTimeSpan(text);
    if (ms === undefined) throw this.#wrong(key, 'a time span hh:mm:ss', text);
    return ms;
  }

  #wrong(key: string, need: string, have: unknown): HostSettingsError {
    const path = this.#path === '' ? key : `${this.#path}.${key}`;
    return new HostSettingsError(`${this.#file}: ${path} must be ${need}, not ${JSON.stringify(have)}.`);
  }
}

function member(node: unknown, key: string): unknown {
  return typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined; // `as`: any object may be indexed
}

function stringMap(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)]));
}

function alphanumeric(text: string | undefined): string | undefined {
  const clean = text?.replace(/[^A-Za-z0-9]/g, '');
  return clean && clean.length >= 3 ? clean : undefined;
}

function parseJson(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>; // `as`: an object
  } catch (error) {
    throw new HostSettingsError(`${file} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new HostSettingsError(`${file} must hold a JSON object.`);
}
