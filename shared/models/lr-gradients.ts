// The objective of logistic regression where a point is told by how it is made from gradients of the loss.
// From coefficients 0, with an L2 penalty on the scaled ones, L-BFGS reaches nothing but sums of the gradients h_0, h_1, … that the loss had at its
// points. A point, step or gradient is then [a number for each h | intercepts], a dozen numbers, and ⟨a, b⟩ = aᵀ (h hᵀ) b over a small matrix
// of products. Of the long vectors only the h's are held: each evaluation reads them twice, once to make the point and once for the products of its gradient
// with them, where L-BFGS on the vectors themselves reads them six times and holds as many again.
// Invariants: G1 numbers are those of createPrimal and createDual up to rounding. G2 there are never more than `capacity` h's: before that, those that L-BFGS
// still remembers are taken together to as many vectors as it has of its own.
import type { Evaluation, LbfgsState } from './lbfgs.ts';
import { singleOf } from './lr-gradient-kernels.ts';
import type { Objective } from './lr-objective.ts';
import type { ProblemFrame } from './lr-problem.ts';

/** Vectors that are held: what L-BFGS remembers is made of 22 at most (point, ten steps, eleven gradients), and some are to come. */
export const CAPACITY = 24;

/** The long vectors: `CAPACITY` gradients of the loss. */
export interface GradientSpace {
  /**
   * Loss at the point Σ by[j] h_j over the first `count`; the gradient there becomes h of `slot`.
   * @returns sum of weighted losses, and the sums of the multipliers by output
   */
  evaluate(
    by: Float64Array,
    count: number,
    intercepts: Float64Array,
    slot: number,
  ): { loss: number; sums: Float64Array };
  /** Products of the gradient evaluated last with the first `count` > 0. */
  dots(slot: number, count: number): Float64Array;
  /** Make the gradient evaluated last whole. @returns its product with itself */
  keep(slot: number): number;
  /** The vectors in `slots` become combinations of the first `count`, all at once. */
  replace(slots: readonly number[], by: readonly Float64Array[], count: number): void;
  /**
   * Σ by[j] h_j as coefficients of the columns as they are, not scaled, [columns, outputs]; and the sum of the scaled ones times μ by output, which is
   * what centring takes from the intercepts.
   */
  solution(by: Float64Array, count: number): { coefficients: Float64Array; centring: Float64Array };
  /** Nothing is asked any more: the memory goes to the next. */
  close(): void;
}

/** The h's of a problem: fits with one penalty after the other go on with the same. */
export class KeptGradients {
  readonly space: GradientSpace;
  readonly outputs: number;
  /** Products of the h's. */
  #products = new Float64Array(CAPACITY * CAPACITY);
  /** Slots of the gradients that were kept, in their order. */
  #slots: number[] = [];
  count = 0;

  constructor(space: GradientSpace, outputs: number) {
    this.space = space;
    this.outputs = outputs;
  }

