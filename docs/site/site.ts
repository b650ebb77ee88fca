// All files of the site, from the Markdown that GitHub shows.
// Invariants: S1 every link between pages leads to a page and an anchor that are there, every picture to a file: otherwise nothing is built. S2 nothing
// is asked of another host, nothing is inline but the policy: the site may stand behind `script-src 'self'`. S3 what is not a page has its content's
// hash in its name and lies in assets/, or is a picture.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { pageHtml } from './frame.ts';
import { targetOf } from './links.ts';
import { escapeHtml, type Rendered, renderMarkdown } from './markdown.ts';
import { GROUPS, PAGES, type Page } from './pages.ts';

export interface SiteOptions {
  root: URL;
  /** A place of its own, as GitHub Pages is: with pictures, which the app's package has no room for, and without a way to the app's page. */
  isPublic: boolean;
  /** Script of the browser. */
  script: string;
}

/** One entry of what the search reads: page, its title, anchor, heading or name, text. */
export type SearchEntry = [name: string, page: string, anchor: string, title: string, text: string];

/** A file beside a page that it links to and that is no Markdown: shown at the end of the page. */
interface Attached {
  file: string;
  anchor: string;
  text: string;
}

/** @returns content by path in the site @throws Error S1, naming the file and what it links to */
export function siteFiles({ root, isPublic, script }: SiteOptions): Map<string, string | Uint8Array> {
  const read = (path: string) => readFileSync(new URL(path, root));
  const files = new Map<string, string | Uint8Array>();
  const byFile = new Map(PAGES.map((page) => [page.source, page]));
  const wanted: { from: string; page: string; anchor: string }[] = [];
  const rendered = PAGES.map((page) => {
    const attached = new Map<string, Attached>();
    const wrong = (href: string, why: string) => new Error(`${page.source} links to ${href}: ${why}`);
    const one = renderMarkdown(read(page.source).toString('utf8'), {
      link(href) {
        const target = targetOf(page.source, href);
        if (target === undefined) return href;
        const to = byFile.get(target.file);
        if (to !== undefined) {
          wanted.push({ from: page.source, page: to.name, anchor: target.anchor });
          const hash = target.anchor === '' ? '' : `#${target.anchor}`;
          return to === page && hash !== '' ? hash : `${to.name}.html${hash}`;
        }
        if (posix.dirname(target.file) !== posix.dirname(page.source))
          throw wrong(href, 'no page of docs/site/pages.ts');
        const anchor = posix.basename(target.file);
        attached.set(target.file, { file: target.file, anchor, text: read(target.file).toString('utf8') });
        return `#${anchor}`;
      },
      picture(src) {
        const target = targetOf(page.source, src);
        if (target === undefined) throw wrong(src, 'pictures are files of the project (S2)');
        const bytes = read(target.file);
        if (!isPublic) return undefined;
        const path = `images/${posix.basename(target.file)}`;
        files.set(path, bytes);
        return path;
      },
    });
    return { page, ...withAttached(one, [...attached.values()]) };
  });
  const anchors = new Map(rendered.map(({ page, html }) => [page.name, anchorsOf(html)]));
  for (const { from, page, anchor } of wanted)
    if (anchor !== '' && !anchors.get(page)?.has(anchor))
      throw new Error(`${from} links to #${anchor}, which ${page} has not`);

  const asset = (name: string, extension: string, content: string): string => {
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
    const path = `assets/${name}-${hash}.${extension}`;
    files.set(path, content);
    return path;
  };
  const entries = rendered.flatMap(({ page, title, sections }) =>
    sections.map(
      (section): SearchEntry => [page.name, page.short ?? title, section.anchor, section.title, section.text],
    ),
  );
  const shared = {
    isPublic,
    script: asset('site', 'js', script),
    style: asset(
      'site',
      'css',
      ['dashboard/style/tokens.css', 'docs/site/site.css'].map((path) => read(path)).join('\n'),
    ),
    search: asset('search', 'json', JSON.stringify(entries)),
    groups: GROUPS.map(({ title, pages }) => ({ title, pages: pages.map((page) => entryOf(page, rendered)) })),
  };
  files.set('icon.svg', read('dashboard/public/icon.svg'));
  for (const { page, ...one } of rendered)
    files.set(`${page.name}.html`, pageHtml({ ...shared, ...one, name: page.name }));
  return files;
}

function entryOf(page: Page, rendered: readonly { page: Page; title: string }[]): { name: string; title: string } {
  const title = page.short ?? rendered.find((one) => one.page === page)?.title ?? page.name;
  return { name: page.name, title };
}

const anchorsOf = (html: string): ReadonlySet<string> =>
  new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id));

/** The files beside a page, each under its own heading. */
function withAttached(page: Rendered, attached: readonly Attached[]): Rendered {
  if (attached.length === 0) return page;
  const headings = attached.map(({ file, anchor }) => ({ depth: 2, text: posix.basename(file), anchor }));
  const html = attached
    .map(
      ({ anchor, text }) =>
        `<h2 id="${anchor}"><code>${anchor}</code></h2>\n<pre><code>${escapeHtml(text)}</code></pre>\n`,
    )
    .join('');
  return {
    ...page,
    html: page.html + html,
    headings: [...page.headings, ...headings],
    sections: [
      ...page.sections,
      ...attached.map(({ anchor, text }) => ({ title: anchor, anchor, text: text.replace(/\s+/g, ' ') })),
    ],
  };
}
