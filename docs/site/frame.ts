// The page around a text: who we are, the search, all pages, what stands on this one, and the next to read.
// Works without a script, but for the search. Menus of narrow screens are popovers, which need none.
import { escapeHtml, type Rendered } from './markdown.ts';

export interface Frame extends Rendered {
  name: string;
  isPublic: boolean;
  /** Paths of files of the site. */
  script: string;
  style: string;
  search: string;
  groups: readonly { title: string; pages: readonly { name: string; title: string }[] }[];
}

/** As functions/built-files.ts sends it, for places that send none. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

export function pageHtml(frame: Frame): string {
  const { name, title, html, groups, headings } = frame;
  const pages = groups.flatMap((group) => group.pages);
  const at = pages.findIndex((page) => page.name === name);
  const [before, after] = [pages[at - 1], pages[at + 1]];
  const parts = headings.filter(({ depth }) => depth === 2);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${name === 'index' ? 'Sluice: documentation' : `${escapeHtml(title)} · Sluice`}</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${frame.style}">
<script type="module" src="${frame.script}"></script>
</head>
<body>
<a class="skip-link" href="#site-content">Skip to content</a>
<header class="top">
<button type="button" class="menu" popovertarget="site-pages">Pages</button>
<a class="brand" href="index.html"><img src="icon.svg" alt="" width="24" height="24">Sluice <span>docs</span></a>
<search hidden data-entries="${frame.search}">
<input type="search" aria-label="Search the documentation" placeholder="Search" autocomplete="off" spellcheck="false" aria-describedby="site-search-state">
<kbd aria-hidden="true">/</kbd>
<div class="found" hidden><p id="site-search-state" role="status"></p><ol></ol></div>
</search>
${frame.isPublic ? '' : '<a class="app" href="../dashboard/">Open the app</a>'}
</header>
<div class="columns">
<nav id="site-pages" popover aria-label="Pages">
${groups.map((group) => `<h2>${group.title}</h2>\n<ul>\n${group.pages.map((page) => entry(page, name)).join('')}</ul>`).join('\n')}
</nav>
<main id="site-content" tabindex="-1">
${parts.length > 1 ? '<button type="button" class="menu" popovertarget="site-parts">On this page</button>' : ''}
${html}<nav class="along" aria-label="Before and after">${before === undefined ? '' : step('prev', before)}${after === undefined ? '' : step('next', after)}</nav>
</main>
${parts.length > 1 ? `<nav id="site-parts" popover aria-label="On this page">\n<h2>On this page</h2>\n<ul>\n${parts.map(({ text, anchor }) => `<li><a href="#${anchor}">${escapeHtml(text)}</a></li>\n`).join('')}</ul>\n</nav>` : ''}
</div>
</body>
</html>
`;
}

const entry = (page: { name: string; title: string }, current: string): string =>
  `<li><a href="${page.name}.html"${page.name === current ? ' aria-current="page"' : ''}>${escapeHtml(page.title)}</a></li>\n`;

const step = (rel: 'prev' | 'next', page: { name: string; title: string }): string =>
  `<a rel="${rel}" href="${page.name}.html"><span class="which">${rel === 'prev' ? 'Before' : 'Next'}</span> ${escapeHtml(page.title)}</a>`;
