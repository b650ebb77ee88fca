// Before deleting an environment: what would be lost or would refuse, and how to go on. Refuses while the lake is locked.
import { askAz, CliError, type HookDeps, runAsProgram } from './cli.ts';

/** The hook. @returns 1 while a lock protects the lake */
export async function predown(deps: HookDeps): Promise<number> {
  const group = deps.env.AZURE_RESOURCE_GROUP ?? '';
  if (group === '') {
    deps.say('Nothing is provisioned in this environment.');
    return 0;
  }
  const locks = await listLocks(deps, group);
  deps.say(`This deletes ${group} with all documents, decisions and models in it.`);
  deps.say(
    '  Keep them first:  azcopy copy "<lake url>/lake" <folder> --recursive   (tables/, models/ and taxonomies/ are enough to go on elsewhere)',
  );
  deps.say(
    '  Use again the same name soon:  azd down --purge   (frees the names of vault and AI accounts; needs purge protection off, so dev only)',
  );
  deps.say('  Events in the dead-letter container are deleted too; look at them first.');
  if (locks.length === 0) return 0;
  for (const { name, id } of locks)
    deps.say(`✗ the lock ${name} refuses it. Remove it deliberately:  az lock delete --ids ${id}`);
  return 1;
}

async function listLocks(deps: HookDeps, group: string): Promise<{ name: string; id: string }[]> {
  try {
    return await askAz<{ name: string; id: string }[]>(deps.run, ['lock', 'list', '--resource-group', group]);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    deps.say(`! locks could not be listed: ${error.message}`);
    return [];
  }
}

runAsProgram(import.meta.url, predown);
