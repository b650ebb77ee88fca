import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  assemble,
  hostJson,
  measure,
  productionManifest,
  readBackend,
  zippedSize,
} from '../../../infra/scripts/package.ts';
import { ROOT } from '../bicep.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-package-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (path: string, text = 'x'): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

describe('package', () => {
  test('holds functions and shared code, dashboard, documentation and host.json, and nothing else', async () => {
    for (const path of [
      'functions/runs.js',
      'functions/runs.js.map',
      'shared/a/b.js',
      'dashboard/index.html',
      'dashboard/assets/index-1.js',
      'docs/index.html',
      'docs/assets/search-1.json',
      'cli/sluice.js',
      'local/host/main.js',
      'package/old.js',
    ])
      put(`built/${path}`);
    await assemble(join(folder, 'built'), join(folder, 'out'));
    const files = readdirSync(join(folder, 'out'), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/functions/runs.js',
        'dist/shared/a/b.js',
        'dist/dashboard/index.html',
        'dist/dashboard/assets/index-1.js',
        'dist/docs/index.html',
        'dist/docs/assets/search-1.json',
        'host.json',
        'package.json',
      ]),
    );
    expect(files.filter((file) => /\.map$|cli|local|package\/old/.test(file))).toEqual([]);
  });

  test('host.json names the durable backend of the environment, in the file that the scale controller reads', () => {
    const text = readFileSync(join(ROOT, 'host.json'), 'utf8');
    expect(hostJson(text, readBackend({}))).toBe(text);
    const host = JSON.parse(hostJson(text, readBackend({ SLUICE_DURABLE_BACKEND: 'DurableTaskScheduler' })));
    const { durableTask } = host.extensions;
    expect(durableTask.storageProvider).toEqual({
      type: 'azureManaged',
      connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING',
    });
    expect(durableTask.hubName).toBe('SluiceHub');
    expect(() => readBackend({ SLUICE_DURABLE_BACKEND: 'Netherite' })).toThrow('azd env set SLUICE_DURABLE_BACKEND');
    const scheduler = readFileSync(join(ROOT, 'infra/modules/durable-scheduler.bicep'), 'utf8');
    expect(scheduler).toContain('DURABLE_TASK_SCHEDULER_CONNECTION_STRING:');
    expect(scheduler).not.toContain('AzureFunctionsJobHost__');
  });

  test('a build without functions is refused', async () => {
    mkdirSync(join(folder, 'built'));
    await expect(assemble(join(folder, 'built'), join(folder, 'out'))).rejects.toThrow('npm run build');
  });

  test('the manifest asks nobody to install or build anything', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
    const made = productionManifest(manifest);
    expect(Object.keys(made).sort()).toEqual(['dependencies', 'engines', 'main', 'name', 'private', 'type', 'version']);
    expect(made.main).toBe('dist/functions/*.js');
    expect(made.type).toBe('module');
  });

  test('the size is that of the files, and the heaviest packages come first', () => {
    put('node_modules/small/a.js', 'x'.repeat(10));
    put('node_modules/@scope/big/a.js', 'x'.repeat(1000));
    put('host.json', 'x'.repeat(5));
    expect(measure(folder)).toEqual({
      bytes: 1015,
      heaviest: [
        { name: '@scope/big', bytes: 1000 },
        { name: 'small', bytes: 10 },
      ],
    });
  });

  test('the zipped size counts what deflate leaves, headers and names', () => {
    put('a.txt', 'x'.repeat(10_000));
    expect(zippedSize(folder)).toBeGreaterThan(76 + 10);
    expect(zippedSize(folder)).toBeLessThan(200);
  });
});
