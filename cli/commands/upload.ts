// `sluice upload`: files into the landing container, as a user's tool would put them there.
import { basename } from 'node:path';
import { ApiClient } from '../api-client.ts';
import type { LakeOptions } from '../at-lake.ts';
import { bar, clearBar, note, printJson } from '../console.ts';
import { DataFolder } from '../data-folder.ts';
import { listFolder, tellSkipped } from '../folder-listing.ts';
import { lakeOption } from '../lake-option.ts';
import { isLakeElsewhere, withApp } from '../local-app.ts';

export async function uploadCommand(
  paths: readonly string[],
  options: LakeOptions & { prefix: string },
): Promise<void> {
  const uploaded: string[] = [];
  const putAll = async (put: (target: string, file: string) => Promise<unknown>): Promise<void> => {
    for (const path of paths) {
      const { files } = tellSkipped(await listFolder(path));
      const isFile = files.length === 1 && files[0]?.path === basename(path);
      for (const file of files) {
        const parts = [options.prefix, isFile ? '' : basename(path), file.path];
        const target = parts.filter((part) => part !== '').join('/');
        await put(target, file.file);
        uploaded.push(target);
        bar(`${uploaded.length} uploaded`);
      }
    }
    clearBar();
  };
  if (options.url === undefined)
    await withApp(options.data, (app) => putAll((target, file) => app.landing.upload(target, file)));
  else {
    const api = new ApiClient(options.url, options.key);
    await putAll((target, file) => api.upload('landing', target, file));
  }
  if (options.json) printJson({ container: 'landing', uploaded });
  else if (uploaded.length === 0) note(`Nothing was uploaded: no file to take in ${paths.join(', ')}.`);
  else note(`${uploaded.length} file(s) uploaded to landing; ${whatFollows(options)}`);
}

/** Uploads are classified by a host: is there one, and where does it tell of them? */
function whatFollows(options: LakeOptions): string {
  const lake = lakeOption(options);
  const isRunning =
    options.url !== undefined || isLakeElsewhere() || new DataFolder(options.data).state()?.hostUrl != null;
  return isRunning
    ? `they are classified now: \`npx sluice runs${lake}\` shows how far, \`npx sluice guide${lake}\` what is next`
    : `no host runs in ${options.data}: \`npm start${lake === '' ? '' : ` --${lake}`}\` begins one, which classifies them`;
}
