// `npm run docs:site`: the documentation as a static site, by default into dist/docs, from where functions/docs.ts serves it.
// `npm run build` writes it too, in the process of Vite (dashboard/vite.config.ts), which has the bundler loaded already.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { siteFiles } from './site.ts';

const ROOT = new URL('../../', import.meta.url);
/** From where the app serves it. */
export const APP_FOLDER = fileURLToPath(new URL('dist/docs', ROOT));
const HELP = `npm run docs:site -- [--to FOLDER] [--public]

Writes the documentation (README.md, docs/*.md and what they link to) as static pages with a search.
--to      folder to write into, default dist/docs, from where the app serves /api/docs; nothing there is removed but files of a former site
--public  for a place of its own, such as GitHub Pages: with the pictures, without the link to the app's page`;

/** The browser's script with the library of its search, as one file. */
export async function browserScript(): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL('browser/main.ts', import.meta.url)),
    platform: 'browser',
    onLog: (_level, log) => {
      throw new Error(`docs/site: ${log.message}`);
    },
  });
  try {
    const { output } = await build.generate({ format: 'esm', minify: true, comments: { legal: true } });
    return output[0].code;
  } finally {
    await build.close();
  }
}

async function main(): Promise<void> {
  const options = { to: { type: 'string' }, public: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ options });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  await writeSite(values.to === undefined ? APP_FOLDER : resolve(values.to), values.public === true);
}

/** @param isPublic  see SiteOptions */
export async function writeSite(folder: string, isPublic: boolean): Promise<void> {
  const files = siteFiles({ root: ROOT, isPublic, script: await browserScript() });
  if (folder === APP_FOLDER) rmSync(folder, { recursive: true, force: true }); // the build's own: a page that is no more goes
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  removeFormer(join(folder, 'assets'), files);
}

/** Files whose name holds the hash of a content that is no longer theirs. Nothing else in the folder is touched: it may be anybody's. */
function removeFormer(folder: string, files: ReadonlyMap<string, unknown>): void {
  for (const name of readdirSync(folder))
    if (/^(site|search)-[0-9a-f]{10}\.(js|css|json)$/.test(name) && !files.has(`assets/${name}`))
      rmSync(join(folder, name));
}

if (import.meta.main)
  await main().catch((error: unknown) => {
    console.error(`docs:site: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = error instanceof TypeError ? 2 : 1; // parseArgs refuses options by a TypeError
  });
