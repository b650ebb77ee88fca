// All private endpoints of the environment. A module of its own, because a loop needs values that are known when its template starts.

@description('Region of the endpoints.')
param location string

@description('Tags of every resource.')
param tags object

@description('Prefix of the names.')
param prefix string

@description('Subnet of the endpoints.')
param subnetId string

@description('DNS zones by short name, from network.bicep.')
param zones object

@description('Host storage account.')
param hostStorageId string

@description('Lake account.')
param lakeId string

@description('Key vault.')
param vaultId string

@description('Azure OpenAI account; empty when there is none.')
param openAiId string

@description('Document Intelligence account; empty when there is none.')
param documentIntelligenceId string

@description('Synapse workspace; empty when there is none.')
param synapseId string

@description('Durable Task Scheduler; empty when there is none.')
param schedulerId string

// Two at a time, and never two of one resource: each endpoint changes its resource, which refuses a second change meanwhile.
var endpoints = [
  { name: 'host-blob', targetId: hostStorageId, groupId: 'blob', zone: zones.blob }
  { name: 'lake-blob', targetId: lakeId, groupId: 'blob', zone: zones.blob }
  { name: 'host-queue', targetId: hostStorageId, groupId: 'queue', zone: zones.queue }
  { name: 'lake-dfs', targetId: lakeId, groupId: 'dfs', zone: zones.dfs }
  { name: 'host-table', targetId: hostStorageId, groupId: 'table', zone: zones.table }
  { name: 'lake-queue', targetId: lakeId, groupId: 'queue', zone: zones.queue }
  { name: 'synapse-sql', targetId: synapseId, groupId: 'SqlOnDemand', zone: zones.synapseSql }
  { name: 'vault', targetId: vaultId, groupId: 'vault', zone: zones.vault }
  { name: 'synapse-dev', targetId: synapseId, groupId: 'Dev', zone: zones.synapseDev }
  { name: 'openai', targetId: openAiId, groupId: 'account', zone: zones.openAi }
  { name: 'ocr', targetId: documentIntelligenceId, groupId: 'account', zone: zones.cognitive }
  { name: 'scheduler', targetId: schedulerId, groupId: 'scheduler', zone: zones.scheduler }
]

@batchSize(2)
module endpoint 'private-endpoint.bicep' = [
  for item in filter(endpoints, e => !empty(e.targetId)): {
    name: 'endpoint-${item.name}'
    params: {
      location: location
      tags: tags
      name: '${prefix}-${item.name}'
      targetId: item.targetId
      groupId: item.groupId
      subnetId: subnetId
      zone: item.zone
    }
  }
]
