// L-BFGS and OWL-QN, step for step as Breeze runs them under Spark ML.
// Invariants: L1 the minimiser asks for evaluations and never evaluates itself, so that the caller may compute them anywhere. L2 a LbfgsState
// between two iterations holds all there is to know: continuing from it gives the same numbers as never having stopped.
// L3 the only use of vectors is sums, scaling and `dot`, so that any inner-product space will do (see lr-gradients.ts and lr-objective.ts).
// Semantics: breeze.optimize FirstOrderMinimizer, LBFGS, OWLQN.
import { backtracking, type LineSearch, type Probe, strongWolfe } from './line-search.ts';

export type StopReason = 'max iterations' | 'values converged' | 'gradient converged' | 'line search failed';

export interface LbfgsOptions {
  maxIter: number;
  tol: number;
  /** Changes remembered. Default 10, as Spark's */
  memory?: number;
  dot(a: Float64Array, b: Float64Array): number;
  /** Called once for each gradient that is kept: trial gradients are only used as the first argument of `dot`. */
  complete?: ((g: Float64Array) => void) | undefined;
  /** L1 weight of each coordinate; given: OWL-QN. */
  l1?: Float64Array;
}

/** A point between two iterations. */
export interface LbfgsState {
  iteration: number;
  x: Float64Array;
  /** Objective without its L1 part, and its gradient. */
  f: number;
  g: Float64Array;
  /** Objective with its L1 part. */
  total: number;
  initialTotal: number;
  /** The last 20 totals; +Infinity stands at the beginning. */
  recent: number[];
  /** Changes of x and g, newest first. */
  steps: Float64Array[];
  changes: Float64Array[];
  failedOnce: boolean;
  /** Totals at the start and after each iteration; a failed line search repeats one. */
  history: number[];
  evaluations: number;
  stop: StopReason | null;
}

export interface Evaluation {
  f: number;
  g: Float64Array;
}

/** What the minimiser wants: the objective at a point (answer with an {@link Evaluation}), or to tell of a finished iteration. */
export type Ask =
  | { kind: 'evaluate'; step: number; point: () => Float64Array; trials: readonly Trial[] }
  | { kind: 'iterated'; state: LbfgsState };

/** A step of the running line search that was answered: with its answer the search can be replayed. */
export interface Trial {
  f: number;
  slope: number;
}

/** Answer to `evaluate`; a replayed one may give the slope instead of the gradient, if it is not the last one known. */
export type Answer = Evaluation | Trial;

const MEMORY = 10;
const RECENT = 20;
const MIN_MOVE = 1e-10;

/** First state from the objective at x. */
export function startState(x: Float64Array, { f, g }: Evaluation, options: LbfgsOptions): LbfgsState {
  options.complete?.(g);
  const total = f + l1Value(x, options.l1);
  return {
    iteration: 0,
    x,
    f,
    g,
    total,
    initialTotal: total,
    recent: [Number.POSITIVE_INFINITY],
    steps: [],
    changes: [],
    failedOnce: false,
    history: [total],
    evaluations: 1,
    stop: null,
  };
}

/** Run in this process. */
export function minimize(
  start: Float64Array,
  evaluate: (x: Float64Array) => Evaluation,
  options: LbfgsOptions,
  onIteration?: (state: LbfgsState) => void,
): LbfgsState {
  const run = iterate(startState(start, evaluate(start), options), options);
  let asked = run.next();
  while (!asked.done) {
    if (asked.value.kind === 'evaluate') asked = run.next(evaluate(asked.value.point()));
    else {
      onIteration?.(asked.value.state);
      asked = run.next();
    }
  }
  return asked.value;
}

/** Iterations from a state to the end. `iterated` is told after each, the last state (with its reason) is returned. */
export function* iterate(state: LbfgsState, options: LbfgsOptions): Generator<Ask, LbfgsState, Answer | undefined> {
  let current = state;
  for (;;) {
    const stop = current.stop ?? stopReason(current, options);
    if (stop !== null) return { ...current, stop };
    current = yield* iterateOnce(current, options);
    yield { kind: 'iterated', state: current };
  }
}

