// Grants for sources against a directory in memory that keeps what it is given.
import { expect, test } from 'vitest';
import type { RunCli } from '../../../infra/scripts/cli.ts';
import { grantSources } from '../../../infra/scripts/grant-sources.ts';
import { refusal, worldOf } from './hook-deps.ts';

const SITE = 'https://contoso.sharepoint.com/sites/tax/Shared%20Documents/Forms/AllItems.aspx';
const ARGS = ['--identity', 'client-1', '--site', SITE];

/** az with a directory and a site behind it. @param mayGrant  whether the signed-in person may */
function directory({ mayGrant = true, graph = 'https://graph.microsoft.com/' } = {}) {
  const assignments: unknown[] = [];
  const permissions: Record<string, unknown>[] = [];
  const calls: string[] = [];
  const run: RunCli = async (_command, args) => {
    const reply = (value: unknown) => ({ code: 0, stdout: JSON.stringify(value), stderr: '' });
    const line = args.join(' ');
    if (line.startsWith('cloud show')) return reply(graph);
    if (line.startsWith('ad sp show --id 00000003'))
      return reply({ id: 'graph-sp', appRoles: [{ id: 'role-1', value: 'Sites.Selected' }] });
    if (line.startsWith('ad sp show')) return reply({ id: 'object-1', appId: 'client-1', displayName: 'sluice' });
    const [method, url] = [args[2] ?? '', new URL(args[4] ?? '')];
    calls.push(`${method} ${url.origin}${url.pathname}`);
    const one = permissions.find(({ id }) => url.pathname.endsWith(`/permissions/${id}`));
    if (method === 'GET' && one !== undefined) return reply(one);
    const kept: unknown[] = url.pathname.endsWith('/permissions') ? permissions : assignments;
    if (method === 'GET') return reply(url.pathname.includes(':/') ? { id: 'site-1' } : { value: kept });
    if (!mayGrant) return refusal('Forbidden: Insufficient privileges to complete the operation.');
    const body = JSON.parse(args[args.indexOf('--body') + 1] ?? '') as object;
    if (one !== undefined) Object.assign(one, body);
    else kept.push(body);
    return reply({});
  };
  return { run, assignments, permissions, calls };
}

test('grant: role and site are given once; a second run changes nothing', async () => {
  const there = directory();
  const world = worldOf(there.run);
  expect(await grantSources(world, ARGS)).toBe(0);
  expect(there.assignments).toEqual([{ principalId: 'object-1', resourceId: 'graph-sp', appRoleId: 'role-1' }]);
  expect(there.permissions).toEqual([
    { roles: ['read'], grantedToIdentities: [{ application: { id: 'client-1', displayName: 'sluice' } }] },
  ]);
  expect(there.calls).toContain('GET https://graph.microsoft.com/v1.0/sites/contoso.sharepoint.com:/sites/tax');
  expect(await grantSources(world, ARGS)).toBe(0);
  expect([there.assignments.length, there.permissions.length]).toEqual([1, 1]);
});

test('grant: --check changes nothing; who may not is told whom to ask', async () => {
  const there = directory({ mayGrant: false });
  const checked = worldOf(there.run);
  expect(await grantSources(checked, [...ARGS, '--check'])).toBe(1);
  expect(there.calls.filter((call) => call.startsWith('POST'))).toEqual([]);
  expect(checked.said.filter((line) => line.startsWith('✗'))).toHaveLength(2);
  const refused = worldOf(there.run);
  expect(await grantSources(refused, ARGS)).toBe(1);
  expect(refused.said.join('\n')).toMatch(/Privileged Role Administrator[\s\S]*SharePoint Administrator/);
});

test('grant: a national cloud is that of az; without an identity nothing is asked', async () => {
  const there = directory({ graph: 'https://graph.microsoft.us' });
  expect(await grantSources(worldOf(there.run), ARGS)).toBe(0);
  expect(there.calls.every((call) => call.includes(' https://graph.microsoft.us/'))).toBe(true);
  const none = directory();
  expect(await grantSources(worldOf(none.run), [])).toBe(1);
  expect(none.calls).toEqual([]);
});

test('grant: with --write a site that may be read only is raised, whether the list says its roles or not; without it nothing is lowered', async () => {
  const there = directory();
  expect(await grantSources(worldOf(there.run), [...ARGS, '--write'])).toBe(0);
  expect(there.permissions).toMatchObject([{ roles: ['write'] }]);
  const grantedToIdentities = [{ application: { id: 'client-1' } }];
  const known = directory();
  known.permissions.push({ id: 'p1', roles: ['read'], grantedToIdentities });
  expect(await grantSources(worldOf(known.run), [...ARGS, '--write', '--check'])).toBe(1);
  expect(known.permissions).toMatchObject([{ roles: ['read'] }]);
  expect(await grantSources(worldOf(known.run), [...ARGS, '--write'])).toBe(0);
  expect(known.permissions).toEqual([{ id: 'p1', roles: ['write'], grantedToIdentities }]);
  known.calls.length = 0;
  expect(await grantSources(worldOf(known.run), [...ARGS, '--write'])).toBe(0);
  expect(await grantSources(worldOf(known.run), ARGS)).toBe(0);
  expect(known.calls.filter((call) => !call.startsWith('GET') && !call.includes('appRole'))).toEqual([]);
});
