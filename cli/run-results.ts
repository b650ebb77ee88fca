// The result rows of a run, asked of the running host: it has the tables open, so that the command line need not open them as well.
import type { QueryAnswer } from '../shared/api/query.ts';
import type { App } from '../shared/compose.ts';
import { type ApiClient, untilAnswered } from './api-client.ts';

const MAX_SECONDS = 200;
/** A question of {@link readResults} has a page of rows, or a row for each page. */
const MAX_ROWS = 100_000;

/** Questions to the tables, answered by the host. @throws Error an answer that is not whole, and as the API */
export function tablesOf(api: Pick<ApiClient, 'ask'>, signal?: AbortSignal): Pick<App, 'query'> {
  return {
    async query(sql) {
      const body = { sql, timeoutSeconds: MAX_SECONDS, maxRows: MAX_ROWS };
      const { columns, rows, isCut } = await untilAnswered(
        () => api.ask<QueryAnswer>('POST', '/api/query', body, MAX_SECONDS * 1000),
        signal,
      );
      if (isCut) throw new Error(`more than ${MAX_ROWS} rows answer ${sql}`);
      return { columns, rows };
    },
  };
}
