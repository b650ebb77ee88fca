// Who reviews: the signed-in person, or who a caller with a function key says they are.
import type { HttpRequest } from '@azure/functions';
import { parseReviewer } from '../shared/api/reviewer.ts';
import { whoCalls } from '../shared/app.ts';

/** Callers with a function key have no name but the one they give, URL-encoded as headers need it. */
export function reviewerOf(request: HttpRequest) {
  const caller = whoCalls(request.headers.get('x-ms-client-principal'), 'reviewer');
  const given = request.headers.get('x-sluice-reviewer');
  if (caller.id !== 'key' || given === null) return caller;
  return { ...caller, name: parseReviewer(given) };
}
