// A privacy request: everything that was read from a document and decided on it, out of the lake. Its rows stay as tombstones.
// Invariants: E1 after it no file below the lake container holds the document's text, terms, label, quote or name. E2 counts stay true: each
// row of `results` keeps run, batch, status, cost and `failure_code = document.erased`. E3 safe to repeat: what was cut short is finished.
// Not reached: models that were trained with the document (weights of hashed terms; its vector only where no run holds its text any more), backups, what was exported, answers in a process's memory.
import type { RunState } from '../api/runs.ts';
import { ERROR_REMEDIES, TerminalError } from '../errors.ts';
import { documentId as idOf } from '../ids.ts';
import { decodePath } from '../lake/delta/actions.ts';
import { purgeRows } from '../lake/delta/purge.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { Row } from '../lake/tables.ts';
import { TRAINING_OWNER, vectorFolders } from '../models/encoder/vector-cache.ts';
import { intakePaths, pagePaths, reviewLeasePath, runIndexFolder, runPaths } from '../paths.ts';
import { type DecisionLake, tableOf } from '../pipeline/decision-lake.ts';
import { type RunRecord, type RunSummary, readJson, readStep, writeJson } from '../pipeline/records.ts';
import { runSource } from '../pipeline/run-source.ts';
import { type IntakeMarker, readMarker, uploadsOf } from '../pipeline/sealed-window.ts';
import { forgetTrainingsOnDecisions } from '../pipeline/trainings.ts';
import type { LakeStore } from '../ports.ts';
import { isCorruptRecord } from '../record-json.ts';
import { forgetInSearch } from '../search/forget.ts';
import { type BatchPlace, eraseFromBatch } from './erase-batch.ts';

export interface Erasure {
  documentId: string;
  /** Rows of `results` that are tombstones now. */
  rows: number;
  batches: number;
  /** Data files of older versions that were deleted. */
  files: number;
  /** The source file was deleted too, as asked. */
  sourceDeleted: boolean;
}

const TOMBSTONE: Row = {
  source_path: '',
  archive_path: '',
  source_etag: null,
  content_sha256: null,
  media_type: null,
  size_bytes: null,
  pages: null,
  chars: null,
  language: null,
  duplicate_of: null,
  source_name: null,
  source_url: null,
  label: null,
  confidence: null,
  top_labels_json: '[]',
  evidence_json: '[]',
  llm_quote: null,
  llm_quote_verified: null,
  failure_code: 'document.erased',
  failure_message: ERROR_REMEDIES['document.erased'],
};

/**
 * Erase a document.
 * @param options.deleteSource  also the file it was read from, unless that is an archive or a data set
 * @throws {TerminalError} document.not-found; run.not-finished when a run is working on it
 */
export async function eraseDocument(
  lake: DecisionLake,
  documentId: string,
  options: { deleteSource: boolean },
): Promise<Erasure> {
  const { services } = lake;
  const is = `WHERE document_id = ${sqlText(documentId)}`;
  const { rows } = await lake.query(`SELECT run_id, batch_id, source_path, archive_path FROM results ${is}`);
  const places = await findPlaces(lake, documentId, rows);
  if (rows.length === 0 && places.length === 0)
    throw new TerminalError('document.not-found', `document ${documentId} is not known`, { ids: { documentId } });
  const path = rows.map((row) => String(row.source_path ?? '')).find((name) => name !== '');
  let batches = 0;
  for (const place of places) if (await eraseFromBatch(services, place, documentId)) batches++;
  // Where a run's texts are gone nobody can tell which vectors of trainings are this document's: all of them go, and are made again when wanted.
  if (batches < places.length)
    for (const folder of (await vectorFolders(services.lake)).get(TRAINING_OWNER) ?? [])
      await services.lake.deleteFolder(folder);
  await eraseNames(lake, places, documentId, path);
  // Before the rows forget where it was.
  const sourceDeleted = options.deleteSource && path !== undefined && (await deleteSource(lake, documentId, path));
  const matching = [{ column: 'document_id', op: '=' as const, value: documentId }];
  const decisions = await purgeRows(tableOf(lake, 'results'), matching, TOMBSTONE);
  await purgeRows(tableOf(lake, 'feedback'), matching, {
    label: null,
    previous_label: null,
    note: null,
    content_sha256: null,
    source_etag: null,
  });
  for (const place of places) await forgetPart(lake, place);
  await services.lake.delete(reviewLeasePath(documentId));
  // After the rows: who draws a page looks at them once it is stored, and takes it away again (document-page.ts).
  await services.lake.deleteFolder(pagePaths.document(documentId));
  await forgetInSearch(services, 'document_id', new Set([documentId])); // after the rows: who writes a segment looks at them once it is listed
  // After the rows: a training that begins now reads tombstones.
  await forgetTrainingsOnDecisions(services.lake);
  services.logger.info('document.erased', { documentId, rows: decisions.rows, batches, files: decisions.files });
  return { documentId, rows: decisions.rows, batches, files: decisions.files, sourceDeleted };
}

