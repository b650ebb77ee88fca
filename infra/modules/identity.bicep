// The one identity of the app. It is created and granted before the site, so that no first start races its roles.

@description('Region of the identity.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the user-assigned identity; also its user name in the Synapse database.')
param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output name string = identity.name
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
