// How many independent witnesses the rows at or above a threshold are: near copies tend to be right or wrong together, so they prove less than as many
// different rows, and more than one row does where they often are not.
// Invariants: W1 the share of right ones is that of the rows: documents come as the labelled rows did. W2 how much near copies go together is measured on
// all held-out rows, wherever a threshold lies; it is believed to be wholly until enough wrong rows with near copies were seen.
// Source: Kish 1965, Survey Sampling (design effect of clusters: 1 + (mean size of a row's cluster − 1) × intra-class correlation).
import { type HeldOut, THRESHOLD_GRID } from './held-out.ts';

/** Independent rows that the accepted ones are worth, and those of them that are right; no whole numbers where there are near copies. */
export interface Witnesses {
  accepted: number;
  correct: number;
}

/** Witnesses at each threshold of the grid. */
export function countWitnesses(held: HeldOut): Witnesses[] {
  const { confidence, isRight, groups } = held;
  const together = togetherness(held);
  const order = Uint32Array.from(confidence.keys()).sort((a, b) => confidence[b]! - confidence[a]!);
  const sizes = new Map<number, number>();
  let [rows, right, squares, next] = [0, 0, 0, 0];
  return THRESHOLD_GRID.map((threshold) => {
    for (; next < order.length && confidence[order[next]!]! >= threshold; next++) {
      const row = order[next]!;
      const group = groups?.[row] ?? row;
      const size = sizes.get(group) ?? 0;
      sizes.set(group, size + 1);
      squares += 2 * size + 1;
      rows++;
      right += isRight[row]!;
    }
    if (rows === 0) return { accepted: 0, correct: 0 };
    const worth = 1 / (1 + (squares / rows - 1) * together);
    return { accepted: rows * worth, correct: right === rows ? rows * worth : right * worth };
  });
}

/** Witnesses among all rows. */
export const witnessesOf = (held: HeldOut): number => countWitnesses(held).at(-1)?.accepted ?? 0; // the last threshold accepts all

/** Near copies of wrong rows that are believed to be wrong before any was seen. */
const PRIOR_COPIES = 10;

/** Intra-class correlation of being wrong within groups of near copies, in [0, 1]: 0, as if they were different; 1, all of a group are wrong or none (W2). */
function togetherness({ isRight, groups }: HeldOut): number {
  if (groups === undefined) return 0;
  const found = new Map<number, { rows: number; wrong: number }>();
  let wrong = 0;
  for (let row = 0; row < isRight.length; row++) {
    const group = found.get(groups[row]!) ?? { rows: 0, wrong: 0 };
    group.rows++;
    group.wrong += 1 - isRight[row]!;
    wrong += 1 - isRight[row]!;
    found.set(groups[row]!, group);
  }
  let [copies, wrongCopies] = [PRIOR_COPIES, PRIOR_COPIES]; // of wrong rows
  for (const group of found.values()) {
    copies += group.wrong * (group.rows - 1);
    wrongCopies += group.wrong * (group.wrong - 1);
  }
  const share = wrong / isRight.length;
  return share >= 1 ? 1 : Math.max(0, (wrongCopies / copies - share) / (1 - share));
}
