// The SDK's clients of one container. Loaded by the first call to storage: most of what the SDK consists of is loaded with it, and a process that
// only answers `--help`, or is being indexed by the platform, has no use for it.
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { type DataLakeFileSystemClient, DataLakeServiceClient } from '@azure/storage-file-datalake';
import { blobOnlyEndpoint, DEFAULT_TRY_SECONDS, type LakeConnection, type StorageTries } from './storage-connection.ts';
import { blobHttpClient } from './storage-http.ts';

/** The Blob endpoint takes reads and writes, the DFS endpoint listings, moves and folders. */
export interface LakeClients {
  blobs: ContainerClient;
  files: DataLakeFileSystemClient;
}

/** On a laptop storage is near, so the first wait is short. */
const DEFAULT_TRIES: StorageTries = { timeoutMs: DEFAULT_TRY_SECONDS * 1000, count: 5, firstDelayMs: 250 };
const MAX_DELAY_MS = 8000;

/** Nothing is sent yet. */
export function openLakeClients(
  connection: LakeConnection,
  container: string,
  tries: Partial<StorageTries> = {},
): LakeClients {
  const { timeoutMs, count, firstDelayMs } = { ...DEFAULT_TRIES, ...tries };
  const options = {
    retryOptions: { maxTries: count, retryDelayInMs: firstDelayMs, maxRetryDelayInMs: MAX_DELAY_MS },
    httpClient: blobHttpClient(timeoutMs),
  };
  if (connection.kind === 'identity') {
    return {
      blobs: new BlobServiceClient(connection.blobUrl, connection.credential, options).getContainerClient(container),
      files: new DataLakeServiceClient(connection.dfsUrl, connection.credential, options).getFileSystemClient(
        container,
      ),
    };
  }
  const { connectionString } = connection;
  return {
    blobs: BlobServiceClient.fromConnectionString(blobOnly(connectionString), options).getContainerClient(container),
    files: DataLakeServiceClient.fromConnectionString(connectionString, options).getFileSystemClient(container),
  };
}

/** The laptop's storage serves both kinds of call at BlobEndpoint; Blob calls are spared the way through its DFS part. */
function blobOnly(connectionString: string): string {
  const endpoint = blobOnlyEndpoint(connectionString);
  return endpoint === undefined
    ? connectionString
    : connectionString.replace(
        /(^|;)BlobEndpoint=[^;]*/,
        (_whole, start: string) => `${start}BlobEndpoint=${endpoint}`,
      );
}
