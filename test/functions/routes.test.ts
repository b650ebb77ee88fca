// In Azure the first function by name whose route and method fit answers: no route may fit what another one is for.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { compileRoute } from '../../local/host/route.ts';

interface Registration {
  name: string;
  route: string;
  methods: string[];
}

const { registered } = vi.hoisted(() => ({ registered: [] as Registration[] }));
vi.mock('@azure/functions', () => ({
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

beforeAll(async () => {
  vi.stubEnv('LAKE', 'UseDevelopmentStorage=true');
  const folder = join(import.meta.dirname, '../../functions');
  for (const file of readdirSync(folder)) await import(join(folder, file));
});

/** Can one address fit both? Parameters count as fitting each other whatever their constraints, a literal is tried. */
function overlap(a: string, b: string): boolean {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; ; i++) {
    const [x, y] = [left[i], right[i]];
    if (x?.startsWith('{*') || y?.startsWith('{*')) return true;
    if (x === undefined || y === undefined) return x === y;
    const isParameter = [x, y].map((part) => part.startsWith('{'));
    if (isParameter[0] && isParameter[1]) continue;
    if (isParameter[0] ? !compileRoute(x).match(y) : !compileRoute(y).match(x)) return false;
  }
}

const shadows = (routes: readonly Registration[]): string[] =>
  routes.flatMap((one, i) =>
    routes
      .slice(i + 1)
      .filter(
        (other) => one.methods.some((method) => other.methods.includes(method)) && overlap(one.route, other.route),
      )
      .map((other) => `${one.name} ${one.route} | ${other.name} ${other.route}`),
  );

test('routes: no two functions can be asked by the same address and method', () => {
  expect(registered.length).toBeGreaterThan(25);
  expect(shadows(registered)).toEqual([]);
});

test('routes: a parameter without a constraint beside a literal would be found', () => {
  const pair = (a: string, b: string, methods = ['GET']) =>
    shadows([
      { name: 'a', route: a, methods: ['GET'] },
      { name: 'b', route: b, methods },
    ]).length;
  expect(pair('results/{id}', 'results/export')).toBe(1);
  expect(pair('results/export', 'results/{id}')).toBe(1);
  expect(pair('results/{id:length(64)}', 'results/export')).toBe(0);
  expect(pair('a/{*rest}', 'a/b/c')).toBe(1);
  expect(pair('a/{b}/c', 'a/{b}/d')).toBe(0);
  expect(pair('results/{id}', 'results/export', ['POST'])).toBe(0);
});
