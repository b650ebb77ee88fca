// Where documents of a request lie, and how versions and documents are named in one. Parts of the schemas beside it.
import { z } from 'zod';
import { parseRequest } from './problem.ts';

/** A file or folder of a container. */
export const pathSchema = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (p) => !p.startsWith('/') && !p.split('/').some((part) => part === '.' || part === '..'),
    'must be relative to the container, without "." and ".."',
  )
  // Storage takes a backslash for a slash; control characters and halves of characters have no place in a URL.
  .refine((p) => !/[\\\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(p), 'must have no backslash and no control character');

/** A path that a file can be given. */
export const uploadPathSchema = pathSchema.refine((p) => !p.split('/').includes(''), 'must have no empty part');

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

export const modelVersionSchema = z.string().regex(/^v[1-9]\d{0,8}$/, 'must look like v3');

/** Id of a run or a training. It becomes part of paths in the lake, so nothing that could lead elsewhere fits. */
export const idSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'must be an id as the API gives it');

/** A document's id in a path: SHA-256 in lower-case hex. */
export const documentIdSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');

/** Of decisions that were given together. */
export const batchIdSchema = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits, as POST /api/feedback/batch answers them');

/** `3.png` or `3.json`: the picture of a page, or what stands where on it. */
export const pageFileSchema = z
  .string()
  .regex(
    /^[1-9]\d{0,6}\.(png|json)$/,
    'must be a page and a format: 1.png, or 1.json (pictures are given as PNG alone)',
  );

/** Name of a source. Part of paths, so it must stay the same. */
export const sourceNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes');

/** What the parameters of routes may be, by name: one schema each, whatever the route. */
export const ROUTE_PARAMETERS = {
  runId: idSchema,
  /** Runs side by side. */
  a: idSchema,
  b: idSchema,
  trainingId: idSchema,
  version: modelVersionSchema,
  taxonomyVersion: z
    .string()
    .regex(/^[a-z0-9-]{1,150}-[0-9a-f]{8}$/, 'must be a version as GET /api/taxonomies lists it'),
  documentId: documentIdSchema,
  batchId: batchIdSchema,
  /** Of a document's pages: its number and what is wanted of it. */
  pageFile: pageFileSchema,
  container: containerSchema,
  /** Of a model: its manifest, or a file that the manifest names. */
  modelFile: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,149}$/, 'must be the name of a file of the model'),
  /** Of documents that land by themselves. */
  source: sourceNameSchema,
  /** Of an upload. A router of Azure leaves %2F as it is, so that nobody can say whether a slash or these three characters were meant. */
  path: uploadPathSchema.refine((p) => !/%2f/i.test(p), 'must not have %2F: folders are parted by / in the address'),
} as const satisfies Record<string, z.ZodType>;
export type RouteParameter = keyof typeof ROUTE_PARAMETERS;

/** @throws {RequestError} request.invalid naming the parameter */
export function parseParameter<N extends RouteParameter>(
  name: N,
  value: string | undefined,
): z.infer<(typeof ROUTE_PARAMETERS)[N]> {
  const parsed = parseRequest(z.object({ [name]: ROUTE_PARAMETERS[name] }), { [name]: value ?? '' });
  return parsed[name] as z.infer<(typeof ROUTE_PARAMETERS)[N]>; // the schema of that name was applied
}
