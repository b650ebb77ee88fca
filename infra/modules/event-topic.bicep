// Upload events of the lake. One system topic per storage account: a second one fails.

@description('Region of the lake account.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the system topic.')
param name string

@description('Resource id of the lake account.')
param storageId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: storageId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

output name string = topic.name
output id string = topic.id
output principalId string = topic.identity.principalId
