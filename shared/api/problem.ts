// Requests that are wrong and requests that fail: RFC 9457 problems, naming every field.

import type { z } from 'zod';
import { nameFullDisk } from '../disk-full.ts';
import { type ErrorCode, SluiceError, TerminalError } from '../errors.ts';
import { issuesOf } from '../issues.ts';

/** RFC 9457 problem details. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  errors?: { field: string; message: string }[];
}

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  'request.invalid': 400,
  'query.invalid': 400,
  'query.timeout': 408,
  'request.too-large': 413,
  'request.unauthenticated': 401,
  'request.forbidden': 403,
  'run.not-found': 404,
  'sync.unknown': 404,
  'document.not-found': 404,
  'document.erased': 410,
  'source.gone': 404,
  'source.too-large': 413,
  'source.changed': 409,
  'page.not-found': 404,
  'page.no-picture': 404,
  'page.busy': 503,
  'search.not-ready': 503,
  'search.too-large': 507,
  'review.no-batch': 404,
  'review.decided-by-person': 409,
  // of a page that is asked for
  'extract.corrupt': 422,
  'extract.encrypted': 422,
  'extract.unsupported': 422,
  'extract.too-large': 422,
  'extract.too-many-pages': 422,
  'extract.timeout': 422,
  'extract.out-of-memory': 422,
  'extract.crashed': 422,
  'model.not-found': 404,
  'lake.not-found': 404,
  'run.exists': 409,
  'lake.conflict': 409,
  'run.not-finished': 409,
  'run.forgotten': 410,
  'lake.unavailable': 503,
  'disk.full': 507,
};

/** An error as problem+json. Foreign errors show no message: it may hold content. */
export function toProblem(thrown: unknown): Problem {
  const error = nameFullDisk(thrown);
  if (!(error instanceof SluiceError))
    return {
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      detail: 'The request failed unexpectedly; the log names the cause.',
      code: 'internal',
    };
  const fields = error instanceof RequestError ? { errors: error.fields } : {};
  return {
    type: `urn:sluice:${error.code}`,
    title: error.remedy,
    status: STATUS_OF[error.code] ?? 500,
    detail: error.message,
    code: error.code,
    ...fields,
  };
}

/** Wrong input, with the fields that are wrong. */
export class RequestError extends TerminalError {
  readonly fields: { field: string; message: string }[];
  constructor(fields: { field: string; message: string }[]) {
    super('request.invalid', fields.map((f) => `${f.field}: ${f.message}`).join('; '));
    this.fields = fields;
  }
}

/**
 * Validate a request body.
 * @throws {RequestError} request.invalid naming every wrong field
 */
export function parseRequest<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RequestError(
    issuesOf(parsed.error).map(({ field, message }) => ({ field: field === '' ? '(body)' : field, message })),
  );
}

/**
 * A page of another site must not change anything with its viewer's sign-in. Browsers say where a request comes from, other callers say nothing.
 * @param site  header sec-fetch-site, null when absent
 * @throws {TerminalError} request.forbidden
 */
export function refuseForeignPages(method: string, site: string | null): void {
  if (method === 'GET' || site === null || site === 'same-origin' || site === 'none') return;
  throw new TerminalError('request.forbidden', 'a page of another site may not change anything here');
}
