// `sluice export`: decisions as a CSV, JSON or Parquet file, on stdout or in a file.
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type ResultFilter, resultFilterSchema } from '../../shared/api/decisions.ts';
import { parseRequest } from '../../shared/api/problem.ts';
import { exportResults } from '../../shared/insight/export-results.ts';
import { matchedFilter } from '../../shared/search/search.ts';
import { atLake, type LakeOptions, lookAt, queryOf } from '../at-lake.ts';
import { note, printFile } from '../console.ts';

/** The filter options of a command; names are those of the API. */
export function filterOf(options: Readonly<Record<string, unknown>>): ResultFilter {
  const names = Object.keys(resultFilterSchema.shape);
  const given = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
  return parseRequest(resultFilterSchema, Object.fromEntries(given));
}

export async function exportCommand(
  options: LakeOptions & {
    format: 'csv' | 'json' | 'parquet';
    output?: string;
    [filter: string]: unknown;
  },
): Promise<void> {
  const format = options.json ? 'json' : options.format;
  const filter = filterOf(options);
  // Looking for words may have to index them first, which a lake at rest does not take.
  await (filter.text === undefined && filter.like === undefined ? lookAt : atLake)(options, {
    api: async (api) =>
      save(await api.download(`/api/results/export${queryOf({ ...filter, format })}`), options.output),
    app: async (app) => {
      const { view, filter: matching } = await matchedFilter(app, filter, { isWhole: true });
      const file = await exportResults(view.query, matching, format);
      await save(file.body, options.output);
      note(`${file.rows} decision(s) exported`);
    },
  });
}

async function save(body: AsyncIterable<Uint8Array>, output: string | undefined): Promise<void> {
  if (output !== undefined) await pipeline(body, createWriteStream(output));
  else await printFile(body);
}
