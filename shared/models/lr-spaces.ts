// Which of its representations a problem of logistic regression is worked on in: by what is asked for and by what it costs.
import { collectRows, readRowsOf } from '../features/row-reader.ts';
import { columnStats, sumColumns, unscaledStats } from './column-stats.ts';
import { findOccurring, SingleColumns } from './lr-columns.ts';
import { createOverGradients, KeptGradients } from './lr-gradients.ts';
import { gradientsByColumns } from './lr-gradients-by-columns.ts';
import { gradientsByRows } from './lr-gradients-by-rows.ts';
import { createDual, createPrimal, type Objective, type Span, spanOf } from './lr-objective.ts';
import { type LrInput, type LrOptions, requireFinite } from './lr-options.ts';
import { type PenaltyPlan, planPenalty } from './lr-penalty.ts';
import { activeColumns, frameProblem, type ProblemFrame, type ScaledProblem, scaleRows } from './lr-problem.ts';
import { keepSome, occurringColumns, scaledRows } from './lr-scaled-rows.ts';

/** Values of the features from which they are kept by columns in single precision, where Spark's numbers need not be met: fewer cost little as they are. */
const MANY_VALUES = 1_000_000;
/** Margins of all rows from which a fit goes over kept gradients: fewer cost little as they are. */
const MANY_MARGINS = 4096;

/** What a path of fits works on. */
export interface Space {
  p: ProblemFrame;
  plan(options: LrOptions): PenaltyPlan;
  objective(plan: PenaltyPlan): Objective;
}

interface Parts extends LrInput {
  labels: Int32Array;
  isMultinomial: boolean;
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

function openRows({ x: given, labels, weights, numClasses, isMultinomial, options, representation }: Parts): Space {
  const x = 'read' in given ? collectRows(given) : given;
  const occurring = occurringColumns(x, requireFinite);
  const sums = sumColumns(x, weights, occurring);
  const stats = options.scaling ? columnStats(sums) : unscaledStats(sums);
  const { fitIntercept } = options;
  const totalWeight = sums.weight;
  const { columns } = occurring;
  const p = frameProblem({
    ...{ x, labels, weights, totalWeight, stats, occurring: columns, isMultinomial, numClasses, fitIntercept },
  });
  const areColumnsMore = 2 * p.rows < p.columns.length;
  let copied: ScaledProblem | undefined;
  const rows = () => {
    copied ??= scaleRows(p, x);
    return copied;
  };
  const openGradients = (): KeptGradients | undefined => {
    const isMany = options.scaling && p.rows * p.outputs >= MANY_MARGINS;
    if (!isMultinomial || !(representation?.startsWith('gradients') ?? isMany)) return undefined;
    const isByRows = representation === undefined ? areColumnsMore : representation === 'gradients by rows';
    const z = scaledRows(x, keepSome(occurring, activeColumns(stats)), p.std);
    const space = isByRows ? gradientsByRows(p, z) : gradientsByColumns(p, z);
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
  };
}
