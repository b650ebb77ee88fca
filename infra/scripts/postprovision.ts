// After provisioning: empty Delta tables in the lake, then database, access and views in Synapse.
// A new workspace, its roles and the firewall rule of this machine all take effect late, so everything is tried again for ten minutes.
// Invariants: P1 running it again changes nothing. P2 the firewall rule it adds for this machine is removed again, also when it fails.
import { DefaultAzureCredential } from '@azure/identity';
import { DeltaTable } from '../../shared/lake/delta/table.ts';
import { openLakeStore } from '../../shared/lake/store.ts';
import { lakeTables } from '../../shared/lake/tables.ts';
import { tablePath } from '../../shared/paths.ts';
import { type LakeStore, seededRandom, silentLogger, systemClock } from '../../shared/ports.ts';
import { askAz, type HookDeps, runAsProgram } from './cli.ts';
import { readSqlFiles, type SqlFile } from './sql-files.ts';
import { type OpenSession, openSession } from './sql-session.ts';

const DEADLINE_MS = 10 * 60_000;
const PAUSE_MS = 15_000;
const FIREWALL_RULE = 'sluice-postprovision';

/** Where things are, from the outputs of main.bicep. */
export interface Targets {
  resourceGroup: string;
  identityName: string;
  lakeDfsUrl: string;
  lakeContainer: string;
  workspace: string;
  sqlEndpoint: string;
  isPrivate: boolean;
}

/** @throws Error naming the outputs that are missing */
export function readTargets(env: Readonly<Record<string, string | undefined>>): Targets {
  const missing: string[] = [];
  const need = (name: string): string => {
    const value = env[name] ?? '';
    if (value === '') missing.push(name);
    return value;
  };
  const targets = {
    resourceGroup: need('AZURE_RESOURCE_GROUP'),
    identityName: need('AZURE_IDENTITY_NAME'),
    lakeDfsUrl: need('LAKE_DFS_ENDPOINT'),
    lakeContainer: need('SLUICE_LAKE_CONTAINER'),
    workspace: env.SLUICE_SYNAPSE_WORKSPACE ?? '',
    sqlEndpoint: env.SLUICE_SYNAPSE_SQL_ENDPOINT ?? '',
    isPrivate: env.SLUICE_PRIVATE_NETWORK === 'true',
  };
  if (missing.length > 0)
    throw new Error(`outputs of the deployment are missing: ${missing.join(', ')}. Run: azd provision`);
  return targets;
}

/** Create the tables that do not exist: a view over a folder without a Delta log cannot be made. */
export async function createTables(store: LakeStore): Promise<void> {
  for (const schema of lakeTables) {
    const table = DeltaTable.open(store, tablePath(schema.name), schema, {
      clock: systemClock,
      random: seededRandom(1),
      logger: silentLogger,
    });
    await table.append([], { appId: 'provisioning', appVersion: 1, operation: 'CREATE TABLE' });
  }
}

/** The address that the firewall of Synapse has refused, when this is such an error. */
export function refusedAddress(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : String(error);
  return /Client with IP address '([0-9.]+)' is not allowed/.exec(text)?.[1];
}

/** Run the files; each batch is tried until it works or ten minutes have passed since the start. */
export async function applySql(
  deps: HookDeps,
  files: readonly SqlFile[],
  open: OpenSession,
  targets: Targets,
): Promise<void> {
  const deadline = deps.now() + DEADLINE_MS;
  let hasRule = false;
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const address = refusedAddress(error);
        if (address !== undefined && !hasRule) {
          hasRule = true;
          deps.say(`opening the Synapse firewall for ${address} while the views are made`);
          await setFirewallRule(deps, targets, address);
        } else if (deps.now() >= deadline) {
          throw new Error(`Synapse: ${what}: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
        await deps.sleep(PAUSE_MS);
      }
    }
  };
  try {
    for (const file of files) {
      const session = await attempt(`connecting to ${file.database}`, () => open(file.database));
      try {
        for (const [index, batch] of file.batches.entries())
          await attempt(`${file.name}, batch ${index + 1}`, () => session.batch(batch));
      } finally {
        session.close();
      }
      deps.say(`✓ ${file.name}`);
    }
  } finally {
    if (hasRule) await dropFirewallRule(deps, targets);
  }
}

async function setFirewallRule(deps: HookDeps, { workspace, resourceGroup }: Targets, address: string): Promise<void> {
  const target = ['--name', FIREWALL_RULE, '--workspace-name', workspace, '--resource-group', resourceGroup];
  const range = ['--start-ip-address', address, '--end-ip-address', address];
  await askAz(deps.run, ['synapse', 'workspace', 'firewall-rule', 'create', ...target, ...range]);
}

async function dropFirewallRule(deps: HookDeps, { workspace, resourceGroup }: Targets): Promise<void> {
  const target = ['--name', FIREWALL_RULE, '--workspace-name', workspace, '--resource-group', resourceGroup];
  const result = await deps.run('az', ['synapse', 'workspace', 'firewall-rule', 'delete', ...target, '--yes']);
  if (result.code !== 0)
    deps.say(`! the firewall rule ${FIREWALL_RULE} of ${workspace} could not be removed: remove it by hand`);
}

/** A token of the caller for Synapse SQL. */
export async function sqlToken({ run }: HookDeps): Promise<string> {
  const args = ['account', 'get-access-token', '--resource', 'https://database.windows.net/'];
  return (await askAz<{ accessToken: string }>(run, args)).accessToken;
}

/** Try until it works; new role assignments take minutes to reach storage. */
async function patiently(deps: HookDeps, what: string, work: () => Promise<void>): Promise<void> {
  const deadline = deps.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (deps.now() >= deadline)
        throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      deps.say(`waiting: ${what} is not possible yet`);
      await deps.sleep(PAUSE_MS);
    }
  }
}

/** The hook, with its ways to lake and SQL open to tests. */
export async function provisionData(
  deps: HookDeps,
  store: LakeStore,
  open: OpenSession,
  targets: Targets,
): Promise<number> {
  if (targets.isPrivate) {
    deps.say(
      'The network is private: run `node infra/scripts/postprovision.ts --inside` from a machine inside it (docs/deploy.md, "Private network").',
    );
    return 0;
  }
  await patiently(deps, 'creating the tables in the lake', () => createTables(store));
  deps.say(`✓ tables ${lakeTables.map((table) => table.name).join(', ')}`);
  if (targets.workspace === '') return 0;
  const { lakeContainer, identityName, lakeDfsUrl } = targets;
  const files = readSqlFiles({ lakeUrl: lakeDfsUrl, lakeContainer, identityName });
  await applySql(deps, files, open, targets);
  deps.say(`✓ views: database sluice at ${targets.sqlEndpoint}`);
  return 0;
}

async function main(deps: HookDeps): Promise<number> {
  const given = readTargets(deps.env);
  const targets = process.argv.includes('--inside') ? { ...given, isPrivate: false } : given;
  const { lakeDfsUrl: dfsUrl } = targets;
  const blobUrl = dfsUrl.replace('.dfs.', '.blob.');
  const store = openLakeStore(
    { kind: 'identity', dfsUrl, blobUrl, credential: new DefaultAzureCredential() },
    targets.lakeContainer,
  );
  return provisionData(
    deps,
    store,
    openSession(targets.sqlEndpoint, () => sqlToken(deps)),
    targets,
  );
}

runAsProgram(import.meta.url, main);
