// What the templates have made, as the hooks read it.
import type { DeployedApp } from '../../../infra/scripts/postdeploy.ts';
import type { Targets } from '../../../infra/scripts/postprovision.ts';

export const APP: DeployedApp = {
  resourceGroup: 'rg-tax-dev',
  appName: 'func-abc',
  appUrl: 'https://func-abc.azurewebsites.net',
  topicName: 'evgt-abc',
  lakeId: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stlakeabc',
  landingContainer: 'landing',
  deadLetterContainer: 'dead-letter',
  usesQueue: false,
};

export const TARGETS: Targets = {
  resourceGroup: 'rg-tax-dev',
  identityName: 'id-abc',
  lakeDfsUrl: 'https://stlakeabc.dfs.core.windows.net',
  lakeContainer: 'lake',
  workspace: 'syn-abc',
  sqlEndpoint: 'syn-abc-ondemand.sql.azuresynapse.net',
  isPrivate: false,
};
