// The wire to Microsoft Graph: tokens, the gate, retries, redirects by hand.
// Invariants: W1 a token goes to the configured origin only; links of answers are followed there or refused. W2 download addresses are secrets: they
// are asked for just before use and are in no log, error or file. W3 Retry-After is waited for as told, not multiplied. W4 every call ends.
// https://learn.microsoft.com/graph/errors
import { type ErrorCode, RetryableError, SluiceError, TerminalError } from '../../errors.ts';
import type { Clock, Logger } from '../../ports.ts';
import { type Content, ItemUnavailable } from '../feed.ts';
import type { Gate } from './gate.ts';

export interface GraphDeps {
  fetch: typeof fetch;
  /** A token for the root's audience. */
  token(): Promise<string>;
  /** `https://graph.microsoft.com/v1.0`, or that of a national cloud. */
  root: string;
  gate: Gate;
  clock: Clock;
  logger: Logger;
}

export interface GraphReply {
  status: number;
  headers: Headers;
  body: unknown;
}

/** An answer that is no success, with what the service called it. */
export class GraphError extends SluiceError {
  readonly status: number;
  readonly graphCode: string;
  /** Of a 410: where to begin again. */
  readonly location: string | undefined;

  constructor(code: ErrorCode, message: string, status: number, graphCode: string, location?: string) {
    super(code, message);
    this.status = status;
    this.graphCode = graphCode;
    this.location = location;
  }
}

const TRIES = 6;
const DOWNLOAD_TRIES = 3;
/** Content that is answered with 500 so often is that item's own trouble. */
const ITEM_TRIES = 3;
/** What an address of a download answers that is good for nothing any more. */
const STALE = new Set([401, 403, 404, 410]);
const MAX_ERROR_BYTES = 16 * 1024;
const CALL_TIMEOUT_MS = 100_000;
const FIRST_WAIT_MS = 1000;
/** Longer pauses are given back to the caller, who waits on a durable timer. */
const MAX_WAIT_MS = 5 * 60_000;
const USER_AGENT = 'NONISV|Sluice|Sluice/1.0';

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Resource units of the call. */
  units: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export class GraphClient {
  readonly #deps: GraphDeps;

  constructor(deps: GraphDeps) {
    this.#deps = deps;
  }

  /**
   * One answer as JSON. @param target  a path below the root, or a link of an earlier answer
   * @throws {GraphError} what the service refused; {RetryableError} sync.unavailable when it did not answer in the end
   */
  async json(target: string, options: CallOptions): Promise<GraphReply> {
    const response = await this.#call(this.#address(target), options);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : parse(text) };
  }

  /**
   * Content as a stream. A pre-authenticated address is asked for anew by every call (W2).
   * @param path  below the root
   */
  async content(path: string, headers: Record<string, string> = {}): Promise<Response> {
    for (let n = 1; ; n++) {
      const answer = await this.#call(this.#address(path), { units: 1, headers }, [302]);
      if (answer.status === 200) return answer;
      await answer.body?.cancel(); // unread, it would hold its connection
      const location = answer.headers.get('location');
      if (location === null) throw badAnswer('a download has no address');
      if (!this.#isSecret(location)) throw badAnswer('a download has an address that everybody on the way can read');
      const response = await this.#download(location);
      if (!(response instanceof SluiceError)) return response;
      // An address that is refused has expired, or was given in vain: the next one is asked for anew.
      const isStale = response instanceof GraphError && STALE.has(response.status) && response.code !== 'sync.malware';
      if (n >= DOWNLOAD_TRIES || !(isStale || response instanceof RetryableError)) throw response;
      if (response instanceof RetryableError) await this.#wait(response, n);
    }
  }

  /** W2. Plain HTTP only where the root is. */
  #isSecret(location: string): boolean {
    const { protocol } = URL.canParse(location) ? new URL(location) : { protocol: '' };
    return protocol === 'https:' || protocol === new URL(this.#deps.root).protocol;
  }

  /** W2. */
  async #download(location: string): Promise<Response | SluiceError> {
    try {
      const response = await this.#send(location, { redirect: 'follow' });
      if (response.ok) return response;
      return this.#refusal(response, 'the download', await startOf(response));
    } catch (error) {
      return new RetryableError('sync.unavailable', 'a download was not answered', { cause: error });
    }
  }

  /** W3. @throws the failure, where the wait is too long for a call */
  async #wait(failure: RetryableError, attempt: number): Promise<void> {
    const { gate, clock, logger } = this.#deps;
    const waitMs = failure.retryAfterMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1);
    if (failure.retryAfterMs !== undefined) await gate.block(waitMs); // G1 for all others
    if (waitMs > MAX_WAIT_MS) throw failure;
    logger.debug('source.waits', { waitMs, attempt });
    await clock.sleep(waitMs);
  }

  /** Id of the app, as its token says; null where it does not. What a change by the app itself is known by, never a right. */
  async appId(): Promise<string | null> {
    const [, claims = ''] = (await this.#deps.token()).split('.');
    try {
      const { appid, azp } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, unknown>;
      const id = appid ?? azp;
      return typeof id === 'string' ? id : null;
    } catch {
      return null; // a token need not be readable
    }
  }

  async #call(
    url: string,
    { method = 'GET', units, body, headers = {} }: CallOptions,
    also: number[] = [],
  ): Promise<Response> {
    for (let n = 1; ; n++) {
      await this.#deps.gate.pass(units);
      const token = await this.#token();
      let failure: RetryableError;
      try {
        const response = await this.#send(url, {
          method,
          redirect: 'manual',
          headers: {
            authorization: `Bearer ${token}`,
            'user-agent': USER_AGENT,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        if (response.ok || also.includes(response.status)) return response;
        const text = await startOf(response);
        const refusal = await this.#refusal(response, `${method} ${new URL(url).pathname.slice(0, 200)}`, text);
        if (!(refusal instanceof RetryableError)) throw refusal;
        failure = refusal;
        if (response.status === 500 && also.length > 0 && n >= ITEM_TRIES)
          throw new ItemUnavailable(refusal.code, refusal.message, { cause: refusal });
      } catch (error) {
        if (error instanceof SluiceError) throw error;
        failure = new RetryableError('sync.unavailable', 'Microsoft Graph did not answer', { cause: error });
      }
      if (n >= TRIES) {
        if (failure.retryAfterMs !== undefined) await this.#deps.gate.block(failure.retryAfterMs);
        throw failure;
      }
      await this.#wait(failure, n);
    }
  }

  async #token(): Promise<string> {
    try {
      return await this.#deps.token();
    } catch (error) {
      throw new RetryableError('sync.unavailable', "the app's identity got no token for Microsoft Graph", {
        cause: error,
      });
    }
  }

  #send(url: string, init: RequestInit): Promise<Response> {
    return this.#deps.fetch(url, { ...init, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) }); // W4
  }

  /** W1. Whether a link may be followed: it is a path, or leads to where the root is. */
  owns(target: string): boolean {
    if (target.startsWith('/')) return true;
    const origin = originOf(target);
    return origin !== undefined && origin === originOf(this.#deps.root);
  }

  #address(target: string): string {
    if (!this.owns(target)) throw foreignLink();
    return target.startsWith('/') ? this.#deps.root + target : target;
  }

  async #refusal(response: Response, what: string, text: string): Promise<SluiceError> {
    const { status, headers } = response;
    const { code, message } = errorOf(text);
    const words = `${what}: ${status} ${code}${message === '' ? '' : ` (${message.slice(0, 200)})`}`;
    if (status === 429 || status === 503 || status === 504 || status === 500 || status === 502) {
      const isFinal = /^Error(Mime|Item|Access)/.test(code);
      if (!isFinal) {
        const retryAfterMs = waitOf(headers, this.#deps.clock.now());
        const hint = retryAfterMs === undefined ? {} : { retryAfterMs };
        return new RetryableError(status === 429 ? 'sync.throttled' : 'sync.unavailable', words, hint);
      }
    }
    const location = headers.get('location') ?? undefined;
    return new GraphError(codeFor(status, code), words, status, code, location);
  }
}

