// The documentation in a real browser, as its files are sent: found, read and printed, by keyboard, at every width.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserScript } from '../../docs/site/build.ts';
import { siteFiles } from '../../docs/site/site.ts';
import { fitsWidth, launch, noBrowser, openPage, type Watched } from './browser.ts';
import { expectSound } from './sound.ts';

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  css: 'text/css',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
};

describe.skipIf(noBrowser !== undefined)(`docs${noBrowser === undefined ? '' : ` (skipped: ${noBrowser})`}`, () => {
  let server: Server;
  let browser: Browser;
  let url = '';
  let viewer: Watched | undefined;

  beforeAll(async () => {
    // With pictures, and with no header but the type: the policy in the pages must do.
    const files = siteFiles({
      root: new URL('../../', import.meta.url),
      isPublic: true,
      script: await browserScript(),
    });
    server = createServer((request, response) => {
      const path = new URL(request.url ?? '', 'http://site').pathname.slice(1);
      const content = files.get(path);
      response.writeHead(content === undefined ? 404 : 200, {
        'content-type': TYPES[path.split('.').at(-1) ?? ''] ?? '',
      });
      response.end(content);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** All in one window, which is as wide as it needs to be. */
  async function open(path: string, width = 1280): Promise<Watched> {
    viewer ??= await openPage(browser, url, { scheme: 'dark' });
    await viewer.page.setViewportSize({ width, height: 860 });
    await viewer.page.goto(`${url}/${path}`);
    return viewer;
  }

  test('narrow, a page is sound, and what scrolls sideways is reached by keyboard', async () => {
    const viewer = await open('cold-start.html', 360);
    await expectSound(viewer);
    const wrong = await viewer.page
      .locator('main .table, main pre')
      .evaluateAll((boxes) =>
        boxes.filter((box) => box.scrollWidth > box.clientWidth !== box.hasAttribute('tabindex')),
      );
    expect(wrong).toEqual([]);
  });

  test.each([
    [360, 'settings.html'],
    [1000, 'index.html'],
    [1600, 'models.html'],
  ] as const)('at %d pixels nothing of %s sticks out at the side', async (width, path) => {
    expect(await fitsWidth((await open(path, width)).page)).toBe(true);
  });

  test('a slash begins the search, arrows go through what was found with its words marked, Enter opens it', async () => {
    const viewer = await open('tour.html');
    const { page } = viewer;
    await page.keyboard.press('/');
    await page.keyboard.type('spot_check_interv');
    const first = page.locator('search li a').first();
    await first.waitFor();
    expect(await first.locator('strong mark').allTextContents()).toContain('INTERVAL');
    await expectSound(viewer);
    await page.keyboard.press('ArrowDown');
    expect(await first.evaluate((link) => link.matches(':focus'))).toBe(true);
    await page.keyboard.press('ArrowUp');
    expect(await page.locator('search input').evaluate((input) => input.matches(':focus'))).toBe(true);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/settings.html#spot_check_interval`);
    expect(await page.locator('tr:target').textContent()).toContain('SPOT_CHECK_INTERVAL');
    await page.keyboard.press('/');
    await page.keyboard.type('zzzyx');
    await page.getByText('Nothing has the words').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('search .found').isVisible()).toBe(false);
  });

  test('on a telephone the pages are behind a button, and the way through them works without a script', async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 700 }, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${url}/index.html`);
    expect(await page.locator('#site-pages').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Pages' }).click();
    await page.locator('#site-pages').getByRole('link', { name: 'Deploy', exact: true }).click();
    await page.waitForURL(`${url}/deploy.html`);
    expect(await page.locator('search').isVisible()).toBe(false); // it needs the script
    await context.close();
  });

  test('on paper stands the text alone, dark on light', async () => {
    const { page } = await open('llm.html');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    for (const part of ['.top', '#site-pages', '#site-parts', '.along'])
      expect(await page.locator(part).isVisible(), part).toBe(false);
    expect(await page.evaluate<string>(`getComputedStyle(document.querySelector('main')).color`)).toBe(
      'rgb(21, 25, 26)',
    );
  });

  test('nothing was asked elsewhere, refused by the policy or thrown', () => {
    expect(viewer?.complaints).toEqual([]);
  });
});
