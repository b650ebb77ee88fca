// Synapse workspace: serverless SQL over the Delta tables is built in; a Spark pool is optional. Entra logins only.
// The database and its views are made by the postprovision hook from infra/synapse/*.sql.

@description('Region of the workspace.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the workspace.')
param name string

@description('Resource id of the lake account.')
param lakeId string

@description('DFS address of the lake account.')
param lakeDfsUrl string

@description('File system that Synapse needs for itself.')
param fileSystem string

@description('Display name of the Entra administrator: a person or a group.')
param adminLogin string

@description('Object id of the Entra administrator.')
param adminObjectId string

@description('True: a small Spark pool that pauses after 15 minutes.')
param hasSpark bool

@description('True: reachable through private endpoints only; the workspace gets a managed network.')
param isPrivate bool

resource workspace 'Microsoft.Synapse/workspaces@2021-06-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    defaultDataLakeStorage: {
      resourceId: lakeId
      accountUrl: lakeDfsUrl
      filesystem: fileSystem
    }
    azureADOnlyAuthentication: true
    sqlAdministratorLogin: 'sluice' // a name without a password: nobody can sign in with it, but the workspace is not made without one
    managedVirtualNetwork: isPrivate ? 'default' : null
    managedVirtualNetworkSettings: isPrivate
      ? {
          preventDataExfiltration: false
        }
      : null
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    trustedServiceBypassEnabled: true
    cspWorkspaceAdminProperties: {
      initialWorkspaceAdminObjectId: adminObjectId
    }
  }
}

resource administrator 'Microsoft.Synapse/workspaces/administrators@2021-06-01' = {
  parent: workspace
  name: 'activeDirectory'
  properties: {
    administratorType: 'ActiveDirectory'
    login: adminLogin
    sid: adminObjectId
    tenantId: tenant().tenantId
  }
}

// 0.0.0.0 stands for "services inside Azure". The postprovision hook adds the address it runs from, and removes it again.
resource azureServices 'Microsoft.Synapse/workspaces/firewallRules@2021-06-01' = if (!isPrivate) {
  parent: workspace
  name: 'AllowAllWindowsAzureIps'
  properties: {
    startIpAddress: '0.0.0.0'
    endIpAddress: '0.0.0.0'
  }
}

resource spark 'Microsoft.Synapse/workspaces/bigDataPools@2021-06-01' = if (hasSpark) {
  parent: workspace
  name: 'train'
  location: location
  tags: tags
  properties: {
    sparkVersion: '3.5'
    nodeSizeFamily: 'MemoryOptimized'
    nodeSize: 'Small'
    autoScale: {
      enabled: true
      minNodeCount: 3
      maxNodeCount: 6
    }
    autoPause: {
      enabled: true
      delayInMinutes: 15
    }
    dynamicExecutorAllocation: {
      enabled: false
    }
    sessionLevelPackagesEnabled: true
    // A Spark writer that turns on deletion vectors makes the tables unreadable to serverless SQL.
    sparkConfigProperties: {
      configurationType: 'File'
      filename: 'delta.conf'
      content: 'spark.databricks.delta.properties.defaults.enableDeletionVectors false'
    }
  }
}

output id string = workspace.id
output name string = workspace.name
output principalId string = workspace.identity.principalId
output sqlEndpoint string = workspace.properties.connectivityEndpoints.sqlOnDemand
output devEndpoint string = workspace.properties.connectivityEndpoints.dev
output sparkPool string = hasSpark ? spark.name : ''