/** @throws {TerminalError} sync.bad-answer when there is no body */
export function contentOf({ body, headers }: Response): Content {
  if (body === null) throw badAnswer('a download without content');
  const announced = headers.has('content-encoding') ? Number.NaN : Number(headers.get('content-length') ?? Number.NaN);
  return { body, announced: Number.isFinite(announced) ? announced : undefined };
}

/** undefined = 404: it is gone. */
export async function rowIfThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GraphError && error.status === 404) return undefined;
    throw error;
  }
}

function codeFor(status: number, code: string): ErrorCode {
  if (/malware/i.test(code)) return 'sync.malware';
  if (status === 401 || status === 403) return 'sync.forbidden';
  if (status === 404) return 'sync.not-found';
  if (status === 423) return 'sync.locked';
  return 'sync.bad-answer';
}

export const foreignLink = (): TerminalError => badAnswer('a link leads to another host');

const badAnswer = (what: string): TerminalError => new TerminalError('sync.bad-answer', `Microsoft Graph: ${what}`);

/** What Retry-After says: seconds, or a time, which counts by the clock of whoever says it. */
function waitOf(headers: Headers, nowMs: number): number | undefined {
  const said = headers.get('retry-after');
  if (said === null) return undefined;
  const seconds = Number(said);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const [at, now] = [Date.parse(said), Date.parse(headers.get('date') ?? '')];
  return Number.isNaN(at) ? undefined : Math.max(0, at - (Number.isNaN(now) ? nowMs : now));
}

/** The setting GRAPH_ROOT as people write it: the host of a national cloud alone is its version 1.0. */
export function graphRoot(setting: string): string {
  const root = setting.replace(/\/+$/, '');
  return new URL(root).pathname === '/' ? `${root}/v1.0` : root;
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** The text of a refusal, as far as it is looked at. */
async function startOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_ERROR_BYTES) break; // ends the connection
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badAnswer('an answer is not JSON');
  }
}

/** The service's own name and words of an error; empty where there are none. */
function errorOf(text: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } | string };
    if (typeof error !== 'object' || error === null) return { code: String(error ?? ''), message: '' };
    return { code: String(error.code ?? ''), message: String(error.message ?? '') };
  } catch {
    return { code: '', message: '' }; // proxies answer in HTML
  }
}
