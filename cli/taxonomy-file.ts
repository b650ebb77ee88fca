// A taxonomy in a file of this machine: what is wrong with it stops, what it leaves to wish for is told.
import { ERROR_REMEDIES, TerminalError } from '../shared/errors.ts';
import { noticesOn, parseTaxonomy, type Taxonomy } from '../shared/taxonomy.ts';
import { note, UsageError, warn } from './console.ts';

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
