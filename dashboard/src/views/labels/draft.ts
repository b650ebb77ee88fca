// Labels while they are being written: what the fields hold, what is wrong with it, and the document that is stored.
import type { Taxonomy } from '../../../../shared/taxonomy.ts';
import { words } from '../../words/labels.ts';

export interface DraftLabel {
  /** Stays with the label while others come and go. */
  key: number;
  name: string;
  description: string;
  /** Further names, one a line or with commas between them. */
  aliases: string;
}

export interface Draft {
  name: string;
  domain: string;
  labels: DraftLabel[];
}

/** What POST /api/taxonomies takes. */
export interface TaxonomyDocument {
  name: string;
  domain?: string;
  labels: { name: string; description: string; aliases?: string[] }[];
}

let keys = 0;
export const emptyLabel = (): DraftLabel => ({ key: ++keys, name: '', description: '', aliases: '' });

/** Of the labels in use; of nothing: two empty ones, the fewest that make a choice. */
export function draftOf(taxonomy: Pick<Taxonomy, 'name' | 'domain' | 'labels'> | undefined): Draft {
  if (taxonomy === undefined) return { name: '', domain: '', labels: [emptyLabel(), emptyLabel()] };
  const { name, domain, labels } = taxonomy;
  return {
    name,
    domain: domain ?? '',
    labels: labels.map((label) => ({
      key: ++keys,
      name: label.name,
      description: label.description,
      aliases: (label.aliases ?? []).join('\n'),
    })),
  };
}

const namesIn = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** Rows in which nothing was written are left out. */
export function documentOf({ name, domain, labels }: Draft): TaxonomyDocument {
  return {
    name: name.trim(),
    ...(domain.trim() === '' ? {} : { domain: domain.trim() }),
    labels: labels.filter(isWritten).map((label) => {
      const aliases = namesIn(label.aliases);
      return {
        name: label.name.trim(),
        description: label.description.trim(),
        ...(aliases.length === 0 ? {} : { aliases }),
      };
    }),
  };
}

const isWritten = ({ name, description, aliases }: DraftLabel): boolean =>
  `${name}${description}${aliases}`.trim() !== '';

/** By key of the label, 0 for the whole: the first thing that is wrong. Empty: it can be stored. The server looks again. */
export function problemsOf(draft: Draft): Map<number, string> {
  const problems = new Map<number, string>();
  const written = draft.labels.filter(isWritten);
  if (draft.name.trim() === '') problems.set(0, words.setNeedsName);
  else if (written.length < 2) problems.set(0, words.atLeastTwo);
  else if (written.length > 1000) problems.set(0, words.atMost);
  const owners = new Map<string, string>();
  for (const label of written) {
    const name = label.name.trim();
    if (name === '') problems.set(label.key, words.needsName);
    for (const each of [name, ...namesIn(label.aliases)]) {
      const key = each.normalize('NFC').toLowerCase();
      if (key === '') continue;
      const owner = owners.get(key);
      if (owner !== undefined && !problems.has(label.key))
        problems.set(label.key, words.nameTaken(each, owner === name ? undefined : owner));
      owners.set(key, name);
    }
  }
  return problems;
}

export const isSame = (a: Draft, b: Draft): boolean => JSON.stringify(documentOf(a)) === JSON.stringify(documentOf(b));
