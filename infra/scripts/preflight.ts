// Before provisioning: everything that would fail minutes later, in one list with remedies.
// Invariant: every check runs even when an earlier one found something; a check that cannot be made says so and blocks nothing.
import { askAz, CliError, type HookDeps, type RunCli, runAsProgram, setAzdValue } from './cli.ts';
import { type Check, type Finding, problem, remark } from './findings.ts';
import { type DeployOptions, readOptions } from './options.ts';
import { checkDeletedAccounts, checkModels } from './preflight-ai.ts';
import { checkDeletedVaults, recoverVaults } from './preflight-vault.ts';
import { checkAdministrator, checkCallerRoles, fillInAdministrator } from './preflight-who.ts';

/** Regions compare without spaces and case: "West Europe" is westeurope. */
export const sameRegion = (a: string, b: string): boolean => plain(a) === plain(b);
const plain = (region: string): string => region.toLowerCase().replace(/[^a-z0-9]/g, '');

const CHECKS: readonly Check[] = [
  checkOptions,
  checkProviders,
  checkCallerRoles,
  checkFlex,
  checkRegions,
  checkModels,
  checkDeletedAccounts,
  checkDeletedVaults,
];

/** All findings, blocking ones first. */
export async function inspect(run: RunCli, options: DeployOptions): Promise<Finding[]> {
  const findings = await Promise.all(
    CHECKS.map((check) =>
      check(run, options).catch((error: unknown) => {
        if (!(error instanceof CliError)) throw error;
        return [remark(`could not be checked: ${error.message}`, 'Look at it yourself; provisioning may still work.')];
      }),
    ),
  );
  return findings.flat().sort((a, b) => Number(b.isBlocking) - Number(a.isBlocking));
}

async function checkOptions(_run: RunCli, options: DeployOptions): Promise<Finding[]> {
  const set = (name: string, value: string) => `azd env set ${name} ${value}`;
  const found: Finding[] = [];
  if (options.authMode === 'entra' && options.entraClientId === '')
    found.push(
      problem(
        'Entra sign-in needs an app registration',
        `Register the API (docs/deploy.md, "Entra ID") and run: ${set('SLUICE_ENTRA_CLIENT_ID', '<client id>')}`,
      ),
    );
  if (options.llmProvider === 'compatible')
    for (const [name, value] of [
      ['SLUICE_COMPATIBLE_BASE_URL', options.compatibleBaseUrl],
      ['SLUICE_COMPATIBLE_MODEL', options.compatibleModel],
      ['SLUICE_COMPATIBLE_API_KEY', options.compatibleApiKey],
    ] as const)
      if (value === '') found.push(problem(`${name} is empty`, `Run: ${set(name, '<value>')}`));
  found.push(...checkAdministrator(options));
  if (options.spark && options.vnet)
    found.push(
      remark(
        'Spark does not reach a private lake by itself: its own network needs a managed private endpoint',
        'After provisioning see docs/deploy.md, "Private network".',
      ),
    );
  if (options.monthlyBudget > 0 && options.alertEmail === '')
    found.push(problem('A budget needs an address for its mails', `Run: ${set('SLUICE_ALERT_EMAIL', '<address>')}`));
  if (!Number.isInteger(options.chatCapacity) || options.chatCapacity < 1)
    found.push(problem('SLUICE_CHAT_CAPACITY is not a whole number', `Run: ${set('SLUICE_CHAT_CAPACITY', '50')}`));
  return found;
}

/** Resource providers the chosen options need. */
export function neededProviders(options: DeployOptions): string[] {
  return [
    'Microsoft.Web',
    'Microsoft.Storage',
    'Microsoft.EventGrid',
    'Microsoft.KeyVault',
    'Microsoft.ManagedIdentity',
    'Microsoft.Insights',
    'Microsoft.OperationalInsights',
    ...(options.llmProvider === 'azure-openai' || options.documentIntelligence ? ['Microsoft.CognitiveServices'] : []),
    ...(options.synapse ? ['Microsoft.Synapse', 'Microsoft.Sql'] : []),
    ...(options.durableBackend === 'DurableTaskScheduler' ? ['Microsoft.DurableTask'] : []),
    ...(options.vnet ? ['Microsoft.Network', 'Microsoft.App'] : []),
    ...(options.monthlyBudget > 0 ? ['Microsoft.Consumption'] : []),
  ];
}

