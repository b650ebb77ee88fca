// Reasons of a model of the lexical profile: whole words and pairs, never a part of a word alone.
// Invariants: E1 what the parts of a word add to a margin is added to the words they lie in, by how often they lie there. E2 a word that shares its
// bucket with another of the text shares its weight and is marked. E3 stop words, pairs of nothing else, and
// pairs whose words are parted by punctuation wherever they stand ("To: tax") are no reason: who reads it would look for it in vain.
import type { TracedTerm } from '../features/lexical.ts';
import { isStopWord } from '../features/stop-words.ts';
import type { EvidenceTerm } from './evidence.ts';

/** What a bucket adds to the margin of the label and of the runner-up. */
export type BucketWeights = ReadonlyMap<number, { weight: number; runnerUp: number }>;

const NOTHING = { weight: 0, runnerUp: 0 };

/** The `top` words and pairs that moved a text most towards the label and against the runner-up; strongest first. */
export function explainTerms(terms: readonly TracedTerm[], buckets: BucketWeights, top: number): EvidenceTerm[] {
  const inBucket = new Map<number, { count: number; terms: number }>();
  const inPart = new Map<number, number>();
  for (const { bucket, count, parts } of terms) {
    const seen = inBucket.get(bucket);
    inBucket.set(bucket, { count: (seen?.count ?? 0) + count, terms: (seen?.terms ?? 0) + 1 });
    for (const [part, times] of parts) inPart.set(part, (inPart.get(part) ?? 0) + times);
  }
  return terms
    .filter(({ words, isApart }) => isApart !== true && !words.every((word) => isStopWord(word)))
    .map(({ term, bucket, count, parts }) => {
      const shared = inBucket.get(bucket)!; // noted above
      const share = count / shared.count;
      const own = buckets.get(bucket) ?? NOTHING;
      let [weight, runnerUp] = [own.weight * share, own.runnerUp * share];
      for (const [part, times] of parts) {
        const moved = buckets.get(part);
        if (moved === undefined) continue;
        const partShare = times / inPart.get(part)!; // noted above
        weight += moved.weight * partShare;
        runnerUp += moved.runnerUp * partShare;
      }
      return { term, weight, runnerUp, isShared: shared.terms > 1 };
    })
    .filter(({ weight, runnerUp }) => weight > runnerUp)
    .sort((a, b) => b.weight - b.runnerUp - (a.weight - a.runnerUp))
    .slice(0, top)
    .map(({ term, weight, runnerUp, isShared }) => ({
      term,
      weight: round(weight),
      runner_up_weight: round(runnerUp),
      ...(isShared ? { collision: true as const } : {}),
    }));
}

const round = (weight: number): number => Math.round(weight * 1e6) / 1e6;
