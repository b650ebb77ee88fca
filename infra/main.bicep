// Sluice on Azure: everything one environment needs, without a key or connection string anywhere.
// Order that matters: identity and its roles come before the site; the topic's roles before its subscription; models one after another.
targetScope = 'subscription'

@description('Name of the environment; part of every name.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of the environment; must offer Flex Consumption and Synapse.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Size: dev is cheap and forgiving, prod is redundant, locked and alerting.')
@allowed(['dev', 'prod'])
param size string = 'dev'

@description('Object id of the person or pipeline that deploys; gets access to the lake and administers Synapse.')
param principalId string = ''

@description('Kind of that principal; a pipeline must say ServicePrincipal.')
@allowed(['User', 'ServicePrincipal', 'Group'])
param principalType string = 'User'

@description('Node.js major version of the app.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Upload events: queue (delivered with an identity, no key) or webhook (subscription made after deployment by a hook).')
@allowed(['queue', 'webhook'])
param eventDelivery string = 'queue'

@description('Backend of orchestrations: AzureStorage, or DurableTaskScheduler (managed, keyless).')
@allowed(['AzureStorage', 'DurableTaskScheduler'])
param durableBackend string = 'AzureStorage'

@description('Region of the Durable Task Scheduler, which not every region offers; empty: the environment region.')
param schedulerLocation string = ''

@description('Who answers for documents the model is unsure of: azure-openai, compatible (any OpenAI-compatible endpoint) or none.')
@allowed(['azure-openai', 'compatible', 'none'])
param llmProvider string = 'azure-openai'

@description('Region of Azure OpenAI; empty: the environment region.')
param openAiLocation string = ''

@description('Chat model.')
param chatModel string = 'gpt-5.4-mini'

@description('Version of the chat model.')
param chatModelVersion string = '2026-03-17'

@description('Deployment type: GlobalStandard, DataZoneStandard (data stay in the zone) or Standard (data stay in the region).')
@allowed(['GlobalStandard', 'DataZoneStandard', 'Standard'])
param chatSku string = 'GlobalStandard'

@description('Thousands of tokens a minute of the chat deployment; also the limit the app keeps to.')
@minValue(1)
@maxValue(100000)
param chatCapacity int = 50

@description('Requests a minute of the chat deployment; 0: one per thousand tokens, as the quota of current models is.')
@minValue(0)
param chatRequestsPerMinute int = 0

@description('Further deployments: name, model, version, sku, capacity. The app does not use them by itself.')
param moreDeployments array = []

@description('Price of a million prompt tokens in USD, as text. Check it for your model and region.')
param inputUsdPerMtok string = '0.75'

@description('Price of a million cached prompt tokens in USD, as text.')
param cachedUsdPerMtok string = '0.075'

@description('Price of a million output tokens in USD, as text.')
param outputUsdPerMtok string = '4.50'

@description('USD all runs of a day may spend on the LLM; what is left over goes to review.')
@minValue(1)
param llmDailyLimitUsd int = 25

@description('True: take back a deleted Azure OpenAI account of the same name.')
param restoreOpenAi bool = false

@description('Base URL of the OpenAI-compatible endpoint (llmProvider compatible).')
param compatibleBaseUrl string = ''

@description('Model asked there.')
param compatibleModel string = ''

@description('Key of that endpoint; goes to Key Vault.')
@secure()
param compatibleApiKey string = ''

@description('Document Intelligence for scans.')
param documentIntelligence bool = false

@description('Region of Document Intelligence; empty: the environment region.')
param documentIntelligenceLocation string = ''

@description('Synapse serverless SQL over the tables.')
param synapse bool = true

@description('Object id of another Entra administrator of Synapse, a person or a group; empty: who deploys.')
param synapseAdminId string = ''

@description('Display name of the Entra administrator of Synapse; the preflight hook fills it in.')
param synapseAdminLogin string = ''

@description('Spark pool for training on very large sets; pauses after 15 minutes.')
param spark bool = false

@description('Private network: storage, vault, AI and Synapse are reachable through private endpoints only.')
param vnet bool = false

@description('Address range of the private network.')
param vnetAddressPrefix string = '10.40.0.0/16'

