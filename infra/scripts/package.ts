// The deployed package in dist/package: bundled functions/ and shared/, the built dashboard/ and docs/, host.json and the production packages for Linux x64.
// Nothing else runs in Azure. Prints the size, so that a dependency that doubles it is noticed.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { bundle } from './bundle.ts';
import { type HookDeps, runAsProgram } from './cli.ts';
import { prune, sizeOf } from './prune.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface PackageManifest {
  name: string;
  version: string;
  private: boolean;
  type: string;
  main: string;
  engines: Record<string, string>;
  dependencies: Record<string, string>;
}

/** package.json without scripts and development packages: nothing may be installed or built in Azure. The packages themselves ask for Node 22. */
export function productionManifest(manifest: Record<string, unknown>): PackageManifest {
  const { name, version, type, main, dependencies } = manifest as unknown as PackageManifest;
  return { name, version, private: true, type, main, engines: { node: '>=22' }, dependencies };
}

/** Bytes below a folder, and the heaviest packages. */
export function measure(folder: string): { bytes: number; heaviest: { name: string; bytes: number }[] } {
  const modules = join(folder, 'node_modules');
  const names = existsSync(modules)
    ? readdirSync(modules).flatMap((name) =>
        name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
      )
    : [];
  const heaviest = names
    .map((name) => ({ name, bytes: sizeOf(join(modules, name)) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 10);
  return { bytes: sizeOf(folder), heaviest };
}

/** Bytes that azd uploads: every file deflated, and what the archive says of it. */
export function zippedSize(folder: string): number {
  const ENTRY_BYTES = 30 + 46; // local header and entry of the directory; each holds the name too
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .reduce(
      (sum, path) =>
        sum + deflateRawSync(readFileSync(path)).length + ENTRY_BYTES + 2 * (path.length - folder.length - 1),
      0,
    );
}

/** The durable backend of an environment; the same names as infra/main.bicep. */
export type DurableBackend = 'AzureStorage' | 'DurableTaskScheduler';

/**
 * host.json of the chosen backend. It must stand in the file: the scale controller is told what the file says, settings that override it
 * are not looked at, and an app that it takes for idle is never scaled out.
 */
export function hostJson(text: string, backend: DurableBackend): string {
  if (backend === 'AzureStorage') return text;
  const host = JSON.parse(text) as { extensions: { durableTask: Record<string, unknown> } };
  host.extensions.durableTask.storageProvider = {
    type: 'azureManaged',
    connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING',
  };
  return `${JSON.stringify(host, null, 2)}\n`;
}

/** @throws Error when the environment names a backend that does not exist */
export function readBackend(env: Readonly<Record<string, string | undefined>>): DurableBackend {
  const backend = env.SLUICE_DURABLE_BACKEND || 'AzureStorage';
  if (backend === 'AzureStorage' || backend === 'DurableTaskScheduler') return backend;
  throw new Error(
    `SLUICE_DURABLE_BACKEND is ${backend}. Run: azd env set SLUICE_DURABLE_BACKEND AzureStorage (or DurableTaskScheduler)`,
  );
}

/** Folders of the build whose files are sent as they are. */
const PAGES = ['dashboard', 'docs'];

/** Assemble the package. @param compiled  folder with functions/ and shared/ as JavaScript, and the built dashboard/ and docs/ */
export async function assemble(
  compiled: string,
  target: string,
  backend: DurableBackend = 'AzureStorage',
): Promise<void> {
  for (const folder of ['functions', 'shared', ...PAGES])
    if (!existsSync(join(compiled, folder))) throw new Error(`${compiled}/${folder} is not there. Run: npm run build`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'dist'), { recursive: true });
  await bundle(compiled, join(target, 'dist'));
  for (const folder of PAGES) cpSync(join(compiled, folder), join(target, 'dist', folder), { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(ROOT, file), join(target, file));
  writeFileSync(join(target, 'host.json'), hostJson(readFileSync(join(ROOT, 'host.json'), 'utf8'), backend));
}

/** Install production packages for the platform of Azure; then drop what would make anybody install again. */
export function install(target: string, platform: { os: string; cpu: string; libc: string }): void {
  const flags = [
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-json',
    `--os=${platform.os}`,
    `--cpu=${platform.cpu}`,
    `--libc=${platform.libc}`,
  ];
  execFileSync('npm', ['ci', ...flags], {
    cwd: target,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(productionManifest(manifest), null, 2)}\n`);
  rmSync(join(target, 'package-lock.json'));
  prune(target, platform);
  declareCommonJs(join(target, 'node_modules/@azure/functions'));
}

/** Say of a package what its silence means: otherwise Node reads its main file twice, first to find out whether it is a module. */
export function declareCommonJs(folder: string): void {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...manifest, type: manifest.type ?? 'commonjs' }, null, 2));
}

/** Millions of bytes. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

async function main(deps: HookDeps): Promise<number> {
  const target = join(ROOT, 'dist/package');
  execFileSync('npm', ['run', 'build'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const backend = readBackend(deps.env);
  await assemble(join(ROOT, 'dist'), target, backend);
  install(target, { os: 'linux', cpu: 'x64', libc: 'glibc' });
  const { bytes, heaviest } = measure(target);
  deps.say(
    `package: ${megabytes(bytes)} in dist/package, ${megabytes(zippedSize(target))} zipped, durable backend ${backend}`,
  );
  for (const one of heaviest) deps.say(`  ${megabytes(one.bytes).padStart(9)}  ${one.name}`);
  return 0;
}

runAsProgram(import.meta.url, main);
