// Files for browsers: those of the build and no others, whatever is asked.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtFiles } from '../../functions/built-files.ts';

let folder: string;
let answer: ReturnType<typeof builtFiles>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-built-'));
  mkdirSync(join(folder, 'site/assets'), { recursive: true });
  for (const [name, text] of [
    ['outside.html', 'secret'],
    ['site/index.html', 'page'],
    ['site/odd.exe', 'no type'],
    ['site/assets/a-1.js', 'code'],
  ] as const)
    writeFileSync(join(folder, name), text);
  answer = builtFiles(pathToFileURL(join(folder, 'site/')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a file is sent with its type under the policy; only what has a hash in its name is kept for ever', async () => {
  const page = await answer('index.html');
  expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  expect(page.headers).toMatchObject({ 'content-security-policy': expect.stringContaining("default-src 'none'") });
  expect(String(page.body)).toBe('page');
  expect((await answer('assets/a-1.js')).headers).toMatchObject({
    'cache-control': expect.stringContaining('immutable'),
  });
});

test('what is not there is not found, and no path leads out of the folder', async () => {
  for (const name of [
    '../outside.html',
    '..%2Foutside.html',
    '..\\outside.html',
    'assets/../../outside.html',
    '/etc/hosts',
    'assets',
    'odd.exe',
    'a\u0000.html',
    '',
  ])
    expect((await answer(name)).status, name).toBe(404);
});

test('a folder that was not built answers nothing', async () => {
  expect((await builtFiles(pathToFileURL(join(folder, 'none/')))('index.html')).status).toBe(404);
});