/** Batches that hold the document: those of its rows, and those of runs that have not committed. @throws {TerminalError} run.not-finished */
async function findPlaces({ services }: DecisionLake, documentId: string, rows: readonly Row[]): Promise<BatchPlace[]> {
  const { lake, parquet } = services;
  const places = new Map<string, BatchPlace>();
  const add = (runId: string, batchId: string) => places.set(`${runId}\0${batchId}`, { runId, batchId });
  for (const row of rows) add(String(row.run_id), String(row.batch_id));
  for await (const file of lake.list(runIndexFolder)) {
    const runId = file.path.slice(runIndexFolder.length + 1, -'.json'.length);
    const state = await endOf(lake, runId);
    if (state === 'completed') continue; // its rows name the batches
    for await (const { path } of lake.list(runPaths.extractedFolder(runId))) {
      const found = await parquet.read(path, ['document_id']);
      if (!found.some((row) => row.document_id === documentId)) continue;
      if (state === undefined)
        throw new TerminalError('run.not-finished', `run ${runId} is working on document ${documentId}`, {
          ids: { runId, documentId },
        });
      add(runId, path.slice(path.lastIndexOf('/') + 1, -'.parquet'.length));
    }
  }
  return [...places.values()];
}

/** How a run ended; `damaged`: it did, and its summary cannot tell how. */
export async function endOf(lake: LakeStore, runId: string): Promise<RunState | 'damaged' | undefined> {
  try {
    return (await readJson<RunSummary>(lake, runPaths.summary(runId)))?.state;
  } catch (error) {
    if (!isCorruptRecord(error)) throw error;
    return 'damaged';
  }
}

/** The path in requests and intake markers of the runs, and in what runs are called. */
async function eraseNames(
  decisions: DecisionLake,
  places: readonly BatchPlace[],
  documentId: string,
  path: string | undefined,
): Promise<void> {
  const container = ['landing', 'imports'].find((name) => path !== undefined && idOf(name, path) === documentId);
  if (path === undefined || container === undefined) return; // the file holds other documents as well
  const { lake } = decisions.services;
  for (const runId of new Set(places.map((place) => place.runId))) {
    const run = await readJson<RunRecord>(lake, runPaths.request(runId));
    if (run?.windowId != null) {
      for await (const marker of lake.list(intakePaths.window(run.windowId))) {
        const found = await readMarker(lake, marker.path);
        if (found === 'damaged') {
          // What is left of it may hold the name; nobody can read it, so it counts as void (intake/window.ts).
          await writeJson(lake, marker.path, { void: true } satisfies IntakeMarker);
          continue;
        }
        const uploads = found === undefined ? [] : uploadsOf(found);
        const others = uploads.filter((upload) => upload.path !== path);
        if (others.length < uploads.length)
          await writeJson(lake, marker.path, { uploads: others } satisfies IntakeMarker);
      }
    }
    const source = run?.request?.source;
    if (run?.request != null && source?.kind === 'paths' && source.paths.includes(path)) {
      const paths = source.paths.filter((other) => other !== path);
      const request = { ...run.request, source: { ...source, paths } };
      // The table first: a repetition finds the run by its record (E3).
      const ofRun = [{ column: 'run_id', op: '=' as const, value: runId }];
      await purgeRows(tableOf(decisions, 'runs'), ofRun, { request_json: JSON.stringify(request) });
      await writeJson(lake, runPaths.request(runId), { ...run, request });
    }
  }
  await eraseFromTitles(lake, `${container}/${path}`);
}

/** A run over some files is called by the first of them; so are the re-runs of it, whatever documents they touch. */
async function eraseFromTitles(lake: LakeStore, name: string): Promise<void> {
  const isNamed = (title: string | undefined) => title === name || title?.startsWith(`${name} +`) === true;
  for await (const file of lake.list(runIndexFolder)) {
    const runId = file.path.slice(runIndexFolder.length + 1, -'.json'.length);
    const summary = await unlessDamaged(readJson<RunSummary>(lake, runPaths.summary(runId)));
    if (summary !== undefined && !isNamed(summary.source)) continue; // its request is called the same
    const run = await unlessDamaged(readJson<RunRecord>(lake, runPaths.request(runId)));
    const over = run?.over?.replace(name, name.slice(0, name.indexOf('/')));
    if (run !== undefined && over !== undefined && isNamed(run.over))
      await writeJson(lake, runPaths.request(runId), { ...run, over });
    if (summary === undefined || run === undefined) continue;
    const source = runSource(over === undefined ? run : { ...run, over });
    await writeJson(lake, runPaths.summary(runId), { ...summary, source });
  }
}

/** A damaged record is told where it is listed; it keeps nobody from the others. */
async function unlessDamaged<T>(record: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await record;
  } catch (error) {
    if (!isCorruptRecord(error)) throw error;
    return undefined;
  }
}

/**
 * What a batch's record knows of its part: statistics may be values of the document's row. A part that no version names holds the row itself;
 * it goes, and its batch is decided again if the run is taken up.
 */
async function forgetPart(lake: DecisionLake, { runId, batchId }: BatchPlace): Promise<void> {
  const { services } = lake;
  const results = tableOf(lake, 'results');
  const decided = await readStep(services.lake, runId, batchId, 'decide');
  if (decided?.part == null) return;
  const { path, add } = decided.part;
  const record = runPaths.step(runId, batchId, 'decide');
  if ((await endOf(services.lake, runId)) === 'completed') {
    const { stats: _, ...rest } = add as { stats?: string };
    await writeJson(services.lake, record, { ...decided, part: { path, add: rest } });
  } else await services.lake.delete(record);
  const live = [...((await results.snapshot())?.files.keys() ?? [])].map(
    (file) => `${results.path}/${decodePath(file)}`,
  );
  if (!live.includes(path)) await services.lake.delete(path);
}

async function deleteSource({ services }: DecisionLake, documentId: string, path: string): Promise<boolean> {
  for (const container of ['landing', 'imports'] as const) {
    if (idOf(container, path) !== documentId) continue;
    await services.sources[container].delete(path);
    return true;
  }
  return false;
}
