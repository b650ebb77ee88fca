// Which of its representations a problem of logistic regression is worked on in: by what is asked for and by what it costs.
import { collectRows, readRowsOf } from '../features/row-reader.ts';
import { columnStats, sumColumns, unscaledStats } from './column-stats.ts';
import { findOccurring, SingleColumns } from './lr-columns.ts';
import { createOverGradients, KeptGradients } from './lr-gradients.ts';
import { gradientsByColumns } from './lr-gradients-by-columns.ts';
import { gradientsByRows } from './lr-gradients-by-rows.ts';
import { keptRows } from './lr-kept-rows.ts';
import { createDual, createPrimal, type Objective, type Span, spanOf } from './lr-objective.ts';
import { type LrInput, type LrOptions, requireFinite } from './lr-options.ts';
import { type PenaltyPlan, planPenalty } from './lr-penalty.ts';
import { keepVarying, occurringColumns } from './lr-preparation.ts';
import { frameProblem, type ProblemFrame, type ScaledProblem, scaleRows } from './lr-problem.ts';

/** Values of the features from which they are kept by columns in single precision, where Spark's numbers need not be met: fewer cost little as they are. */
const MANY_VALUES = 1_000_000;
/** Margins of all rows from which a fit goes over kept gradients: fewer cost little as they are. */
const MANY_MARGINS = 4096;
/**
 * Largest regularization of fits over kept gradients. A gradient is the difference of the penalty's and the loss's: with 30 and more these are so much larger
 * than it that products made from theirs say nothing of it, and fits ended early. Nobody waits for such models, which hardly tell labels apart.
 */
const MAX_REG_PARAM = 1;

/** What a path of fits works on. */
export interface Space {
  p: ProblemFrame;
  plan(options: LrOptions): PenaltyPlan;
  objective(plan: PenaltyPlan): Objective;
  /** The path has ended. */
  close?(): void;
}

interface Parts extends LrInput {
  labels: Int32Array;
  isMultinomial: boolean;
  /** With the largest regularization of the path. */
  options: LrOptions;
}

export function openSpace(parts: Parts): Space {
  return openColumns(parts) ?? openRows(parts);
}

/** Many values whose products need not be Spark's are kept by columns in single precision, with no copy by rows; undefined: they are not such. */
function openColumns({
  x,
  labels,
  weights,
  numClasses,
  isMultinomial,
  options,
  representation,
}: Parts): Space | undefined {
  if (options.scaling || options.elasticNet > 0 || !options.standardization) return undefined;
  if (representation !== undefined && representation !== 'columns') return undefined;
  const reader = 'read' in x ? x : readRowsOf(x);
  const found = findOccurring(reader, weights, requireFinite);
  const { columns, starts } = found;
  const isWorthIt = starts[columns.length]! >= MANY_VALUES && 2 * reader.rows < columns.length;
  if (!isWorthIt && representation !== 'columns') return undefined;
  const outputs = isMultinomial ? numClasses : 1;
  const frame = {
    ...{ rows: reader.rows, outputs, columns, isMultinomial, labels, weights },
    totalWeight: weights?.reduce((sum, weight) => sum + weight, 0) ?? reader.rows,
    centre: new Float64Array(columns.length),
    std: new Float64Array(columns.length).fill(1),
    fitIntercept: options.fitIntercept,
  };
  let span: Span | undefined;
  return {
    p: frame,
    plan: ({ regParam }) => ({ l2: regParam, penalty: null, l1: undefined }),
    objective({ l2 }) {
      span ??= new SingleColumns(reader, outputs, found, weights);
      return createDual(frame, l2, span);
    },
  };
}

function openRows(parts: Parts): Space {
  const { labels, weights, numClasses, isMultinomial, options, representation } = parts;
  const x = 'read' in parts.x ? collectRows(parts.x) : parts.x;
  const { fitIntercept } = options;
  const outputs = isMultinomial ? numClasses : 1;
  const areMany = options.scaling && options.regParam <= MAX_REG_PARAM && x.rows * outputs >= MANY_MARGINS;
  let occurring =
    isMultinomial && (representation?.startsWith('gradients') ?? areMany)
      ? occurringColumns(x, weights, requireFinite)
      : undefined;
  if (occurring === undefined) for (const value of x.values) requireFinite(value);
  const sums = occurring?.sums ?? sumColumns(x, weights);
  const stats = options.scaling ? columnStats(sums) : unscaledStats(sums);
  const p = frameProblem({
    ...{ x, labels, weights, totalWeight: sums.weight, stats, isMultinomial, numClasses, fitIntercept },
    ...(occurring === undefined ? {} : { occurring: occurring.columns }),
  });
  const areColumnsMore = 2 * p.rows < p.columns.length;
  let copied: ScaledProblem | undefined;
  const rows = () => {
    copied ??= scaleRows(p, x);
    return copied;
  };
  const openGradients = (): KeptGradients | undefined => {
    if (occurring === undefined) return undefined;
    const { place, rowsOf } = keepVarying(occurring, stats.std);
    occurring = undefined; // is not needed again
    const isByRows = representation === undefined ? areColumnsMore : representation === 'gradients by rows';
    const space = (isByRows ? gradientsByRows : gradientsByColumns)(p, keptRows(x, place, rowsOf));
    return space === undefined ? undefined : new KeptGradients(space, p.outputs);
  };
  let gradients: KeptGradients | undefined;
  let span: Span | undefined;
  return {
    p,
    plan: (complete) => planPenalty(complete, stats),
    objective({ l1, l2, penalty }) {
      if (l1 !== undefined || penalty !== null) return createPrimal(rows(), l2, penalty);
      gradients ??= openGradients();
      if (gradients !== undefined) return createOverGradients(p, l2, gradients);
      if (!(representation === 'dual' || (representation !== 'primal' && areColumnsMore)))
        return createPrimal(rows(), l2, penalty);
      span ??= spanOf(rows());
      return createDual(p, l2, span);
    },
    close: () => gradients?.space.close(),
  };
}
