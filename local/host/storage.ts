// Storage clients by connection setting: a connection string, `UseDevelopmentStorage=true`, or the identity form `<name>__blobServiceUri`.
// Invariant: the SDKs are loaded on first use; an app without storage triggers never pays for them.
import type { BlobServiceClient } from '@azure/storage-blob';
import type { QueueServiceClient } from '@azure/storage-queue';
import { openQueues, openQueuesAt } from './queue-text.ts';
import { HostSettingsError } from './settings.ts';

const DEVELOPMENT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='; // published by Microsoft for emulators
const DEVELOPMENT_STORAGE = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${DEVELOPMENT_KEY};BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;`;

/** Where a connection leads. */
export type StorageConnection =
  | { kind: 'connection-string'; connectionString: string }
  | { kind: 'identity'; endpoint: string };

/**
 * Resolve a binding's connection.
 * @param name   setting name; absent or '' = AzureWebJobsStorage. A name is also looked up with the prefix AzureWebJobs, as Azure does.
 * @throws {HostSettingsError} when no such setting exists
 */
export function resolveConnection(
  name: string | undefined,
  service: 'blob' | 'queue',
  env: NodeJS.ProcessEnv,
): StorageConnection {
  const setting = name === undefined || name === '' ? 'AzureWebJobsStorage' : name;
  for (const key of [setting, `AzureWebJobs${setting}`]) {
    const text = env[key];
    if (text !== undefined && text !== '')
      return { kind: 'connection-string', connectionString: expandDevelopmentStorage(text) };
    const uri = env[`${key}__${service}ServiceUri`];
    if (uri) return { kind: 'identity', endpoint: uri };
    const account = env[`${key}__accountName`];
    if (account) return { kind: 'identity', endpoint: `https://${account}.${service}.core.windows.net` };
  }
  throw new HostSettingsError(
    `Connection "${setting}" is not configured: set ${setting} (a connection string) or ${setting}__${service}ServiceUri in local.settings.json.`,
  );
}

/** `UseDevelopmentStorage=true`, written out with the usual ports; other strings unchanged. */
export function expandDevelopmentStorage(text: string): string {
  return /^\s*UseDevelopmentStorage\s*=\s*true\s*;?\s*$/i.test(text) ? DEVELOPMENT_STORAGE : text;
}

/** Clients, one per connection and service. */
export class StorageClients {
  readonly #env: NodeJS.ProcessEnv;
  readonly #blobs = new Map<string, Promise<BlobServiceClient>>();
  readonly #queues = new Map<string, Promise<QueueServiceClient>>();

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  blob(connection: string | undefined): Promise<BlobServiceClient> {
    return cached(this.#blobs, connection, async () => {
      const { BlobServiceClient } = await import('@azure/storage-blob');
      const target = resolveConnection(connection, 'blob', this.#env);
      return target.kind === 'connection-string'
        ? BlobServiceClient.fromConnectionString(target.connectionString)
        : new BlobServiceClient(target.endpoint, await credential());
    });
  }

  queue(connection: string | undefined): Promise<QueueServiceClient> {
    return cached(this.#queues, connection, async () => {
      const library = await import('@azure/storage-queue');
      const target = resolveConnection(connection, 'queue', this.#env);
      return target.kind === 'connection-string'
        ? openQueues(library, target.connectionString)
        : openQueuesAt(library, target.endpoint, await credential());
    });
  }
}

/** HTTP status of a storage error; undefined when it is none. */
export function storageStatus(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

async function credential() {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}

function cached<T>(map: Map<string, Promise<T>>, name: string | undefined, create: () => Promise<T>): Promise<T> {
  const key = name ?? '';
  let client = map.get(key);
  if (!client) {
    client = create();
    map.set(key, client);
    client.catch(() => map.delete(key)); // a later call may find the setting mended
  }
  return client;
}
