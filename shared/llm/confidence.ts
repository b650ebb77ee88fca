// Confidence of LLM answers: what the model states (or its token probabilities say) → how often such answers are right.
// Fitted by isotonic regression on answers that people have checked; monotone, so it never reorders answers.

/** An answer that a person has checked. */
export interface CheckedAnswer {
  /** As stated, 0..1. */
  confidence: number;
  isRight: boolean;
}

/** Points [stated, right] in rising order, both 0..1. */
export type CalibrationCurve = readonly (readonly [number, number])[];

const LEAST_ANSWERS = 30;
const MOST_POINTS = 20;
/** Stated numbers are compared in millionths: what lies below is noise of arithmetic. */
const RESOLUTION = 1e6;

/**
 * Fit a curve (pool adjacent violators). Each level is drawn towards one half by one imagined answer of either kind,
 * so that three right answers do not promise certainty. Answers stated alike stay in one block, as models state few numbers: whatever the order, one number
 * stands for one rate.
 * @returns an empty curve (confidence as stated) for fewer than 30 answers: they prove nothing
 */
export function fitConfidence(answers: readonly CheckedAnswer[]): CalibrationCurve {
  if (answers.length < LEAST_ANSWERS) return [];
  const rounded = answers.map(({ confidence, isRight }) => ({ stated: Math.round(confidence * RESOLUTION), isRight }));
  const alike = Map.groupBy(
    rounded.sort((a, b) => a.stated - b.stated),
    ({ stated }) => stated,
  );
  const perBlock = Math.max(1, Math.ceil(answers.length / MOST_POINTS));
  const blocks: Block[] = [];
  let open: Block = { right: 0, count: 0, stated: 0 };
  let left = answers.length;
  for (const [stated, group] of alike) {
    left -= group.length;
    open.right += group.filter(({ isRight }) => isRight).length;
    open.count += group.length;
    open.stated += stated * group.length;
    if (open.count < perBlock && left > 0) continue;
    blocks.push(open);
    open = { right: 0, count: 0, stated: 0 };
    for (
      let last = blocks.at(-1), before = blocks.at(-2);
      last && before && rate(before) >= rate(last);
      last = blocks.at(-1), before = blocks.at(-2)
    ) {
      blocks.splice(-2, 2, {
        right: before.right + last.right,
        count: before.count + last.count,
        stated: before.stated + last.stated,
      });
    }
  }
  return blocks.map((block) => [block.stated / block.count / RESOLUTION, rate(block)] as const);
}

/** Apply a curve: linear between its points, level outside; as stated when it is empty. */
export function calibrated(curve: CalibrationCurve, stated: number): number {
  const first = curve[0];
  const last = curve.at(-1);
  if (first === undefined || last === undefined) return stated;
  if (stated <= first[0]) return first[1];
  if (stated >= last[0]) return last[1];
  const upper = curve.findIndex(([x]) => x >= stated);
  const [x1, y1] = curve[upper] ?? last;
  const [x0, y0] = curve[upper - 1] ?? first;
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (stated - x0)) / (x1 - x0);
}

interface Block {
  right: number;
  count: number;
  /** Sum of what was stated, in millionths. */
  stated: number;
}

function rate(block: Block): number {
  return (block.right + 1) / (block.count + 2);
}
