// The demo with a past: a run of the samples, a stricter one that leaves documents to people, some decisions of people.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReviewItem } from '../../shared/api/answers.ts';
import type { RunStatus } from '../../shared/api/runs.ts';
import { ended, ROOT, type State, startSluice, waitFor, waitForState } from '../e2e/sluice.ts';
import { type Call, callerOf } from './call.ts';

export interface Demo {
  url: string;
  data: string;
  /** The run of all samples. */
  run: RunStatus;
  call: Call;
  /** A run that has ended. */
  finished(runId: string): Promise<RunStatus>;
  stop(): Promise<void>;
}

const RUN_TIMEOUT_MS = 120_000;

/** `sluice start` on the samples, until its run is done. @param data  empty folder of the local cloud */
export async function startDemo(data: string): Promise<Demo> {
  const child = startSluice(
    [
      'start',
      join(ROOT, 'samples/documents'),
      '--data',
      data,
      '--port',
      '0',
      '--taxonomy',
      join(ROOT, 'samples/taxonomy.json'),
    ],
    {
      REVIEW_LEASE_SECONDS: '120',
    },
  );
  child.stdout?.resume();
  const state: State = await waitForState(data, child);
  const url = state.hostUrl.replace('localhost', '127.0.0.1');
  const call = callerOf(url);
  const finished = (runId: string): Promise<RunStatus> =>
    waitFor(`the end of ${runId}`, RUN_TIMEOUT_MS, async () => {
      const run = await call<RunStatus>('GET', `/api/runs/${runId}`);
      if (run.state === 'failed' || run.state === 'cancelled') throw new Error(`run ${runId}: ${run.state}`);
      return run.state === 'completed' ? run : undefined;
    });
  const runId = await waitFor('the demo run', RUN_TIMEOUT_MS, async () => {
    const { runs } = await call<{ runs: RunStatus[] }>('GET', '/api/runs?limit=1');
    return runs[0]?.runId;
  });
  const run = await finished(runId);
  return {
    url,
    data,
    run,
    call,
    finished,
    async stop() {
      child.kill('SIGTERM');
      await ended(child);
    },
  };
}

/** Folder of the samples in `imports`, as the demo named it. */
export async function samplesPrefix({ call, run }: Demo): Promise<string> {
  const report = await call<{ request: { source: { prefix: string } } }>('GET', `/api/runs/${run.runId}/report`);
  return report.request.source.prefix;
}

/** A run that takes nothing without asking and asks nobody: everything readable of these folders waits for people. */
export async function runForPeople(demo: Demo, folders: readonly string[]): Promise<RunStatus[]> {
  const prefix = await samplesPrefix(demo);
  const runs: RunStatus[] = [];
  for (const folder of folders) {
    const source = { kind: 'prefix', container: 'imports', prefix: `${prefix}/${folder}` };
    const { runId } = await demo.call<RunStatus>('POST', '/api/runs', { source, acceptThreshold: 1, llm: false });
    runs.push(await demo.finished(runId));
  }
  return runs;
}

/** Decide documents as the truth has it, but every fifth otherwise than proposed. */
export async function decideSome(demo: Demo, documents: number): Promise<void> {
  const { documents: queue } = await demo.call<{ documents: ReviewItem[] }>(
    'GET',
    `/api/review?limit=${documents}&holder=demo`,
  );
  for (const [i, item] of queue.entries()) {
    const other = item.topLabels[1]?.label ?? item.label;
    await demo.call('POST', '/api/feedback', { documentId: item.documentId, label: i % 5 === 4 ? other : item.label });
  }
}

export const TRAINING_FILE = join(ROOT, 'samples/training.jsonl');

/** Labelled texts of the samples, to train on. */
export const trainingBytes = (): Buffer => readFileSync(TRAINING_FILE);
