// A taxonomy in a file of this machine: what is wrong with it stops, what it leaves to wish for is told.
import { basename, extname } from 'node:path';
import { ERROR_REMEDIES, TerminalError } from '../shared/errors.ts';
import { labelsOfTable } from '../shared/label-table.ts';
import { textOfTable } from '../shared/table-text.ts';
import { noticesOn, parseTaxonomy, type Taxonomy } from '../shared/taxonomy.ts';
import { note, UsageError, warn } from './console.ts';
import { parseJsonFile } from './json-file.ts';
import { readGivenFile } from './local-files.ts';

const IS_TABLE = /\.(csv|tsv|txt)$/i;

/**
 * What the file holds, not checked yet: JSON of a taxonomy, or a table with a row for each label, which is called as its file.
 * @throws {UsageError} the file cannot be read, is not JSON, or is a table without rows or with a record that cannot be read
 */
export function parseTaxonomyFile(file: string): unknown {
  if (!IS_TABLE.test(file)) return parseJsonFile(file);
  const { labels, broken } = labelsOfTable(textOfTable(readGivenFile(file)));
  if (broken !== undefined)
    throw new UsageError(`${file}, line ${broken.line}: the record ${broken.problem}. Mend it; nothing was taken over`);
  if (labels.length === 0) throw new UsageError(`${file} holds no labels: a row for each, name and description`);
  return { name: basename(file, extname(file)), labels };
}

/** @throws {UsageError} naming the file, what is wrong and what to do */
export function taxonomyOf(file: string, document: unknown): Taxonomy {
  try {
    return parseTaxonomy(document);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    const advice = error.code === 'request.invalid' ? '' : `\n${error.remedy}`;
    throw new UsageError(`${file}: ${error.message}${advice}`);
  }
}

/** In one line each, to the screen's side: results stay what they are. */
export function noteOn(taxonomy: Taxonomy): void {
  for (const { code, message } of noticesOn(taxonomy)) note(warn(`${message}. ${ERROR_REMEDIES[code]}`));
}
