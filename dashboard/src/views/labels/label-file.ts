// Labels from a file: the JSON that `sluice taxonomy` takes, or a table with a row for each label.
import { labelsOfTable } from '../../../../shared/label-table.ts';
import { words } from '../../words/labels.ts';
import { type Draft, type DraftLabel, draftOf, emptyLabel } from './draft.ts';

const MAX_FILE_CHARS = 1_000_000;

/** @throws Error in words for people: what is wrong with the file */
export function readLabelFile(fileName: string, text: string): Draft {
  if (text.length > MAX_FILE_CHARS) throw new Error(words.tooLarge(fileName));
  const body = text.replace(/^\ufeff/, '');
  return /^\s*\{/.test(body) ? fromJson(fileName, body) : fromTable(fileName, body);
}

function fromJson(fileName: string, text: string): Draft {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(words.noJson(fileName));
  }
  const { name, domain, labels } = value as Partial<Record<'name' | 'domain' | 'labels', unknown>>; // looked at below
  const isLabel = (label: unknown): label is { name: string; description: string; aliases?: string[] } => {
    const { name: own, description, aliases } = (label ?? {}) as Record<string, unknown>; // foreign JSON
    return (
      typeof own === 'string' &&
      typeof description === 'string' &&
      (aliases === undefined || (Array.isArray(aliases) && aliases.every((alias) => typeof alias === 'string')))
    );
  };
  if (!Array.isArray(labels) || !labels.every(isLabel)) throw new Error(words.noList(fileName));
  const known = typeof domain === 'string' ? { domain } : {};
  return draftOf({ name: typeof name === 'string' ? name : '', ...known, labels });
}

function fromTable(fileName: string, text: string): Draft {
  const table = labelsOfTable(text);
  if (table.broken !== undefined) throw new Error(words.brokenLine(fileName, table.broken.line));
  const labels = table.labels.map(
    ({ name, description, aliases = [] }): DraftLabel => ({
      ...emptyLabel(),
      name,
      description,
      aliases: aliases.join('\n'),
    }),
  );
  if (labels.length === 0) throw new Error(words.noLabels(fileName));
  return { name: '', domain: '', labels };
}
