// The newest decisions, by the typed client of the API: names, values and what may be null are known to the compiler.
import createClient from 'openapi-fetch';
import type { paths } from './sluice-api.d.ts';

const sluice = createClient<paths>({
  baseUrl: process.env.SLUICE_URL ?? 'http://127.0.0.1:7071',
  headers: { 'x-functions-key': process.env.SLUICE_KEY ?? '' },
});

const query = { status: 'labelled', limit: 100, 'api-version': '2026-11-30' } as const;
const { data, error } = await sluice.GET('/api/results', { params: { query } });
if (error !== undefined) throw new Error(`${error.code}: ${error.detail}`);
for (const { path, label, confidence, decidedBy } of data.results)
  console.log([path, label, confidence?.toFixed(2) ?? '', decidedBy].join('\t'));
