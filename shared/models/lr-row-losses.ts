// The loss of some rows at a time by the kernel `loseRows`, which turns their margins into multipliers in place.

import { Places } from '../wasm-modules.ts';
import type { GradientMemory } from './lr-gradient-kernels.ts';
import { padOutputs } from './lr-gradient-kernels.ts';
import type { ProblemFrame } from './lr-problem.ts';

function layOut(p: ProblemFrame, most: number) {
  const places = new Places();
  const at = {
    labels: places.take(4 * p.rows),
    weights: p.weights === undefined ? undefined : places.take(8 * p.rows),
    offsets: places.take(8 * padOutputs(p.outputs)),
    sums: places.take(8 * padOutputs(p.outputs)),
    exps: places.take(8 * most),
    owns: places.take(8 * most),
  };
  return { at, end: places.end };
}

export class RowLosses {
  /** Added to the margins of every row; those beyond the outputs are −Infinity. */
  readonly offsets: Float64Array;
  readonly sumsAt: number;
  /** Sums of the multipliers by output since `begin`. */
  readonly sums: Float64Array;
  readonly #p: ProblemFrame;
  readonly #memory: GradientMemory;
  readonly #at: { labels: number; weights: number | undefined; offsets: number; exps: number; owns: number };
  readonly #exps: Float64Array;
  readonly #owns: Float64Array;
  readonly #k: number;

  /** Bytes for losses of at most so many rows at a time. */
  static bytesFor(p: ProblemFrame, most: number): number {
    return layOut(p, most).end;
  }

  /** @param start  a multiple of 64, with `bytesFor` behind it */
  constructor(p: ProblemFrame, most: number, memory: GradientMemory, start: number) {
    const { at } = layOut(p, most);
    const { buffer } = memory;
    this.#p = p;
    this.#memory = memory;
    this.#k = padOutputs(p.outputs);
    new Int32Array(buffer, start + at.labels, p.rows).set(p.labels);
    const weights = at.weights === undefined ? undefined : start + at.weights;
    if (p.weights !== undefined && weights !== undefined) new Float64Array(buffer, weights, p.rows).set(p.weights);
    this.#at = {
      labels: start + at.labels,
      weights,
      offsets: start + at.offsets,
      exps: start + at.exps,
      owns: start + at.owns,
    };
    this.sumsAt = start + at.sums;
    this.offsets = new Float64Array(buffer, this.#at.offsets, this.#k).fill(Number.NEGATIVE_INFINITY);
    this.sums = new Float64Array(buffer, this.sumsAt, this.#k);
    this.#exps = new Float64Array(buffer, this.#at.exps, most);
    this.#owns = new Float64Array(buffer, this.#at.owns, most);
  }

  begin(): void {
    this.sums.fill(0);
  }

  /** Weighted loss of the rows from … to, whose margins lie at `margins`. */
  add(from: number, to: number, margins: number): number {
    const { labels, weights, offsets, exps, owns } = this.#at;
    this.#memory.kernels.loseRows(
      to - from,
      this.#k,
      margins,
      offsets,
      labels + 4 * from,
      weights === undefined ? 0 : weights + 8 * from,
      this.sumsAt,
      exps,
      owns,
    );
    let loss = 0;
    for (let i = 0; i < to - from; i++) {
      const weight = this.#p.weights?.[from + i] ?? 1;
      if (weight > 0) loss += weight * (Math.log(this.#exps[i]!) - this.#owns[i]!);
    }
    return loss;
  }
}
