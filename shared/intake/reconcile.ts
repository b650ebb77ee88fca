// The sweep that finds uploads whose event never came: landing files that no run has claimed and that have no decision.
// Invariants: S1 a file that is found is claimed exactly as its event would have claimed it, so an event that comes late joins and a second sweep
// finds nothing. S2 files younger than the grace time are left to their events. S3 erased documents stay erased.
import { documentId, sha256Hex } from '../ids.ts';
import { sqlText } from '../lake/duckdb.ts';
import { intakePaths } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { createUploadRun } from '../pipeline/start-run.ts';
import type { LakeFile } from '../ports.ts';
import type { RunStarter } from './uploads.ts';
import { takeInGroup } from './window.ts';

// Event Grid delivers within seconds, a container scan within minutes; the event's own retries take longer.
const GRACE_MS = 15 * 60_000;
const FILES_PER_SWEEP = 20_000;
const FILES_PER_QUERY = 500;
/** A sweep never makes one run per file, whatever the setting for uploads is. */
const MIN_WINDOW_SECONDS = 30;

export interface ReconcileReport {
  /** Landing files looked at. */
  files: number;
  /** Files that were given to a run. */
  found: number;
  runs: string[];
}

export async function reconcileUploads(lake: DecisionLake, runs: RunStarter): Promise<ReconcileReport> {
  const { services } = lake;
  const claims = new Set<string>();
  for await (const { path } of services.lake.list(intakePaths.claims))
    claims.add(path.slice(path.lastIndexOf('/') + 1, -'.json'.length));
  const report: ReconcileReport = { files: 0, found: 0, runs: [] };
  const unclaimed: LakeFile[] = [];
  for await (const file of services.sources.landing.list('')) {
    report.files++;
    const isOld = services.clock.now() - file.lastModified > GRACE_MS; // S2
    if (isOld && !claims.has(sha256Hex(`${file.path}\0${file.etag}`))) unclaimed.push(file);
    if (unclaimed.length === FILES_PER_SWEEP) break; // the next sweep goes on: these are claimed then
  }
  const started = new Map<string, number>();
  for (let from = 0; from < unclaimed.length; from += FILES_PER_QUERY) {
    const seconds = Math.max(services.config.UPLOAD_WINDOW_SECONDS, MIN_WINDOW_SECONDS);
    const files = await undecided(lake, unclaimed.slice(from, from + FILES_PER_QUERY));
    const uploads = files.map(({ path, etag, sizeBytes }) => ({ path, etag, sizeBytes }));
    report.found += uploads.length;
    for (const window of await takeInGroup(services.lake, services.clock, seconds, uploads)) {
      // S1
      if (started.has(window.windowId)) continue;
      started.set(window.windowId, window.closesAt);
      const { runId } = await createUploadRun(services, window.windowId);
      await runs.start({ runId, startAt: window.closesAt });
      report.runs.push(runId);
    }
  }
  if (report.found > 0) services.logger.warn('upload.reconciled', { files: report.files, found: report.found });
  return report;
}

/** Files that no run, however it was started, has decided in this version. */
async function undecided({ query }: DecisionLake, files: readonly LakeFile[]): Promise<LakeFile[]> {
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
