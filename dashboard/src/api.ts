// The page's side of the HTTP API. Same origin only. Answers carry an ETag and are revalidated by the browser's own cache.
// Invariant: K1 a function key lives in this tab's session storage and leaves it in a header only.
import { signal } from '@preact/signals';
import type { Problem } from '../../shared/api/problem.ts';
import type { ApiVersion } from '../../shared/api/version.ts';
import { reviewerHeaders } from './reviewer-name.ts';
import { session } from './session.ts';
import { words } from './words/parts.ts';

/** The shape of answers that the page reads (shared/api/version.ts). */
const API_VERSION: ApiVersion = '2026-11-30';

const KEY_NAME = 'sluice.function-key';

/** Set when the API asks for a key or a sign-in; the layout then shows how to give one. */
export const needsKey = signal(false);

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly fields: readonly { field: string; message: string }[];

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? words.answered(status));
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code ?? `http-${status}`;
    this.remedy = problem.title ?? '';
    this.fields = problem.errors ?? [];
  }
}

/** Remember a function key for this tab, '' forgets it. */
export function setFunctionKey(key: string): void {
  if (key === '') sessionStorage.removeItem(KEY_NAME);
  else sessionStorage.setItem(KEY_NAME, key);
  needsKey.value = false;
}

function headers(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const key = sessionStorage.getItem(KEY_NAME);
  return {
    accept: 'application/json',
    ...(key === null ? {} : { 'x-functions-key': key }),
    ...reviewerHeaders(session.value?.authMode === 'entra'),
    ...extra,
  };
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    // A sign-in that has run out is answered by a redirect to the sign-in page, which no script can follow.
    response = await fetch(`/api/${path}${path.includes('?') ? '&' : '?'}api-version=${API_VERSION}`, {
      ...init,
      credentials: 'same-origin',
      redirect: 'manual',
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, {
      detail: words.noAnswer,
      title: words.noAnswerRemedy,
    });
  }
  if (response.ok) return response;
  if (response.status === 401 || response.type === 'opaqueredirect') needsKey.value = true;
  const isProblem = response.headers.get('content-type')?.includes('json') === true;
  throw new ApiError(
    response.type === 'opaqueredirect' ? 401 : response.status,
    isProblem ? ((await response.json()) as Partial<Problem>) : {},
  ); // RFC 9457 by contract
}

/** GET a JSON answer as text, so that equal answers can be told without parsing. @throws {ApiError} */
export async function getText(path: string, abort?: AbortSignal): Promise<string> {
  const response = await send(path, { headers: headers(), cache: 'no-cache', ...(abort ? { signal: abort } : {}) });
  return await response.text();
}

/** GET. @throws {ApiError} */
export async function getJson<T>(path: string, abort?: AbortSignal): Promise<T> {
  return JSON.parse(await getText(path, abort)) as T; // the shapes of shared/api/
}

/** Send a JSON body; undefined for answers without one. @throws {ApiError} */
export async function sendJson<T>(
  method: 'POST' | 'DELETE',
  path: string,
  body: unknown = {},
  options: { keepalive?: boolean } = {},
): Promise<T> {
  const response = await send(path, {
    method,
    headers: headers({ 'content-type': 'application/json' }),
    body: JSON.stringify(body),
    ...options,
  });
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T; // as above
}

/** PUT a file's bytes. @param isNew  refuse when there is one already (409) @throws {ApiError} */
export async function putFile<T>(path: string, file: Blob, abort?: AbortSignal, isNew = false): Promise<T> {
  const response = await send(path, {
    method: 'PUT',
    headers: headers({ 'content-type': 'application/octet-stream', ...(isNew ? { 'if-none-match': '*' } : {}) }),
    body: file,
    ...(abort ? { signal: abort } : {}),
  });
  return (await response.json()) as T; // UploadAnswer
}

/** GET bytes, for a picture or for saving under a name. @throws {ApiError} */
export async function getBlob(path: string, abort?: AbortSignal): Promise<Blob> {
  return await (await send(path, { headers: headers(), ...(abort ? { signal: abort } : {}) })).blob();
}
