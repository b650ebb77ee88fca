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

/** What `respond` needs of a file. */
async function file(name: string) {
  const found = await answer(name);
  if (!('asOf' in found)) throw new Error(`${name}: ${found.status}`);
  return found;
}
async function statusOf(name: string): Promise<number | undefined> {
  const found = await answer(name);
  return 'asOf' in found ? 200 : found.status;
}

test('a file is sent with its type under the policy; only what has a hash in its name is kept for ever', async () => {
  const page = await file('index.html');
  expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
  expect(page.headers).toMatchObject({ 'content-security-policy': expect.stringContaining("default-src 'none'") });
  expect(String(await page.make())).toBe('page');
  expect((await file('assets/a-1.js')).headers).toMatchObject({
    'cache-control': expect.stringContaining('immutable'),
  });
});

test('a browser that has a file is told so: its mark is that of its bytes', async () => {
  const [page, again, other] = [await file('index.html'), await file('index.html'), await file('assets/a-1.js')];
  expect([page.asOf === again.asOf, page.asOf === other.asOf]).toEqual([true, false]);
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
    expect(await statusOf(name), name).toBe(404);
});

test('a folder that was not built answers nothing', async () => {
  answer = builtFiles(pathToFileURL(join(folder, 'none/')));
  expect(await statusOf('index.html')).toBe(404);
});

test('what is built later is found: a first start builds the page beside the host', async () => {
  const later = builtFiles(pathToFileURL(join(folder, 'later/')));
  const status = async () => {
    const found = await later('index.html');
    return 'asOf' in found ? 200 : found.status;
  };
  expect(await status()).toBe(404);
  mkdirSync(join(folder, 'later'));
  writeFileSync(join(folder, 'later/index.html'), 'page');
  expect(await status()).toBe(200);
});

test('what a later build takes away is not found, and what it makes again is', async () => {
  const page = join(folder, 'again/index.html');
  mkdirSync(join(folder, 'again'));
  writeFileSync(page, 'page');
  const again = builtFiles(pathToFileURL(join(folder, 'again/')));
  const isFound = async () => 'asOf' in (await again('index.html'));
  expect(await isFound()).toBe(true);
  rmSync(page); // npm start beside a host that serves
  expect(await again('index.html')).toMatchObject({ status: 404 });
  writeFileSync(page, 'page');
  expect(await isFound()).toBe(true);
});
