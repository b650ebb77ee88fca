// What the browser loads before the first view is there, in bytes. The page is built by `npm test` before.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

interface Chunk {
  file: string;
  css?: string[];
  imports?: string[];
}

const BUILT = join(import.meta.dirname, '../../dist/dashboard');
const MAX_FIRST_LOAD_BYTES = 150 * 1024;

const page = readFileSync(join(BUILT, 'index.html'), 'utf8');
const manifest = JSON.parse(readFileSync(join(BUILT, 'manifest.json'), 'utf8')) as Record<string, Chunk>;

/** Files of a chunk with all it imports at once. */
function filesOf(name: string, files = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  if (chunk === undefined) throw new Error(`the build has no chunk ${name}`);
  if (files.has(chunk.file)) return files;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
  for (const imported of chunk.imports ?? []) filesOf(imported, files);
  return files;
}

const gzipped = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(BUILT, file))).length, 0);

const VIEWS = [
  'runs',
  'run',
  'compare',
  'documents',
  'document',
  'review',
  'labels',
  'models',
  'model',
  'sources',
  'costs',
];

test.each(VIEWS)('bundle: opening the page at %s loads less than 150 KiB gzipped, in German too', (view) => {
  const files = new Set(['index.html', 'icon.svg', ...filesOf('index.html'), ...filesOf(`src/views/${view}.tsx`)]);
  const german = filesOf('src/words/german.ts');
  expect(gzipped(new Set([...files, ...german]))).toBeLessThan(MAX_FIRST_LOAD_BYTES);
  expect(files.has(manifest['src/words/german.ts']?.file ?? '')).toBe(false); // English pays nothing for it
});

test('bundle: the page holds no inline script or style and names nothing from elsewhere', () => {
  expect(page).not.toMatch(/<style|style="|<script(?![^>]*\bsrc=)/);
  const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((m) => m[1]);
  expect(named.length).toBeGreaterThanOrEqual(3);
  expect(named.filter((url) => !url?.startsWith('/api/dashboard/'))).toEqual([]);
});
