import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Answer,
  type Ask,
  PAGE_ROUTES,
  SMOKE_NAME,
  type SmokeWorld,
  smoke,
} from '../../../infra/scripts/smoke.ts';
import { openApiDocument } from '../../../shared/api/openapi.ts';
import { ROOT } from '../bicep.ts';
import { fakeWorld, refusal } from './hook-deps.ts';

const DOCUMENT = 'a'.repeat(64);
const json = (value: unknown, status = 200): Answer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
});
const RULES = [{ name: 'runs', properties: { enabled: true, actions: { actionGroups: ['g'] } } }];

/** An app that works; `answers` replaces single addresses. The upload is decided at the third look. */
function worldOf(answers: Record<string, Answer | undefined> = {}, alerts: unknown = { value: RULES }) {
  const hook = fakeWorld({ 'az rest': alerts });
  const stored: string[] = [];
  let looks = 0;
  const begun = hook.now();
  const ask: Ask = async (method, path) => {
    if (path in answers) return answers[path];
    if (method === 'PUT') {
      stored.push(path);
      return json({ documentId: DOCUMENT }, 201);
    }
    if (path === `/api/results/${DOCUMENT}`) {
      const row = { source_path: SMOKE_NAME, status: 'labelled', label: 'Payroll tax', failure_code: null };
      const at = (ms: number) => ({ ...row, processed_at: new Date(ms).toISOString() });
      const old = { ...at(begun - 86_400_000), label: 'of an earlier smoke' };
      return looks++ < 2 ? json({ history: [old] }) : json({ history: [at(begun + 5000), old] });
    }
    const route = PAGE_ROUTES.find((one) => one.path === path);
    if (route === undefined) return json({}, 404);
    return route.has === undefined
      ? { status: 200, contentType: `${route.type}; charset=utf-8`, body: '' }
      : json({ [route.has]: 1 });
  };
  const world: SmokeWorld = { ...hook, ask, resourceGroup: 'rg-x', countRows: async () => 1 };
  return { world, stored };
}

const states = async (world: SmokeWorld) =>
  Object.fromEntries((await smoke(world)).map(({ name, state }) => [name, state]));

describe('smoke', () => {
  test('an app that works passes every check, and one oddly named document is stored', async () => {
    const { world, stored } = worldOf();
    const checks = await smoke(world);
    expect(checks.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'passed'));
    expect(stored).toEqual(['/api/uploads/landing/smoke/a%23b%2050%25%20f%C3%BCr%20M%C3%A4rz.txt']);
    expect(checks[2]?.detail).toContain('labelled, Payroll tax, after 10 s'); // not the row of an earlier smoke
  });

  test('an address that a neighbour answers is named with what was expected', async () => {
    const { world } = worldOf({ '/api/results/facets': json({ title: 'Correct the field named.' }, 400) });
    const routes = (await smoke(world)).find(({ name }) => name === 'routes');
    expect(routes).toMatchObject({ state: 'failed' });
    expect(routes?.detail).toContain('/api/results/facets (400, expected total)');
  });

  test('wrong settings are repeated in the words of the app, and nothing else is asked', async () => {
    const { world, stored } = worldOf({ '/api/health': json({ problems: ['LLM_TPM is not a number'] }, 503) });
    expect(await states(world)).toEqual({
      health: 'failed',
      routes: 'skipped',
      upload: 'skipped',
      synapse: 'skipped',
      alerts: 'skipped',
    });
    expect(stored).toEqual([]);
  });

  test('without a key the advice is the key', async () => {
    const { world } = worldOf({ '/api/session': json({}, 401) });
    const routes = (await smoke(world)).find(({ name }) => name === 'routes');
    expect(routes?.detail).toContain('--key');
  });

  test('an upload that is never decided fails after ten minutes; outside the azd environment Synapse and alerts are skipped', async () => {
    const { world } = worldOf({ [`/api/results/${DOCUMENT}`]: json({}, 404) });
    const { countRows: _rows, resourceGroup: _group, ...bare } = world;
    expect(await states(bare)).toMatchObject({ upload: 'failed', synapse: 'skipped', alerts: 'skipped' });
  });

  test('alerts: none, a silent one, one that is switched off, and a refusal are told apart', async () => {
    const alertsOf = async (answer: unknown) =>
      (await smoke(worldOf({}, answer).world)).find(({ name }) => name === 'alerts');
    expect(await alertsOf({ value: [] })).toMatchObject({ state: 'failed' });
    const silent = { value: [{ name: 'runs', properties: { enabled: true } }] };
    expect((await alertsOf(silent))?.detail).toContain('1 tell nobody');
    const off = { value: [{ name: 'runs', properties: { enabled: false } }] };
    expect(await alertsOf(off)).toMatchObject({ state: 'failed', detail: 'switched off: runs' });
    const { world } = worldOf({}, off);
    const inDev = await smoke({ ...world, areAlertsWanted: false });
    expect(inDev.at(-1)).toMatchObject({ state: 'skipped', detail: expect.stringContaining('SLUICE_SIZE dev') });
    expect(await alertsOf(() => refusal('ERROR: not signed in'))).toMatchObject({ state: 'failed' });
  });

  test('no address is asked with a parameter that its function refuses', () => {
    const { paths } = openApiDocument('1') as {
      paths: Record<string, { get?: { operationId: string; parameters?: { name: string; in: string }[] } }>;
    };
    const known = new Map(
      Object.values(paths).flatMap(({ get }) => (get === undefined ? [] : [[get.operationId, get.parameters ?? []]])),
    );
    for (const { operation, path } of PAGE_ROUTES) {
      const names = [...new URL(path, 'http://app').searchParams.keys()];
      const parameters = known.get(operation)?.map(({ name }) => name) ?? [];
      expect(parameters, path).toEqual(expect.arrayContaining(names));
    }
  });

  test('every address that is read without an id is asked', () => {
    const paths = Object.entries(
      (openApiDocument('1') as { paths: Record<string, { get?: { operationId: string } }> }).paths,
    );
    const withoutId = paths.flatMap(([path, { get }]) => (get && !path.includes('{') ? [get.operationId] : []));
    expect(PAGE_ROUTES.map(({ operation }) => operation)).toEqual(expect.arrayContaining(withoutId));
    expect(readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8')).toContain('npm run smoke');
  });
});
