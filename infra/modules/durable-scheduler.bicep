// Durable Task Scheduler: the managed backend of orchestrations, keyless. Only when chosen; Azure Storage is the default.

@description('Region of the scheduler.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the scheduler.')
param name string

@description('Name of the task hub.')
param hubName string

@description('True: reachable through a private endpoint only.')
param isPrivate bool

@description('Client id of the app identity.')
param identityClientId string

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // Of the public address; an empty list blocks everything.
    ipAllowlist: isPrivate ? [] : ['0.0.0.0/0']
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    sku: {
      name: 'Consumption'
    }
  }
}

resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: hubName
}

output id string = scheduler.id
output name string = scheduler.name
// The package's host.json names the scheduler (infra/scripts/package.ts): what scales the app reads the file, never settings.
// The endpoint carries a hash and must not be built by hand.
output settings object = {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${identityClientId};TaskHub=${hub.name}'
}
