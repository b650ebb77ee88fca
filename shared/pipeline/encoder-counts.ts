// What the encoder did in a run, from what it did in its batches.
import type { EncoderCounts, RunStatus } from '../api/runs.ts';
import type { Plan, StepRecord } from './records.ts';

/** Undefined where no encoder was at work. @param records  one of each batch */
export function encoderOf(plan: Plan | undefined, records: readonly StepRecord[]): Pick<RunStatus, 'encoder'> {
  const found = records.flatMap((record) => record.encoder ?? []);
  if (typeof plan?.encoder !== 'string' || found.length === 0) return {};
  const sum = (count: (counts: EncoderCounts) => number) => found.reduce((total, counts) => total + count(counts), 0);
  const failure = found.find((counts) => counts.failure !== undefined)?.failure;
  return {
    encoder: {
      version: plan.encoder,
      encoded: sum(({ encoded }) => encoded),
      cached: sum(({ cached }) => cached),
      decided: sum(({ decided }) => decided),
      foreign: sum(({ foreign }) => foreign),
      ...(failure === undefined ? {} : { failure }),
    },
  };
}
