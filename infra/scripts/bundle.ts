// The code of the deployed package: every compiled file at its own path, and the libraries that all functions load at start in one file.
// A cold start pays for each file it looks up and opens: 1,513 become 374, in half the time.
// Invariants: B1 what is loaded lazily stays in node_modules, heavy or not. B2 the Azure Functions library is never bundled: the worker
// gives it its core module. B3 paths that code derives from its own place (reader process, page, package.json) stay true.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RolldownOptions, rolldown } from 'rolldown';

/** Libraries that the functions import at start. What these import is bundled with them. */
export const BUNDLED: ReadonlySet<string> = new Set([
  '@azure/core-http-compat',
  '@azure/core-rest-pipeline',
  '@azure/data-tables',
  '@azure/identity',
  '@azure/storage-blob',
  '@azure/storage-file-datalake',
  'croner',
  'durable-functions',
  'p-limit',
  'zod',
]);

/** Libraries that must be one copy in the process, whoever imports them. */
const SHARED: ReadonlySet<string> = new Set(['@azure/functions', '@azure/functions-core', '@opentelemetry/api']);

const VENDOR = 'shared/vendor';

/**
 * Write functions/ and shared/ into the target.
 * @param compiled  folder with functions/ and shared/ as JavaScript, with node_modules in it or above it
 * @returns paths of the written files, relative to the target
 */
export async function bundle(compiled: string, target: string): Promise<string[]> {
  const files = ['functions', 'shared'].flatMap((folder) =>
    readdirSync(join(compiled, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
  );
  const options: RolldownOptions = {
    cwd: compiled,
    platform: 'node',
    input: Object.fromEntries(files.map((file) => [file.replace(/\.js$/, ''), join(compiled, file)])),
    external: isExternal,
    preserveEntrySignatures: 'strict',
    onLog: (_level, log) => {
      throw new Error(`bundle: ${log.message}`); // an import that is not found would fail in Azure only
    },
  };
  const build = await rolldown(options);
  try {
    const { output } = await build.write({
      dir: target,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: `${VENDOR}/[name].js`,
      comments: { legal: true, annotation: false, jsdoc: false },
      codeSplitting: { groups: [{ name: 'libraries', test: /[\\/]node_modules[\\/]/ }] },
    });
    return output.map(({ fileName }) => fileName);
  } finally {
    await build.close();
  }
}

function isExternal(id: string, importer: string | undefined, isResolved: boolean): boolean {
  if (isResolved || importer === undefined || /^[./]/.test(id)) return false;
  if (id.startsWith('node:')) return true;
  const name = packageOf(id);
  return /[\\/]node_modules[\\/]/.test(importer) ? SHARED.has(name) : !BUNDLED.has(name);
}

/** Name of the package in `zod`, `eld/extrasmall` or `@azure/identity/x`. */
export const packageOf = (id: string): string =>
  id
    .split('/')
    .slice(0, id.startsWith('@') ? 2 : 1)
    .join('/');