async function checkProviders(run: RunCli, options: DeployOptions): Promise<Finding[]> {
  const listed = await askAz<{ namespace: string; registrationState: string }[]>(run, [
    'provider',
    'list',
    '--query',
    '[].{namespace: namespace, registrationState: registrationState}',
  ]);
  const registered = new Set(
    listed.filter((one) => one.registrationState === 'Registered').map((one) => one.namespace.toLowerCase()),
  );
  return neededProviders(options)
    .filter((name) => !registered.has(name.toLowerCase()))
    .map((name) =>
      problem(
        `the resource provider ${name} is not registered`,
        `Run: az provider register --namespace ${name} --wait`,
      ),
    );
}

async function checkFlex(run: RunCli, { location, nodeVersion }: DeployOptions): Promise<Finding[]> {
  const regions = await askAz<{ name: string }[]>(run, ['functionapp', 'list-flexconsumption-locations']);
  if (!regions.some(({ name }) => sameRegion(name, location)))
    return [
      problem(
        `Flex Consumption is not offered in ${location}`,
        `Choose another region: azd env set AZURE_LOCATION <one of ${regions
          .slice(0, 8)
          .map((r) => plain(r.name))
          .join(', ')}, …>`,
      ),
    ];
  const runtimes = await askAz<{ version?: string }[]>(run, [
    'functionapp',
    'list-flexconsumption-runtimes',
    '--location',
    location,
    '--runtime',
    'node',
  ]);
  const versions = runtimes.map(({ version }) => String(version));
  if (versions.includes(nodeVersion)) return [];
  return [
    problem(
      `Node.js ${nodeVersion} is not offered on Flex Consumption in ${location} (offered: ${versions.join(', ')})`,
      `Run: azd env set SLUICE_NODE_VERSION ${versions.includes('22') ? '22' : '24'}`,
    ),
  ];
}

async function checkRegions(run: RunCli, options: DeployOptions): Promise<Finding[]> {
  const wanted: [isNeeded: boolean, provider: string, type: string, region: string, remedy: string][] = [
    [
      options.synapse,
      'Microsoft.Synapse',
      'workspaces',
      options.location,
      'Choose another AZURE_LOCATION, or: azd env set SLUICE_SYNAPSE false',
    ],
    [
      options.durableBackend === 'DurableTaskScheduler',
      'Microsoft.DurableTask',
      'schedulers',
      options.schedulerLocation,
      'Run: azd env set SLUICE_SCHEDULER_LOCATION <region>, or use the backend AzureStorage',
    ],
    [
      options.documentIntelligence,
      'Microsoft.CognitiveServices',
      'accounts',
      options.documentIntelligenceLocation,
      'Run: azd env set SLUICE_DOCUMENT_INTELLIGENCE_LOCATION <region>, or: azd env set SLUICE_DOCUMENT_INTELLIGENCE false',
    ],
  ];
  const findings = wanted
    .filter(([isNeeded]) => isNeeded)
    .map(async ([, provider, type, region, remedy]) => {
      const { resourceTypes } = await askAz<{ resourceTypes: { resourceType: string; locations: string[] }[] }>(run, [
        'provider',
        'show',
        '--namespace',
        provider,
      ]);
      const { locations = [] } = resourceTypes.find((one) => one.resourceType === type) ?? {};
      return locations.some((one) => sameRegion(one, region))
        ? []
        : [problem(`${provider} is not offered in ${region}`, remedy)];
    });
  return (await Promise.all(findings)).flat();
}

/** Values that must be written down once: the budget's first month, and the name of the Synapse administrator. */
export async function fillIn(deps: HookDeps, options: DeployOptions): Promise<void> {
  if (options.monthlyBudget > 0 && options.budgetStartDate === '') {
    const month = new Date(deps.now()).toISOString().slice(0, 7);
    await setAzdValue(deps.run, 'SLUICE_BUDGET_START_DATE', `${month}-01`);
  }
  await fillInAdministrator(deps, options);
}

/** The hook. @returns exit code: 1 when something blocks provisioning */
export async function preflight(deps: HookDeps): Promise<number> {
  const options = readOptions(deps.env);
  const signedIn = await deps.run('az', ['account', 'show', '--output', 'none']);
  if (signedIn.code !== 0) {
    deps.say(
      '✗ az is not signed in, and the checks need it.\n    → Run: az login   (and: az account set --subscription <id>)',
    );
    return 1;
  }
  const findings = await inspect(deps.run, options);
  for (const { what, remedy, isBlocking } of findings) deps.say(`${isBlocking ? '✗' : '!'} ${what}\n    → ${remedy}`);
  const blocking = findings.filter((one) => one.isBlocking).length;
  if (blocking > 0) {
    deps.say(`${blocking} thing(s) to mend before provisioning.`);
    return 1;
  }
  await fillIn(deps, options);
  await recoverVaults(deps, options);
  deps.say('✓ preflight: nothing stands in the way.');
  return 0;
}

runAsProgram(import.meta.url, preflight);
