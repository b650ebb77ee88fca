// `sluice export`: decisions as a CSV or Parquet file, on stdout or in a file.
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type ResultFilter, resultFilterSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { exportResults } from '../../shared/insight/export-results.ts';
import { note } from '../console.ts';
import { withLake } from '../local-app.ts';

/** The filter options of a command; names are those of the API. */
export function filterOf(options: Readonly<Record<string, unknown>>): ResultFilter {
  const names = Object.keys(resultFilterSchema.shape);
  const given = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
  return parseRequest(resultFilterSchema, Object.fromEntries(given));
}

export async function exportCommand(options: {
  data: string;
  format: 'csv' | 'parquet';
  output?: string;
  [filter: string]: unknown;
}): Promise<void> {
  await withLake(options.data, async (app) => {
    const file = await exportResults(app.query, filterOf(options), options.format);
    if (options.output === undefined) for await (const part of file.body) process.stdout.write(part);
    else await pipeline(file.body, createWriteStream(options.output));
    note(`${file.rows} decision(s) exported`);
  });
}
