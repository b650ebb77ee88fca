import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { differences } from '../../../infra/scripts/check-package.ts';
import { importedNames, prune } from '../../../infra/scripts/prune.ts';

let app: string;
beforeEach(() => {
  app = mkdtempSync(join(tmpdir(), 'sluice-prune-test-'));
});
afterEach(() => rmSync(app, { recursive: true, force: true }));

const put = (path: string, text = 'x'): void => {
  mkdirSync(dirname(join(app, path)), { recursive: true });
  writeFileSync(join(app, path), text);
};
const install = (name: string, manifest: object = {}): void =>
  put(`node_modules/${name}/package.json`, JSON.stringify(manifest));
const pruned = (): void => {
  prune(app, { os: 'linux', cpu: 'x64' });
};
const isThere = (path: string): boolean => existsSync(join(app, 'node_modules', path));

describe('prune', () => {
  test('packages that nobody imports any more are dropped, what the others need stays', () => {
    put(
      'dist/shared/a.js',
      `import x from 'used'; const y = await import("@scope/lazy/part"); require.resolve('data/package.json');`,
    );
    install('used', {
      dependencies: { below: '1' },
      peerDependencies: { beside: '1', spare: '1' },
      peerDependenciesMeta: { spare: { optional: true } },
    });
    for (const name of ['below', 'beside', 'spare', '@scope/lazy', 'data', 'bundled']) install(name);
    install('used/node_modules/below');
    pruned();
    expect(isThere('used/node_modules/below'), 'the nested one is meant').toBe(true);
    for (const name of ['used', 'beside', '@scope/lazy', 'data']) expect(isThere(name), name).toBe(true);
    for (const name of ['below', 'spare', 'bundled']) expect(isThere(name), name).toBe(false);
  });

  test('a package that nothing here loads goes with what only it asks for', () => {
    put('dist/a.js', `import 'a'`);
    install('a', { dependencies: { '@grpc/grpc-js': '1', shared: '1' } });
    install('@grpc/grpc-js', { dependencies: { alone: '1', shared: '1' } });
    for (const name of ['alone', 'shared']) install(name);
    pruned();
    expect(['a', 'shared', '@grpc/grpc-js', 'alone'].filter(isThere)).toEqual(['a', 'shared']);
  });

  test('typings, sources, maps and prose are dropped, code and licences stay', () => {
    put('dist/a.js', `import 'a'`);
    install('a');
    const kept = ['index.js', 'index.mjs', 'data.json', 'LICENSE', 'LICENSE.md', 'ThirdPartyNotices.txt'];
    const spare = ['index.d.ts', 'index.d.mts', 'src/index.ts', 'index.js.map', 'README.md', 'docs/page.js'];
    for (const path of [...kept, ...spare]) put(`node_modules/a/${path}`);
    pruned();
    for (const path of kept) expect(isThere(`a/${path}`), path).toBe(true);
    for (const path of spare) expect(isThere(`a/${path}`), path).toBe(false);
  });

  test('native libraries stay for one platform only', () => {
    put('dist/a.js', `import 'onnxruntime-node'; import 'a'`);
    for (const name of ['onnxruntime-node', 'a']) install(name);
    const kept = ['onnxruntime-node/bin/napi-v6/linux/x64/lib.so', 'a/prebuilds/linux-x64/a.node'];
    const spare = [
      'onnxruntime-node/bin/napi-v6/linux/arm64/lib.so',
      'onnxruntime-node/bin/napi-v6/win32/x64/a.dll',
      'a/prebuilds/darwin-arm64/a.node',
    ];
    for (const path of [...kept, ...spare]) put(`node_modules/${path}`);
    pruned();
    for (const path of kept) expect(isThere(path), path).toBe(true);
    for (const path of spare) expect(isThere(path), path).toBe(false);
  });

  test('of some packages only what the code asks for stays', () => {
    put('dist/a.js', `require.resolve('@tesseract.js-data/eng/package.json')`);
    install('@tesseract.js-data/eng');
    for (const set of ['4.0.0', '4.0.0_best_int']) put(`node_modules/@tesseract.js-data/eng/${set}/eng.traineddata.gz`);
    pruned();
    expect(isThere('@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz')).toBe(true);
    expect(isThere('@tesseract.js-data/eng/4.0.0')).toBe(true); // the folder, empty
    expect(isThere('@tesseract.js-data/eng/4.0.0/eng.traineddata.gz')).toBe(false);
  });

  test('an import is code, not prose, and not a path or a module of Node', () => {
    put(
      'dist/a.js',
      `import a from './b.js'; import fs from 'node:fs'; import os from 'os'; x = 'importing it from \`prose\`'; import('real/part')`,
    );
    expect([...importedNames(join(app, 'dist'))]).toEqual(['real/part']);
  });
});

test('check-package: names each library that is gone and each text that differs', () => {
  const built = { libraries: 2, missing: [], hasTelemetry: true, read: { 'a.pdf': ['ok 1'], 'b.txt': ['ok 2'] } };
  expect(differences(built, built)).toEqual([]);
  expect(
    differences(built, {
      libraries: 2,
      missing: ['x: gone'],
      hasTelemetry: false,
      read: { 'a.pdf': ['failed'], 'b.txt': ['ok 2'] },
    }),
  ).toEqual(['cannot be loaded: x: gone', 'a.pdf: failed instead of ok 1', 'telemetry does not begin']);
});
