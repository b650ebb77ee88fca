// Loads a functions app: the files of package.json#main, its hooks, its capabilities.
// Invariant: any error in an entry file stops the start; registration is frozen afterwards.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CoreApi } from './core-api.ts';

/** The app cannot be loaded; the message names the file. */
export class AppLoadError extends Error {
  override readonly name = 'AppLoadError';
}

export interface LoadedApp {
  /** Same object in appStart and appTerminate hooks. */
  hookData: Record<string, unknown>;
  /** Where the library's streaming proxy listens, when the app turned streaming on. */
  streamingBase: string | undefined;
}

/** Load all entry files and run the appStart hooks. @throws {AppLoadError} */
export async function loadApp(appDir: string, core: CoreApi): Promise<LoadedApp> {
  const packageFile = join(appDir, 'package.json');
  if (!existsSync(packageFile)) throw new AppLoadError(`${appDir} is no functions app: package.json is missing.`);
  const manifest: unknown = JSON.parse(readFileSync(packageFile, 'utf8'));
  const { main, type } = manifest as { main?: string; type?: string }; // `as`: absent members are handled
  if (!main) throw new AppLoadError(`${packageFile} has no "main": set it to the glob of the compiled function files.`);
  const files = globSync(main, { cwd: appDir })
    .filter((file) => !file.endsWith('.d.ts'))
    .sort();
  if (files.length === 0)
    throw new AppLoadError(`Found zero files matching the supplied pattern "${main}" in ${appDir}. Is the app built?`);
  for (const file of files) {
    try {
      await loadFile(resolve(appDir, file), type === 'module');
    } catch (error) {
      throw new AppLoadError(
        `${file} cannot be loaded: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        { cause: error },
      );
    }
  }
  const hookData: Record<string, unknown> = {};
  for (const hook of core.hooks.appStart)
    await hook({ hookData, appHookData: core.appHookData, functionAppDirectory: appDir });
  const capabilities = (await core.model?.getCapabilities?.({})) ?? {};
  core.freeze();
  return { hookData, streamingBase: capabilities.HttpUri };
}

/** Run the appTerminate hooks. */
export async function terminateApp(app: LoadedApp, core: CoreApi): Promise<void> {
  for (const hook of core.hooks.appTerminate) await hook({ hookData: app.hookData, appHookData: core.appHookData });
}

async function loadFile(file: string, isModule: boolean): Promise<void> {
  const extension = extname(file);
  const asModule =
    extension === '.mjs' || extension === '.mts' || (isModule && extension !== '.cjs' && extension !== '.cts');
  if (asModule) await import(pathToFileURL(file).href);
  else createRequire(pathToFileURL(file))(file);
}
