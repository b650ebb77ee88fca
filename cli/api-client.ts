// The HTTP API as the CLI uses it. Problems become errors that say what the server said.

import { openAsBlob } from 'node:fs';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UploadAnswer } from '../shared/api/insights.ts';
import type { Problem } from '../shared/api/problem.ts';
import type { RerunRequest, RunRequest, RunStatus } from '../shared/api/runs.ts';
import type { SourceCheck, SourceItem, SourceStatus, SyncRequest } from '../shared/api/source-status.ts';
import type { BrokenRecord } from '../shared/record-json.ts';

/** For an answer that is there or soon made. */
const ANSWER_TIMEOUT_MS = 60_000;
/** For a file on its way, however slow the line. */
const UPLOAD_TIMEOUT_MS = 30 * 60_000;

const PAUSE_MS = 300;
const SILENT_MS = 60_000;

/** Ask until there is an answer: a busy host, or one that is being started again, ends nothing. @throws a refusal, and Error after a minute without any answer */
export async function untilAnswered<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  let silentSince: number | undefined;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      silentSince ??= Date.now();
      if ((error instanceof ApiError && error.status < 500) || Date.now() - silentSince > SILENT_MS) throw error;
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

/** The input type of a run request: defaults may be left out. */
export type RunRequestInput = Omit<RunRequest, 'source'> & { source: Record<string, unknown> & { kind: string } };

export class ApiClient {
  readonly #base: string;
  readonly #key: string | undefined;

  /** @param base  e.g. http://127.0.0.1:7071  @param key  function key, when the app asks for one */
  constructor(base: string, key?: string) {
    this.#base = base.replace(/\/+$/, '');
    this.#key = key;
  }

  startRun(request: RunRequestInput): Promise<RunStatus> {
    return this.#send('POST', '/api/runs', request);
  }
  run(runId: string): Promise<RunStatus> {
    return this.#send('GET', `/api/runs/${encodeURIComponent(runId)}`);
  }
  runs(limit = 50): Promise<{ runs: RunStatus[]; broken?: BrokenRecord[] }> {
    return this.#send('GET', `/api/runs?limit=${limit}`);
  }
  cancel(runId: string): Promise<RunStatus> {
    return this.#send('POST', `/api/runs/${encodeURIComponent(runId)}/cancel`);
  }
  rerun(runId: string, request: Partial<RerunRequest>): Promise<RunStatus> {
    return this.#send('POST', `/api/runs/${encodeURIComponent(runId)}/rerun`, request);
  }

  sources(): Promise<{ sources: SourceStatus[]; broken?: BrokenRecord[] }> {
    return this.#send('GET', '/api/sources');
  }
  addSource(entry: object): Promise<SourceStatus> {
    return this.#send('POST', '/api/sources', entry);
  }
  removeSource(name: string): Promise<void> {
    return this.#send('DELETE', `/api/sources/${encodeURIComponent(name)}`);
  }
  pauseSource(name: string, verb: 'pause' | 'resume'): Promise<void> {
    return this.#send('POST', `/api/sources/${encodeURIComponent(name)}/${verb}`);
  }
  syncSource(name: string, request: SyncRequest): Promise<{ source: string; state: string }> {
    return this.#send('POST', `/api/sources/${encodeURIComponent(name)}/sync`, request);
  }
  sourceItems(name: string, state: string): Promise<{ items: SourceItem[] }> {
    return this.#send(
      'GET',
      `/api/sources/${encodeURIComponent(name)}/items?state=${encodeURIComponent(state)}&limit=1000`,
    );
  }
  checkSource(name: string): Promise<{ checks: SourceCheck[] }> {
    return this.#send('POST', `/api/sources/${encodeURIComponent(name)}/check`);
  }

  /** Any question of the API; its answer is what docs and types of the route say. @param worksMs  the app may take so long for it */
  ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, worksMs = 0): Promise<T> {
    return this.#send<T>(method, path, body, ANSWER_TIMEOUT_MS + worksMs);
  }

  /** A file of this machine into a container. */
  async upload(container: 'landing' | 'imports', path: string, file: string): Promise<UploadAnswer> {
    const target = `/api/uploads/${container}/${path.split('/').map(encodeURIComponent).join('/')}`;
    const response = await this.#fetch(target, { method: 'PUT', body: await openAsBlob(file) }, UPLOAD_TIMEOUT_MS);
    return (await response.json()) as UploadAnswer; // the API's own type
  }

  /** The body of an answer, piece by piece. */
  async download(path: string): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#fetch(path, { method: 'GET' }, UPLOAD_TIMEOUT_MS);
    return response.body ?? noBytes();
  }

  /** The same, whole. */
  async downloadWhole(path: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of await this.download(path)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Poll until the run has ended. @throws Error after a minute without any answer */
  async follow(runId: string, onProgress: (run: RunStatus) => void, signal?: AbortSignal): Promise<RunStatus> {
    for (;;) {
      const run = await untilAnswered(() => this.run(runId), signal);
      onProgress(run);
      if (run.endedAt !== null) return run;
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }

  async #send<T>(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await this.#fetch(path, { method, headers, ...sent }, timeoutMs);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T; // the API's own types, shared/api/
  }

  /** @throws {ApiError} an answer that is none; {NoAnswer} nobody does */
  async #fetch(
    path: string,
    init: RequestInit & { headers?: Record<string, string> },
    timeoutMs = ANSWER_TIMEOUT_MS,
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.#base}${path}`, {
        ...init,
        headers: { ...init.headers, ...reviewerOf(path), ...(this.#key ? { 'x-functions-key': this.#key } : {}) },
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      throw new NoAnswer(`${this.#base} does not answer. Is the host running? Start it with \`npm start\`.`, { cause });
    }
    if (!response.ok) throw apiErrorOf(await response.text(), response.status);
    return response;
  }
}

/** Who decides, for a host that knows callers by a key alone. */
const reviewerOf = (path: string): Record<string, string> =>
  /^\/api\/(feedback|review)\b/.test(path) ? { 'x-sluice-reviewer': encodeURIComponent(userInfo().username) } : {};

async function* noBytes(): AsyncGenerator<Uint8Array> {}

export class ApiError extends Error {
  readonly status: number;
  /** Of the problem that the API told; `http-<status>` where the answer was none. */
  readonly code: string;
  /** What to do about it. */
  readonly remedy: string | null;
  constructor(status: number, message: string, { code, title }: Partial<Problem> = {}) {
    super(message);
    this.status = status;
    this.code = code ?? `http-${status}`;
    this.remedy = title ?? null;
  }
}

/** Nobody answers at that address. */
export class NoAnswer extends Error {
  readonly remedy = 'Start the host with `npm start`, or check --url and the network.';
}

function apiErrorOf(text: string, status: number): ApiError {
  try {
    const problem = JSON.parse(text) as Partial<Problem>;
    // Of wrong input the detail names the field; the title only says to correct it.
    const { code, detail, title } = problem;
    const message = (code === 'request.invalid' && detail ? [detail] : [detail, title]).filter(Boolean).join('\n');
    return new ApiError(status, message || `HTTP ${status}`, problem);
  } catch {
    return new ApiError(status, `HTTP ${status}: ${text.slice(0, 200)}`); // not ours: a proxy or the host itself answered
  }
}
