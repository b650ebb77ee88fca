// Records in the form of Azure's REST references (https://learn.microsoft.com/rest/api/): providers, app service, cognitive services,
// deployments. Ids and people are made up.

export const SUBSCRIPTION = '00000000-0000-0000-0000-00000000000a';
export const TENANT = '00000000-0000-0000-0000-00000000000b';
export const PRINCIPAL = '00000000-0000-0000-0000-00000000000c';
export const OWNER = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'; // the built-in role's id

export const scope = `/subscriptions/${SUBSCRIPTION}`;
export const providerOf = (namespace: string, resourceType = 'operations', locations: readonly string[] = []) => ({
  id: `${scope}/providers/${namespace}`,
  namespace,
  registrationPolicy: 'RegistrationRequired',
  registrationState: 'Registered',
  resourceTypes: [
    { resourceType, locations, apiVersions: ['2021-06-01'], capabilities: 'SupportsTags, SupportsLocation' },
  ],
});
export function endpointsOf(base: string) {
  return {
    name: 'loopback',
    portal: base,
    authentication: {
      loginEndpoint: base,
      audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
      tenant: 'common',
      identityProvider: 'AAD',
    },
    resourceManager: base,
    microsoftGraphResourceId: `${base}/`,
    graphAudience: 'https://graph.windows.net/',
    graph: 'https://graph.windows.net/',
    media: 'https://rest.media.azure.net',
    batch: 'https://batch.core.windows.net/',
    sqlManagement: base,
    gallery: base,
    suffixes: {
      storage: 'core.windows.net',
      keyVaultDns: 'vault.azure.net',
      sqlServerHostname: 'database.windows.net',
    },
  };
}

export const nodeStack = (versions: readonly string[]) => ({
  id: null,
  name: 'node',
  type: 'Microsoft.Web/locations/functionAppStacks',
  properties: {
    displayText: 'Node.js',
    value: 'node',
    preferredOs: 'windows',
    majorVersions: versions.map((version) => ({
      displayText: `Node.js ${version}`,
      value: version,
      minorVersions: [
        {
          displayText: `Node.js ${version} LTS`,
          value: `${version} LTS`,
          stackSettings: {
            linuxRuntimeSettings: {
              runtimeVersion: `Node|${version}`,
              isHidden: false,
              isDefault: version === '22',
              isPreview: false,
              isDeprecated: false,
              remoteDebuggingSupported: false,
              appInsightsSettings: { isSupported: true },
              gitHubActionSettings: { isSupported: true, supportedVersion: `${version}.x` },
              appSettingsDictionary: { FUNCTIONS_WORKER_RUNTIME: 'node' },
              siteConfigPropertiesDictionary: { use32BitWorkerProcess: false, linuxFxVersion: `Node|${version}` },
              supportedFunctionsExtensionVersions: ['~4'],
              Sku: [
                {
                  skuCode: 'FC1',
                  instanceMemoryMB: [
                    { size: '512', isDefault: false },
                    { size: '2048', isDefault: true },
                    { size: '4096', isDefault: false },
                  ],
                  maximumInstanceCount: {
                    lowestMaximumInstanceCount: 40,
                    highestMaximumInstanceCount: 1000,
                    defaultValue: 100,
                  },
                  functionAppConfigProperties: { runtime: { name: 'node', version } },
                },
              ],
            },
          },
        },
      ],
    })),
  },
});

export const listedModel = (kind: string) => ({
  kind,
  skuName: 'S0',
  model: {
    format: 'OpenAI',
    name: 'gpt-5.4-mini',
    version: '2026-03-17',
    isDefaultVersion: true,
    maxCapacity: 3,
    capabilities: { chatCompletion: 'true', maxContextToken: '400000', maxOutputToken: '128000' },
    deprecation: { inference: '2027-03-18T00:00:00Z' },
    lifecycleStatus: 'GenerallyAvailable',
    skus: [
      {
        name: 'GlobalStandard',
        usageName: 'OpenAI.GlobalStandard.gpt-5.4-mini',
        deprecationDate: '2027-03-18T00:00:00Z',
        capacity: { maximum: 30000, default: 100 },
        rateLimits: [
          { key: 'request', renewalPeriod: 60, count: 1 },
          { key: 'token', renewalPeriod: 60, count: 1000 },
        ],
      },
    ],
  },
});

export const functionApp = (id: string) => ({
  id,
  name: id.split('/').at(-1),
  type: 'Microsoft.Web/sites',
  kind: 'functionapp,linux',
  location: 'Sweden Central',
  properties: {
    state: 'Running',
    sku: 'FlexConsumption',
    defaultHostName: `${id.split('/').at(-1)}.azurewebsites.net`,
  },
});

export const deployment = (id: string, provisioningState = 'Succeeded') => ({
  id,
  name: id.split('/').at(-1),
  type: 'Microsoft.Resources/deployments',
  properties: {
    mode: 'Incremental',
    provisioningState,
    timestamp: '2026-11-23T00:00:00Z',
    duration: 'PT2S',
    correlationId: '00000000-0000-0000-0000-00000000000e',
    parameters: {},
    providers: [],
    dependencies: [],
    outputResources: [],
  },
});

/** All that the templates need by default. */
export const PROVIDERS = [
  'Microsoft.Web',
  'Microsoft.Storage',
  'Microsoft.EventGrid',
  'Microsoft.KeyVault',
  'Microsoft.ManagedIdentity',
  'microsoft.insights',
  'Microsoft.OperationalInsights',
  'Microsoft.CognitiveServices',
  'Microsoft.Synapse',
  'Microsoft.Sql',
  'Microsoft.Consumption',
];
