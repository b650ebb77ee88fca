import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listResources } from '../../../infra/scripts/resource-list.ts';
import { ROOT } from '../bicep.ts';

const SCOPE = '/subscriptions/s/resourceGroups/rg-x/providers/Microsoft.Storage/storageAccounts/stlakeabcdefghijklm';
const IDENTITY =
  '/subscriptions/s/resourceGroups/rg-x/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-abcdefghijklm';

test('resource list: one line each, sorted, without what differs between environments, with what a reviewer asks', () => {
  const list = listResources({
    predictedResources: [
      { type: 'Microsoft.Synapse/workspaces/administrators', name: 'syn-abcdefghijklm/activeDirectory' },
      { type: 'Microsoft.Resources/resourceGroups', name: 'rg-x' },
      { type: 'Microsoft.ManagedIdentity/userAssignedIdentities', name: 'id-abcdefghijklm' },
      {
        type: 'Microsoft.Storage/storageAccounts',
        name: 'stlakeabcdefghijklm',
        sku: { name: 'Standard_ZRS' },
        properties: { publicNetworkAccess: 'Enabled', networkAcls: { defaultAction: 'Deny', bypass: 'AzureServices' } },
      },
      {
        type: 'Microsoft.Authorization/roleAssignments',
        name: `[guid('${SCOPE}', reference('${IDENTITY}', '2024-11-30').principalId, 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')]`,
        properties: {
          principalId: `[reference('${IDENTITY}', '2024-11-30').principalId]`,
          roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe',
        },
      },
    ],
  });
  expect(list.split('\n')).toEqual([
    'Microsoft.Authorization/roleAssignments | on Microsoft.Storage/storageAccounts/stlake<token> | role Storage Blob Data Contributor | for Microsoft.ManagedIdentity/userAssignedIdentities/id-<token>',
    'Microsoft.ManagedIdentity/userAssignedIdentities | id-<token>',
    'Microsoft.Resources/resourceGroups | <group>',
    'Microsoft.Storage/storageAccounts | stlake<token> | sku Standard_ZRS | public Enabled | others Deny, but AzureServices',
    'Microsoft.Synapse/workspaces/administrators | syn-<token>/activeDirectory',
    '',
  ]);
});

test('resource lists: no environment grants a role on a whole account to the event topic, and production closes or denies', () => {
  for (const name of ['dev', 'prod']) {
    const lines = readFileSync(join(ROOT, `infra/snapshots/${name}.txt`), 'utf8').split('\n');
    const topic = lines.filter((line) => line.includes('| for Microsoft.EventGrid/systemTopics'));
    expect(topic.length, name).toBeGreaterThan(0);
    for (const line of topic) expect(line).toMatch(/\/(containers\/dead-letter|queues\/landing-events) \|/);
  }
  const prod = readFileSync(join(ROOT, 'infra/snapshots/prod.txt'), 'utf8').split('\n');
  for (const line of prod.filter((one) => one.includes('| public Enabled'))) expect(line).toContain('others Deny');
});
