// The name that a reviewer with a function key gives themselves: their word, believed because they hold the key.
import { z } from 'zod';
import { lineSchema } from '../plain-text.ts';
import { parseRequest, RequestError } from './problem.ts';

const nameSchema = z.strictObject({ 'x-sluice-reviewer': lineSchema(100) });

/** @param header  URL-encoded UTF-8 @throws {RequestError} request.invalid for what is no name */
export function parseReviewer(header: string): string {
  let name: string;
  try {
    name = decodeURIComponent(header).trim();
  } catch {
    throw new RequestError([{ field: 'x-sluice-reviewer', message: 'is not URL-encoded' }]);
  }
  return parseRequest(nameSchema, { 'x-sluice-reviewer': name })['x-sluice-reviewer'];
}
