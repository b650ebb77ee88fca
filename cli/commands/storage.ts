// `sluice storage`: only the storage account of the laptop, for `func start` and for tools that speak to Azurite.
import { resolve } from 'node:path';
import { note } from '../console.ts';
import { appFolder, appOf } from '../local-app.ts';
import { openLocalCloud } from '../local-cloud.ts';

export async function storageCommand(options: { data: string; json: boolean }): Promise<void> {
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
    const settings = { LAKE: cloud.lake, AzureWebJobsStorage: cloud.webJobsStorage };
    if (options.json) process.stdout.write(`${JSON.stringify(settings)}\n`);
    else {
      for (const [name, value] of Object.entries(settings)) process.stdout.write(`${name}=${value}\n`);
      note('Put these into local.settings.json where they differ. Storage is up until Ctrl+C.');
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
