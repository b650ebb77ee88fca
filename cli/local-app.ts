// The CLI's own way into the lake: a configured cloud lake, or the local one, joined or started for the time of the command.
import { existsSync } from 'node:fs';
import { openLakeAccess } from '../shared/azure/lake-access.ts';
import { type App, createApp } from '../shared/compose.ts';
import { loadConfig, readEnvironment } from '../shared/config.ts';
import { SluiceError } from '../shared/errors.ts';
import { systemClock } from '../shared/ports.ts';
import { appFolder } from './app-folder.ts';
import { type CloudState, DataFolder } from './data-folder.ts';
import { type LakeAtRest, openLakeAtRest } from './lake-at-rest.ts';
import { openLocalCloud } from './local-cloud.ts';

/** Services over the storage of a local cloud. */
export function appOf(state: Pick<CloudState, 'lake'>, env: Readonly<Record<string, string>> = {}): App {
  return createApp(loadConfig({ ...readEnvironment(), LOG_LEVEL: 'error', ...env, LAKE: state.lake }));
}

/** Does the environment name a lake? Then the data folder plays no part. */
const isLakeNamed = (env: Readonly<Record<string, string | undefined>>): boolean =>
  env.LAKE !== undefined || env.LAKE_DFS_ENDPOINT !== undefined;

/** The environment names a lake: what a data folder knows of hosts says nothing of it. */
export const isLakeElsewhere = (): boolean => isLakeNamed(readEnvironment());

/** Is there a lake to ask, or would one have to be made? */
export const isLakeThere = (dataFolder: string): boolean => isLakeElsewhere() || existsSync(dataFolder);

/** As withApp, for commands to which a lake without anything is a mistake. @throws {UsageError} there is no such data folder */
export async function withLake<T>(dataFolder: string, work: (app: App) => Promise<T>): Promise<T> {
  if (!isLakeNamed(readEnvironment())) DataFolder.existing(dataFolder);
  return await withApp(dataFolder, work);
}

/**
 * As withLake, for commands that only look: while no storage runs in the data folder they read its files, and none is started.
 * `work` writes nothing, in the lake or in the state table.
 */
export async function lookAtLake<T>(dataFolder: string, work: (app: App) => Promise<T>): Promise<T> {
  if (isLakeNamed(readEnvironment())) return await withApp(dataFolder, work);
  const folder = DataFolder.existing(dataFolder);
  if (folder.state() !== undefined || !folder.tryOwn()) return await withApp(dataFolder, work);
  const lake = await openLakeAtRest(folder.file('azurite')).catch((error: unknown) => {
    folder.disown();
    throw error;
  });
  if (lake === undefined) {
    folder.disown();
    return await withApp(dataFolder, work);
  }
  const app = appAtRest(lake);
  try {
    return await work(app);
  } finally {
    await app.close();
    lake.close();
    folder.disown();
  }
}

function appAtRest(lake: LakeAtRest): App {
  const config = loadConfig({ LOG_LEVEL: 'error', ...readEnvironment(), LAKE: 'UseDevelopmentStorage=true' });
  const containerOf = (name: string) => ({ ...lake.container(name), ensureContainer: async () => {} });
  const refuse = async (): Promise<never> => {
    throw new SluiceError('internal', 'a command that only looks asked for the state table');
  };
  return createApp(config, systemClock, {
    ...openLakeAccess(config),
    lake: containerOf(config.LAKE_CONTAINER),
    landing: containerOf(config.LANDING_CONTAINER),
    imports: containerOf(config.IMPORTS_CONTAINER),
    state: { get: refuse, compareAndSwap: refuse, delete: refuse },
  });
}

/** Run `work` with services: over the lake that the environment names, else over the local one, which is made when it is not there. */
export async function withApp<T>(
  dataFolder: string,
  work: (app: App) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const env = readEnvironment();
  if (isLakeNamed(env)) {
    const app = createApp(loadConfig({ LOG_LEVEL: 'error', ...settings, ...env }));
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  }
  const cloud = await openLocalCloud({ dataFolder, appFolder: appFolder(), withHost: false, port: 0 });
  const app = appOf(cloud, settings);
  try {
    await app.ensureContainers();
    return await work(app);
  } finally {
    await app.close();
    await cloud.stop();
  }
}
