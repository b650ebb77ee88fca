// One operation of the API as its description lists it.
import type { z } from 'zod';

export interface Operation {
  method: 'get' | 'post' | 'put' | 'delete';
  /** As the functions register it, below /api. */
  route: string;
  id: string;
  summary: string;
  tag: 'runs' | 'results' | 'review' | 'models' | 'documents' | 'insights' | 'sources' | 'app';
  query?: z.ZodObject;
  body?: z.ZodType;
  /** The body is a file, not JSON. */
  takesFile?: true;
  /** Success: status and what is answered. */
  ok: readonly [status: number, description: string, mediaType?: string][];
  /** Of the first answer, where it is JSON and described to programs (answers.ts). */
  answer?: z.ZodType;
  /** Problems beyond 400, 401, 403, 500 and 503. */
  problems?: readonly number[];
  isOpen?: true;
}
