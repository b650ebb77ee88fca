// Give the app's identity what its sources need: the app role of Microsoft Graph, and a grant on each site. Says what it may not do itself, and who may.
//   npm run grant:sources -- --identity <client id> --site https://contoso.sharepoint.com/sites/tax [--write] [--check]
// Invariants: what is there is left as it is, so it may be run again; without --site nothing of SharePoint is asked; the cloud is that of az.
// https://learn.microsoft.com/graph/permissions-selected-overview
import { parseArgs } from 'node:util';
import { sitePath } from '../../shared/sources/graph/sites.ts';
import { askAz, CliError, type HookDeps, runAsProgram } from './cli.ts';

/** Microsoft Graph in every directory of every cloud. */
const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';
const ROLES = ['Sites.Selected', 'Files.Read.All'] as const;

interface Principal {
  id: string;
  appId: string;
  displayName: string;
}

interface Permission {
  id?: string;
  roles?: string[];
  grantedToIdentities?: { application?: { id?: string } }[];
  grantedToIdentitiesV2?: { application?: { id?: string } }[];
}

/** @returns 1 when something is missing still */
export async function grantSources(deps: HookDeps, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      identity: { type: 'string' },
      site: { type: 'string', multiple: true, default: [] },
      role: { type: 'string', default: 'Sites.Selected' },
      write: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    },
  });
  const { site: sites, role, write, check } = values;
  const identity = values.identity ?? deps.env.AZURE_CLIENT_ID ?? '';
  if (identity === '' || !ROLES.some((one) => one === role)) {
    deps.say(`Give --identity <client id of the app's identity>, and --role ${ROLES.join(' or ')}.`);
    return 1;
  }
  const graph = await graphRoot(deps);
  const principal = await askAz<Principal>(deps.run, ['ad', 'sp', 'show', '--id', identity]);
  const steps = [() => grantRole(deps, graph, principal, role, check)];
  for (const site of sites)
    steps.push(() => grantSite(deps, graph, principal, site, { isWrite: write, isCheck: check }));
  let missing = 0;
  for (const step of steps) if (!(await step())) missing++;
  if (sites.length === 0 && role === 'Sites.Selected')
    deps.say('  The role alone opens no site: name each with --site <address>.');
  deps.say(missing === 0 ? 'Tokens are kept for hours: the app may need a restart before it sees a new role.' : '');
  return missing === 0 ? 0 : 1;
}

/** Of the cloud az is signed in to. */
async function graphRoot({ run }: HookDeps): Promise<string> {
  const query = 'endpoints.microsoftGraphResourceId';
  const found = await askAz<string | null>(run, ['cloud', 'show', '--query', query]);
  return (found ?? 'https://graph.microsoft.com').replace(/\/+$/, '');
}

async function grantRole(
  deps: HookDeps,
  graph: string,
  principal: Principal,
  role: string,
  isCheck: boolean,
): Promise<boolean> {
  const service = await askAz<{ id: string; appRoles: { id: string; value: string }[] }>(deps.run, [
    ...['ad', 'sp', 'show', '--id', GRAPH_APP_ID, '--query', '{id: id, appRoles: appRoles}'],
  ]);
  const appRoleId = service.appRoles.find(({ value }) => value === role)?.id;
  if (appRoleId === undefined) throw new Error(`Microsoft Graph has no app role ${role} in this cloud`);
  const url = `${graph}/v1.0/servicePrincipals/${principal.id}/appRoleAssignments`;
  const { value } = await rest<{ value: { appRoleId: string; resourceId: string }[] }>(deps, 'GET', url);
  const what = `${principal.displayName} has the app role ${role}`;
  if (value.some((one) => one.appRoleId === appRoleId && one.resourceId === service.id)) return told(deps, what);
  const body = { principalId: principal.id, resourceId: service.id, appRoleId };
  return change(deps, isCheck, what, 'a Privileged Role Administrator', () => rest(deps, 'POST', url, body));
}

async function grantSite(
  deps: HookDeps,
  graph: string,
  principal: Principal,
  site: string,
  { isWrite, isCheck }: { isWrite: boolean; isCheck: boolean },
): Promise<boolean> {
  const what = `${principal.displayName} may ${isWrite ? 'read and write' : 'read'} ${site}`;
  const who = 'a SharePoint Administrator, with a sign-in that has Sites.FullControl.All';
  try {
    const { id } = await rest<{ id: string }>(deps, 'GET', `${graph}/v1.0${sitePath(site)}`);
    const url = `${graph}/v1.0/sites/${id}/permissions`;
    const { value } = await rest<{ value: Permission[] }>(deps, 'GET', url);
    const known = value.find((permission) => isOf(permission, principal));
    if (known !== undefined && (!isWrite || (await mayWrite(deps, url, known)))) return told(deps, what);
    const roles = [isWrite ? 'write' : 'read'];
    if (known?.id !== undefined)
      return await change(deps, isCheck, what, who, () => rest(deps, 'PATCH', `${url}/${known.id}`, { roles }));
    const application = { id: principal.appId, displayName: principal.displayName };
    const body = { roles, grantedToIdentities: [{ application }] };
    return await change(deps, isCheck, what, who, () => rest(deps, 'POST', url, body));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return refused(deps, what, who, error);
  }
}

/** A list of permissions need not say their roles; one permission does. */
async function mayWrite(deps: HookDeps, url: string, permission: Permission): Promise<boolean> {
  const roles = permission.roles ?? (await rest<Permission>(deps, 'GET', `${url}/${permission.id}`)).roles ?? [];
  return roles.some((role) => role !== 'read');
}

const isOf = ({ grantedToIdentities = [], grantedToIdentitiesV2 = [] }: Permission, { appId }: Principal): boolean =>
  [...grantedToIdentities, ...grantedToIdentitiesV2].some(({ application }) => application?.id === appId);

async function change(
  deps: HookDeps,
  isCheck: boolean,
  what: string,
  who: string,
  work: () => Promise<unknown>,
): Promise<boolean> {
  if (isCheck) {
    deps.say(`✗ not yet: ${what}. Run it without --check as ${who}.`);
    return false;
  }
  try {
    await work();
    return told(deps, `${what}, from now on`);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return refused(deps, what, who, error);
  }
}

function told({ say }: HookDeps, what: string): true {
  say(`✓ ${what}`);
  return true;
}

function refused({ say }: HookDeps, what: string, who: string, error: CliError): false {
  say(`✗ not yet: ${what}. Ask ${who} to run this command. (${error.message})`);
  return false;
}

function rest<T>({ run }: HookDeps, method: string, url: string, body?: unknown): Promise<T> {
  const json = body === undefined ? [] : ['--headers', 'Content-Type=application/json', '--body', JSON.stringify(body)];
  return askAz<T>(run, ['rest', '--method', method, '--url', url, ...json]);
}

runAsProgram(import.meta.url, (deps) => grantSources(deps, process.argv.slice(2)));