@description('How callers of the API prove who they are: function keys, or Entra ID with the roles reader, reviewer, operator.')
@allowed(['function-keys', 'entra'])
param authMode string = 'function-keys'

@description('Client id of the app registration of the API (authMode entra).')
param entraClientId string = ''

@description('Days after which uploaded originals are deleted; 0 keeps them.')
@minValue(0)
param deleteOriginalsAfterDays int = 0

@description('Further settings of the code by name (docs/settings.md), e.g. LLM_DEPLOYMENTS; they win over those made here. Add it to main.parameters.json.')
param moreSettings object = {}

@description('Address that gets alerts and budget mails; empty: nobody is notified.')
param alertEmail string = ''

@description('Monthly budget in the currency of the subscription; 0: none.')
@minValue(0)
param monthlyBudget int = 0

@description('First day of the month in which the budget starts; the preflight hook fills it in once.')
param budgetStartDate string = ''

var names = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
  application: 'sluice'
}

var preset = loadJsonContent('sizes.json')[size]

var containers = {
  package: 'package'
  landing: 'landing'
  imports: 'imports'
  lake: 'lake'
  deadLetter: 'dead-letter'
  synapse: 'synapse'
}
var eventQueue = 'landing-events'
var taskHub = 'SluiceHub'
var chatDeployment = 'chat'
var usesOpenAi = llmProvider == 'azure-openai'
var usesScheduler = durableBackend == 'DurableTaskScheduler'
var synapseName = '${names.synapse}${token}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${names.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${names.identity}${token}'
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceName: '${names.logAnalytics}${token}'
    componentName: '${names.applicationInsights}${token}'
    retentionDays: preset.logRetentionDays
    dailyQuotaGb: preset.logDailyQuotaGb
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${names.hostStorage}${token}'
    sku: preset.storageSku
    packageContainer: containers.package
    isPrivate: vnet
  }
}

module lake 'modules/lake-storage.bicep' = {
  name: 'lake-storage'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${names.lakeStorage}${token}'
    sku: preset.storageSku
    landingContainer: containers.landing
    importsContainer: containers.imports
    lakeContainer: containers.lake
    deadLetterContainer: containers.deadLetter
    synapseContainer: containers.synapse
    eventQueue: eventQueue
    coolAfterDays: preset.coolAfterDays
    deleteOriginalsAfterDays: deleteOriginalsAfterDays
    softDeleteDays: preset.softDeleteDays
    synapseWorkspaceName: synapse ? synapseName : ''
    isPrivate: vnet
    isLocked: preset.isProtected
  }
}

module vault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${names.keyVault}${token}'
    hasPurgeProtection: preset.isProtected
    isPrivate: vnet
    openAiApiKey: llmProvider == 'compatible' ? compatibleApiKey : ''
  }
}

module openAi 'modules/open-ai.bicep' = if (usesOpenAi) {
  name: 'open-ai'
  scope: group
  params: {
    location: empty(openAiLocation) ? location : openAiLocation
    tags: tags
    name: '${names.openAi}${token}'
    deployments: concat(
      [
        {
          name: chatDeployment
          model: chatModel
          version: chatModelVersion
          sku: chatSku
          capacity: chatCapacity
        }
      ],
      moreDeployments
    )
    isRestored: restoreOpenAi
    isPrivate: vnet
  }
}

module ocr 'modules/document-intelligence.bicep' = if (documentIntelligence) {
  name: 'document-intelligence'
  scope: group
  params: {
    location: empty(documentIntelligenceLocation) ? location : documentIntelligenceLocation
    tags: tags
    name: '${names.documentIntelligence}${token}'
    isPrivate: vnet
  }
}

module scheduler 'modules/durable-scheduler.bicep' = if (usesScheduler) {
  name: 'durable-scheduler'
  scope: group
  params: {
    location: empty(schedulerLocation) ? location : schedulerLocation
    tags: tags
    name: '${names.durableTaskScheduler}${token}'
    hubName: taskHub
    isPrivate: vnet
    identityClientId: identity.outputs.clientId
  }
}

