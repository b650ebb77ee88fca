// The loosest accept threshold that all held-out rows together prove: no rows are set aside to say where testing starts.
// Invariants: P1 where a sequence of tests starts depends on how sure the predictions are, never on whether they are right. P2 near copies
// are fewer witnesses (witnesses.ts). P3 the level is shared by the sequences, whose number is fixed beforehand, so that it holds for whatever they find together.
// Sources: Clopper & Pearson 1934; Angelopoulos et al. 2021, Learn then Test (fixed-sequence testing from several starts).
import { type HeldOut, THRESHOLD_GRID } from './held-out.ts';
import { samplesNeeded, tailProbability } from './threshold.ts';
import { countWitnesses, type Witnesses } from './witnesses.ts';

export interface Proof {
  /** null: no threshold is proven, so nothing is accepted. */
  threshold: number | null;
  /** Among all rows. */
  witnesses: number;
  /** threshold null: witnesses that are missing at least, if more of them are right as often as these; 0: more alone do not help. */
  missing: number;
}

/** Where the sequences start, as a share of the witnesses, and their shares of the level: the surest few may hold a mislabelled one. */
const STARTS = [
  { share: 0.25, level: 0.75 },
  { share: 0, level: 0.25 },
] as const;

/** @param level  1 − confidence */
export function provenThreshold(held: HeldOut, precision: number, level: number): Proof {
  const counts = countWitnesses(held);
  const witnesses = counts.at(-1)?.accepted ?? 0; // the last threshold accepts all
  const whole = samplesNeeded(precision, level);
  // Few witnesses: both sequences would start at the same place, so one has the whole level.
  const starts = witnesses * STARTS[0].share > whole ? STARTS : [{ share: 0, level: 1 }];
  let loosest = -1;
  for (const start of starts) {
    const own = level * start.level;
    const least = Math.max(samplesNeeded(precision, own), Math.ceil(start.share * witnesses));
    let at = counts.findIndex(({ accepted }) => accepted >= least);
    while (at >= 0 && at < counts.length && holds(counts[at]!, precision, own)) loosest = Math.max(loosest, at++);
  }
  if (loosest >= 0) return { threshold: THRESHOLD_GRID[loosest]!, witnesses, missing: 0 };
  return { threshold: null, witnesses, missing: missingOf(counts, witnesses, precision, level) };
}

const holds = ({ accepted, correct }: Witnesses, precision: number, level: number): boolean =>
  tailProbability(correct, accepted, precision) <= level;

/** Witnesses from which a share of right ones that was hardly seen by chance says something. */
const MIN_SEEN = 20;
const MAX_TIMES = 100;

function missingOf(counts: readonly Witnesses[], witnesses: number, precision: number, level: number): number {
  const least = Math.max(0, Math.ceil(samplesNeeded(precision, level) - witnesses));
  if (least > 0) return least;
  let clearest: Witnesses | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const count of counts) {
    if (count.accepted < MIN_SEEN || count.correct <= precision * count.accepted) continue;
    const tail = tailProbability(count.correct, count.accepted, precision);
    if (tail < smallest) [clearest, smallest] = [count, tail];
  }
  if (clearest === undefined) return 0;
  const { accepted, correct } = clearest;
  for (let times = 1.1; times < MAX_TIMES; times *= 1.1) {
    const [n, errors] = [Math.round(accepted * times), Math.ceil((accepted - correct) * times)];
    if (tailProbability(n - errors, n, precision) <= level * STARTS[0].level) return Math.ceil(witnesses * (times - 1));
  }
  return 0;
}
