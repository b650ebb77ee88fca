// Every route with parameters, given hostile ones as a client would write them into an address. Nothing but a 4xx comes back, and no file is touched.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpHandler, HttpResponseInit } from '@azure/functions';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { compileRoute } from '../../local/host/route.ts';
import { ROUTE_PARAMETERS } from '../../shared/api/sources.ts';
import { type FakeWorld, fakeWorld } from '../fakes/pipeline.ts';

interface Registration {
  name: string;
  route: string;
  methods: string[];
  handler: HttpHandler;
}

const { registered, context } = vi.hoisted(() => ({
  registered: [] as Registration[],
  context: { app: undefined as unknown },
}));
vi.mock('@azure/functions', async (original) => ({
  ...(await original<typeof import('@azure/functions')>()),
  app: {
    http: (name: string, options: Omit<Registration, 'name'>) => registered.push({ name, ...options }),
    timer: () => {},
    storageBlob: () => {},
    generic: () => {},
  },
}));
vi.mock('durable-functions', () => ({
  default: { app: { activity: () => {}, orchestration: () => {} }, input: { durableClient: () => ({}) } },
}));
vi.mock('../../shared/app.ts', async (original) => ({
  ...(await original<typeof import('../../shared/app.ts')>()),
  getApp: async () => context.app,
  getServices: async () => (context.app as { services: unknown }).services,
  getTraining: async () => (context.app as { training: unknown }).training,
  getProgress: async () => (context.app as { progress: unknown }).progress,
}));

let world: FakeWorld;
const touched: string[] = [];
beforeAll(async () => {
  vi.stubEnv('LAKE', 'UseDevelopmentStorage=true');
  world = await fakeWorld();
  const { ProgressReader } = await import('../../shared/insight/progress.ts');
  const { ModelRegistry } = await import('../../shared/models/registry.ts');
  const { services } = world;
  const untouchable = new Proxy({}, { get: (_, name) => touched.push(`tables.${String(name)}`) });
  const query = async (sql: string) => {
    touched.push(sql);
    return { rows: [], columns: [] };
  };
  context.app = {
    services,
    config: services.config,
    query,
    newest: async () => ({ version: 'none', query }),
    tables: untouchable,
    registry: new ModelRegistry(services.lake, services),
    progress: new ProgressReader(services),
    training: { lake: services.lake, clock: services.clock },
  };
  for (const store of [world.lake, world.imports, services.sources.landing])
    (store as typeof world.lake).beforeCall = (method, path) => touched.push(`${method} ${path}`);
  const folder = join(import.meta.dirname, '../../functions');
  for (const file of readdirSync(folder)) await import(join(folder, file));
});
afterEach(() => {
  touched.length = 0;
});

const routes = () => registered.filter(({ route }) => route.includes('{') && !isFiles(route));
/** Files of the build: test/functions/built-files.test.ts. */
const isFiles = (route: string) => /^(dashboard|docs)\//.test(route);

/** Call a function as the host does: the parameter as it stands in the address, decoded once. */
async function call(
  one: Registration,
  raw: string,
  fixed: Record<string, string> = {},
): Promise<HttpResponseInit | undefined> {
  const { HttpRequest, InvocationContext } = await import('@azure/functions');
  const address = one.route.replaceAll(/\{\*?(\w+)[^}]*\}/g, (_, name: string) => fixed[name] ?? raw);
  const params = compileRoute(one.route).match(address);
  if (params === undefined) return undefined; // fits no route: the host answers 404
  const [method = 'GET'] = one.methods;
  const request = new HttpRequest({
    ...{ method, url: `http://localhost/api/${address}`, params },
    ...(method === 'GET' ? {} : { body: { string: '{}' } }),
  });
  return one.handler(request, new InvocationContext()) as Promise<HttpResponseInit>;
}

const HOSTILE = [
  '..%2Fother',
  '..%2F..%2Fother%2Fx',
  '%252e%252e%252Fother',
  '..%252Fother',
  '%252E%252E',
  '%2e%2e%2fother',
  '..%5Cother',
  'run-1%2F..%2Frun-2',
  '%25',
  '%2525',
  '%25zz',
  'a%00b',
  'a%0Ab',
  'a%7Fb',
  '%20',
  '.hidden%2F.',
  'a%27b',
  'run-1%3Fx',
  'run-1%23x',
  '%EF%BF%BE',
  'x'.repeat(1100),
];

test('hostile ids: every route with parameters answers 4xx without touching a file or a table', async () => {
  expect(routes().length).toBeGreaterThan(12);
  for (const one of routes().filter(({ name }) => name !== 'uploadFile'))
    for (const raw of HOSTILE) {
      const answer = await call(one, raw);
      expect([answer?.status ?? 404, touched], `${one.name} ${raw.slice(0, 40)}`).toEqual([answer ? 400 : 404, []]);
      if (answer !== undefined)
        expect(JSON.parse(String(answer.body)), one.name).toMatchObject({ code: 'request.invalid', status: 400 });
    }
});

test('hostile names of uploads: the file lies under exactly the name that was sent, decoded once, or is refused', async () => {
  const upload = registered.find(({ name }) => name === 'uploadFile') as Registration;
  const stored: string[] = [];
  for (const raw of HOSTILE) {
    touched.length = 0;
    const answer = await call(upload, raw, { container: 'landing' });
    if (answer?.status === 400 || answer === undefined) expect(touched, raw).toEqual([]);
    else {
      expect(answer.status, raw).toBe(201);
      stored.push(decodeURIComponent(raw));
      expect(new Set(touched.map((call) => call.slice(call.indexOf(' ') + 1)))).toEqual(new Set(stored.slice(-1)));
    }
  }
  // Percent signs, quotes and the like may stand in a name; parent steps, backslashes, control characters and what may be an escaped slash may not.
  expect(stored).toEqual(['%2E%2E', '%', '%25', '%zz', ' ', "a'b", 'run-1?x', 'run-1#x']);
  const elsewhere = await call(upload, 'lake', { path: 'a.txt' });
  expect(elsewhere?.status).toBe(400);
});

test('hostile ids: the problem names the parameter', async () => {
  const one = registered.find(({ name }) => name === 'getRun') as Registration;
  const answer = await call(one, '..%2Fother');
  expect(JSON.parse(String(answer?.body))).toMatchObject({
    errors: [{ field: 'runId', message: 'must be an id as the API gives it' }],
  });
});

test('unknown ids that are well formed are not found, as before', async () => {
  const one = (name: string) => registered.find((candidate) => candidate.name === name) as Registration;
  for (const name of ['getRun', 'runReport', 'cancelRun', 'rerunRun', 'getTraining'])
    expect((await call(one(name), 'run-0123456789abcdef0123'))?.status, name).toBe(404);
  expect((await call(one('getModel'), 'v7'))?.status).toBe(404);
  expect((await call(one('documentResults'), '0'.repeat(64)))?.status).toBe(404);
});

test('every parameter of every route has its one schema', () => {
  const names = routes().flatMap(({ route }) => [...route.matchAll(/\{\*?(\w+)/g)].map(([, name = '']) => name));
  expect(names.filter((name) => !(name in ROUTE_PARAMETERS))).toEqual([]);
});
