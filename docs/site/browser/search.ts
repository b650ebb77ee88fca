// The search of the documentation: its entries are fetched when it is first wanted, and indexed here.
import MiniSearch from 'minisearch';
import type { SearchEntry } from '../site.ts';

export interface Hit {
  href: string;
  page: string;
  title: string;
  text: string;
  /** Words of the texts that answer the question, lower case. */
  words: ReadonlySet<string>;
}

/** From so many letters a word may have an error. */
const LONG_WORD = 6;

/** @returns a function that finds entries which hold every word asked for, or a longer word that begins so; the best first */
export function searchIn(entries: readonly SearchEntry[]): (question: string) => Hit[] {
  const index = new MiniSearch<{ id: number; page: string; title: string; text: string }>({
    fields: ['title', 'text', 'page'],
    searchOptions: {
      combineWith: 'AND',
      prefix: true,
      fuzzy: (word) => (word.length >= LONG_WORD ? 0.2 : false),
      boost: { title: 4, page: 2 },
    },
  });
  index.addAll(entries.map(([, page, , title, text], id) => ({ id, page, title, text })));
  return (question) =>
    index.search(question).flatMap(({ id, terms }) => {
      const entry = entries[id as number]; // the ids are ours
      if (entry === undefined) return [];
      const [name, page, anchor, title, text] = entry;
      const hash = anchor === '' ? '' : `#${anchor}`;
      return [{ href: `${name}.html${hash}`, page, title, text, words: new Set(terms) }];
    });
}
