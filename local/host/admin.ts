// The admin endpoints: /admin/host/status, /admin/functions, manual starts, keys.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RegisteredFunction, TypedData } from './core-api.ts';
import { readBody, sendJson, sendText } from './http-body.ts';
import type { Invoker } from './invoke.ts';
import { isDurableTrigger } from './invoke.ts';
import { BLOBS_SYSTEM_KEY, DURABLE_SYSTEM_KEY, type FunctionKeys } from './keys.ts';
import type { HostLog } from './log.ts';
import type { TimerTrigger } from './timer-trigger.ts';

export interface AdminDeps {
  functions: readonly RegisteredFunction[];
  invoker: Invoker;
  timers: ReadonlyMap<string, TimerTrigger>;
  keys: FunctionKeys;
  log: HostLog;
  origin: string;
  describe(fn: RegisteredFunction): { route: string; methods: string[] } | undefined;
  state(): string;
  uptimeMs(): number;
}

export class AdminApi {
  readonly #deps: AdminDeps;

  constructor(deps: AdminDeps) {
    this.#deps = deps;
  }

  /** Answer a request below /admin/. */
  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let parts: string[];
    try {
      parts = path
        .split('/')
        .filter((part) => part !== '')
        .map((part) => decodeURIComponent(part));
    } catch {
      return sendJson(response, 400, { message: 'The path holds a malformed escape.' });
    }
    const [area, name, sub] = parts;
    if (area === 'host' && name === 'status') return this.#status(response);
    if (area === 'host' && name === 'ping') return sendText(response, 200);
    if (area === 'host' && name === 'systemkeys')
      return this.#keys(response, 'system', [DURABLE_SYSTEM_KEY, BLOBS_SYSTEM_KEY]);
    if (area === 'host' && name === 'keys') return this.#keys(response, 'host', ['default', '_master']);
    if (area !== 'functions') return sendText(response, 404);
    if (name === undefined)
      return sendJson(
        response,
        200,
        this.#deps.functions.map((fn) => this.#describe(fn)),
      );
    const fn = this.#deps.functions.find((candidate) => candidate.metadata.name.toLowerCase() === name.toLowerCase());
    if (!fn) return sendJson(response, 404, { message: `No function ${name}.` });
    if (sub === 'keys') return this.#keys(response, `function:${fn.metadata.name}`, ['default']);
    if (request.method === 'GET') return sendJson(response, 200, this.#describe(fn));
    if (request.method === 'POST') return this.#start(fn, request, response);
    sendText(response, 405);
  }

  #status(response: ServerResponse): void {
    const { state, uptimeMs } = this.#deps;
    sendJson(response, 200, {
      id: 'sluice-local-host',
      state: state(),
      version: '4.0.0-local',
      processUptime: Math.round(uptimeMs()),
      pid: process.pid,
    });
  }

  #describe(fn: RegisteredFunction): object {
    const http = this.#deps.describe(fn);
    return {
      name: fn.metadata.name,
      language: 'node',
      isDisabled: false,
      invoke_url_template: http ? `${this.#deps.origin}/${http.route}` : null,
      config: { bindings: Object.entries(fn.metadata.bindings).map(([key, binding]) => ({ ...binding, name: key })) },
    };
  }

  #keys(response: ServerResponse, scope: string, names: readonly string[]): void {
    sendJson(response, 200, { keys: names.map((name) => ({ name, value: this.#deps.keys.get(scope, name) })) });
  }

  /** Start a function that HTTP does not trigger, with `{"input": "<text>"}`; answers 202 before it has run. */
  async #start(fn: RegisteredFunction, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const type = fn.trigger.type.toLowerCase();
    if (
      type === 'httptrigger' ||
      isDurableTrigger(type, 'orchestrationtrigger') ||
      isDurableTrigger(type, 'entitytrigger')
    ) {
      return sendJson(response, 400, {
        message: `Function ${fn.metadata.name} (${fn.trigger.type}) cannot be started here.`,
      });
    }
    const body = (await readBody(request)).toString('utf8');
    let input: unknown;
    try {
      input = body === '' ? undefined : (JSON.parse(body) as { input?: unknown }).input; // `as`: absent is handled
    } catch {
      return sendJson(response, 400, { message: 'The body must be JSON: {"input": "text"}.' });
    }
    const timer = this.#deps.timers.get(fn.metadata.name);
    const run = timer ? timer.fire() : this.#deps.invoker.invoke(fn, { trigger: triggerData(type, input) });
    run.catch((error: unknown) => {
      this.#deps.log.error('admin.start-failed', {
        function: fn.metadata.name,
        message: error instanceof Error ? error.message : String(error),
      });
    });
    sendText(response, 202);
  }
}

function triggerData(type: string, input: unknown): TypedData {
  if (input === undefined || input === null) return {};
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  return type === 'blobtrigger' ? { bytes: Buffer.from(text) } : { string: text };
}
