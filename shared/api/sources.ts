// Where documents of a request lie, and how versions and documents are named in one. Parts of the schemas beside it.
import { z } from 'zod';

/** A file or folder of a container. */
export const pathSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine((p) => !p.startsWith('/') && !p.split('/').includes('..'), 'must be relative to the container, without ".."');

const path = pathSchema;

export const containerSchema = z.enum(['landing', 'imports']);
const container = containerSchema;

export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('prefix'),
    container: container.default('landing'),
    /** Folder whose files are classified; '' is the whole container. */
    prefix: z.union([z.literal(''), path]),
  }),
  z.strictObject({
    kind: z.literal('paths'),
    container: container.default('landing'),
    paths: z.array(path).min(1).max(1000),
  }),
  z.strictObject({
    kind: z.literal('dataset'),
    container: container.default('landing'),
    /** A .jsonl, .csv or .parquet file with one document a row. */
    path: path.refine((p) => /\.(jsonl|ndjson|csv|parquet)$/i.test(p), 'must end in .jsonl, .csv or .parquet'),
    textColumn: z.string().min(1).max(200).default('text'),
    /** Column with a stable key of the row; default: the row number. */
    idColumn: z.string().min(1).max(200).optional(),
  }),
]);

export const modelVersionSchema = z.string().regex(/^v\d+$/, 'must look like v3');

/** A document's id in a path: SHA-256 in lower-case hex. */
export const documentIdSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');
