// The storage account as the app uses it: three containers and the state table, by identity in Azure, by connection string on emulators.
import type { TokenCredential } from '@azure/identity';
import type { Config } from '../config.ts';
import type { LakeConnection } from '../lake/storage-connection.ts';
import { type AzureLakeStore, openLakeStore } from '../lake/store.ts';
import { type LakeStore, type StateTable, systemClock } from '../ports.ts';
import { createCredential } from './credentials.ts';
import { azureOpenAiToken } from './openai.ts';
import { openSecrets, type Secrets } from './secrets.ts';
import { openStateTable, type TableConnection } from './state-table.ts';

/** A container that can be made when it is missing. */
export type LakeContainer = LakeStore & Pick<AzureLakeStore, 'ensureContainer'>;

export interface LakeAccess {
  lake: LakeContainer;
  landing: LakeContainer;
  imports: LakeContainer;
  state: StateTable;
  /** The app's identity, made when first asked for. */
  credential(): TokenCredential;
  /** Tokens for other Azure services, fetched when called. */
  tokenProvider(scope: string): () => Promise<string>;
  /** A secret of the vault. @throws {TerminalError} secret.not-found */
  secret(name: string): Promise<string>;
}

/** Open the containers and the table; nothing is sent yet. */
export function openLakeAccess(config: Config): LakeAccess {
  let secrets: Secrets | undefined;
  let known: TokenCredential | undefined;
  const credential = () => {
    known ??= createCredential(config.AZURE_CLIENT_ID);
    return known;
  };
  const { store, table } = connections(config, credential);
  const timeoutMs = config.STORAGE_TRY_SECONDS * 1000;
  return {
    lake: openLakeStore(store, config.LAKE_CONTAINER, { timeoutMs }),
    landing: openLakeStore(store, config.LANDING_CONTAINER, { timeoutMs }),
    imports: openLakeStore(store, config.IMPORTS_CONTAINER, { timeoutMs }),
    state: openStateTable(table, config.STATE_TABLE, timeoutMs),
    credential,
    tokenProvider: (scope) => azureOpenAiToken(credential(), scope),
    secret(name) {
      secrets ??= openSecrets(config.KEY_VAULT_URI, credential(), systemClock);
      return secrets.get(name);
    },
  };
}

function connections(
  config: Config,
  identity: () => TokenCredential,
): { store: LakeConnection; table: TableConnection } {
  if (config.LAKE !== undefined) {
    const connection = { kind: 'connection-string' as const, connectionString: config.LAKE };
    return { store: connection, table: connection };
  }
  const { LAKE_DFS_ENDPOINT: dfsUrl, LAKE__blobServiceUri: blobUrl, LAKE__tableServiceUri: tableUrl } = config;
  if (dfsUrl === undefined || blobUrl === undefined || tableUrl === undefined)
    throw new Error('the configuration was not checked: lake endpoints are missing'); // config.ts asks for all three
  const credential = identity();
  return {
    store: { kind: 'identity', dfsUrl, blobUrl, credential },
    table: { kind: 'identity', tableUrl, credential },
  };
}
