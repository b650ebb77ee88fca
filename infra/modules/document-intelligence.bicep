// Document Intelligence: text of page images. Entra tokens only.

@description('Region of the account.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the account; also its subdomain.')
param name string

@description('True: reachable through private endpoints only.')
param isPrivate bool

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'FormRecognizer'
  sku: {
    name: 'S0'
  }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow' // bypass is not valid for this kind
    }
  }
}

output id string = account.id
output name string = account.name
output endpoint string = account.properties.endpoint
