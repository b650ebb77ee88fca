// What a page shows, held against its catalogue: nothing of the other language may be left.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { german } from '../../dashboard/src/words/german.ts';

const WORDS = join(import.meta.dirname, '../../dashboard/src/words');

/** All plain texts of a catalogue, however deep. */
const textsOf = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsOf)
      : [];

/** Texts of the English catalogues that German says otherwise everywhere. */
async function englishOnly(): Promise<Set<string>> {
  const files = readdirSync(WORDS).filter((file) => file.endsWith('.ts') && file !== 'german.ts');
  const catalogues = await Promise.all(files.map((file) => import(join(WORDS, file)) as Promise<{ words: object }>));
  const spoken = new Set(textsOf(german));
  return new Set(
    catalogues.flatMap(({ words }) => textsOf(words)).filter((text) => text.length > 1 && !spoken.has(text)),
  );
}

const english = englishOnly();

/** English texts of the catalogue that a page in German shows, says or holds ready; data that is another's is left out. */
export async function englishLeft(page: Page): Promise<string[]> {
  const shown = await page.evaluate<string[]>(`(() => {
    const found = [];
    const isData = (element) => element.closest('code, pre, kbd, [lang="en"]') !== null;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const isOfDocument = (element) => element.closest('.marked-text') !== null; // a marked word may be one of the catalogue
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
      if (!isData(node.parentElement) && !isOfDocument(node.parentElement)) found.push(node.data.trim());
    for (const element of document.querySelectorAll('*'))
      for (const name of ['title', 'aria-label', 'placeholder', 'alt', 'aria-valuetext'])
        if (element.hasAttribute(name) && !isData(element)) found.push(element.getAttribute(name).trim());
    return found;
  })()`);
  const left = await english;
  return [...new Set(shown.filter((text) => left.has(text)))];
}
