// A demo document as it is written by hand: a header with its place, its truth and its traps, and a body in a small Markdown.
// Invariant: what a document is and what Sluice should say about it stand in one file, so truth.csv cannot drift from the texts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One document of the demo. */
export interface Source {
  /** File name below samples/sources/documents. */
  readonly id: string;
  /** Path of the file below samples/documents. */
  readonly path: string;
  /** Member of the zip, or attachment of the mail, at `path`; '' for the file itself. */
  readonly archivePath: string;
  readonly label: string;
  readonly expect: 'labelled' | 'failed';
  /** Failure code when `expect` is failed, '' otherwise. */
  readonly code: string;
  readonly note: string;
  /** All header fields, the ones above included. */
  readonly header: ReadonlyMap<string, string>;
  readonly body: string;
}

const HEADER = /^---\n([\s\S]*?)\n---\n?/;

/**
 * Parse one source file.
 * @throws {Error} naming the file and the field that is missing or wrong
 */
export function parseSource(id: string, text: string): Source {
  const match = HEADER.exec(text);
  if (match === null) throw new Error(`${id}: need a header between two lines "---", have none`);
  const header = new Map<string, string>();
  for (const line of match[1]!.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`${id}: need "field: value" in the header, have "${line}"`);
    header.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const path = header.get('path');
  if (path === undefined) throw new Error(`${id}: need a path, have none`);
  const expect = header.get('expect') ?? 'labelled';
  if (expect !== 'labelled' && expect !== 'failed') throw new Error(`${id}: need labelled or failed, have "${expect}"`);
  const label = header.get('label') ?? '';
  const code = header.get('code') ?? '';
  if ((expect === 'failed') !== (code !== '')) throw new Error(`${id}: a failed document, and only it, has a code`);
  if ((expect === 'labelled') !== (label !== ''))
    throw new Error(`${id}: a labelled document, and only it, has a label`);
  const body = text.slice(match[0].length);
  const archivePath = header.get('archive_path') ?? '';
  return { id, path, archivePath, label, expect, code, note: header.get('note') ?? '', header, body };
}

/** All sources of a folder, ordered by path and archive path, with the bodies of duplicates filled in. */
export function readSources(folder: string): Source[] {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => parseSource(name, readFileSync(join(folder, name), 'utf8')));
  const byId = new Map(sources.map((source) => [source.id, source]));
  return sources
    .map((source) => {
      const original = source.header.get('copy_of');
      if (original === undefined) return source;
      const twin = byId.get(original);
      if (twin === undefined) throw new Error(`${source.id}: copy_of names ${original}, which does not exist`);
      return { ...source, body: twin.body, header: new Map([...twin.header, ...source.header]) };
    })
    .sort((a, b) => compare(a.path, b.path) || compare(a.archivePath, b.archivePath));
}

/** Order by code units: the same on every machine, unlike a locale's order. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
