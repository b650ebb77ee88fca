import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

interface LockedPackage {
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

test('package: exact versions where a newer one is known to break', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(dependencies['@azure/storage-blob']).toBe('12.33.0'); // newer ones speak an API version the emulator refuses
  expect(dependencies['@duckdb/node-api']).toMatch(/^\d+\.\d+\.\d+-r\.\d+$/); // ranges do not resolve
});
