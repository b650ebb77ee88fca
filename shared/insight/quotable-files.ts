// What a quote may sample of a run's source: the files that the plan would list, or the rows of a data set.
import { basename } from 'node:path';
import type { QuoteRequest } from '../api/insights.ts';
import { RequestError } from '../api/problem.ts';
import type { RunRequest } from '../api/runs.ts';
import { SluiceError } from '../errors.ts';
import { meantSource } from '../pipeline/run-source.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { loadTaxonomy } from '../pipeline/taxonomies.ts';
import { type LakeStore, seededRandom } from '../ports.ts';
import { readDataset } from '../training/dataset.ts';
import { type QuotableFile, quoteRun, type RunQuote } from './quote-run.ts';

/** Quote a run over a source of the lake. The same files give the same sample. @throws as quotableFiles does, and for unknown labels */
export async function quoteSource(services: PipelineServices, request: QuoteRequest): Promise<RunQuote> {
  const taxonomy = await loadTaxonomy(services.lake, request.taxonomyVersion ?? services.config.TAXONOMY_VERSION);
  const files = await quotableFiles(services, request.source);
  return quoteRun(services, seededRandom(files.length), files, taxonomy, request.sampleSize, {
    ...(request.mode === undefined ? {} : { mode: request.mode }),
    ...(request.deadlineHours === undefined ? {} : { deadlineHours: request.deadlineHours }),
  });
}

/** @throws {RequestError} request.invalid for a data set that is not there or too large, and for more files than a run takes */
export async function quotableFiles(
  services: Pick<PipelineServices, 'lake' | 'sources' | 'config'>,
  asked: RunRequest['source'],
): Promise<QuotableFile[]> {
  const { config } = services;
  const source = await meantSource(services, asked);
  const store = services.sources[source.container];
  const file = (path: string): QuotableFile => ({
    name: basename(path),
    read: () => readUpTo(store, path, config.EXTRACT_MAX_BYTES, UNREADABLE),
  });
  switch (source.kind) {
    case 'paths':
      return [...new Set(source.paths)].map(file);
    case 'dataset':
      return readRows(store, source, config.EXTRACT_MAX_BYTES);
    case 'prefix': {
      const files: QuotableFile[] = [];
      for await (const { path } of store.list(source.prefix)) {
        if (files.length >= config.RUN_MAX_DOCUMENTS)
          throw new RequestError([
            { field: 'source', message: `has more than ${config.RUN_MAX_DOCUMENTS} documents (RUN_MAX_DOCUMENTS)` },
          ]);
        files.push(file(path));
      }
      return files;
    }
  }
}

async function readRows(
  store: LakeStore,
  source: Extract<RunRequest['source'], { kind: 'dataset' }>,
  maxBytes: number,
): Promise<QuotableFile[]> {
  const bytes = await readUpTo(store, source.path, maxBytes, TOO_LARGE);
  if (bytes === undefined)
    throw new RequestError([
      {
        field: 'source.path',
        message: `${source.path} is not in container ${source.container}, or larger than ${maxBytes} bytes (EXTRACT_MAX_BYTES)`,
      },
    ]);
  const rows: QuotableFile[] = [];
  for await (const row of readDataset({ name: source.path, bytes }, { text: source.textColumn }))
    rows.push({ name: 'row.txt', read: async () => ('problem' in row ? undefined : Buffer.from(row.text)) });
  return rows;
}

/** One file that storage does not give: the run makes a failed row of it. */
const TOO_LARGE: ReadonlySet<string> = new Set(['extract.too-large']);
const UNREADABLE: ReadonlySet<string> = new Set([
  'extract.too-large',
  'source.archived',
  'source.changed',
  'lake.forbidden',
  'lake.refused',
]);

/** Undefined for what the run could not read either: it is gone, or too large. */
async function readUpTo(
  store: LakeStore,
  path: string,
  maxBytes: number,
  refusals: ReadonlySet<string>,
): Promise<Buffer | undefined> {
  try {
    return (await store.readIfExists(path, maxBytes))?.bytes;
  } catch (error) {
    if (error instanceof SluiceError && refusals.has(error.code)) return undefined;
    throw error;
  }
}
