// HTTP-triggered functions: routing, the request as the programming model takes it, and its answer.
// Invariants: undefined or null from a handler is 204; a throwing handler is 500 with an empty body; no route or method fits is 404.

import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { RegisteredFunction, TypedData } from './core-api.ts';
import { readBody, sendText } from './http-body.ts';
import type { Invoker } from './invoke.ts';
import type { OutputWriter } from './outputs.ts';
import { compileRoute, type Route } from './route.ts';
import { resolveSettingReferences } from './settings.ts';

interface Endpoint {
  fn: RegisteredFunction;
  route: Route;
  methods: ReadonlySet<string>;
}

interface RpcCookie {
  name: string;
  value: string;
  domain?: { value: string };
  path?: { value: string };
  expires?: { value: { seconds: number } };
  secure?: { value: boolean };
  httpOnly?: { value: boolean };
  sameSite?: string;
  maxAge?: { value: number };
}

interface RpcHttp {
  statusCode?: string;
  headers?: Record<string, string>;
  cookies?: RpcCookie[];
  body?: TypedData;
}

export interface HttpFunctionsDeps {
  functions: readonly RegisteredFunction[];
  invoker: Invoker;
  outputs: OutputWriter;
  routePrefix: string;
  env: NodeJS.ProcessEnv;
  /** Where the library's streaming proxy listens, when the app turned streaming on. */
  streamingBase: string | undefined;
}

export class HttpFunctions {
  readonly #deps: HttpFunctionsDeps;
  readonly #endpoints: Endpoint[];

  /** @throws when a route is malformed or two functions share route and method */
  constructor(deps: HttpFunctionsDeps) {
    this.#deps = deps;
    const taken = new Map<string, string>();
    this.#endpoints = deps.functions
      .map((fn) => endpointOf(fn, deps))
      .sort((a, b) => byName(a.fn.metadata.name, b.fn.metadata.name));
    for (const { fn, route, methods } of this.#endpoints) {
      for (const method of methods) {
        const key = `${method} ${route.template.toLowerCase().replace(/\{[^{}*:?]+/g, '{')}`;
        const other = taken.get(key);
        if (other)
          throw new Error(
            `Functions "${other}" and "${fn.metadata.name}" have the same route: ${method} /${route.template}`,
          );
        taken.set(key, fn.metadata.name);
      }
    }
  }

  /** URL path template and methods of a function, for listings. */
  describe(fn: RegisteredFunction): { route: string; methods: string[] } | undefined {
    const endpoint = this.#endpoints.find((candidate) => candidate.fn === fn);
    return endpoint ? { route: endpoint.route.template, methods: [...endpoint.methods] } : undefined;
  }

