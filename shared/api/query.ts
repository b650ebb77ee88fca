// SQL over the lake's tables as the API takes it.
import { z } from 'zod';
import type { Row } from '../lake/tables.ts';

/** The platform ends a request after 230 s. */
const MAX_SECONDS = 200;

/** Body of POST /api/query. */
export const querySchema = z.strictObject({
  /** One statement that reads (DuckDB), over results, latest_results, llm_calls, runs and feedback. */
  sql: z.string().trim().min(1).max(100_000),
  /** Given up after so long. */
  timeoutSeconds: z.number().min(0.1).max(MAX_SECONDS).default(60),
  /** Rows of the answer at most. */
  maxRows: z.int().min(1).max(100_000).default(10_000),
});

/** Answer of POST /api/query. */
export interface QueryAnswer {
  columns: string[];
  rows: Row[];
  /** There are more rows than were asked for. */
  isCut: boolean;
}
