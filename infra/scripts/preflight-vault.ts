// A deleted Key Vault keeps its name, which is the same for the same environment: 7 days in dev, 90 in prod, where nobody can purge it.
import { askAz, type HookDeps, type RunCli } from './cli.ts';
import { type Finding, problem, remark } from './findings.ts';
import type { DeployOptions } from './options.ts';

/** One record of `az keyvault list-deleted --resource-type vault`. */
interface DeletedVault {
  name: string;
  properties: {
    location: string;
    vaultId: string;
    purgeProtectionEnabled?: boolean | null;
    scheduledPurgeDate: string;
  };
}

async function deletedVaults(run: RunCli, { environmentName }: DeployOptions): Promise<DeletedVault[]> {
  const group = `/resourcegroups/rg-${environmentName}/`.toLowerCase();
  const listed = await askAz<DeletedVault[] | null>(run, ['keyvault', 'list-deleted', '--resource-type', 'vault']);
  return (listed ?? []).filter(({ properties }) => properties.vaultId.toLowerCase().includes(group));
}

/** Vaults of this environment that would refuse provisioning with "a vault with the same name already exists in deleted state". */
export async function checkDeletedVaults(run: RunCli, options: DeployOptions): Promise<Finding[]> {
  return (await deletedVaults(run, options)).map(({ name, properties }) => {
    const what = `the deleted Key Vault ${name} holds its name until ${properties.scheduledPurgeDate.slice(0, 10)}`;
    if (options.restoreVault) return remark(what, 'It is recovered now (SLUICE_RESTORE_VAULT).');
    const purge = `, or give it up: az keyvault purge --name ${name} --location ${properties.location}`;
    const isFixed = properties.purgeProtectionEnabled === true;
    return problem(what, `Take it back: azd env set SLUICE_RESTORE_VAULT true${isFixed ? '' : purge}`);
  });
}

/** Take deleted vaults of this environment back, when that is wanted; their group is made again for them. */
export async function recoverVaults(deps: HookDeps, options: DeployOptions): Promise<void> {
  if (!options.restoreVault) return;
  for (const { name, properties } of await deletedVaults(deps.run, options)) {
    const group = ['--resource-group', `rg-${options.environmentName}`];
    deps.say(`recovering the Key Vault ${name}; this takes about a minute`);
    await askAz(deps.run, ['group', 'create', ...group, '--location', options.location]);
    await askAz(deps.run, ['keyvault', 'recover', '--name', name, ...group, '--location', properties.location]);
  }
}
