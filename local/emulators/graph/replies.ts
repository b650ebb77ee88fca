// Answers of the Graph emulator as values, and its refusals in the service's words.
// https://learn.microsoft.com/graph/errors

export interface GraphReply {
  status: number;
  headers?: Record<string, string>;
  /** JSON, or bytes. */
  body?: unknown;
  /** The connection ends after so many bytes of the body. */
  cutAfter?: number;
}

export const problem = (status: number, code: string, message: string): GraphReply => ({
  status,
  body: { error: { code, message } },
});
export const notFound = (): GraphReply => problem(404, 'itemNotFound', 'The resource could not be found.');
export const accessDenied = (): GraphReply => problem(403, 'accessDenied', 'Access denied');
export const resync = (location: string): GraphReply => ({
  ...problem(410, 'resyncChangesApplyDifferences', 'Resync required.'),
  headers: { location },
});
export const throttled = (seconds: number, status: number, code: string): GraphReply => ({
  ...problem(status, code, 'The request has been throttled'),
  headers: { 'retry-after': String(seconds), 'ratelimit-reset': String(seconds) },
});