  dot(a: Float64Array, b: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < CAPACITY; i++) {
      const factor = a[i]!;
      if (factor === 0) continue;
      let row = 0;
      for (let j = 0; j < CAPACITY; j++) row += this.#products[i * CAPACITY + j]! * b[j]!;
      sum += factor * row;
    }
    for (let i = CAPACITY; i < a.length; i++) sum += a[i]! * b[i]!;
    return sum;
  }

  /** Loss at a point; its gradient is h of slot `count` until it is kept or another takes its place. */
  evaluate(point: Float64Array): { loss: number; sums: Float64Array } {
    const slot = this.count;
    const found = this.space.evaluate(point, slot, point.subarray(CAPACITY), slot);
    if (slot > 0) this.#setProducts(slot, this.space.dots(slot, slot));
    return found;
  }

  #setProducts(slot: number, products: Float64Array): void {
    products.forEach((value, j) => {
      this.#products[slot * CAPACITY + j] = value;
      this.#products[j * CAPACITY + slot] = value;
    });
  }

  keep(): void {
    const slot = this.count++;
    this.#slots.push(slot);
    this.#products[slot * CAPACITY + slot] = this.space.keep(slot);
  }

  /**
   * Where there is no room for more, hold what the state is made of instead: its point, its steps and the h's of its gradients, g = l2 x + h / weight.
   * Its vectors are changed in place.
   */
  settle(
    { x, g, steps, changes }: Pick<LbfgsState, 'x' | 'g' | 'steps' | 'changes'>,
    l2: number,
    weight: number,
  ): void {
    if (this.count < CAPACITY) return;
    const last = this.#slots.slice(-1 - steps.length).reverse(); // newest first, as the steps
    const gradients = last.map((slot) => new Float64Array(CAPACITY).fill(1, slot, slot + 1));
    this.#hold([x, ...steps, ...gradients]);
    const add = (to: Float64Array, from: Float64Array, by: number) => {
      for (let i = 0; i < CAPACITY; i++) to[i]! += by * from[i]!;
    };
    [g, ...changes].forEach((vector, i) => {
      vector.fill(0, 0, CAPACITY);
      add(vector, i === 0 ? x : steps[i - 1]!, l2);
      add(vector, gradients[Math.max(0, i - 1)]!, 1 / weight);
      if (i > 0) add(vector, gradients[i]!, -1 / weight);
    });
    this.#slots = gradients.map((vector) => vector.indexOf(1)).reverse();
  }

  /** Hold one point alone. */
  restart(x: Float64Array): void {
    this.#hold([x]);
    this.#slots = [];
  }

  /** Vectors that are an h already stay where they are. */
  #hold(vectors: readonly Float64Array[]): void {
    const held = vectors.filter((vector) => vector.subarray(0, CAPACITY).some((factor) => factor !== 0));
    // only places at the beginning are kept, so that the rest is free afterwards
    const own = held.map((vector) => ownSlot(vector, held.length));
    const taken = new Set(own);
    const made = held.filter((_, i) => own[i] === undefined);
    const free = Array.from({ length: CAPACITY }, (_, slot) => slot).filter((slot) => !taken.has(slot));
    const slots = made.map((_, i) => free[i]!);
    this.space.replace(
      slots,
      made.map((vector) => vector.slice(0, CAPACITY)),
      this.count,
    );
    const products = new Float64Array(CAPACITY * CAPACITY);
    const parts = held.map((vector) => vector.slice(0, CAPACITY));
    const places = held.map((_, i) => own[i] ?? 0);
    made.forEach((vector, i) => {
      places[held.indexOf(vector)] = slots[i]!;
    });
    parts.forEach((a, i) => {
      parts.forEach((b, j) => {
        products[places[i]! * CAPACITY + places[j]!] = this.dot(a, b);
      });
    });
    this.#products = products;
    held.forEach((vector, i) => {
      vector.fill(0, 0, CAPACITY);
      vector[places[i]!] = 1;
    });
    this.count = Math.max(0, ...places.map((place) => place + 1));
  }
}

/** The slot of a vector that is one of the first h's; undefined: it is made of others. */
function ownSlot(vector: Float64Array, first: number): number | undefined {
  const slot = singleOf(vector.subarray(0, CAPACITY));
  return slot !== undefined && slot < first ? slot : undefined;
}

export function createOverGradients(p: ProblemFrame, l2: number, gradients: KeptGradients): Objective {
  const size = CAPACITY + p.outputs;
  return {
    size,
    dot: (a, b) => gradients.dot(a, b),
    evaluate(point): Evaluation {
      const slot = gradients.count;
      const { loss, sums } = gradients.evaluate(point);
      const part = point.slice();
      part.fill(0, CAPACITY);
      const f = loss / p.totalWeight + (l2 / 2) * gradients.dot(part, part);
      const g = part.map((factor) => factor * l2);
      g[slot] = 1 / p.totalWeight;
      if (p.fitIntercept) for (let c = 0; c < p.outputs; c++) g[CAPACITY + c] = sums[c]! / p.totalWeight;
      return { f, g };
    },
    complete: () => gradients.keep(),
    start(intercepts) {
      const point = new Float64Array(size);
      if (p.fitIntercept) point.set(intercepts, CAPACITY);
      return point;
    },
    solution(point) {
      const { coefficients, centring } = gradients.space.solution(point, gradients.count);
      return { coefficients, intercepts: point.slice(CAPACITY).map((value, c) => value - centring[c]!) };
    },
    settle: (state) => gradients.settle(state, l2, p.totalWeight),
    resume: (point) => gradients.restart(point),
  };
}
