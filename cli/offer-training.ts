// When people have decided enough for another training to be worth its time: at 20, 50, 100, 200, 500 … decisions, with what it is expected to give.
import type { TrainingOffer } from '../shared/api/training.ts';
import { trainingOffer } from '../shared/review/training-offer.ts';
import type { ExpectedGain } from '../shared/training/expected-gain.ts';
import { ApiError } from './api-client.ts';
import { atLake, type LakeOptions } from './at-lake.ts';
import { note } from './console.ts';
import { lakeOption } from './lake-option.ts';

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Say so after `added` decisions, if a training has become due with them. */
export async function offerTraining(options: LakeOptions, added: number): Promise<void> {
  if (added === 0) return;
  const offer = await askForOffer(options);
  if (offer === undefined || !isReachedBy(offer, added)) return;
  note(describeOffer(offer, options));
}

/** Was the mark, the last below `nextAt`, passed by the newest decisions? Offers are made once, not at every decision. */
export function isReachedBy({ isDue, decided, mark }: TrainingOffer, added: number): boolean {
  return isDue && decided - added < mark;
}

/** In one line: what people did, what a training would give, how that is known, and the command. */
export function describeOffer({ decided, gain }: TrainingOffer, lake: Pick<LakeOptions, 'data' | 'url'>): string {
  const said = `People have decided ${decided} documents of this lake`;
  const next = `\`npx sluice train decisions${lakeOption(lake)}\` makes a model of them (--no-promote leaves the present one in place)`;
  return gain === null ? `${said}: ${next}.` : `${said}. ${describeGain(gain)} ${next}.`;
}

export function describeGain({
  documents,
  right,
  low,
  high,
  before,
  twice,
  alone,
  missing,
  aim,
}: ExpectedGain): string {
  const expected = `A model trained on them is expected to label ${percent(right)} rightly (${percent(low)} to ${percent(high)}; cross-validated on ${documents} of them)`;
  const gained =
    before === null
      ? ''
      : `; of the ${before.documents} that had a proposal, it was right for ${percent(before.right)}, the model for ${percent(before.model)}`;
  const decides =
    alone > 0
      ? `, and to decide ${percent(alone)} alone, ${percent(aim)} of them right`
      : `, and to decide nothing alone${missing > 0 ? `: at least ${missing} more decisions are needed to prove ${percent(aim)}` : ''}`;
  const later = twice !== null && twice > right + 0.005 ? ` With twice as many: about ${percent(twice)}.` : '';
  return `${expected}${gained}${decides}.${later}`;
}

/** Undefined where the host does not tell: the decisions are stored, and an offer is not worth a failure. */
async function askForOffer(options: LakeOptions): Promise<TrainingOffer | undefined> {
  try {
    return await atLake(options, {
      api: (api) => api.ask<TrainingOffer>('GET', '/api/models/training-offer'),
      app: (app) => trainingOffer(app),
    });
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
