// `sluice storage`: only the storage account of the laptop, for `func start` and for tools that speak to Azurite.
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { forOthers } from '../../shared/lake/storage-connection.ts';
import { appFolder } from '../app-folder.ts';
import { note, print, printJson, UsageError } from '../console.ts';
import { parseJsonFile } from '../json-file.ts';
import { appOf } from '../local-app.ts';
import { openLocalCloud } from '../local-cloud.ts';

export async function storageCommand(options: { data: string; json: boolean; settings?: string }): Promise<void> {
  const file = options.settings === undefined ? undefined : openSettings(options.settings);
  const cloud = await openLocalCloud({
    dataFolder: resolve(options.data),
    appFolder: appFolder(),
    withHost: false,
    port: 0,
  });
  try {
    const app = appOf(cloud);
    await app.ensureContainers();
    await app.close();
    const settings = { LAKE: forOthers(cloud.lake), AzureWebJobsStorage: cloud.webJobsStorage };
    file?.write(settings);
    if (options.json) printJson(settings);
    else {
      for (const [name, value] of Object.entries(settings)) print(`${name}=${value}`);
      const where = file === undefined ? 'Put these into local.settings.json' : `They stand in ${options.settings} now`;
      note(`${where}: the key is this data folder's own. Storage is up until Ctrl+C.`);
    }
    const broken = cloud.broken.then((what) => {
      throw new Error(what);
    });
    await Promise.race([
      new Promise<void>((done) => {
        process.once('SIGINT', () => done()).once('SIGTERM', () => done());
      }),
      broken,
    ]);
  } finally {
    await cloud.stop();
  }
}

/**
 * A settings file whose storage settings are to be set; the others stay. Looked at before anything is started.
 * @throws {UsageError} the file is there and is no settings file
 */
function openSettings(name: string): { write(settings: Readonly<Record<string, string>>): void } {
  const content = (existsSync(name) ? parseJsonFile(name) : {}) as { Values?: Record<string, string> }; // Functions' own format, checked below
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new UsageError(`${name} is no settings file: it must be {"Values": {…}}`);
  return {
    write(settings) {
      const merged = { IsEncrypted: false, ...content, Values: { ...content.Values, ...settings } };
      writeFileSync(name, `${JSON.stringify(merged, null, 2)}\n`, { mode: 0o600 });
      chmodSync(name, 0o600); // it holds the key now
    },
  };
}
