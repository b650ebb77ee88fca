import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildPage } from '../../cli/build-page.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-page-'));
  mkdirSync(join(folder, 'dashboard'));
  writeFileSync(join(folder, 'dashboard/index.html'), '<!doctype html><title>Page</title>');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const configure = (text: string) => writeFileSync(join(folder, 'dashboard/vite.config.ts'), text);

test('the page of the project is built, by its own settings', async () => {
  configure("export default { root: 'dashboard', build: { outDir: '../built' } };");
  const page = buildPage(folder);
  await page.done;
  await page.stop();
  expect(existsSync(join(folder, 'built/index.html'))).toBe(true);
});

test('a page that cannot be built is told in the words of the build', async () => {
  configure("throw new Error('no such colour');");
  const page = buildPage(folder);
  await expect(page.done).rejects.toThrow(/^the page could not be built \(exit code 1\):\n[\s\S]*no such colour/);
  await page.stop();
});

test('a build that is stopped has ended', async () => {
  configure('export default new Promise(() => setInterval(() => {}, 1000));');
  const page = buildPage(folder);
  await page.stop();
  await expect(page.done).rejects.toThrow('the page could not be built (SIGKILL)');
});
