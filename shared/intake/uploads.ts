// An upload event, from notice to started run. Events that a process gets within a moment are one group: they share the calls that need not be
// made for each (window.ts), the run's record and its start. While many come, windows are longer, so that a flood is few runs and few table versions.
// Invariants: U1 an event is answered after its run is started: what dies before is delivered again. U2 what fails for one file fails for it alone,
// before it joins a group.
import pLimit from 'p-limit';
import { statOne } from '../pipeline/read-source.ts';
import type { RunInput } from '../pipeline/run.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { createUploadRun } from '../pipeline/start-run.ts';
import { takeInGroup, type Upload } from './window.ts';

/** Starts the orchestration of a recorded run; harmless when it runs already. */
export interface RunStarter {
  start(input: RunInput): Promise<void>;
}

/** Events are gathered so long before they are taken in together. */
const GATHER_MS = 75;
const MAX_GROUP = 500;
/** So many uploads within a window's length are a backlog; of short windows as many as come at this pace, which is that of one busy host. */
const BACKLOG_UPLOADS = 200;
const BACKLOG_PER_SECOND = 30;
const BACKLOG_FACTOR = 8;
const BACKLOG_MAX_SECONDS = 60;
const PARALLEL_STARTS = 8;

interface Gathering {
  uploads: Upload[];
  /** Settles when the runs of all are started. */
  started: Promise<void>;
}

/** A process's stream of uploads. */
interface Stream {
  group: Gathering | undefined;
  /** Counts of the period that began at `since` (epoch ms; as long as a window) and of the one before. */
  since: number;
  count: number;
  countBefore: number;
}

const streams = new WeakMap<PipelineServices, Stream>();

/** Take an uploaded file into its window's run. A file that is gone again is nobody's document. */
export async function takeInUpload(services: PipelineServices, runs: RunStarter, path: string): Promise<void> {
  const file = await statOne(services.sources.landing, path);
  if (file === undefined) {
    services.logger.info('upload.gone', {});
    return;
  }
  services.logger.info('upload.taken', { ageMs: services.clock.now() - (file.lastModified ?? services.clock.now()) });
  const stream = streams.get(services) ?? { group: undefined, since: 0, count: 0, countBefore: 0 };
  streams.set(services, stream);
  let group = stream.group;
  if (group === undefined || group.uploads.length >= MAX_GROUP) {
    const uploads: Upload[] = [];
    const gathered: Gathering = { uploads, started: takeInGathered(services, runs, stream, uploads) };
    stream.group = group = gathered;
  }
  group.uploads.push({ path, etag: file.etag, sizeBytes: file.sizeBytes });
  await group.started;
}

async function takeInGathered(
  services: PipelineServices,
  runs: RunStarter,
  stream: Stream,
  uploads: Upload[],
): Promise<void> {
  const { lake, clock, config } = services;
  await clock.sleep(GATHER_MS);
  if (stream.group?.uploads === uploads) stream.group = undefined; // nobody joins any more
  const seconds = windowSeconds(stream, clock.now(), config.UPLOAD_WINDOW_SECONDS, uploads.length);
  const windows = await takeInGroup(lake, clock, seconds, uploads);
  const limit = pLimit(PARALLEL_STARTS);
  const start = async ({ windowId, closesAt }: (typeof windows)[number]): Promise<void> => {
    const { runId } = await createUploadRun(services, windowId);
    await runs.start({ runId, startAt: closesAt });
  };
  await Promise.all(windows.map((window) => limit(start, window)));
}

/** The length of the window for the next `count` uploads: longer while there is a backlog. */
function windowSeconds(stream: Stream, nowMs: number, usual: number, count: number): number {
  const periods = Math.floor((nowMs - stream.since) / (Math.max(usual, 1) * 1000));
  if (periods !== 0) {
    stream.countBefore = periods === 1 ? stream.count : 0;
    stream.count = 0;
    stream.since = nowMs;
  }
  stream.count += count;
  const backlog = Math.min(BACKLOG_UPLOADS, usual * BACKLOG_PER_SECOND);
  if (usual === 0 || Math.max(stream.count, stream.countBefore) < backlog) return usual;
  return Math.max(usual, Math.min(usual * BACKLOG_FACTOR, BACKLOG_MAX_SECONDS));
}
