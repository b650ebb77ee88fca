// Key Vault for the few secrets that cannot be an identity, e.g. the key of an OpenAI-compatible endpoint outside Azure.

@description('Region of the vault.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the vault.')
param name string

@description('True: deleted vaults and secrets cannot be purged before their retention ends. Cannot be switched off again.')
param hasPurgeProtection bool

@description('True: reachable through private endpoints only.')
param isPrivate bool

@description('Key of the OpenAI-compatible endpoint; empty when the LLM is an Azure OpenAI deployment.')
@secure()
param openAiApiKey string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: hasPurgeProtection ? 90 : 7
    enablePurgeProtection: hasPurgeProtection ? true : null // false is refused
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource apiKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(openAiApiKey)) {
  parent: vault
  name: 'openai-api-key'
  tags: tags
  properties: {
    value: openAiApiKey
    contentType: 'text/plain'
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
