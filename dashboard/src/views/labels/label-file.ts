// Labels from a file: the JSON that `sluice taxonomy` takes, or a table with a row for each label.

import { words } from '../../words/labels.ts';
import { type Draft, type DraftLabel, draftOf, emptyLabel } from './draft.ts';

const MAX_FILE_CHARS = 1_000_000;
/** First cells that say that the row names columns. */
const HEADS = /^(name|label|category|kategorie|bezeichnung|kategorienname)$/i;
const ALIAS_SEPARATOR = /[|\n]/;

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

/** Columns: name, description, further names with | between them. Commas, semicolons or tabs. */
function fromTable(fileName: string, text: string): Draft {
  const rows = parseTable(text).filter((row) => row.some((cell) => cell.trim() !== ''));
  const body = HEADS.test(rows[0]?.[0]?.trim() ?? '') ? rows.slice(1) : rows;
  const labels = body.map(
    ([name = '', description = '', aliases = '']): DraftLabel => ({
      ...emptyLabel(),
      name: name.trim(),
      description: description.trim(),
      aliases: aliases
        .split(ALIAS_SEPARATOR)
        .map((alias) => alias.trim())
        .join('\n')
        .trim(),
    }),
  );
  if (labels.length === 0) throw new Error(words.noLabels(fileName));
  return { name: '', domain: '', labels };
}

/** RFC 4180, with the separator that the first line has most of. */
export function parseTable(text: string): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at++;
      } else isQuoted = false;
    } else if (char === '"' && cell === '') isQuoted = true;
    else if (char === separator) {
      row.push(cell);
      cell = '';
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[at + 1] === '\n') at++;
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else cell += char;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows;
}

function separatorOf(text: string): string {
  const firstLine = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0].replace(/"(?:[^"]|"")*"/g, '') ?? '';
  const counts = ['\t', ';', ','].map((each) => [each, firstLine.split(each).length] as const);
  return counts.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
