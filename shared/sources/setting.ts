// The settings of sources: entries, and passwords by source, as JSON.
import { z } from 'zod';
import { type SourceEntry, sourceEntrySchema } from '../api/source-entry.ts';
import { TerminalError } from '../errors.ts';
import { sayIssues } from '../issues.ts';

/** The setting SOURCES. @throws {TerminalError} config.invalid naming every wrong entry */
export function parseSources(text: string): SourceEntry[] {
  const wrong = (problem: string) => new TerminalError('config.invalid', `SOURCES: ${problem}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('is not JSON');
  }
  const parsed = z.array(sourceEntrySchema).safeParse(value);
  if (!parsed.success) throw wrong(sayIssues(parsed.error, 'the setting'));
  const names = parsed.data.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong(`the name "${twice}" is given twice`);
  return parsed.data;
}

/** The setting SOURCES_PASSWORDS: password by source. @throws {TerminalError} config.invalid without any of the text */
export function parsePasswords(text: string | undefined): Record<string, string> {
  if (text === undefined || text === '') return {};
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(text));
  } catch {
    // No cause: it would carry the secret.
    throw new TerminalError('config.invalid', 'SOURCES_PASSWORDS: must be a JSON object, password by source');
  }
}
