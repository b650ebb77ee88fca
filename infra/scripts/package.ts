// The deployed package in dist/package: bundled functions/ and shared/, the built dashboard/, host.json and the production packages for Linux x64.
// Nothing else runs in Azure. Prints the size, so that a dependency that doubles it is noticed.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { type HookDeps, runAsProgram } from './cli.ts';

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

function sizeOf(path: string): number {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
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
  prune(join(target, 'node_modules'), platform);
}

/** Drop what no process reads: typings, source maps, and native libraries for other platforms. @returns bytes dropped */
export function prune(modules: string, platform: { os: string; cpu: string }): number {
  let dropped = 0;
  const drop = (path: string) => {
    dropped += sizeOf(path);
    rmSync(path, { recursive: true });
  };
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && /\.(map|d\.[cm]?ts)$/.test(entry.name)) drop(join(entry.parentPath, entry.name));
  // onnxruntime-node carries the libraries of every platform: bin/napi-v*/<os>/<cpu>
  const runtimes = join(modules, 'onnxruntime-node/bin');
  for (const api of existsSync(runtimes) ? readdirSync(runtimes) : [])
    for (const os of readdirSync(join(runtimes, api)))
      for (const cpu of readdirSync(join(runtimes, api, os)))
        if (os !== platform.os || cpu !== platform.cpu) drop(join(runtimes, api, os, cpu));
  return dropped;
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

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
  deps.say(`package: ${megabytes(bytes)} in dist/package`);
  for (const one of heaviest) deps.say(`  ${megabytes(one.bytes).padStart(9)}  ${one.name}`);
  return 0;
}

runAsProgram(import.meta.url, main);