function* iterateOnce(state: LbfgsState, options: LbfgsOptions): Generator<Ask, LbfgsState, Answer | undefined> {
  const { dot, l1 } = options;
  const pseudo = pseudoGradient(state.x, state.g, l1);
  const direction = descentDirection(state, pseudo, options);
  if (direction === undefined) return failed(state, state.evaluations);
  const pointAt = (t: number) => stepTo(state.x, direction, t, l1 === undefined ? undefined : pseudo);
  const origin: Probe = { f: state.total, slope: dot(pseudo, direction) };
  const search = searchFor(state, origin, direction, options);
  let evaluations = state.evaluations;
  let last: { t: number; x: Float64Array; answer: Answer } | undefined;
  const trials: Trial[] = [];
  let asked = search.next();
  while (!asked.done) {
    const t = asked.value;
    let x: Float64Array | undefined;
    const point = () => {
      x ??= pointAt(t);
      return x;
    };
    const answer = yield { kind: 'evaluate', step: t, point, trials: [...trials] };
    if (answer === undefined) throw new TypeError('an evaluation was asked for');
    evaluations++;
    last = { t, x: point(), answer };
    const probe = probeOf(answer, last.x, direction, options);
    trials.push({ f: answer.f, slope: probe.slope });
    asked = search.next(probe);
  }
  const step = asked.value;
  const hasMoved = step !== null && (l1 !== undefined || step * norm(state.g, dot) >= MIN_MOVE);
  if (step === null || !hasMoved || last === undefined || last.t !== step || !('g' in last.answer))
    return failed(state, evaluations);
  options.complete?.(last.answer.g);
  return advanced(state, last.x, last.answer, evaluations, options);
}

function searchFor(state: LbfgsState, origin: Probe, direction: Float64Array, options: LbfgsOptions): LineSearch {
  const isFirst = state.iteration < 1;
  if (options.l1 === undefined) return strongWolfe(origin, isFirst ? 1 / norm(direction, options.dot) : 1);
  return backtracking(origin, state.f, isFirst ? 0.5 / norm(state.g, options.dot) : 1, isFirst ? 0.1 : 0.5);
}

function probeOf(answer: Answer, x: Float64Array, direction: Float64Array, { dot, l1 }: LbfgsOptions): Probe {
  const f = answer.f + l1Value(x, l1);
  return { f, slope: 'slope' in answer ? answer.slope : dot(pseudoGradient(x, answer.g, l1), direction) };
}

function advanced(
  state: LbfgsState,
  x: Float64Array,
  { f, g }: Evaluation,
  evaluations: number,
  { l1, memory = MEMORY }: Pick<LbfgsOptions, 'l1' | 'memory'>,
): LbfgsState {
  const total = f + l1Value(x, l1);
  return {
    ...state,
    iteration: state.iteration + 1,
    x,
    f,
    g,
    total,
    recent: [...state.recent, total].slice(-RECENT),
    steps: [difference(x, state.x), ...state.steps].slice(0, memory),
    changes: [difference(g, state.g), ...state.changes].slice(0, memory),
    failedOnce: false,
    history: [...state.history, total],
    evaluations,
  };
}

/** First failure: forget the curvature and try again from the same point. Second in a row: stop. */
function failed(state: LbfgsState, evaluations: number): LbfgsState {
  const history = [...state.history, state.total];
  if (state.failedOnce) return { ...state, evaluations, history, stop: 'line search failed' };
  return { ...state, evaluations, history, steps: [], changes: [], failedOnce: true };
}

function stopReason(state: LbfgsState, { maxIter, tol, dot, l1 }: LbfgsOptions): StopReason | null {
  if (state.iteration >= maxIter) return 'max iterations';
  const worst = Math.max(...state.recent);
  if (state.recent.length >= 2 && Math.abs(state.total - worst) <= tol * Math.abs(state.initialTotal))
    return 'values converged';
  const gradient = norm(pseudoGradient(state.x, state.g, l1), dot);
  return gradient <= Math.max(tol * Math.abs(state.total), 1e-8) ? 'gradient converged' : null;
}

