import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { OPERATIONS, openApiDocument, openApiPath } from '../../shared/api/openapi.ts';

interface Registration {
  name: string;
  route: string;
  methods: string[];
  authLevel: string;
}

const { registered, timers } = vi.hoisted(() => ({ registered: [] as Registration[], timers: [] as string[] }));
vi.mock('@azure/functions', () => ({
  app: {
    http: (name: string, options: Omit<Registration, 'name'>) => registered.push({ name, ...options }),
    timer: (name: string) => timers.push(name),
    storageBlob: () => {},
    generic: () => {},
  },
}));

vi.mock('durable-functions', () => ({
  default: { app: { activity: () => {}, orchestration: () => {} }, input: { durableClient: () => ({}) } },
}));

const FOLDER = join(import.meta.dirname, '../../functions');

beforeAll(async () => {
  vi.stubEnv('LAKE', 'UseDevelopmentStorage=true');
  for (const file of readdirSync(FOLDER)) await import(join(FOLDER, file));
});

type Described = Record<
  string,
  Record<string, { operationId: string; security?: unknown[]; parameters?: Parameter[]; requestBody?: object }>
>;
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
}

test('openapi: every registered route is described, with its method, name and guard, and no other is', () => {
  const { paths } = openApiDocument('1') as { paths: Described };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method,
      name: operation.operationId,
      isOpen: operation.security?.length === 0,
    })),
  );
  const routes = registered.flatMap(({ name, route, methods, authLevel }) =>
    methods.map((method) => ({
      path: `/api/${openApiPath(route)}`,
      method: method.toLowerCase(),
      name,
      isOpen: authLevel === 'anonymous',
    })),
  );
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  expect(routes.length).toBeGreaterThan(18);
  expect(described.sort(byName)).toEqual(routes.sort(byName));
  expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length);
});

test('openapi: path parameters are those of the route, and writing operations say what they take', () => {
  const { paths } = openApiDocument('1') as { paths: Described };
  for (const [path, methods] of Object.entries(paths))
    for (const operation of Object.values(methods)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const given = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(given.map(({ name }) => name)).toEqual(named);
      expect(given.every(({ required }) => required)).toBe(true);
    }
  const BARE = new Set([
    'cancelRun',
    'pauseSource',
    'resumeSource',
    'checkSource',
    'testNotices',
    'calibrateLlm',
    'undoFeedbackBatch',
  ]);
  const bodies = OPERATIONS.filter(({ method, id }) => method === 'post' && !BARE.has(id));
  expect(bodies.filter(({ body }) => body === undefined).map(({ id }) => id)).toEqual([]);
});

test('openapi: the schemas are those that validate: required fields, defaults and bounds show', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument('1')));
  const limit = document.paths['/api/results'].get.parameters.find((p: Parameter) => p.name === 'limit');
  expect(limit).toMatchObject({ in: 'query', schema: { minimum: 1, maximum: 1000, default: 100 } });
  expect(limit.required).toBeUndefined();
  const feedback = document.paths['/api/feedback'].post.requestBody.content['application/json'].schema;
  expect(feedback).toMatchObject({ required: ['documentId', 'label'], additionalProperties: false });
  expect(document.paths['/api/runs'].post.responses['400']).toEqual({ $ref: '#/components/responses/Problem' });
});

test('openapi: answers are described: named parts once, no reader is told that fields will never be added', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument('1')));
  const { Decision, ReviewItem, Run } = document.components.schemas;
  expect(Object.keys(Decision.properties)).toEqual(expect.arrayContaining(['documentId', 'topLabels', 'decidedAt']));
  expect(ReviewItem.properties.evidence.items.required).toEqual(['term', 'weight', 'runnerUpWeight']);
  expect(JSON.stringify([Decision, ReviewItem, Run])).not.toMatch(/"additionalProperties":false|_json|"id":"/);
  const { results } = document.paths['/api/results'].get.responses['200'].content['application/json'].schema.properties;
  expect(results.items).toEqual({ $ref: '#/components/schemas/Decision' });
  expect(document.paths['/api/results'].get.parameters).toContainEqual({ $ref: '#/components/parameters/ApiVersion' });
  expect(document.components.parameters.ApiVersion.schema).toMatchObject({ default: '2025-01-01' });
});

test('openapi: a body is required exactly where the request is refused without one', () => {
  const { paths } = openApiDocument('1') as { paths: Described };
  for (const { method, route, id, body, takesFile } of OPERATIONS) {
    const told = paths[`/api/${openApiPath(route)}`]?.[method]?.requestBody as { required?: boolean } | undefined;
    // readBody makes {} of nothing; uploadFile stores an empty file.
    const isNeeded = body === undefined ? undefined : !body.safeParse({}).success;
    expect(told?.required, id).toBe(takesFile ? false : isNeeded);
  }
  expect(paths['/api/whatif']?.post?.requestBody).toMatchObject({ required: false });
  expect(paths['/api/runs']?.post?.requestBody).toMatchObject({ required: true });
});

test('openapi: every reference leads somewhere', () => {
  const document = openApiDocument('1') as Record<string, unknown>;
  const references: string[] = [];
  JSON.stringify(document, (key, value) => {
    if (key === '$ref') references.push(String(value));
    return value;
  });
  expect(references.length).toBeGreaterThan(10);
  for (const reference of references) {
    const target = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
    expect(target, reference).toBeDefined();
  }
});

test('timers: stalled runs, reconciliation, maintenance, schedules, sources and messages to people are registered', () => {
  expect(timers.sort()).toEqual([
    'maintainLake',
    'reconcileUploads',
    'runSchedules',
    'syncSources',
    'tellPeople',
    'watchRuns',
  ]);
});
