// Who deploys, and who administers Synapse. azd resolves AZURE_PRINCIPAL_ID for the template only: hooks never see it, unless a pipeline sets it.
import { askAz, CliError, type HookDeps, type RunCli, setAzdValue } from './cli.ts';
import { type Finding, problem, remark } from './findings.ts';
import type { DeployOptions } from './options.ts';

/** Object id of who is signed in to az; undefined for a service principal whose pipeline does not name it. */
export async function callerId(run: RunCli, { principalId }: DeployOptions): Promise<string | undefined> {
  if (principalId !== '') return principalId;
  try {
    return (await askAz<{ id: string }>(run, ['ad', 'signed-in-user', 'show', '--query', '{id: id}'])).id;
  } catch (error) {
    if (error instanceof CliError) return undefined; // not a person, or the directory may not be read
    throw error;
  }
}

const CAN_CREATE = new Set(['Owner', 'Contributor']);
const CAN_GRANT = new Set(['Owner', 'User Access Administrator', 'Role Based Access Control Administrator']);

export async function checkCallerRoles(run: RunCli, options: DeployOptions): Promise<Finding[]> {
  const caller = await callerId(run, options);
  if (caller === undefined)
    return [
      remark(
        'your roles could not be checked: az does not say who you are',
        'A pipeline sets AZURE_PRINCIPAL_ID and AZURE_PRINCIPAL_TYPE (docs/deploy.md, "CI/CD"); a person needs nothing.',
      ),
    ];
  const { id } = await askAz<{ id: string }>(run, ['account', 'show']);
  const assigned = await askAz<{ roleDefinitionName: string }[]>(run, [
    'role',
    'assignment',
    'list',
    '--assignee',
    caller,
    '--scope',
    `/subscriptions/${id}`,
    '--include-inherited',
    '--include-groups',
  ]);
  const names = assigned.map((one) => one.roleDefinitionName);
  const who = `--assignee ${caller} --scope /subscriptions/${id}`;
  const found: Finding[] = [];
  if (!names.some((name) => CAN_CREATE.has(name)))
    found.push(
      problem(
        'you may not create resources in this subscription',
        `Ask an owner to run: az role assignment create --role Contributor ${who}`,
      ),
    );
  if (!names.some((name) => CAN_GRANT.has(name)))
    found.push(
      problem(
        'you may not assign roles in this subscription, and the app needs them',
        `Ask an owner to run: az role assignment create --role "Role Based Access Control Administrator" ${who}`,
      ),
    );
  return found;
}

/** Another administrator is an id and its name; the name of who deploys is filled in. */
export function checkAdministrator({ synapse, synapseAdminId, synapseAdminLogin }: DeployOptions): Finding[] {
  if (!synapse || synapseAdminId === '' || synapseAdminLogin !== '') return [];
  return [
    problem(
      'the Synapse administrator SLUICE_SYNAPSE_ADMIN_ID has no name',
      'Run: azd env set SLUICE_SYNAPSE_ADMIN_LOGIN <display name of that person or group>',
    ),
  ];
}

/** The name of the administrator, written down once: the directory is not asked in later provisionings. */
export async function fillInAdministrator(deps: HookDeps, options: DeployOptions): Promise<void> {
  if (!options.synapse || options.synapseAdminLogin !== '') return;
  const { user } = await askAz<{ user: { name: string } }>(deps.run, ['account', 'show']);
  await setAzdValue(deps.run, 'SLUICE_SYNAPSE_ADMIN_LOGIN', user.name);
}
