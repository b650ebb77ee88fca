// Documents and runs out of the index: every segment that holds one goes, and what else was in it is indexed again when somebody searches.
// Invariant: F1 afterwards no file of the index holds a text of them, those of writers that were cut short or are at work included.

import { codeOf } from '../errors.ts';
import { searchPaths } from '../paths.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { dropSegments, readSegments } from './segment-list.ts';

type ForgetServices = Pick<PipelineServices, 'lake' | 'parquet'>;

/** @param forgotten  ids of documents or of runs */
export async function forgetInSearch(
  { lake, parquet }: ForgetServices,
  column: 'document_id' | 'run_id',
  forgotten: ReadonlySet<string>,
): Promise<void> {
  if (forgotten.size === 0) return;
  const stored = new Set<string>();
  for await (const { path } of lake.list(searchPaths.root))
    if (path !== searchPaths.list) stored.add(searchPaths.segmentOf(path));
  if (stored.size === 0) return;
  const { segments } = await readSegments(lake);
  const listed = new Set(segments.map(({ id }) => id));
  const gone = new Set([...stored].filter((id) => !listed.has(id)));
  for (const id of listed) {
    try {
      const rows = await parquet.read(searchPaths.entries(id), [column]);
      if (rows.some((row) => forgotten.has(String(row[column])))) gone.add(id);
    } catch (error) {
      if (codeOf(error) !== 'lake.not-found') throw error;
      gone.add(id); // somebody else has dropped it just now
    }
  }
  await dropSegments(lake, gone);
}
