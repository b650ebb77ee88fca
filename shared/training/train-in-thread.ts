// A training in a thread of its own: the event loop of the process goes on, and what it held is free when it ends.
// Invariant: W1 the model is the one train() makes of the same rows, options and seed.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, TerminalError } from '../errors.ts';
import type { TrainOptions } from './options.ts';
import type { Example, TrainedBundle, TrainProgress } from './train.ts';

export interface TrainingStart {
  examples: Example[];
  options: TrainOptions;
  taxonomyVersion: string | null;
  decisions: { human: number; llm: number } | undefined;
}

export type TrainingAnswer =
  | { progress: TrainProgress }
  | { bundle: TrainedBundle }
  | { failure: { code: ErrorCode; message: string } };

/** Of lists and texts; vectors lie outside. */
const MAX_HEAP_MB = 768;

/** @throws {TerminalError} as train(); train.out-of-memory */
export async function trainInThread(
  start: TrainingStart,
  onProgress: (progress: TrainProgress) => void,
): Promise<TrainedBundle> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(fileURLToPath(new URL(`./training-thread.${extension}`, import.meta.url)), {
    workerData: start,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  try {
    return await new Promise<TrainedBundle>((resolve, reject) => {
      worker.on('message', (answer: TrainingAnswer) => {
        if ('progress' in answer) onProgress(answer.progress);
        else if ('bundle' in answer) resolve(answer.bundle);
        else reject(new TerminalError(answer.failure.code, answer.failure.message));
      });
      worker.once('error', (cause) =>
        reject(
          (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? new TerminalError('train.out-of-memory', `Training: more than ${MAX_HEAP_MB} MB of memory`, { cause })
            : cause,
        ),
      );
      worker.once('exit', (code) => reject(new Error(`the thread of the training ended with ${code}`)));
    });
  } finally {
    await worker.terminate();
  }
}
