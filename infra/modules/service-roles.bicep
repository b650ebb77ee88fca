// What the services beside the app may do on the lake: Event Grid on queue and dead-letter, Synapse on files.

@description('Lake account.')
param lakeName string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('Queue of upload events.')
param eventQueue string

@description('Object id of the Event Grid topic identity.')
param topicPrincipalId string

@description('True: the topic sends to a queue of the lake account.')
param usesQueue bool

@description('Object id of the Synapse workspace identity; empty when there is none.')
param synapsePrincipalId string

@description('True: Spark writes to the lake; serverless SQL alone only reads.')
param sparkWrites bool

@description('Object id of the person or pipeline that deploys; empty for none.')
param deployerPrincipalId string

@description('Kind of that principal.')
@allowed(['User', 'ServicePrincipal', 'Group'])
param deployerPrincipalType string

var roles = {
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
}

var synapseRole = sparkWrites ? roles.storageBlobDataContributor : roles.storageBlobDataReader

resource lake 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: lakeName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: lake
  name: 'default'
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = {
  parent: blobs
  name: deadLetterContainer
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' existing = {
  parent: lake
  name: 'default'
}

resource events 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' existing = {
  parent: queues
  name: eventQueue
}

// The topic names files; it may neither read nor change one.
resource topicDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetters.id, topicPrincipalId, roles.storageBlobDataContributor)
  scope: deadLetters
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}

resource topicSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (usesQueue) {
  name: guid(events.id, topicPrincipalId, roles.storageQueueDataMessageSender)
  scope: events
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataMessageSender
    )
  }
}

resource synapseFiles 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(synapsePrincipalId)) {
  name: guid(lake.id, synapsePrincipalId, synapseRole)
  scope: lake
  properties: {
    principalId: synapsePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', synapseRole)
  }
}

// The deployer uploads the first model, the taxonomy and the first documents.
resource deployerFiles 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(lake.id, deployerPrincipalId, roles.storageBlobDataContributor)
  scope: lake
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}