module appRoles 'modules/app-roles.bicep' = {
  name: 'app-roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    hostStorageName: hostStorage.outputs.name
    lakeName: lake.outputs.name
    vaultName: vault.outputs.name
    componentName: monitoring.outputs.componentName
    openAiName: usesOpenAi ? openAi!.outputs.name : ''
    documentIntelligenceName: documentIntelligence ? ocr!.outputs.name : ''
    schedulerName: usesScheduler ? scheduler!.outputs.name : ''
  }
}

module network 'modules/network.bicep' = if (vnet) {
  name: 'network'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${names.virtualNetwork}${token}'
    addressPrefix: vnetAddressPrefix
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (vnet) {
  name: 'private-endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    prefix: 'pe-${token}'
    subnetId: vnet ? network!.outputs.endpointSubnetId : ''
    zones: vnet ? network!.outputs.zones : {}
    hostStorageId: hostStorage.outputs.id
    lakeId: lake.outputs.id
    vaultId: vault.outputs.id
    openAiId: usesOpenAi ? openAi!.outputs.id : ''
    documentIntelligenceId: documentIntelligence ? ocr!.outputs.id : ''
    synapseId: synapse ? workspace!.outputs.id : ''
    schedulerId: usesScheduler ? scheduler!.outputs.id : ''
  }
}

var llmSettings = {
  'azure-openai': {
    AZURE_OPENAI_ENDPOINT: usesOpenAi ? openAi!.outputs.endpoint : ''
    AZURE_OPENAI_CHAT_DEPLOYMENT: chatDeployment
  }
  compatible: {
    OPENAI_BASE_URL: compatibleBaseUrl
    OPENAI_MODEL: compatibleModel
    OPENAI_API_KEY: '@Microsoft.KeyVault(SecretUri=${vault.outputs.uri}secrets/openai-api-key/)'
  }
  none: {}
}

module api 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  dependsOn: [
    appRoles
    endpoints
  ]
  params: {
    location: location
    tags: tags
    planName: '${names.functionPlan}${token}'
    appName: '${names.functionApp}${token}'
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostStorageName: hostStorage.outputs.name
    hostBlobUrl: hostStorage.outputs.blobUrl
    packageContainer: containers.package
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    nodeVersion: nodeVersion
    instanceMemoryMB: preset.instanceMemoryMB
    maximumInstanceCount: preset.maximumInstanceCount
    alwaysReadyInstances: preset.alwaysReadyInstances
    httpConcurrency: preset.httpConcurrency
    subnetId: vnet ? network!.outputs.appSubnetId : ''
    authMode: authMode
    entraClientId: entraClientId
    appSettings: union(
      {
        LAKE__blobServiceUri: lake.outputs.blobUrl
        LAKE__queueServiceUri: lake.outputs.queueUrl
        LAKE__tableServiceUri: hostStorage.outputs.tableUrl
        LAKE__credential: 'managedidentity'
        LAKE__clientId: identity.outputs.clientId
        LAKE_DFS_ENDPOINT: lake.outputs.dfsUrl
        LANDING_CONTAINER: containers.landing
        IMPORTS_CONTAINER: containers.imports
        LAKE_CONTAINER: containers.lake
        UPLOAD_TRIGGER_SOURCE: eventDelivery == 'queue' ? 'StorageQueue' : 'EventGrid'
        BATCH_CONCURRENCY: string(preset.batchConcurrency)
        EXTRACT_SLOTS: string(preset.extractSlots)
        EXTRACT_MAX_MEMORY_MB: string(preset.extractMemoryMB)
        LLM_ENABLED: llmProvider == 'none' ? 'false' : 'true'
        LLM_TPM: string(chatCapacity * 1000)
        LLM_RPM: string(chatRequestsPerMinute == 0 ? chatCapacity : chatRequestsPerMinute)
        LLM_INPUT_USD_PER_MTOK: inputUsdPerMtok
        LLM_CACHED_USD_PER_MTOK: cachedUsdPerMtok
        LLM_OUTPUT_USD_PER_MTOK: outputUsdPerMtok
        LLM_MAX_COST_USD_PER_DAY: string(llmDailyLimitUsd)
        DOCUMENT_INTELLIGENCE_ENDPOINT: documentIntelligence ? ocr!.outputs.endpoint : ''
        KEY_VAULT_URI: vault.outputs.uri
      },
      llmSettings[llmProvider],
      usesScheduler ? scheduler!.outputs.settings : {},
      moreSettings
    )
  }
}

