// An upload event, from notice to started run.

import { statOne } from '../pipeline/read-source.ts';
import type { RunInput } from '../pipeline/run.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { createUploadRun } from '../pipeline/start-run.ts';
import { takeIn } from './window.ts';

/** Starts the orchestration of a recorded run; harmless when it runs already. */
export interface RunStarter {
  start(input: RunInput): Promise<void>;
}

/** Take an uploaded file into its window's run. A file that is gone again is nobody's document. */
export async function takeInUpload(services: PipelineServices, runs: RunStarter, path: string): Promise<void> {
  const file = await statOne(services.sources.landing, path);
  if (file === undefined) {
    services.logger.info('upload.gone', {});
    return;
  }
  services.logger.info('upload.taken', { ageMs: services.clock.now() - (file.lastModified ?? services.clock.now()) });
  const upload = { path, etag: file.etag, sizeBytes: file.sizeBytes };
  const window = await takeIn(services.lake, services.clock, services.config.UPLOAD_WINDOW_SECONDS, upload);
  const { runId } = await createUploadRun(services, window.windowId);
  await runs.start({ runId, startAt: window.closesAt });
}
