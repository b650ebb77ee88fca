// The durable management API, served under /runtime/webhooks/durabletask (public) and /durabletask (for the SDK's client).
// Status codes follow the durable extension: 202 accepted or still running, 200 ended, 404 unknown, 409 id taken, 410 ended already.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { durableWebhookBase, managementUrls } from './client-binding.ts';
import type { DurableEngine, Verdict } from './engine.ts';
import type { EntityRecord } from './entity-engine.ts';
import { readBody, sendJson, sendText } from './http-body.ts';
import { statusOf, wholeSeconds } from './instance-status.ts';
import { hasEnded, type Instance, type InstanceFilter } from './instances.ts';

const PAGE_SIZE = 100; // production's default page
const CONTINUATION_HEADER = 'x-ms-continuation-token';

export interface ManagementDeps {
  engine: DurableEngine;
  hubName: string;
  key(): string;
}

interface Call {
  method: string;
  url: URL;
  origin: string;
  request: IncomingMessage;
  response: ServerResponse;
}

export class ManagementApi {
  readonly #deps: ManagementDeps;

  constructor(deps: ManagementDeps) {
    this.#deps = deps;
  }

  /** Answer a request whose path below the base is `path` (no leading slash, not decoded). */
  async handle(
    path: string,
    url: URL,
    origin: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const call: Call = { method: request.method ?? 'GET', url, origin, request, response };
    let parts: string[];
    try {
      parts = path
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent);
    } catch {
      return sendJson(response, 400, { message: 'The path holds a malformed escape.' });
    }
    const [kind, first, second, third] = parts;
    const route = `${call.method} ${kind}`;
    if (route === 'POST orchestrators' && first !== undefined && parts.length <= 3)
      return this.#start(call, first, second);
    if (kind === 'instances' && first === undefined) {
      if (call.method === 'GET') return this.#list(call);
      if (call.method === 'DELETE') return this.#purgeBy(call);
    }
    if (kind === 'instances' && first !== undefined) {
      if (second === undefined && call.method === 'GET') return this.#status(call, first);
      if (second === undefined && call.method === 'DELETE') return this.#purge(call, first);
      if (second !== undefined && call.method === 'POST') return this.#command(call, first, second, third);
    }
    if (kind === 'entities') {
      if (call.method === 'GET' && second === undefined) return this.#listEntities(call, first);
      if (first !== undefined && second !== undefined) return this.#entity(call, first, second === '$' ? '' : second);
    }
    sendJson(response, 404, { message: 'No such operation of the durable management API.' });
  }

  async #start(call: Call, name: string, id: string | undefined): Promise<void> {
    const body = (await readBody(call.request)).toString('utf8');
    if (body !== '' && !isJson(body)) {
      const Message = 'Something went wrong while processing your request';
      return sendJson(call.response, 500, { Message, ExceptionMessage: 'The input must be JSON.' }); // not 400: as the extension
    }
    const version = call.url.searchParams.get('version');
    const started = this.#deps.engine.create(name, {
      input: body === '' ? null : body,
      ...(id ? { id } : {}),
      ...(version ? { version } : {}),
    });
    if (started.kind === 'exists') {
      return sendJson(call.response, 409, {
        message: `An orchestration instance with the id '${started.id}' exists and has not ended.`,
      });
    }
    const timeout = Number(call.url.searchParams.get('timeout') ?? Number.NaN);
    if (Number.isFinite(timeout) && call.url.searchParams.has('pollingInterval')) {
      const ended = await this.#deps.engine.untilEnded(started.id, timeout * 1000);
      if (ended?.status === 'Completed')
        return sendJson(call.response, 200, ended.output === null ? null : JSON.parse(ended.output));
      if (ended && hasEnded(ended.status))
        return sendJson(call.response, ended.status === 'Failed' ? 500 : 200, statusOf(ended, { showInput: true }));
    }
    this.#checkStatus(call, started.id);
  }

  #checkStatus(call: Call, id: string): void {
    const urls = managementUrls(durableWebhookBase(call.origin), encodeURIComponent(id), {
      hubName: this.#deps.hubName,
      key: this.#deps.key(),
    });
    sendJson(call.response, 202, { id, ...urls }, { location: urls.statusQueryGetUri ?? '', 'retry-after': '10' });
  }

  async #status(call: Call, id: string): Promise<void> {
    const instance = this.#deps.engine.instances.find(id);
    if (!instance) return sendJson(call.response, 404, { message: `No instance with ID '${id}' was found.` });
    const query = call.url.searchParams;
    const status = statusOf(instance, {
      showInput: flag(query, 'showInput', true),
      ...(flag(query, 'showHistory', false)
        ? {
            history: this.#deps.engine.instances.history(id),
            showHistoryOutput: flag(query, 'showHistoryOutput', false),
          }
        : {}),
    });
    if (!hasEnded(instance.status))
      return sendJson(call.response, 202, status, { location: call.url.href, 'retry-after': '5' });
    sendJson(
      call.response,
      instance.status === 'Failed' && flag(query, 'returnInternalServerErrorOnFailure', false) ? 500 : 200,
      status,
    );
  }

  async #list(call: Call): Promise<void> {
    const query = call.url.searchParams;
    const filter = filterOf(query);
    if (typeof filter === 'string') return sendJson(call.response, 400, { message: filter });
    const top = Number(query.get('top') ?? PAGE_SIZE);
    if (!Number.isInteger(top) || top < 1)
      return sendJson(call.response, 400, { message: 'top must be a whole number above 0.' });
    const token = call.request.headers[CONTINUATION_HEADER];
    const after = typeof token === 'string' && token !== '' ? parseToken(token) : undefined;
    const rows = this.#deps.engine.instances.list(filter, top + 1, after);
    const page = rows.slice(0, top);
    const last = rows.length > top ? page.at(-1) : undefined;
    const showInput = flag(query, 'showInput', true);
    sendJson(
      call.response,
      200,
      page.map((instance) => statusOf(instance, { showInput })),
      last ? { [CONTINUATION_HEADER]: tokenOf(last) } : {},
    );
  }

  async #purge(call: Call, id: string): Promise<void> {
    const purged = this.#deps.engine.purge([id]);
    sendJson(call.response, purged === 0 ? 404 : 200, { instancesDeleted: purged });
  }

  async #purgeBy(call: Call): Promise<void> {
    const query = call.url.searchParams;
    const filter = filterOf(query);
    if (typeof filter === 'string') return sendJson(call.response, 400, { message: filter });
    if (filter.createdFrom === undefined)
      return sendJson(call.response, 400, { message: 'createdTimeFrom is required.' });
    const ids = this.#deps.engine.instances.list(filter, -1).map((instance) => instance.id);
    const purged = this.#deps.engine.purge(ids);
    sendJson(call.response, purged === 0 ? 404 : 200, { instancesDeleted: purged });
  }

  async #command(call: Call, id: string, command: string, eventName: string | undefined): Promise<void> {
    const { engine } = this.#deps;
    const reason = call.url.searchParams.get('reason') ?? '';
    if (command === 'raiseEvent' && eventName !== undefined) return this.#raiseEvent(call, id, eventName);
    if (command === 'terminate') return answer(call, engine.terminate(id, reason));
    if (command === 'suspend') return answer(call, engine.suspend(id, reason));
    if (command === 'resume') return answer(call, engine.resume(id, reason));
    const instance = engine.instances.find(id);
    if (command === 'restart') return this.#restart(call, instance);
    if (command === 'rewind') {
      if (!instance) return sendText(call.response, 404);
      if (instance.status !== 'Failed') return sendText(call.response, hasEnded(instance.status) ? 410 : 412);
      return sendJson(call.response, 501, { message: 'The local host does not rewind; use restart.' });
    }
    sendJson(call.response, 404, { message: `No such command: ${command}.` });
  }

  async #restart(call: Call, instance: Instance | undefined): Promise<void> {
    if (!instance) return sendJson(call.response, 400, { message: 'No such instance.' });
    const fresh = flag(call.url.searchParams, 'restartWithNewInstanceId', true);
    const started = this.#deps.engine.create(instance.name, {
      input: instance.input,
      ...(instance.version === null ? {} : { version: instance.version }),
      ...(fresh ? {} : { id: instance.id }),
    });
    if (started.kind === 'exists')
      return sendJson(call.response, 409, { message: `The instance '${started.id}' has not ended.` });
    this.#checkStatus(call, started.id);
  }

  async #raiseEvent(call: Call, id: string, name: string): Promise<void> {
    const body = (await readBody(call.request)).toString('utf8');
    const type = call.request.headers['content-type'] ?? '';
    if (body !== '' && !/^application\/json\b/i.test(type))
      return sendJson(call.response, 400, { message: 'Only application/json is supported.' });
    if (body !== '' && !isJson(body)) return sendJson(call.response, 400, { message: 'The event data must be JSON.' });
    answer(call, this.#deps.engine.raiseEvent(id, name, body === '' ? null : body));
  }

  async #entity(call: Call, name: string, key: string): Promise<void> {
    const { entities } = this.#deps.engine;
    if (call.method === 'GET') {
      const entity = entities.read(name, key);
      if (!entity) return sendText(call.response, 404);
      return sendJson(call.response, 200, entity.state === null ? null : JSON.parse(entity.state));
    }
    if (call.method !== 'POST' && call.method !== 'DELETE') return sendText(call.response, 405);
    const body = (await readBody(call.request)).toString('utf8');
    if (body !== '' && !isJson(body))
      return sendJson(call.response, 400, { message: 'The operation input must be JSON.' });
    const operation = call.method === 'DELETE' ? 'delete' : (call.url.searchParams.get('op') ?? '');
    entities.signal(name, key, operation, body === '' ? undefined : body);
    sendText(call.response, 202);
  }

  async #listEntities(call: Call, name: string | undefined): Promise<void> {
    const query = call.url.searchParams;
    const top = Number(query.get('top') ?? PAGE_SIZE);
    if (!Number.isInteger(top) || top < 1)
      return sendJson(call.response, 400, { message: 'top must be a whole number above 0.' });
    const token = call.request.headers[CONTINUATION_HEADER];
    const after = typeof token === 'string' && token !== '' ? Buffer.from(token, 'base64url').toString('utf8') : '';
    const rows = this.#deps.engine.entities.list(name, top + 1, after);
    const page = rows.slice(0, top);
    const last = rows.length > top ? page.at(-1) : undefined;
    const fetchState = flag(query, 'fetchState', false);
    const headers: Record<string, string> = last
      ? { [CONTINUATION_HEADER]: Buffer.from(`@${last.name}@${last.key}`).toString('base64url') }
      : {};
    sendJson(
      call.response,
      200,
      page.map((entity) => shownEntity(entity, fetchState)),
      headers,
    );
  }
}

