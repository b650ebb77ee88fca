// The name that a reviewer with a function key gives themselves: their word, believed because they hold the key.
import { z } from 'zod';
import { lineSchema } from '../plain-text.ts';
import { parseRequest, RequestError } from './problem.ts';

const nameSchema = z.strictObject({ 'x-sluice-reviewer': lineSchema(100) });

/** A header holds bytes that each reader takes for other letters: a name sent as it is would be stored as something that nobody is called. */
const PLAIN = /^[\x20-\x7E]*$/;

/** @param header  URL-encoded UTF-8 @throws {RequestError} request.invalid for what is no name */
export function parseReviewer(header: string): string {
  let name: string;
  if (!PLAIN.test(header)) throw notEncoded();
  try {
    name = decodeURIComponent(header).trim();
  } catch {
    throw notEncoded();
  }
  return parseRequest(nameSchema, { 'x-sluice-reviewer': name })['x-sluice-reviewer'];
}

const notEncoded = (): RequestError =>
  new RequestError([{ field: 'x-sluice-reviewer', message: 'must be URL-encoded UTF-8, as in J%C3%BCrgen' }]);
