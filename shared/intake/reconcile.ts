// The sweep that finds uploads whose event never came: landing files that no run has claimed and that have no decision,
// and those whose marker could not be read when its window was planned (pipeline/sealed-window.ts).
// Invariants: S1 a file that is found is claimed exactly as its event would have claimed it, so an event that comes late joins and a second sweep
// finds nothing. S2 files younger than the grace time are left to their events. S3 erased documents stay erased. S4 files that are decided without a claim use up none
// of what a sweep gives to runs, so it reaches the others however many they are.
import pLimit from 'p-limit';
import { documentId } from '../ids.ts';
import { sqlText } from '../lake/duckdb.ts';
import { intakePaths } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { createUploadRun } from '../pipeline/start-run.ts';
import type { LakeFile, LakeStore } from '../ports.ts';
import type { RunStarter } from './uploads.ts';
import { claimIdOf, markerOf, takeInGroup } from './window.ts';

// Event Grid delivers within seconds, a container scan within minutes; the event's own retries take longer.
const GRACE_MS = 15 * 60_000;
/** Given to runs by one sweep. */
const FILES_PER_SWEEP = 20_000;
const FILES_PER_QUERY = 5000;
const PARALLEL_READS = 16;
/** A sweep never makes one run per file, whatever the setting for uploads is. */
const MIN_WINDOW_SECONDS = 30;

export interface ReconcileReport {
  /** Landing files looked at. */
  files: number;
  /** Files that were given to a run. */
  found: number;
  runs: string[];
}

export async function reconcileUploads(
  lake: DecisionLake,
  runs: RunStarter,
  filesPerSweep = FILES_PER_SWEEP,
): Promise<ReconcileReport> {
  const { services } = lake;
  const claims = new Set<string>();
  for await (const { path } of services.lake.list(intakePaths.claims))
    claims.add(path.slice(path.lastIndexOf('/') + 1, -'.json'.length));
  const lost = await lostMarkers(services.lake);
  const report: ReconcileReport = { files: 0, found: 0, runs: [] };
  const started = new Set<string>();
  const give = async (candidates: readonly LakeFile[]): Promise<void> => {
    const seconds = Math.max(services.config.UPLOAD_WINDOW_SECONDS, MIN_WINDOW_SECONDS);
    const files = await undecided(lake, await unplanned(services.lake, candidates, claims, lost));
    const uploads = files.map(({ path, etag, sizeBytes }) => ({ path, etag, sizeBytes }));
    report.found += uploads.length;
    for (const window of await takeInGroup(services.lake, services.clock, seconds, uploads)) {
      // S1
      if (started.has(window.windowId)) continue;
      started.add(window.windowId);
      const { runId } = await createUploadRun(services, window.windowId);
      await runs.start({ runId, startAt: window.closesAt });
      report.runs.push(runId);
    }
  };
  let candidates: LakeFile[] = [];
  for await (const file of services.sources.landing.list('')) {
    report.files++;
    const isOld = services.clock.now() - file.lastModified > GRACE_MS; // S2
    if (isOld && (lost.size > 0 || !claims.has(claimIdOf(file)))) candidates.push(file);
    if (candidates.length < Math.min(FILES_PER_QUERY, filesPerSweep)) continue;
    await give(candidates);
    candidates = [];
    if (report.found >= filesPerSweep) break; // the next sweep goes on: these are claimed then
  }
  await give(candidates);
  if (report.found < filesPerSweep) for (const path of lost.values()) await services.lake.delete(path); // all were looked at
  if (report.found > 0) services.logger.warn('upload.reconciled', { files: report.files, found: report.found });
  return report;
}

/** Markers that could not be read when their windows were planned: the note's path by window and marker. */
async function lostMarkers(lake: LakeStore): Promise<Map<string, string>> {
  const lost = new Map<string, string>();
  for await (const { path } of lake.list(intakePaths.lostMarkers))
    lost.set(path.slice(intakePaths.lostMarkers.length + 1, -'.json'.length), path);
  return lost;
}

/** Files without a claim, or whose claim names a lost marker. */
async function unplanned(
  lake: LakeStore,
  files: readonly LakeFile[],
  claims: ReadonlySet<string>,
  lost: ReadonlyMap<string, string>,
): Promise<LakeFile[]> {
  const limit = pLimit(PARALLEL_READS);
  const isUnplanned = async (file: LakeFile): Promise<boolean> => {
    const claimId = claimIdOf(file);
    if (!claims.has(claimId)) return true;
    const marker = await markerOf(lake, claimId);
    return marker !== undefined && lost.has(marker);
  };
  const kept = await Promise.all(files.map((file) => limit(isUnplanned, file)));
  return files.filter((_, i) => kept[i]);
}

/** Files that no run, however it was started, has decided in this version. */
async function undecided({ query }: DecisionLake, files: readonly LakeFile[]): Promise<LakeFile[]> {
  if (files.length === 0) return [];
  const paths = files.map((file) => sqlText(file.path)).join(', ');
  const ids = files.map((file) => sqlText(documentId('landing', file.path))).join(', ');
  const { rows } = await query(
    `SELECT DISTINCT source_path, source_etag, document_id, failure_code FROM results
      WHERE source_path IN (${paths}) OR (document_id IN (${ids}) AND failure_code = 'document.erased')`,
  );
  const decided = new Set(rows.map((row) => `${row.source_path}\0${bare(String(row.source_etag))}`));
  const erased = new Set(rows.filter((row) => row.failure_code === 'document.erased').map((row) => row.document_id));
  return files.filter(
    (file) => !decided.has(`${file.path}\0${bare(file.etag)}`) && !erased.has(documentId('landing', file.path)), // S3
  );
}

/** Services differ in whether they quote an ETag. */
const bare = (etag: string): string => etag.replaceAll('"', '');
