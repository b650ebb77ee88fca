// The storage account as the app uses it: three containers and the state table, by identity in Azure, by connection string on emulators.
import { DefaultAzureCredential, getBearerTokenProvider } from '@azure/identity';
import type { Config } from '../config.ts';
import { type AzureLakeStore, type LakeConnection, openLakeStore } from '../lake/store.ts';
import type { StateTable } from '../ports.ts';
import { openStateTable, type TableConnection } from './state-table.ts';

export interface LakeAccess {
  lake: AzureLakeStore;
  landing: AzureLakeStore;
  imports: AzureLakeStore;
  state: StateTable;
  /** Tokens for other Azure services, fetched when called. */
  tokenProvider(scope: string): () => Promise<string>;
}

/** Open the containers and the table; nothing is sent yet. */
export function openLakeAccess(config: Config): LakeAccess {
  const { store, table } = connections(config);
  return {
    lake: openLakeStore(store, config.LAKE_CONTAINER),
    landing: openLakeStore(store, config.LANDING_CONTAINER),
    imports: openLakeStore(store, config.IMPORTS_CONTAINER),
    state: openStateTable(table, config.STATE_TABLE),
    tokenProvider: (scope) => getBearerTokenProvider(credentialOf(config), scope),
  };
}

function connections(config: Config): { store: LakeConnection; table: TableConnection } {
  if (config.LAKE !== undefined) {
    const connection = { kind: 'connection-string' as const, connectionString: config.LAKE };
    return { store: connection, table: connection };
  }
  const { LAKE_DFS_ENDPOINT: dfsUrl, LAKE__blobServiceUri: blobUrl, LAKE__tableServiceUri: tableUrl } = config;
  if (dfsUrl === undefined || blobUrl === undefined || tableUrl === undefined)
    throw new Error('the configuration was not checked: lake endpoints are missing'); // config.ts asks for all three
  const credential = credentialOf(config);
  return {
    store: { kind: 'identity', dfsUrl, blobUrl, credential },
    table: { kind: 'identity', tableUrl, credential },
  };
}

const credentialOf = ({ AZURE_CLIENT_ID: managedIdentityClientId }: Config): DefaultAzureCredential =>
  new DefaultAzureCredential(managedIdentityClientId === undefined ? {} : { managedIdentityClientId });