function shownEntity(entity: EntityRecord, fetchState: boolean): object {
  return {
    entityId: { name: entity.name, key: entity.key },
    lastOperationTime: wholeSeconds(entity.updated),
    state: fetchState && entity.state !== null ? JSON.parse(entity.state) : null,
  };
}

function answer(call: Call, verdict: Verdict): void {
  sendText(call.response, verdict === 'ok' ? 202 : verdict === 'not-found' ? 404 : 410);
}

function filterOf(query: URLSearchParams): InstanceFilter | string {
  const filter: InstanceFilter = {};
  for (const [parameter, field] of [
    ['createdTimeFrom', 'createdFrom'],
    ['createdTimeTo', 'createdTo'],
  ] as const) {
    const text = query.get(parameter);
    if (text === null || text === '') continue;
    const at = Date.parse(text);
    if (Number.isNaN(at)) return `${parameter} is not a date: ${text}`;
    filter[field] = at;
  }
  const statuses = query
    .getAll('runtimeStatus')
    .flatMap((list) => list.split(','))
    .map((status) => status.trim())
    .filter((status) => status !== '');
  const prefix = query.get('instanceIdPrefix');
  return { ...filter, ...(statuses.length > 0 ? { statuses } : {}), ...(prefix ? { idPrefix: prefix } : {}) };
}

function flag(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const text = query.get(name);
  return text === null ? otherwise : text.toLowerCase() === 'true';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function tokenOf(instance: Instance): string {
  return Buffer.from(JSON.stringify([instance.created, instance.id])).toString('base64url');
}

function parseToken(token: string): { created: number; id: string } | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && typeof parsed[0] === 'number' && typeof parsed[1] === 'string')
      return { created: parsed[0], id: parsed[1] };
  } catch {
    return undefined; // not one of our tokens: start at the beginning
  }
  return undefined;
}
