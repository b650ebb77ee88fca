// Versions of the API's answers, asked for as Azure's APIs are: `?api-version=<date>`.
// Invariants: A1 an answer of a version keeps its fields; new ones may come. A2 who names no version gets the first one, as before there were any.
import { z } from 'zod';

/** 2025-01-01: decisions are rows of table `results`, with JSON in strings. 2026-11-30: objects with names like all others. */
export const apiVersionSchema = z.enum(['2025-01-01', '2026-11-30']);
export type ApiVersion = z.infer<typeof apiVersionSchema>;

/** What a program that is written today asks for. */
export const NEWEST: ApiVersion = '2026-11-30';
export const FIRST: ApiVersion = '2025-01-01';

/** Of the query. */
export const VERSION = 'api-version';
export const versionSchema = z.object({ [VERSION]: apiVersionSchema });

/** The version of a query that has been checked. */
export const versionOf = (asked: string | null | undefined): ApiVersion =>
  apiVersionSchema.catch(FIRST).parse(asked ?? FIRST);
