// JSON files named on the command line.
import { readFileSync } from 'node:fs';
import { UsageError } from './console.ts';

/** @throws {UsageError} the file is not there or is not JSON */
export function parseJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