  /** Answer a request. Returns false when no function fits. */
  async handle(url: URL, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const path = url.pathname.replace(/^\/+/, '');
    const method = request.method ?? 'GET';
    for (const { fn, route, methods } of this.#endpoints) {
      if (!methods.has(method)) continue;
      const params = route.match(path);
      if (!params) continue;
      if (this.#deps.streamingBase === undefined) await this.#buffered(fn, params, url, request, response);
      else await this.#streamed(fn, params, url, request, response, this.#deps.streamingBase);
      return true;
    }
    return false;
  }

  async #buffered(
    fn: RegisteredFunction,
    params: Record<string, string>,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request);
    const hasBody = body.length > 0 && !/^(GET|HEAD)$/.test(request.method ?? '');
    const data = {
      http: {
        method: request.method,
        url: url.href,
        headers: flatHeaders(request),
        params,
        ...(hasBody ? { body: { bytes: body } } : {}),
      },
    };
    let rpc: RpcHttp | undefined;
    try {
      const result = await this.#deps.invoker.invoke(fn, { trigger: data, ...traceOf(request) });
      await this.#deps.outputs.write(fn, result, params);
      rpc = result.returnValue?.http as RpcHttp | undefined; // `as`: written by the programming model
    } catch {
      return sendText(response, 500); // the invoker has logged it; Azure answers without a body too
    }
    if (response.destroyed) return;
    if (!rpc) return sendText(response, 204);
    for (const cookie of rpc.cookies ?? []) response.appendHeader('set-cookie', cookieText(cookie));
    for (const [name, value] of Object.entries(rpc.headers ?? {})) {
      if (name.toLowerCase() === 'set-cookie') response.appendHeader(name, value);
      else if (!/^(content-length|transfer-encoding|connection)$/i.test(name)) response.setHeader(name, value);
    }
    const content = bodyOf(rpc.body);
    const status = Number(rpc.statusCode ?? 200);
    const bodyless = status === 204 || status === 304 || request.method === 'HEAD';
    if (!bodyless || content.length > 0) response.setHeader('content-length', content.length);
    response.writeHead(status).end(bodyless ? undefined : content);
  }

  /** Forward the request to the library's proxy and run the invocation beside it; the answer comes back over the proxy. */
  async #streamed(
    fn: RegisteredFunction,
    params: Record<string, string>,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
    base: string,
  ): Promise<void> {
    const invocationId = randomUUID();
    const target = new URL(`${url.pathname}${url.search}`, base);
    const headers = {
      ...request.headers,
      'x-ms-invocation-id': invocationId,
      'x-forwarded-host': request.headers.host ?? url.host,
      'x-forwarded-proto': 'http',
    };
    const proxied = httpRequest(target, { method: request.method, headers });
    request.pipe(proxied);
    const answered = new Promise<void>((resolve) => {
      proxied.on('response', (upstream) => {
        const { 'x-ms-invocation-id': _id, ...passed } = upstream.headers;
        response.writeHead(upstream.statusCode ?? 200, passed);
        upstream.pipe(response);
        upstream.on('close', resolve);
      });
      proxied.on('error', () => resolve()); // reported below when nothing was answered
      response.on('close', () => proxied.destroy());
    });
    const query = Object.fromEntries(url.searchParams);
    const triggerMetadata: Record<string, TypedData> = {
      Headers: { json: JSON.stringify(flatHeaders(request)) },
      Query: { json: JSON.stringify(query) },
      ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { string: value }])),
    };
    try {
      await this.#deps.invoker.invoke(fn, {
        trigger: { http: {} },
        triggerMetadata,
        invocationId,
        ...traceOf(request),
      });
      await answered;
    } catch {
      proxied.destroy(); // the invoker has logged it
    }
    if (!response.headersSent) sendText(response, 500);
    else if (!response.writableEnded && !response.destroyed) response.destroy();
  }
}

/** As Azure orders functions: by name without case, code by code. The first whose route and method fit answers. */
function byName(a: string, b: string): number {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

function endpointOf(fn: RegisteredFunction, deps: HttpFunctionsDeps): Endpoint {
  const { trigger } = fn;
  const own = typeof trigger.route === 'string' ? resolveSettingReferences(trigger.route, deps.env) : fn.metadata.name;
  const template = [deps.routePrefix, own]
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .join('/');
  const methods = Array.isArray(trigger.methods)
    ? trigger.methods.map((method) => String(method).toUpperCase())
    : ['GET', 'POST'];
  return { fn, route: compileRoute(template), methods: new Set(methods) };
}

function flatHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

function traceOf(request: IncomingMessage): { traceParent?: string } {
  const trace = request.headers.traceparent;
  return typeof trace === 'string' ? { traceParent: trace } : {};
}

function bodyOf(data: TypedData | undefined): Buffer {
  if (!data) return Buffer.alloc(0);
  return data.bytes ? Buffer.from(data.bytes) : Buffer.from(data.string ?? data.json ?? '');
}

function cookieText(cookie: RpcCookie): string {
  const parts = [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`];
  if (cookie.domain) parts.push(`Domain=${cookie.domain.value}`);
  if (cookie.path) parts.push(`Path=${cookie.path.value}`);
  if (cookie.expires) parts.push(`Expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.maxAge) parts.push(`Max-Age=${cookie.maxAge.value}`);
  if (cookie.secure?.value) parts.push('Secure');
  if (cookie.httpOnly?.value) parts.push('HttpOnly');
  const site = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' }[cookie.sameSite ?? ''];
  if (site) parts.push(`SameSite=${site}`);
  return parts.join('; ');
}