/** Two-loop recursion; undefined when the curvature is unusable. */
function descentDirection(
  state: LbfgsState,
  gradient: Float64Array,
  { dot, l1 }: LbfgsOptions,
): Float64Array | undefined {
  const { steps, changes } = state;
  const direction = gradient.slice();
  const rho = steps.map((step, i) => curvature(step, changes[i]!, dot));
  const alpha: number[] = [];
  let scale = 1;
  if (steps.length > 0) {
    if (rho[0]! < 0 || Number.isNaN(rho[0]!)) return undefined;
    scale = rho[0]! / dot(changes[0]!, changes[0]!);
  }
  for (let i = 0; i < steps.length; i++) {
    const a = dot(steps[i]!, direction) / rho[i]!;
    if (Number.isNaN(a)) return undefined;
    alpha.push(a);
    addScaled(direction, changes[i]!, -a);
  }
  for (let j = 0; j < direction.length; j++) direction[j]! *= scale;
  for (let i = steps.length - 1; i >= 0; i--)
    addScaled(direction, steps[i]!, alpha[i]! - dot(changes[i]!, direction) / rho[i]!);
  for (let j = 0; j < direction.length; j++) {
    direction[j] = -direction[j]!;
    // OWL-QN stays in the half space that the pseudo-gradient points out of.
    if (l1 !== undefined && !(direction[j]! * gradient[j]! < 0)) direction[j] = 0;
  }
  return direction;
}

// A pair lives through as many iterations as are remembered: its product is made once.
const curvatures = new WeakMap<Float64Array, { change: Float64Array; value: number }>();

function curvature(step: Float64Array, change: Float64Array, dot: LbfgsOptions['dot']): number {
  const known = curvatures.get(step);
  if (known?.change === change) return known.value;
  const value = dot(step, change);
  curvatures.set(step, { change, value });
  return value;
}

/** x + t d; with a pseudo-gradient, coordinates that leave their orthant become 0. */
function stepTo(x: Float64Array, d: Float64Array, t: number, pseudo: Float64Array | undefined): Float64Array {
  const moved = new Float64Array(x.length);
  for (let j = 0; j < x.length; j++) moved[j] = x[j]! + d[j]! * t;
  if (pseudo !== undefined)
    for (let j = 0; j < x.length; j++) {
      const orthant = x[j] !== 0 ? Math.sign(x[j]!) : Math.sign(-pseudo[j]!);
      if (Math.sign(moved[j]!) !== orthant) moved[j] = 0;
    }
  return moved;
}

const l1Value = (x: Float64Array, l1: Float64Array | undefined): number => {
  let sum = 0;
  if (l1 !== undefined) for (let j = 0; j < x.length; j++) sum += Math.abs(l1[j]! * x[j]!);
  return sum;
};

function pseudoGradient(x: Float64Array, g: Float64Array, l1: Float64Array | undefined): Float64Array {
  if (l1 === undefined) return g;
  return g.map((v, j) => {
    const weight = l1[j]!;
    if (weight === 0) return v;
    if (x[j] !== 0) return v + Math.sign(x[j]!) * weight;
    return v > weight ? v - weight : Math.min(v + weight, 0);
  });
}

const norm = (a: Float64Array, dot: LbfgsOptions['dot']): number => Math.sqrt(dot(a, a));

/** Plain inner product, in four sums. */
export function dotProduct(a: Float64Array, b: Float64Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length - (a.length & 3);
  for (let j = 0; j < whole; j += 4) {
    s0 += a[j]! * b[j]!;
    s1 += a[j + 1]! * b[j + 1]!;
    s2 += a[j + 2]! * b[j + 2]!;
    s3 += a[j + 3]! * b[j + 3]!;
  }
  for (let j = whole; j < a.length; j++) s0 += a[j]! * b[j]!;
  return s0 + s1 + (s2 + s3);
}

function addScaled(to: Float64Array, from: Float64Array, by: number): void {
  for (let j = 0; j < to.length; j++) to[j]! += from[j]! * by;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let j = 0; j < a.length; j++) result[j] = a[j]! - b[j]!;
  return result;
}
