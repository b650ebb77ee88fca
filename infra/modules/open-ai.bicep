// Azure OpenAI with its deployments. Entra tokens only.
// Traps: deployments of one account must be made one after another (RequestConflict otherwise); a deleted account keeps its name for
// 48 hours (isRestored); the subdomain is needed for Entra tokens and can never be changed.

@description('Region; must offer the models with quota.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the account; also its subdomain.')
param name string

@description('Deployments: name, model, version, sku, capacity (thousands of tokens a minute).')
param deployments array

@description('True: take back a deleted account of the same name.')
param isRestored bool

@description('True: reachable through private endpoints only.')
param isPrivate bool

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: {
    name: 'S0'
  }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    restore: isRestored ? true : null
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

@batchSize(1)
resource models 'Microsoft.CognitiveServices/accounts/deployments@2025-06-01' = [
  for deployment in deployments: {
    parent: account
    name: deployment.name
    sku: {
      name: deployment.sku
      capacity: deployment.capacity
    }
    properties: {
      model: {
        format: 'OpenAI'
        name: deployment.model
        version: deployment.version
      }
      raiPolicyName: 'Microsoft.DefaultV2'
      versionUpgradeOption: 'OnceCurrentVersionExpired'
    }
  }
]

output id string = account.id
output name string = account.name
output endpoint string = account.properties.endpoint
