// The lake: hierarchical namespace, containers, soft delete, lifecycle.
// Invariant: no rule deletes or archives by age below lake/tables, lake/models or lake/taxonomies. Old files of a Delta table can be live.

@description('Region of the account.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the account.')
param name string

@description('Redundancy, e.g. Standard_ZRS.')
param sku string

@description('Container whose uploads are classified as they arrive.')
param landingContainer string

@description('Container for bulk imports.')
param importsContainer string

@description('Container of tables, runs, models and taxonomies.')
param lakeContainer string

@description('Container of events that could not be delivered.')
param deadLetterContainer string

@description('File system that Synapse needs for itself.')
param synapseContainer string

@description('Queue of upload events (used when events are delivered through a queue).')
param eventQueue string

@description('Days after which files of finished runs move to the cool tier; their rows stay in the tables.')
@minValue(1)
param coolAfterDays int

@description('Days after which uploaded originals are deleted; 0 keeps them.')
@minValue(0)
param deleteOriginalsAfterDays int

@description('Days that deleted files can be restored.')
@minValue(1)
@maxValue(365)
param softDeleteDays int

@description('Name of the Synapse workspace that may pass the firewall; empty for none.')
param synapseWorkspaceName string

@description('True: reachable through private endpoints and by trusted Azure services only.')
param isPrivate bool

@description('True: a lock refuses deleting the account.')
param isLocked bool

var containers = [
  landingContainer
  importsContainer
  lakeContainer
  deadLetterContainer
  synapseContainer
]

var originals = [
  '${landingContainer}/'
  '${importsContainer}/'
]

var coolOriginals = {
  tierToCool: {
    daysAfterModificationGreaterThan: coolAfterDays
  }
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    isHnsEnabled: true
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Disabled would shut out trusted services and the workspace below as well: with Deny nobody else gets in.
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      // Event Grid reaches the account as a trusted service.
      bypass: 'AzureServices'
      // The id is computed: the workspace itself needs this account first.
      resourceAccessRules: empty(synapseWorkspaceName)
        ? []
        : [
            {
              tenantId: tenant().tenantId
              resourceId: resourceId('Microsoft.Synapse/workspaces', synapseWorkspaceName)
            }
          ]
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource fileSystems 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource events 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = {
  parent: queues
  name: eventQueue
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  dependsOn: [
    blobs
  ]
  properties: {
    policy: {
      rules: [
        {
          name: 'originals'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: originals
            }
            actions: {
              baseBlob: deleteOriginalsAfterDays == 0
                ? coolOriginals
                : union(coolOriginals, {
                    delete: {
                      daysAfterModificationGreaterThan: deleteOriginalsAfterDays
                    }
                  })
            }
          }
        }
        {
          name: 'run-files'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['${lakeContainer}/runs/']
            }
            actions: {
              baseBlob: {
                tierToCool: {
                  daysAfterModificationGreaterThan: coolAfterDays
                }
              }
            }
          }
        }
        {
          name: 'undelivered-events'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['${deadLetterContainer}/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: 90
                }
              }
            }
          }
        }
      ]
    }
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  name: 'keep-the-lake'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds documents and decisions. Remove this lock before deleting the environment.'
  }
}

output id string = account.id
output name string = account.name
// Without the slash that primaryEndpoints ends with: callers append paths.
output blobUrl string = 'https://${account.name}.blob.${environment().suffixes.storage}'
output queueUrl string = 'https://${account.name}.queue.${environment().suffixes.storage}'
output dfsUrl string = 'https://${account.name}.dfs.${environment().suffixes.storage}'
