// Entry of the thread in which a training works, so that the process goes on answering. train-in-thread.ts made the start data; nothing else speaks here.
// No await at its top: the bundle of the package would fall into a hundred files, since what awaits cannot be put together with the rest.
import { parentPort, workerData } from 'node:worker_threads';
import { codeOf } from '../errors.ts';
import { seededRandom, silentLogger, systemClock } from '../ports.ts';
import { type Example, train } from './train.ts';
import type { TrainingAnswer, TrainingStart } from './train-in-thread.ts';

const PROGRESS_MS = 500;

async function work({ examples, options, taxonomyVersion, decisions }: TrainingStart): Promise<TrainingAnswer> {
  let toldAt = 0;
  try {
    const bundle = await train({
      ...{ examples: emptying(examples), options, taxonomyVersion, decisions },
      deps: {
        ...{ clock: systemClock, random: seededRandom(options.seed), logger: silentLogger },
        onProgress: (progress) => {
          if (Date.now() - toldAt < PROGRESS_MS) return;
          toldAt = Date.now();
          parentPort?.postMessage({ progress } satisfies TrainingAnswer);
        },
      },
    });
    return { bundle };
  } catch (error) {
    // Messages of foreign errors may hold content; those of ours do not.
    const code = codeOf(error);
    const message =
      code === 'internal' ? `the training failed with ${(error as Error).name}` : (error as Error).message;
    return { failure: { code, message } };
  }
}

/** Rows in their order; a text that was taken is held by its taker alone. */
function* emptying(rows: Example[]): Iterable<Example> {
  rows.reverse();
  for (let row = rows.pop(); row !== undefined; row = rows.pop()) yield row;
}

void work(workerData as TrainingStart).then((answer) => {
  // made by train-in-thread.ts
  const artifacts = 'bundle' in answer ? Object.values(answer.bundle.artifacts) : [];
  const whole = artifacts.filter(({ buffer, byteLength }) => buffer.byteLength === byteLength);
  parentPort?.postMessage(answer, [...new Set(whole.map(({ buffer }) => buffer as ArrayBuffer))]);
});
