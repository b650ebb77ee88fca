// Links of the documentation as GitHub follows them: relative, to files and headings that are there. The site's own are checked when it is built.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { marked, type Token } from 'marked';
import { expect, test } from 'vitest';
import { targetOf } from '../../docs/site/links.ts';
import { outlineOf } from '../../docs/site/outline.ts';
import { PAGES } from '../../docs/site/pages.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const FOLDERS = [
  'functions',
  'shared',
  'local',
  'cli',
  'dashboard',
  'infra',
  'bench',
  'docs',
  'examples',
  'samples',
  'test',
  '.github',
];

/** Every Markdown file that is no sample. */
const FILES = ['', 'docs', 'examples', 'samples', 'infra', 'bench', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join(folder, name)),
);

/** Targets of links and pictures, those in HTML too. */
function targetsOf(tokens: Token[]): string[] {
  const targets: string[] = [];
  marked.walkTokens(tokens, (token) => {
    if (token.type === 'link' || token.type === 'image') targets.push(token.href);
    if (token.type === 'html')
      for (const [, target = ''] of token.text.matchAll(/(?:src|srcset|href)="([^"]+)"/g)) targets.push(target);
  });
  return targets;
}

const known = new Map<string, ReadonlySet<string>>();
function anchorsOf(file: string): ReadonlySet<string> {
  const anchors = known.get(file) ?? new Set(outlineOf(marked.lexer(read(file))).headings.map(({ anchor }) => anchor));
  known.set(file, anchors);
  return anchors;
}

/** What is wrong with a target, undefined of one that can be followed. */
function faultOf(file: string, href: string): string | undefined {
  const target = targetOf(file, href);
  if (target === undefined) return /^https:/.test(href) ? undefined : `${file}: ${href} is no https`;
  if (!existsSync(join(ROOT, target.file))) return `${file}: ${href} is no file`;
  if (target.anchor !== '' && !anchorsOf(target.file).has(target.anchor)) return `${file}: ${href} has no such heading`;
  return undefined;
}

test('every link, anchor and picture of the documentation leads to what is there', () => {
  const targets = FILES.flatMap((file) => targetsOf(marked.lexer(read(file))).map((href) => [file, href] as const));
  expect(targets.length).toBeGreaterThan(80);
  expect(targets.flatMap(([file, href]) => faultOf(file, href) ?? [])).toEqual([]);
});

test('a link that leads nowhere would be found', () => {
  expect(faultOf('docs/tour.md', 'models.md#encoders')).toBeUndefined();
  expect(faultOf('docs/tour.md', 'models.md#no-such-heading')).toContain('heading');
  expect(faultOf('docs/tour.md', 'README.md')).toContain('file');
  expect(faultOf('README.md', 'http://example.com')).toContain('https');
});

test('every Markdown file of the project but the samples is a page of the site, and each page is one of them', () => {
  expect(PAGES.map(({ source }) => source).sort()).toEqual([...FILES].sort());
});

test('source files that the documentation names are there', () => {
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `/${folder}/${name.replaceAll('\\', '/')}`,
    ),
  );
  const named = FILES.flatMap((file) => {
    const names: string[] = [];
    marked.walkTokens(marked.lexer(read(file)), (token) => {
      if (token.type === 'codespan' && /^[\w./-]+\.(tsx?|bicep|py|sql|wat|yml)$/.test(token.text))
        names.push(token.text);
    });
    return names.map((name) => ({ file, name }));
  });
  expect(named.length).toBeGreaterThan(150);
  expect(named.filter(({ name }) => !sources.some((source) => source.endsWith(`/${name}`)))).toEqual([]);
});

test('what the code advises to read is there, with its heading', () => {
  const named = ['functions', 'shared', 'local', 'cli', 'dashboard/src', 'infra', 'bench'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(tsx?|bicep|sql)$/.test(name))
      .flatMap((name) =>
        [...read(posix.join(folder, name)).matchAll(/\bdocs\/[\w-]+\.md(#[\w-]+)?/g)].map(([path]) => path),
      ),
  );
  expect(named.length).toBeGreaterThan(10);
  expect([...new Set(named)].flatMap((path) => faultOf('README.md', path) ?? [])).toEqual([]);
});
