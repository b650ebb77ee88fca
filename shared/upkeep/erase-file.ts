// A file of the landing container is forgotten whole: every document that was ever read from it, also those that lie inside of it.
// Safe to repeat: what was cut short is finished.
import { codeOf } from '../errors.ts';
import { documentId } from '../ids.ts';
import { sqlText } from '../lake/duckdb.ts';
import { runIndexFolder, runPaths } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { endOf, eraseDocument } from './erase.ts';

/**
 * @param path  in the landing container
 * @returns documents that were erased; 0: nothing was ever read from it
 * @throws {TerminalError} run.not-finished when a run is working on one of them
 */
export async function eraseLandedFile(lake: DecisionLake, path: string): Promise<number> {
  let erased = 0;
  for (const id of await documentsOf(lake, path)) {
    try {
      await eraseDocument(lake, id, { deleteSource: false });
      erased++;
    } catch (error) {
      if (codeOf(error) !== 'document.not-found') throw error;
    }
  }
  return erased;
}

/** Ids of what was decided, and of what runs have read that did not commit. */
async function documentsOf({ services, query }: DecisionLake, path: string): Promise<ReadonlySet<string>> {
  const ids = new Set([documentId('landing', path)]);
  const add = (id: unknown, archivePath: unknown): void => {
    const [container, inner] = ['landing', String(archivePath ?? '')];
    // The same path may exist among imports.
    const isOfLanding =
      id === documentId(container, path, inner) || id === documentId(container, path, '', inner.slice(1));
    if (isOfLanding) ids.add(String(id));
  };
  const { rows } = await query(
    `SELECT DISTINCT document_id, archive_path FROM results WHERE source_path = ${sqlText(path)}`,
    Number.MAX_SAFE_INTEGER,
  );
  for (const row of rows) add(row.document_id, row.archive_path);
  for await (const file of services.lake.list(runIndexFolder)) {
    const runId = file.path.slice(runIndexFolder.length + 1, -'.json'.length);
    if ((await endOf(services.lake, runId)) === 'completed') continue; // its rows stand in results
    for await (const { path: batch } of services.lake.list(runPaths.extractedFolder(runId)))
      for (const row of await services.parquet.read(batch, ['document_id', 'source_path', 'archive_path']))
        if (row.source_path === path) add(row.document_id, row.archive_path);
  }
  return ids;
}
