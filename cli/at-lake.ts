// Commands that work on a lake wherever it is: through the API of --url, or on the lake of this machine, where no host need run.
import type { App } from '../shared/compose.ts';
import { ApiClient } from './api-client.ts';
import { lookAtLake, withLake } from './local-app.ts';

/** Options of `remote` (options.ts). */
export interface LakeOptions {
  data: string;
  json: boolean;
  url?: string;
  key?: string;
}

interface Sides<T> {
  api: (api: ApiClient) => Promise<T>;
  app: (app: App) => Promise<T>;
}

const eitherSide =
  (open: <T>(dataFolder: string, work: (app: App) => Promise<T>) => Promise<T>) =>
  <T>({ data, url, key }: Pick<LakeOptions, 'data' | 'url' | 'key'>, sides: Sides<T>): Promise<T> =>
    url === undefined ? open(data, sides.app) : sides.api(new ApiClient(url, key));

/**
 * The same answer from either side.
 * @throws {UsageError} no --url, and the data folder is not there
 */
export const atLake = eitherSide(withLake);

/** As atLake, for a command that only looks: while no storage runs here, none is started. */
export const lookAt = eitherSide(lookAtLake);

/** A query string of what is given. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query}`;
}
