// The site as `npm run build` writes it for the app, and as GitHub Pages shows it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PAGES } from '../../docs/site/pages.ts';
import { type SearchEntry, siteFiles } from '../../docs/site/site.ts';
import { SETTINGS } from '../../shared/settings.ts';

const ROOT = new URL('../../', import.meta.url);
const SCRIPT = 'export {};';
const MOST_ZIPPED_BYTES = 330_000;
const MOST_PAGE_BYTES = 80_000;

const textOf = (content: string | Uint8Array): string => Buffer.from(content).toString('utf8');
const hrefsOf = (html: string): string[] => [...html.matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, href = '']) => href);

const forApp = siteFiles({ root: ROOT, isPublic: false, script: SCRIPT });

describe.each([
  ['for the app', false],
  ['for a place of its own', true],
])('site %s', (_, isPublic) => {
  const files = isPublic ? siteFiles({ root: ROOT, isPublic, script: SCRIPT }) : forApp;
  const pages = new Map(
    [...files].filter(([path]) => path.endsWith('.html')).map(([path, html]) => [path, textOf(html)]),
  );

  test('every page is reached from the navigation of every page', () => {
    expect([...pages.keys()].sort()).toEqual(PAGES.map(({ name }) => `${name}.html`).sort());
    for (const [path, html] of pages) {
      const [, navigation = ''] = /<nav id="site-pages"[^>]*>([\s\S]*?)<\/nav>/.exec(html) ?? [];
      expect(hrefsOf(navigation).sort(), path).toEqual([...pages.keys()].sort());
      expect(navigation, path).toContain(`href="${path}" aria-current="page"`);
    }
  });

  test('every address a page names is a file of the site, every anchor stands on its page, ids are given once', () => {
    const idsOf = (html: string) => [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id);
    const anchors = new Map([...pages].map(([path, html]) => [path, new Set(idsOf(html))]));
    for (const [path, html] of pages) {
      expect(idsOf(html).length, path).toBe(anchors.get(path)?.size);
      for (const [, target = ''] of html.matchAll(/ (?:href|src|srcset|data-entries)="([^"]+)"/g)) {
        if (/^https:/.test(target) || (target === '../dashboard/' && !isPublic)) continue;
        const [file = '', anchor] = target.split('#');
        const name = file === '' ? path : file;
        if (!files.has(name)) expect.fail(`${path}: ${target} is no file`);
        if (anchor !== undefined && !anchors.get(name)?.has(anchor)) expect.fail(`${path}: ${target} is no anchor`);
      }
    }
  });

  test('no page holds a script or a style of its own, or loads from elsewhere', () => {
    for (const [path, html] of pages) {
      expect(html, path).not.toMatch(/<style|\sstyle="|<script(?![^>]*\bsrc=)|\son\w+="/);
      expect(html, path).not.toMatch(/(?:src|srcset)="(?:https?:)?\/\//);
    }
  });

  test('the search knows every page, every setting and every command by its own anchor', () => {
    const path = [...files.keys()].find((name) => name.startsWith('assets/search-')) ?? '';
    const entries = JSON.parse(textOf(files.get(path) ?? '')) as SearchEntry[];
    expect(new Set(entries.map(([page]) => page))).toEqual(new Set(PAGES.map(({ name }) => name)));
    const titles = new Set(entries.map(([page, , , title]) => `${page} ${title}`));
    for (const name of Object.keys(SETTINGS)) expect(titles).toContain(`settings ${name}`);
    expect(titles).toContain('commands taxonomy check');
    expect(entries.find(([page, , , title]) => page === 'settings' && title === 'LLM_TPM')?.[2]).toBe('llm_tpm');
  });

  test('pictures are in the public site alone; the paragraph that only shows them goes with them', () => {
    const pictures = [...files.keys()].filter((name) => name.startsWith('images/'));
    expect(pictures.length > 0).toBe(isPublic);
    expect(pages.get('index.html')?.includes('<picture>')).toBe(isPublic);
    expect(pages.get('index.html')?.includes('light or dark as your browser is set')).toBe(isPublic);
    expect([...pages.values()].join('').includes('\u0000')).toBe(false);
  });
});

test('site for the app: small pages, and little of what the package may weigh', () => {
  const zipped = [...forApp.values()].reduce((sum, content) => sum + deflateRawSync(content).length, 0);
  expect(zipped).toBeLessThan(MOST_ZIPPED_BYTES);
  for (const [path, content] of forApp)
    if (path.endsWith('.html')) expect(content.length, path).toBeLessThan(MOST_PAGE_BYTES);
});

test('site: `npm run build` has written every page, the search and its script', () => {
  const built = readdirSync(join(import.meta.dirname, '../../dist/docs'), { recursive: true, encoding: 'utf8' });
  expect(built).toEqual(expect.arrayContaining(PAGES.map(({ name }) => `${name}.html`)));
  for (const name of [/site-\w+\.js$/, /site-\w+\.css$/, /search-\w+\.json$/])
    expect(built.filter((path) => name.test(path))).toHaveLength(1);
});
