// Runs that make no progress: told once, shown until they move, and given back to the engine if it has lost them.
// Invariants: W1 a run is told as stalled once per standstill. W2 the watchdog decides nothing: it starts the orchestration of a run that has
// none alive, which repeats no finished step. W3 a run whose records are damaged holds up no other: it is told, and started like one that lost its engine.

import type { RunStarter } from '../intake/uploads.ts';
import { runIndexFolder, runPaths } from '../paths.ts';
import { createJson, type RunRecord, readAttempt, readJson } from '../pipeline/records.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { isCorruptRecord } from '../record-json.ts';

// Older runs without an end were given up long ago.
const LOOK_BACK_MS = 30 * 24 * 3_600_000;

export interface WatchReport {
  running: number;
  /** Ids of the runs that stand still. */
  stalled: string[];
}

/** Runs that have ended need no second look: their ids are kept. */
export class Watchdog {
  readonly #services: PipelineServices;
  readonly #ended = new Set<string>();

  constructor(services: PipelineServices) {
    this.#services = services;
  }

  async watch(runs: RunStarter): Promise<WatchReport> {
    const { lake, clock, config } = this.#services;
    const report: WatchReport = { running: 0, stalled: [] };
    for await (const file of lake.list(runIndexFolder)) {
      const runId = file.path.slice(runIndexFolder.length + 1, -'.json'.length);
      if (this.#ended.has(runId) || clock.now() - file.lastModified > LOOK_BACK_MS) continue;
      if ((await lake.stat(runPaths.summary(runId))) !== undefined) {
        // A failed run that is taken up again has a newer attempt, so only a good end is final.
        if ((await this.#intact(() => readAttempt(lake, runId))) === 0) this.#ended.add(runId);
        continue;
      }
      report.running++;
      const since = await this.#lastProgress(runId, file.lastModified);
      const run = await this.#intact(() => readJson<RunRecord>(lake, runPaths.request(runId)));
      const windowMs = run?.windowId == null ? 0 : config.UPLOAD_WINDOW_SECONDS * 1000; // waits on purpose
      if (clock.now() - since <= config.STALLED_MINUTES * 60_000 + windowMs) {
        await lake.delete(runPaths.stalled(runId));
        continue;
      }
      report.stalled.push(runId);
      await this.#tell(runId, since);
      const attempt = await this.#intact(() => readAttempt(lake, runId));
      if (attempt !== undefined) await runs.start({ runId, attempt }); // W2
    }
    return report;
  }

  /** W3. @returns undefined when the record is damaged */
  async #intact<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!isCorruptRecord(error)) throw error;
      this.#services.logger.error('record.corrupt', { record: String(error.ids.path) });
      return undefined;
    }
  }

  /** The newest file of the run's folder, but for the watchdog's own; epoch ms. */
  async #lastProgress(runId: string, createdAt: number): Promise<number> {
    let newest = createdAt;
    for await (const file of this.#services.lake.list(runPaths.folder(runId)))
      if (file.path !== runPaths.stalled(runId)) newest = Math.max(newest, file.lastModified);
    return newest;
  }

  /** W1. */
  async #tell(runId: string, since: number): Promise<void> {
    const { lake, clock, logger } = this.#services;
    const isNew = await createJson(lake, runPaths.stalled(runId), { since: new Date(since).toISOString() });
    if (isNew) logger.warn('run.stalled', { runId, silentMs: clock.now() - since });
  }
}
