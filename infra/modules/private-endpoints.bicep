// All private endpoints of the environment. A module of its own, because a loop needs values that are known when its template starts.

@description('Region of the endpoints.')
param location string

@description('Tags of every resource.')
param tags object

@description('Prefix of the names.')
param prefix string

@description('Subnet of the endpoints.')
param subnetId string

@description('Endpoints: name, targetId (empty: skipped), groupId, zone.')
param endpoints array

module endpoint 'private-endpoint.bicep' = [for item in filter(endpoints, e => !empty(e.targetId)): {
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
}]
