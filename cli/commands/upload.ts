// `sluice upload`: files into the landing container, as a user's tool would put them there.
import { basename } from 'node:path';
import { note } from '../console.ts';
import { listFolder, tellSkipped } from '../import-folder.ts';
import { withApp } from '../local-app.ts';

export async function uploadCommand(
  paths: readonly string[],
  options: { data: string; prefix: string; json: boolean },
): Promise<void> {
  const uploaded: string[] = [];
  await withApp(options.data, async (app) => {
    for (const path of paths) {
      const { files } = tellSkipped(await listFolder(path));
      const isFile = files.length === 1 && files[0]?.path === basename(path);
      for (const file of files) {
        const parts = [options.prefix, isFile ? '' : basename(path), file.path];
        const target = parts.filter((part) => part !== '').join('/');
        await app.landing.upload(target, file.file);
        uploaded.push(target);
      }
    }
  });
  if (options.json) process.stdout.write(`${JSON.stringify({ container: 'landing', uploaded })}\n`);
  else note(`${uploaded.length} file(s) uploaded to landing; a running host classifies them now`);
}
