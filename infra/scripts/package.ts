// The deployed package in dist/package: bundled functions/ and shared/, the built dashboard/, host.json and the production packages for Linux x64.
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

/** package.json without scripts and development packages: nothing may be installed or built in Azure. */
export function productionManifest(manifest: Record<string, unknown>): PackageManifest {
  const { name, version, type, main, engines, dependencies } = manifest as unknown as PackageManifest;
  return { name, version, private: true, type, main, engines, dependencies };
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

/** Assemble the package. @param compiled  folder with functions/ and shared/ as JavaScript, and the built dashboard/ */
export async function assemble(compiled: string, target: string): Promise<void> {
  for (const folder of ['functions', 'shared', 'dashboard'])
    if (!existsSync(join(compiled, folder))) throw new Error(`${compiled}/${folder} is not there. Run: npm run build`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'dist'), { recursive: true });
  await bundle(compiled, join(target, 'dist'));
  cpSync(join(compiled, 'dashboard'), join(target, 'dist', 'dashboard'), { recursive: true });
  for (const file of ['host.json', 'package.json', 'package-lock.json']) cpSync(join(ROOT, file), join(target, file));
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
  await assemble(join(ROOT, 'dist'), target);
  install(target, { os: 'linux', cpu: 'x64', libc: 'glibc' });
  const { bytes, heaviest } = measure(target);
  deps.say(`package: ${megabytes(bytes)} in dist/package, ${megabytes(zippedSize(target))} zipped`);
  for (const one of heaviest) deps.say(`  ${megabytes(one.bytes).padStart(9)}  ${one.name}`);
  return 0;
}

runAsProgram(import.meta.url, main);
