// When people have decided enough for another training to be worth its time: at 20, 50, 100, 200, 500 … decisions.
import type { ReviewProgress } from '../shared/api/insights.ts';
import { reviewProgress } from '../shared/review/progress.ts';
import { ApiError } from './api-client.ts';
import { atLake, type LakeOptions, queryOf } from './at-lake.ts';
import { note } from './console.ts';

const EVER = '1970-01-01T00:00:00Z';

/** The mark that was reached on the way from `before` to `after` decisions; undefined: none. */
export function markReached(before: number, after: number): number | undefined {
  let reached: number | undefined;
  for (let ten = 10; ten <= after; ten *= 10)
    for (const mark of [2 * ten, 5 * ten, 10 * ten]) if (before < mark && mark <= after) reached = mark;
  return reached;
}

/** Say so after `added` decisions, if a mark was reached. */
export async function offerTraining(options: LakeOptions, added: number): Promise<void> {
  if (added === 0) return;
  const decidedByAll = await countDecided(options);
  if (decidedByAll === undefined || markReached(decidedByAll - added, decidedByAll) === undefined) return;
  note(
    `People have decided ${decidedByAll} documents of this lake: \`sluice train decisions\` makes a model of them and says how good it is (--no-promote leaves the present one in place).`,
  );
}

/** Documents that people have decided; undefined where the host does not tell: the decisions are stored, and an offer is not worth a failure. */
async function countDecided(options: LakeOptions): Promise<number | undefined> {
  try {
    const progress = await atLake(options, {
      api: (api) => api.ask<ReviewProgress>('GET', `/api/review/progress${queryOf({ since: EVER })}`),
      app: (app) => reviewProgress(app.query, EVER, ''),
    });
    return progress.decidedByAll;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
