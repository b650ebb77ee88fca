// Addresses of the page. Every link of every view is made here.

export const BASE = '/api/dashboard';
/** What the documentation says of this page; it begins there, and leads on. */
export const DOCS = '/api/docs/dashboard.html';

const part = encodeURIComponent;

/** A query string of the values that are set; '' when none is. */
export function queryOf(values: Readonly<Record<string, string | number | undefined | null>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

export const links = {
  runs: `${BASE}/runs`,
  run: (runId: string) => `${BASE}/runs/${part(runId)}`,
  compare: (a: string, b: string) => `${BASE}/runs/${part(a)}/compare/${part(b)}`,
  documents: (filter: Readonly<Record<string, string | undefined>> = {}) => `${BASE}/documents${queryOf(filter)}`,
  document: (documentId: string) => `${BASE}/documents/${part(documentId)}`,
  review: `${BASE}/review`,
  spotChecks: `${BASE}/review?order=spot-check`,
  labels: `${BASE}/labels`,
  models: `${BASE}/models`,
  model: (version: string) => `${BASE}/models/${part(version)}`,
  sources: `${BASE}/sources`,
  costs: `${BASE}/costs`,
} as const;
