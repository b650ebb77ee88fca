// Walks rows through numeric trees without a branch per node: what takes time in scoring trees is guessing branches wrong.
// How: a row is held twice, its missing values once as -Infinity (for splits whose default is left) and once as +Infinity, so that a
// split is one comparison; the right child follows the left one; a leaf is a split that always leads to itself, so that all rows go
// the same number of steps; four rows walk at once.
// Invariant: F1 the leaf reached is the one the plain walk reaches; a test holds the two together.
import type { Booster } from './booster.ts';

/** Words per node: place in the row, threshold (float32), left child, leaf value (float32). */
const WORDS = 4;
const ROWS_AT_ONCE = 4;
const BLOCK_FLOATS = 2 ** 15; // 128 KB: a block of rows stays in the second-level cache
const MAX_BLOCK_ROWS = 64;

export class Forest {
  /** Floats that hold one row: each used feature twice, and one that leads leaves to themselves. */
  readonly rowFloats: number;
  readonly blockRows: number;
  readonly #nodes: Int32Array;
  readonly #values: Float32Array;
  readonly #roots: Int32Array;
  readonly #depths: Int32Array;

  /** undefined when the booster has splits this walk cannot do: categorical ones, or thresholds that are not finite. */
  static build(booster: Booster, slots: Int32Array, used: number): Forest | undefined {
    const isOdd = booster.features.some((feature, n) => feature >= 0 && !Number.isFinite(booster.values[n]!));
    return booster.categories.size > 0 || isOdd ? undefined : new Forest(booster, slots, used);
  }

  private constructor(booster: Booster, slots: Int32Array, used: number) {
    const trees = booster.roots.length;
    this.rowFloats = 2 * used + 1;
    const fitting = Math.floor(BLOCK_FLOATS / this.rowFloats / ROWS_AT_ONCE) * ROWS_AT_ONCE;
    this.blockRows = Math.min(MAX_BLOCK_ROWS, Math.max(ROWS_AT_ONCE, fitting));
    this.#nodes = new Int32Array(booster.features.length * WORDS);
    this.#values = new Float32Array(this.#nodes.buffer);
    this.#roots = new Int32Array(trees);
    this.#depths = new Int32Array(trees);
    let next = 0;
    for (let t = 0; t < trees; t++) {
      // breadth first; nodes without a place (pruned ones) are left out
      let level = [booster.roots[t]!];
      this.#roots[t] = next * WORDS;
      let first = next;
      next += 1;
      while (level.length > 0) {
        const children: number[] = [];
        for (const [i, node] of level.entries()) {
          const at = (first + i) * WORDS;
          if (booster.features[node]! < 0) {
            this.#nodes[at] = 2 * used;
            this.#values[at + 1] = Number.POSITIVE_INFINITY;
            this.#nodes[at + 2] = at;
            this.#values[at + 3] = booster.values[node]!;
            continue;
          }
          this.#nodes[at] = 2 * slots[booster.features[node]!]! + booster.defaultLeft[node]!;
          this.#values[at + 1] = booster.values[node]!;
          this.#nodes[at + 2] = (next + children.length) * WORDS;
          children.push(booster.left[node]!, booster.right[node]!);
        }
        if (children.length > 0) this.#depths[t]!++;
        level = children;
        first = next;
        next += children.length;
      }
    }
  }

  /** A block of rows in which everything is missing. */
  newBlock(): Float32Array {
    const block = new Float32Array(this.blockRows * this.rowFloats);
    for (let from = 0; from < block.length; from += this.rowFloats) {
      for (let place = 0; place + 1 < this.rowFloats; place += 2) setMissing(block, from + place);
      block[from + this.rowFloats - 1] = Number.NEGATIVE_INFINITY; // leads leaves left
    }
    return block;
  }

  /**
   * Add the leaves of trees [0, treeEnd) to the margins of a block's rows, tree by tree.
   * @param out  margins; row r of the block has its groups at from + r · groups
   */
  addLeaves(
    block: Float32Array,
    rows: number,
    treeEnd: number,
    booster: Pick<Booster, 'groups' | 'treeGroups' | 'treeWeights'>,
    out: Float32Array,
    from: number,
  ): void {
    const { groups, treeGroups, treeWeights } = booster;
    const leaves = new Int32Array(this.blockRows);
    for (let t = 0; t < treeEnd; t++) {
      walkTree(this.#nodes, this.#values, this.#roots[t]!, this.#depths[t]!, block, this.rowFloats, rows, leaves);
      const group = treeGroups[t]!;
      const weight = treeWeights[t]!;
      for (let row = 0; row < rows; row++) {
        const at = from + row * groups + group;
        const leaf = this.#values[leaves[row]! + 3]!;
        out[at] = out[at]! + (weight === 1 ? leaf : Math.fround(leaf * weight));
      }
    }
  }
}

/** Make a feature missing; `at` is the first of its two places. */
export function setMissing(block: Float32Array, at: number): void {
  block[at] = Number.POSITIVE_INFINITY;
  block[at + 1] = Number.NEGATIVE_INFINITY;
}

/** Leaf of each row of a block. `(a >= b) | 0` compiles to a comparison without a jump. */
function walkTree(
  nodes: Int32Array,
  values: Float32Array,
  root: number,
  depth: number,
  block: Float32Array,
  rowFloats: number,
  rows: number,
  leaves: Int32Array,
): void {
  for (let row = 0; row < rows; row += ROWS_AT_ONCE) {
    const r0 = row * rowFloats;
    const r1 = r0 + rowFloats;
    const r2 = r1 + rowFloats;
    const r3 = r2 + rowFloats;
    let a = root;
    let b = root;
    let c = root;
    let d = root;
    for (let step = 0; step < depth; step++) {
      a = nodes[a + 2]! + (((block[r0 + nodes[a]!]! >= values[a + 1]!) as unknown as number) | 0) * WORDS;
      b = nodes[b + 2]! + (((block[r1 + nodes[b]!]! >= values[b + 1]!) as unknown as number) | 0) * WORDS;
      c = nodes[c + 2]! + (((block[r2 + nodes[c]!]! >= values[c + 1]!) as unknown as number) | 0) * WORDS;
      d = nodes[d + 2]! + (((block[r3 + nodes[d]!]! >= values[d + 1]!) as unknown as number) | 0) * WORDS;
    }
    leaves[row] = a;
    leaves[row + 1] = b;
    leaves[row + 2] = c;
    leaves[row + 3] = d;
  }
}
