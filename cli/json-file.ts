// JSON files named on the command line.
import { UsageError } from './console.ts';
import { readGivenFile } from './local-files.ts';

/** @throws {UsageError} the file cannot be read or is not JSON */
export function parseJsonFile(file: string): unknown {
  const text = readGivenFile(file).toString('utf8');
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
