// Which request of az is answered with what.
import {
  deployment,
  endpointsOf,
  functionApp,
  listedModel,
  nodeStack,
  OWNER,
  PRINCIPAL,
  PROVIDERS,
  providerOf,
  SUBSCRIPTION,
  scope,
  TENANT,
} from './rest-records.ts';

export interface Asked {
  url: URL;
  /** As it came: az sends templates as JavaScript literals rather than JSON. */
  text: string;
  base: string;
}
export type Route = [method: string, path: RegExp, answer: (asked: Asked) => Answer];
export interface Answer {
  status?: number;
  body: unknown;
  headers?: Record<string, string>;
}

export const ROUTES: readonly Route[] = [
  ['GET', /^\/metadata\/endpoints$/, ({ base }) => ({ body: endpointsOf(base) })],
  [
    'GET',
    /^\/subscriptions$/,
    () => ({
      body: {
        value: [
          {
            id: scope,
            authorizationSource: 'RoleBased',
            managedByTenants: [],
            subscriptionId: SUBSCRIPTION,
            tenantId: TENANT,
            displayName: 'Tax',
            state: 'Enabled',
            subscriptionPolicies: {
              locationPlacementId: 'Public_2014-09-01',
              quotaId: 'PayAsYouGo_2014-09-01',
              spendingLimit: 'Off',
            },
          },
        ],
      },
    }),
  ],
  [
    'GET',
    /^\/subscriptions\/[^/]+\/locations$/,
    () => ({
      body: {
        value: [
          ['swedencentral', 'Sweden Central'],
          ['westeurope', 'West Europe'],
        ].map(([name, displayName]) => ({ id: `${scope}/locations/${name}`, name, displayName, type: 'Region' })),
      },
    }),
  ],
  [
    'GET',
    /^\/subscriptions\/[^/]+\/providers$/,
    () => ({
      body: {
        value: PROVIDERS.map((name) => providerOf(name)),
      },
    }),
  ],
  [
    'GET',
    /^\/subscriptions\/[^/]+\/providers\/Microsoft\.Synapse$/,
    () => ({ body: providerOf('Microsoft.Synapse', 'workspaces', ['Sweden Central', 'West Europe']) }),
  ],
  [
    'GET',
    /\/providers\/Microsoft\.Authorization\/roleAssignments$/,
    () => ({
      body: {
        value: [
          {
            properties: {
              roleDefinitionId: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${OWNER}`,
              principalId: PRINCIPAL,
              principalType: 'User',
              scope,
              condition: null,
              conditionVersion: null,
              createdOn: '2026-02-03T04:05:06.7Z',
              updatedOn: '2026-02-03T04:05:06.7Z',
              createdBy: PRINCIPAL,
              updatedBy: PRINCIPAL,
              delegatedManagedIdentityResourceId: null,
              description: null,
            },
            id: `${scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-00000000000d`,
            type: 'Microsoft.Authorization/roleAssignments',
            name: '00000000-0000-0000-0000-00000000000d',
          },
        ],
      },
    }),
  ],
  [
    'GET',
    /\/providers\/Microsoft\.Authorization\/roleDefinitions$/,
    () => ({
      body: {
        value: [
          {
            properties: {
              roleName: 'Owner',
              type: 'BuiltInRole',
              description: 'Grants full access to manage all resources.',
              assignableScopes: ['/'],
              permissions: [{ actions: ['*'], notActions: [], dataActions: [], notDataActions: [] }],
            },
            id: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${OWNER}`,
            type: 'Microsoft.Authorization/roleDefinitions',
            name: OWNER,
          },
        ],
      },
    }),
  ],
  ['GET', /^\/v1\.0\/(users|servicePrincipals)/, () => ({ body: { value: [] } })],
  [
    'POST',
    /^\/v1\.0\/directoryObjects\/getByIds$/,
    () => ({
      body: {
        value: [{ '@odata.type': '#microsoft.graph.user', id: PRINCIPAL, userPrincipalName: 'ada@example.com' }],
      },
    }),
  ],
  [
    'GET',
    /\/providers\/Microsoft\.Web\/geoRegions$/i,
    () => ({
      body: {
        value: ['Sweden Central', 'West Europe'].map((name) => ({
          id: `${scope}/providers/Microsoft.Web/geoRegions/${name}`,
          name,
          type: 'Microsoft.Web/geoRegions',
          properties: { name, description: null, displayName: name, orgDomain: 'FUNCTIONS;FLEXCONSUMPTION' },
        })),
      },
    }),
  ],
  ['GET', /\/functionAppStacks$/i, () => ({ body: { value: [nodeStack(['20', '22'])] } })],
  [
    'GET',
    /\/providers\/Microsoft\.CognitiveServices\/locations\/[^/]+\/models$/,
    () => ({ body: { value: [listedModel('AIServices'), listedModel('OpenAI')] } }),
  ],
  [
    'GET',
    /\/providers\/Microsoft\.CognitiveServices\/locations\/[^/]+\/usages$/,
    () => ({
      body: {
        value: ['OpenAI.Standard.text-embedding-3-small', 'OpenAI.GlobalStandard.gpt-5.4-mini'].map((value) => ({
          name: { value, localizedValue: `Tokens Per Minute (thousands) - ${value}` },
          currentValue: 0.0,
          limit: 500.0,
          unit: 'Count',
        })),
      },
    }),
  ],
  [
    'GET',
    /\/providers\/Microsoft\.KeyVault\/deletedVaults$/,
    () => ({
      body: {
        value: [
          {
            id: `${scope}/providers/Microsoft.KeyVault/locations/swedencentral/deletedVaults/kv-else`,
            name: 'kv-else',
            type: 'Microsoft.KeyVault/deletedVaults',
            properties: {
              vaultId: `${scope}/resourceGroups/rg-else/providers/Microsoft.KeyVault/vaults/kv-else`,
              location: 'swedencentral',
              tags: {},
              deletionDate: '2026-11-22T09:10:11Z',
              scheduledPurgeDate: '2026-11-29T09:10:11Z',
            },
          },
        ],
      },
    }),
  ],
  [
    'GET',
    /\/providers\/Microsoft\.CognitiveServices\/deletedAccounts$/,
    () => ({
      body: {
        value: [
          {
            id: `${scope}/providers/Microsoft.CognitiveServices/locations/swedencentral/resourceGroups/rg-else/deletedAccounts/oai-else`,
            name: 'oai-else',
            type: 'Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts',
            location: 'swedencentral',
            kind: 'OpenAI',
            sku: { name: 'S0' },
            properties: {
              customSubDomainName: 'oai-else',
              deletionDate: '2026-11-22T09:10:11Z',
              provisioningState: 'Succeeded',
            },
          },
        ],
      },
    }),
  ],
  [
    'GET',
    /\/providers\/Microsoft\.Authorization\/locks$/,
    () => ({
      body: {
        value: [
          {
            properties: { level: 'CanNotDelete', notes: 'keep the lake' },
            id: `${scope}/resourceGroups/rg-tax-dev/providers/Microsoft.Authorization/locks/keep-the-lake`,
            type: 'Microsoft.Authorization/locks',
            name: 'keep-the-lake',
          },
        ],
      },
    }),
  ],
  [
    'POST',
    /\/host\/default\/listkeys$/i,
    () => ({
      body: {
        masterKey: 'm',
        functionKeys: { default: 'd' },
        systemKeys: { blobs_extension: 'b', durabletask_extension: 't' },
      },
    }),
  ],
  ['GET', /\/providers\/Microsoft\.Web\/sites\/[^/]+$/i, ({ url }) => ({ body: functionApp(url.pathname) })],
  [
    'PUT',
    /\/firewallRules\/[^/]+$/i,
    ({ url, text }) => ({
      body: {
        id: url.pathname,
        name: url.pathname.split('/').at(-1),
        type: 'Microsoft.Synapse/workspaces/firewallRules',
        properties: { provisioningState: 'Succeeded', ...(JSON.parse(text) as { properties: object }).properties },
      },
    }),
  ],
  ['DELETE', /\/firewallRules\/[^/]+$/i, () => ({ body: undefined })],
  [
    'POST',
    /\/deployments\/[^/]+\/validate$/i,
    ({ url }) => ({ body: deployment(url.pathname.replace(/\/validate$/, '')) }),
  ],
  [
    'PUT',
    /\/deployments\/[^/]+$/i,
    ({ url, base }) => ({
      status: 201,
      body: deployment(url.pathname, 'Accepted'),
      headers: {
        'azure-asyncoperation': `${base}${url.pathname}/operationStatuses/1?api-version=2024-11-01`,
        'retry-after': '0',
      },
    }),
  ],
  ['GET', /\/deployments\/[^/]+\/operationStatuses\/1$/i, () => ({ body: { status: 'Succeeded' } })],
  ['GET', /\/deployments\/[^/]+$/i, ({ url }) => ({ body: deployment(url.pathname) })],
];