module topic 'modules/event-topic.bicep' = {
  name: 'event-topic'
  scope: group
  params: {
    location: location
    tags: tags
    name: '${names.eventGridTopic}${token}'
    storageId: lake.outputs.id
  }
}

module workspace 'modules/synapse.bicep' = if (synapse) {
  name: 'synapse'
  scope: group
  params: {
    location: location
    tags: tags
    name: synapseName
    lakeId: lake.outputs.id
    lakeDfsUrl: lake.outputs.dfsUrl
    fileSystem: containers.synapse
    adminLogin: empty(synapseAdminLogin) ? environmentName : synapseAdminLogin
    adminObjectId: empty(synapseAdminId) ? principalId : synapseAdminId
    hasSpark: spark
    isPrivate: vnet
  }
}

module serviceRoles 'modules/service-roles.bicep' = {
  name: 'service-roles'
  scope: group
  params: {
    lakeName: lake.outputs.name
    deadLetterContainer: containers.deadLetter
    eventQueue: eventQueue
    topicPrincipalId: topic.outputs.principalId
    usesQueue: eventDelivery == 'queue'
    synapsePrincipalId: synapse ? workspace!.outputs.principalId : ''
    sparkWrites: spark
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
  }
}

module queueSubscription 'modules/event-queue-subscription.bicep' = if (eventDelivery == 'queue') {
  name: 'event-queue-subscription'
  scope: group
  dependsOn: [
    serviceRoles
  ]
  params: {
    topicName: topic.outputs.name
    storageId: lake.outputs.id
    queueName: eventQueue
    landingContainer: containers.landing
    deadLetterContainer: containers.deadLetter
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    prefix: 'sluice-${token}'
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
    topicId: topic.outputs.id
    email: alertEmail
    failedPercent: 5
    stalledMinutes: 30
    escalationPercent: 40
    dailySpendUsd: llmDailyLimitUsd
    inputUsdPerMtok: inputUsdPerMtok
    outputUsdPerMtok: outputUsdPerMtok
    tokensPerMinute: chatCapacity * 1000
    isEnabled: preset.areAlertsOn
    monthlyBudget: monthlyBudget
    budgetStartDate: budgetStartDate
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = api.outputs.name
output AZURE_IDENTITY_NAME string = identity.outputs.name
output SERVICE_API_NAME string = api.outputs.name
output SERVICE_API_URI string = 'https://${api.outputs.hostName}'
output SLUICE_LAKE_ACCOUNT string = lake.outputs.name
output SLUICE_LAKE_ID string = lake.outputs.id
// Named like the settings of the code: the command line works on the cloud lake once these are in its environment.
output LAKE_DFS_ENDPOINT string = lake.outputs.dfsUrl
output LAKE__blobServiceUri string = lake.outputs.blobUrl
output LAKE__tableServiceUri string = hostStorage.outputs.tableUrl
output SLUICE_LAKE_CONTAINER string = containers.lake
output SLUICE_LANDING_CONTAINER string = containers.landing
output SLUICE_DEAD_LETTER_CONTAINER string = containers.deadLetter
output SLUICE_EVENT_TOPIC string = topic.outputs.name
output SLUICE_EVENT_DELIVERY string = eventDelivery
output SLUICE_SYNAPSE_WORKSPACE string = synapse ? workspace!.outputs.name : ''
output SLUICE_SYNAPSE_SQL_ENDPOINT string = synapse ? workspace!.outputs.sqlEndpoint : ''
// For training on the Spark pool from the command line; the app itself does not train there.
output SYNAPSE_DEV_ENDPOINT string = synapse && spark ? workspace!.outputs.devEndpoint : ''
output SYNAPSE_SPARK_POOL string = synapse && spark ? workspace!.outputs.sparkPool : ''
output SLUICE_PRIVATE_NETWORK bool = vnet
