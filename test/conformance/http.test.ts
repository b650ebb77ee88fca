// Conformance of HTTP: routes, requests, answers, hooks; what the local host adds for a laptop, and its admin endpoints.
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostProcess, localOnly, temporaryFolder } from './host-process.ts';

const SCRIPT_HOST = 'what the Functions host does, whose packages are not public';

const folder = temporaryFolder();
let host: HostProcess;

beforeAll(async () => {
  host = await HostProcess.start({ app: 'http', hub: join(folder.path, 'hub.sqlite') });
});

afterAll(async () => {
  await host?.stop();
  folder.remove();
});

/** Status of GET / under another name, as after a rebinding of DNS; fetch does not let the name be set. */
const statusAs = (name: string): Promise<number | undefined> => statusWith('GET', '/', { host: name });

const statusWith = (method: string, path: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${host.url}${path}`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('http', () => {
  test('route parameters, repeated query keys, headers, cookies, status and body arrive', async () => {
    const response = await host.fetch('/api/echo/5/a/b%20c?tag=x&tag=y', {
      method: 'POST',
      body: 'text',
      headers: { 'x-sent': 'yes' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-seen')).toBe('yes');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; HttpOnly']);
    expect(await response.json()).toEqual({
      url: `${host.url}/api/echo/5/a/b%20c?tag=x&tag=y`,
      params: { id: '5', rest: 'a/b c' },
      tags: ['x', 'y'],
      body: 'text',
    });
  });

  test('the first function by name whose route fits answers, not the closest; no route or method that fits is 404', async () => {
    expect(await (await host.fetch('/api/echo/7/here')).json()).toMatchObject({ params: { id: '7', rest: 'here' } });
    expect(await (await host.fetch('/api/echo/8/here')).text()).toBe('first by name');
    expect((await host.fetch('/api/echo/8/here', { method: 'POST' })).status).toBe(201);
    expect((await host.fetch('/api/echo/seven/here')).status).toBe(404);
    expect((await host.fetch('/api/echo/7/here', { method: 'DELETE' })).status).toBe(404);
    expect((await host.fetch('/nowhere')).status).toBe(404);
  });

  test('undefined from a handler is 204, an exception is 500 without its text', async () => {
    expect((await host.fetch('/api/nothing')).status).toBe(204);
    const response = await host.fetch('/api/broken');
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('');
  });

  test('bytes come back unchanged', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
    const response = await host.fetch('/api/bytes', { method: 'POST', body: bytes });
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
  });

  localOnly(SCRIPT_HOST)('a body beyond 100 MB is refused with 413 by its announced length', async () => {
    const status = await new Promise((resolve, reject) => {
      const call = request(
        `${host.url}/api/bytes`,
        { method: 'POST', headers: { 'content-length': 101 * 1024 * 1024 } },
        (response) => {
          resolve(response.statusCode);
          call.destroy();
        },
      );
      call.on('error', reject);
      call.flushHeaders();
    });
    expect(status).toBe(413);
  });

  test('hooks: a pre hook replaces the input, a post hook the result, both share hookData', async () => {
    expect(await (await host.fetch('/api/hooked')).text()).toBe('from the pre hook, then the post hook true');
  });

  test('routes: an escaped slash stays escaped in a parameter and in the rest; everything else is decoded once', async () => {
    const echo = async (path: string) =>
      ((await (await host.fetch(`/api/echo/5/${path}`)).json()) as { params: { rest?: string } }).params.rest;
    expect(await echo('a%2Fb/c%20d')).toBe('a%2Fb/c d');
    expect(await echo('100%25')).toBe('100%');
    expect(await echo('%2541')).toBe('%41');
    expect(await echo('%C3%BC%23%3F')).toBe('ü#?');
    expect(await (await host.fetch('/api/maybe/x%2Fy')).json()).toEqual({ part: 'x%2Fy' });
  });

  test('routes: an optional part may be absent, a slash at the end changes nothing, literals match without case', async () => {
    for (const path of ['/api/maybe', '/api/maybe/', '/API/Maybe'])
      expect(await (await host.fetch(path)).json(), path).toEqual({});
    for (const path of ['/api/maybe/one', '/api/maybe/one/'])
      expect(await (await host.fetch(path)).json(), path).toEqual({ part: 'one' });
    expect((await host.fetch('/api/maybe/one/two')).status).toBe(404);
  });
});

localOnly(SCRIPT_HOST)('admin: status, list, one function, manual start of a timer', async () => {
  expect(await (await host.fetch('/admin/host/status')).json()).toMatchObject({ state: 'Running' });
  const functions = (await (await host.fetch('/admin/functions')).json()) as {
    name: string;
    invoke_url_template: string;
  }[];
  expect(functions.map((fn) => fn.name)).toEqual(host.functions);
  expect(functions.find((fn) => fn.name === 'echo')?.invoke_url_template).toBe(
    `http://localhost:${host.port}/api/echo/{id:int}/{*rest}`,
  );
  expect(await (await host.fetch('/admin/functions/yearly')).json()).toMatchObject({ name: 'yearly' });
  expect((await host.fetch('/admin/functions/yearly', { method: 'POST', body: '{}' })).status).toBe(202);
  expect((await host.fetch('/admin/functions/nobody')).status).toBe(404);
});

localOnly(SCRIPT_HOST)(
  'streaming: bodies flow through the proxy of the library, and a failure before the answer is 500',
  async () => {
    const streaming = await HostProcess.start({ app: 'streaming', hub: join(folder.path, 'streaming.sqlite') });
    try {
      const response = await streaming.fetch('/api/upper/bob', {
        method: 'POST',
        body: 'streamed text',
        headers: { 'x-sent': 'yes' },
      });
      expect(await response.text()).toBe('STREAMED TEXT');
      expect(response.headers.get('x-who')).toBe('bob');
      expect(response.headers.get('x-sent')).toBe('yes');
      expect((await streaming.fetch('/api/fails')).status).toBe(500);
    } finally {
      await streaming.stop();
    }
  },
);

localOnly('a guard of laptops')(
  'host: a name that is not the loopback is refused, so that a foreign page cannot make itself the host by DNS',
  async () => {
    for (const name of ['evil.example', 'localhost.evil.example:80', '127.0.0.1.evil.example', '10.0.0.1'])
      expect(await statusAs(name), name).toBe(421);
    for (const name of ['localhost:7071', '127.0.0.1', '[::1]:1']) expect(await statusAs(name), name).not.toBe(421);
  },
);

localOnly('a guard of laptops')(
  'host: a page of another site reaches no endpoint: functions, admin, keys, webhooks and the durable API',
  async () => {
    for (const [method, path] of [
      ['POST', '/api/echo/5/a'],
      ['GET', '/api/echo/5/a'],
      ['GET', '/admin/host/status'],
      ['GET', '/admin/host/systemkeys'],
      ['POST', `/admin/functions/${host.functions[0]}`],
      ['POST', '/runtime/webhooks/blobs?functionName=Host.Functions.x'],
      ['POST', '/runtime/webhooks/durabletask/orchestrators/x'],
      ['GET', '/durabletask/instances'],
      ['OPTIONS', '/api/echo/5/a'],
    ] as const)
      for (const site of ['cross-site', 'same-site'])
        expect(await statusWith(method, path, { 'sec-fetch-site': site }), `${method} ${path}`).toBe(403);
    expect(await statusWith('GET', '/admin/host/status', { 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await statusWith('GET', '/admin/functions/%zz', {})).toBe(400);
  },
);
