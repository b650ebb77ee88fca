// Answers of the Azure CLI in the form it prints them (test/infra/az/recorded.test.ts compares): whole records, short lists. Ids and people
// are made up.
import { PROVIDERS } from '../az/rest-records.ts';
import type { Answer } from './hook-deps.ts';

const SUBSCRIPTION = '/subscriptions/00000000-0000-0000-0000-00000000000a';

/** One record of `az cognitiveservices model list`; a model stands there once per kind of account. */
export const listedModel = (name: string, version: string, skus: readonly string[], kind = 'OpenAI') => ({
  kind,
  model: {
    capabilities: { chatCompletion: 'true', maxContextToken: '400000', maxOutputToken: '128000' },
    deprecation: { fineTune: null, inference: '2027-03-18T00:00:00Z' },
    format: 'OpenAI',
    isDefaultVersion: true,
    lifecycleStatus: 'GenerallyAvailable',
    maxCapacity: 3,
    name,
    skus: skus.map((sku) => ({
      capacity: { default: 100, maximum: 30000, minimum: null, step: null },
      deprecationDate: '2027-03-18T00:00:00Z',
      name: sku,
      rateLimits: [
        { count: 1, renewalPeriod: 60, rules: null },
        { count: 1000, renewalPeriod: 60, rules: null },
      ],
      usageName: `OpenAI.${sku}.${name}`,
    })),
    version,
  },
  skuName: 'S0',
});

/** One record of `az cognitiveservices usage list`; numbers are floats there. */
export const listedUsage = (value: string, currentValue: number, limit: number) => ({
  currentValue,
  limit,
  name: { localizedValue: `Tokens Per Minute (thousands) - ${value}`, value },
  nextResetTime: null,
  quotaPeriod: null,
  status: null,
  unit: 'Count',
});

/** One record of `az cognitiveservices account list-deleted`. */
export const deletedAccount = (name: string, kind: string, group: string) => ({
  id: `${SUBSCRIPTION}/providers/Microsoft.CognitiveServices/locations/swedencentral/resourceGroups/${group}/deletedAccounts/${name}`,
  identity: null,
  kind,
  location: 'swedencentral',
  name,
  properties: { customSubDomainName: name, deletionDate: '2026-11-22T09:10:11Z', provisioningState: 'Succeeded' },
  sku: { name: 'S0', tier: null },
  type: 'Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts',
});

/** One record of `az keyvault list-deleted --resource-type vault` (REST: Vaults - List Deleted). */
export const deletedVault = (name: string, group: string, purgeProtectionEnabled: boolean | null) => ({
  id: `${SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/swedencentral/deletedVaults/${name}`,
  name,
  properties: {
    deletionDate: '2026-11-23T09:10:11+00:00',
    location: 'swedencentral',
    purgeProtectionEnabled,
    scheduledPurgeDate: '2026-11-30T09:10:11+00:00',
    tags: {},
    vaultId: `${SUBSCRIPTION}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${name}`,
  },
  type: 'Microsoft.KeyVault/deletedVaults',
});

export const listedRole = (roleDefinitionName: string) => ({
  id: `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/r1`,
  principalId: 'a1b2',
  principalName: 'ada@example.com',
  principalType: 'User',
  roleDefinitionId: `${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/d1`,
  roleDefinitionName,
  scope: SUBSCRIPTION,
  type: 'Microsoft.Authorization/roleAssignments',
});

/** One record of `az functionapp list-flexconsumption-runtimes --runtime node`. */
export const flexRuntime = (version: string) => ({
  appInsights: true,
  default: version === '22',
  endOfLifeDate: null,
  githubActionsProperties: { isSupported: true, supportedVersion: `${version}.x` },
  name: 'node',
  sku: {
    functionAppConfigProperties: { runtime: { name: 'node', version } },
    instanceMemoryMB: [{ isDefault: true, size: '2048' }],
    skuCode: 'FC1',
  },
  version,
});

/** `az provider show`: the type and where it is offered, by display name. */
export const provider = (namespace: string, resourceType: string, locations: readonly string[]) => ({
  id: `${SUBSCRIPTION}/providers/${namespace}`,
  namespace,
  registrationPolicy: 'RegistrationRequired',
  registrationState: 'Registered',
  resourceTypes: [
    { apiVersions: ['2021-06-01'], capabilities: 'SupportsTags, SupportsLocation', locations, resourceType },
  ],
});

/** A subscription in which nothing stands in the way. */
export const HEALTHY: Readonly<Record<string, Answer>> = {
  'az keyvault list-deleted': [],
  'az account show': {
    environmentName: 'AzureCloud',
    id: 'sub-1',
    isDefault: true,
    name: 'Tax',
    state: 'Enabled',
    tenantId: '00000000-0000-0000-0000-00000000000b',
    user: { name: 'ada@example.com', type: 'user' },
  },
  'az provider list': PROVIDERS.map((namespace) => ({ namespace, registrationState: 'Registered' })),
  'az role assignment list': [listedRole('Owner')],
  'az functionapp list-flexconsumption-locations': [{ name: 'swedencentral' }, { name: 'westeurope' }],
  'az functionapp list-flexconsumption-runtimes': [flexRuntime('20'), flexRuntime('22')],
  'az provider show --namespace Microsoft.Synapse': provider('Microsoft.Synapse', 'workspaces', [
    'Sweden Central',
    'West Europe',
  ]),
  'az cognitiveservices model list': [
    listedModel('gpt-5.4-mini', '2026-03-17', ['GlobalStandard'], 'AIServices'),
    listedModel('gpt-5.4-mini', '2026-03-17', ['GlobalStandard']),
  ],
  'az cognitiveservices usage list': [
    listedUsage('OpenAI.Standard.text-embedding-3-small', 0, 350),
    listedUsage('OpenAI.GlobalStandard.gpt-5.4-mini', 0, 500),
  ],
  'az cognitiveservices account list-deleted': [],
  'azd env set': null,
};
