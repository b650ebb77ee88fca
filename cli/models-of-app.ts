// Models of an app by its API, read as the registry of a lake reads them: `eval`, `compare` and `models export` do on this machine what they do
// with the lake of this machine.
// Invariant: M1 nothing is written; a file is checked against its checksum here too.
import { SluiceError } from '../shared/errors.ts';
import { type ModelList, ModelRegistry } from '../shared/models/registry.ts';
import { modelPaths } from '../shared/paths.ts';
import { type LakeStore, systemClock } from '../shared/ports.ts';
import { ApiClient, ApiError } from './api-client.ts';
import type { LakeOptions } from './at-lake.ts';
import { lookAtLake } from './local-app.ts';

/** Read models wherever they are. @throws {UsageError} no --url, and the data folder is not there */
export const lookAtModels = <T>(
  { data, url, key }: Pick<LakeOptions, 'data' | 'url' | 'key'>,
  work: (registry: ModelRegistry) => Promise<T>,
): Promise<T> =>
  url === undefined
    ? lookAtLake(data, ({ registry }) => work(registry))
    : work(new ModelRegistry(modelStore(new ApiClient(url, key)), { clock: systemClock }));

function modelStore(api: ApiClient): LakeStore {
  const refuse = async (): Promise<never> => {
    throw new SluiceError('internal', 'a command that only reads models asked for more');
  };
  const readIfExists = async (path: string): Promise<{ bytes: Buffer; etag: string } | undefined> => {
    if (path === modelPaths.champion) {
      const { champion, history } = await api.ask<ModelList>('GET', '/api/models');
      if (champion === null) return undefined;
      return { bytes: Buffer.from(JSON.stringify({ version: champion, previous: [], history })), etag: '' };
    }
    const [, version = '', file = ''] = /^models\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    try {
      const address = `/api/models/${encodeURIComponent(version)}/files/${encodeURIComponent(file)}`;
      return { bytes: await api.downloadWhole(address), etag: '' };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  };
  return {
    container: 'lake',
    readIfExists,
    read: async (path) => (await readIfExists(path))?.bytes ?? (await refuse()),
    readPart: refuse,
    stat: refuse,
    list: () => {
      throw new SluiceError('internal', 'a command that only reads models asked for a list of files');
    },
    download: refuse,
    write: refuse,
    upload: refuse,
    delete: refuse,
    deleteFolder: refuse,
  };
}
