// All steps of a sharded training in one process, and how a host shares them out.
import type { PlanTrainingRequest } from './plan.ts';
import type { TrainingResult } from './register.ts';
import type { ShardedTrainer } from './trainer.ts';

/** Ranges of shards for about `groups` parallel steps. */
export function planRanges(shards: number, groups: number): [from: number, to: number][] {
  const size = Math.max(1, Math.ceil(shards / Math.max(1, groups)));
  return Array.from({ length: Math.ceil(shards / size) }, (_, i) => [i * size, Math.min(shards, (i + 1) * size)]);
}

/** All steps one after the other in this process: a training that may be stopped and continued at any time. */
export async function runSharded(
  trainer: ShardedTrainer,
  request: PlanTrainingRequest,
  onProgress?: (progress: { phase: string; iteration: number; objective: number }) => void,
): Promise<TrainingResult> {
  const { trainingId, shards, isFinished, isWhole } = await trainer.plan(request);
  if (isWhole && !isFinished) await trainer.trainWhole({ trainingId });
  if (isFinished || isWhole) return trainer.finish({ trainingId });
  for (let shard = 0; shard < shards; shard++) await trainer.featurizeShard({ trainingId, shard });
  const { fits } = await trainer.prepareFits({ trainingId });
  const parts = planRanges(shards, 4);
  for (const fit of fits) {
    let at = await trainer.progress({ trainingId, fit });
    while (!at.done) {
      const { round } = at;
      for (const [from, to] of parts) await trainer.gradientShards({ trainingId, fit, round, from, to });
      at = await trainer.reduceAndStep({ trainingId, fit, round, parts });
      onProgress?.({ phase: fit, iteration: at.iteration, objective: at.objective });
    }
  }
  return await trainer.finish({ trainingId });
}
