// The function app on Flex Consumption.
// Traps: Flex refuses most of siteConfig (error 51021), so only TLS is set there; settings of the classic plans are ignored or harmful and
// never emitted; one app per plan; the host needs accountName + credential + clientId of its storage, or it starts without a client.

@description('Region of the app; must offer Flex Consumption.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the plan.')
param planName string

@description('Name of the app; also its host name.')
param appName string

@description('Resource id of the user-assigned identity.')
param identityId string

@description('Client id of the user-assigned identity.')
param identityClientId string

@description('Name of the host storage account.')
param hostStorageName string

@description('Blob address of the host storage account, without a slash at the end.')
param hostBlobUrl string

@description('Container that holds the deployed package.')
param packageContainer string

@description('Connection string of Application Insights; holds no usable key, ingestion needs an Entra token.')
param applicationInsightsConnectionString string

@description('Node.js major version.')
@allowed(['22', '24'])
param nodeVersion string

@description('Memory of one instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Instances at most.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances that are always on for orchestrations and activities; 0 is cheaper and starts cold.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int

@description('HTTP requests one instance serves at the same time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

@description('Subnet for outgoing traffic; empty for none.')
param subnetId string

@description('Settings of the code (shared/settings.ts) and of its trigger connections.')
param appSettings object

@description('How callers of the API prove who they are.')
@allowed(['function-keys', 'entra'])
param authMode string

@description('Client id of the app registration that stands for the API; needed for entra.')
param entraClientId string

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: appName
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobUrl}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0
          ? []
          : [
              {
                name: 'durable'
                instanceCount: alwaysReadyInstances
              }
            ]
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    {
      AzureWebJobsStorage__accountName: hostStorageName
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true' // no usage statistics of the exporter
      AZURE_CLIENT_ID: identityClientId
      AUTH_MODE: authMode
    },
    appSettings
  )
}

// Roles (Sluice.Reader, Sluice.Reviewer, Sluice.Operator) are checked in code from the client-principal header.
// The webhook of the blob trigger proves itself by its key, notifications of Microsoft Graph by their client state, and health tells nothing: they stay reachable without a token.
resource auth 'Microsoft.Web/sites/config@2025-03-01' = if (authMode == 'entra') {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: [
        '/runtime/webhooks/blobs'
        '/api/health'
        '/api/source-notifications'
      ]
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: entraClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [
            entraClientId
            'api://${entraClientId}'
          ]
        }
      }
    }
    login: {
      tokenStore: {
        enabled: false
      }
    }
  }
}

output id string = app.id
output name string = app.name
output hostName string = app.properties.defaultHostName
