// Documents and runs out of the index: every segment that holds one goes, and what else was in it is indexed again when somebody searches.
// Invariant: F1 afterwards no file of the index holds a text of them, those of writers that were cut short or are at work included.

import { codeOf } from '../errors.ts';
import { searchPaths } from '../paths.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { idsOfEntries } from './entry-file.ts';
import { dropSegments, readSegments } from './segment-list.ts';

type ForgetServices = Pick<PipelineServices, 'lake'>;

/** @param forgotten  ids of documents or of runs */
export async function forgetInSearch(
  { lake }: ForgetServices,
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
      const path = searchPaths.entries(id);
      const ids = idsOfEntries(await lake.read(path), column, path);
      if ([...forgotten].some((each) => ids.has(each))) gone.add(id);
    } catch (error) {
      // Somebody else has dropped it just now; or it is damaged, and nobody can tell whom it holds.
      if (!['lake.not-found', 'lake.corrupt-table'].includes(codeOf(error))) throw error;
      gone.add(id);
    }
  }
  await dropSegments(lake, gone);
}
