import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

interface LockedPackage {
  version?: string;
  optionalDependencies?: Record<string, string>;
}

test('lock file: names the packages of every platform, so that `npm ci` works on each', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const missing = Object.entries(lock.packages).flatMap(([key, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) =>
        lock.packages[`node_modules/${name}`] === undefined &&
        lock.packages[`${key}/node_modules/${name}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
});

test('lock file: one copy of each package of the OpenTelemetry SDK, all of one release', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const sdk = /node_modules\/@opentelemetry\/(core|resources|sdk-(metrics|trace|trace-base|trace-node|trace-web))$/;
  const copies = Object.entries(lock.packages).filter(([path]) => sdk.test(path));
  expect(copies.map(([path]) => path).filter((path) => path.lastIndexOf('node_modules/') > 0)).toEqual([]);
  expect(copies.length).toBeGreaterThan(5);
  // The version sdk-node asks for; the overrides of package.json hold the others to it. Without them npm installs up to ten copies, some 30 MB.
  const wanted = lock.packages['node_modules/@opentelemetry/sdk-node'] as { dependencies: Record<string, string> };
  expect(new Set(copies.map(([, { version }]) => version))).toEqual(
    new Set([wanted.dependencies['@opentelemetry/core']]),
  );
});

test('package: exact versions where a newer one is known to break', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(dependencies['@azure/storage-blob']).toBe('12.33.0'); // newer ones speak an API version the emulator refuses
  expect(dependencies['@duckdb/node-api']).toMatch(/^\d+\.\d+\.\d+-r\.\d+$/); // ranges do not resolve
});

test('installing: no package runs a script or fetches anything, and npm says nothing but its summary', () => {
  const settings = readFileSync(join(ROOT, '.npmrc'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'));
  // Every name is one of npm's own: it warns of others. In JSON mode `npm ci` prints each package.
  expect(settings.sort()).toEqual(['audit=false', 'fund=false', 'ignore-scripts=true', 'loglevel=error']);
});

test('installing: README, CONTRIBUTING and package.json name the same Node, and the door of the command line the one it runs on', () => {
  const { engines, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    engines: { node: string };
    optionalDependencies: Record<string, string>;
  };
  const needed = /^>=(\d+)$/.exec(engines.node)?.[1];
  for (const file of ['README.md', 'CONTRIBUTING.md'])
    expect(readFileSync(join(ROOT, file), 'utf8'), file).toContain(`Node ≥ ${needed} and npm`);
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { os?: string | string[]; cpu?: string | string[]; optional?: boolean }>;
  };
  const runtimes = Object.keys(optionalDependencies).filter((name) => /^node-(bin-)?(linux|darwin|win)-/.test(name));
  expect(
    runtimes.map((name) => {
      const { os, cpu, optional } = lock.packages[`node_modules/${name}`] ?? {};
      return `${[os, cpu].flat().join('-')} ${optional}`;
    }),
  ).toEqual(['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-x64'].map((one) => `${one} true`));
});

test('`npm start` compiles functions, shared, local and cli as the build does, byte for byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-start-'));
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const where = ['--outDir', folder, '--tsBuildInfoFile', join(folder, 'info')];
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.start.json', ...where], { cwd: ROOT });
    for (const part of ['functions', 'shared', 'local', 'cli']) {
      const sources = filesIn(join(ROOT, part), /(?<!\.d)\.ts$/).map((file) => file.replace(/\.ts$/, '.js'));
      expect(filesIn(join(folder, part), /\.js$/), part).toEqual(sources);
      const differing = sources.filter(
        (file) => !readFileSync(join(folder, part, file)).equals(readFileSync(join(ROOT, 'dist', part, file))),
      );
      expect(differing, part).toEqual([]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

const filesIn = (folder: string, kind: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => kind.test(file))
    .sort();
