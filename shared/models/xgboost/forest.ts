// Walks rows through numeric trees without a branch per node: what takes time in scoring trees is guessing branches wrong.
// How: a row is held twice, its missing values once as -Infinity (for splits whose default is left) and once as +Infinity, so that a
// split is one comparison; the right child follows the left one; a leaf is a split that always leads to itself, so that all rows go
// the same number of steps; eight rows walk at once, in WebAssembly, which spares the checks of bounds (forest-kernel.wat).
// Invariants: F1 the leaf reached is the one the plain walk reaches, and sums are float32 in the order of the trees; a test holds the two
// together. F2 no address leaves the forest's own memory: nodes come from a booster whose walks were checked.
import type { Csr } from '../../features/sparse.ts';
import type { Booster } from './booster.ts';
import { FOREST_KERNEL } from './forest-kernel-wasm.ts';

/** Words per node: address of the feature's column, threshold (float32), address of the left child, leaf value (float32). */
const WORDS = 4;
/** Words per tree: address of the root, steps, first margin of its group. */
const TREE_WORDS = 3;
const ROWS_AT_ONCE = 8;
const BLOCK_FLOATS = 2 ** 15; // 128 KB: a block of rows stays in the second-level cache
const MAX_BLOCK_ROWS = 64;
const PAGE_BYTES = 65_536;
/** Larger forests are walked plainly: addresses are 32-bit. */
const MAX_BYTES = 2 ** 31;

/** Part of WebAssembly's interface that is used: the compiler's libraries describe it for browsers only. */
interface WasmApi {
  Memory: new (limits: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> };
}
type AddLeaves = (tree: number, treeEnd: number, rowBytes: number, stride: number, margins: number) => void;

let compiled: object | undefined;

export class Forest {
  readonly blockRows: number;
  /** Two columns of blockRows cells for each used feature: where missing leads right, and where it leads left. */
  readonly #block: Float32Array;
  /** Rows of the block in which every used feature was set, by emptyRow left as they are. */
  readonly #isFull: Uint8Array;
  /** Feature → place among the used ones, -1 for none. */
  readonly #slots: Int32Array;
  readonly #used: number;
  readonly #margins: Float32Array;
  readonly #groups: number;
  readonly #treesAt: number;
  readonly #addLeaves: AddLeaves;

  /** undefined when the booster has splits this walk cannot do: categorical ones, or thresholds that are not finite; or is too large. */
  static build(booster: Booster, slots: Int32Array, used: number): Forest | undefined {
    if (booster.categories.size > 0 || hasOddThreshold(booster)) return undefined;
    const layout = layoutOf(booster, used);
    return layout.bytes > MAX_BYTES ? undefined : new Forest(booster, slots, used, layout);
  }

  private constructor(booster: Booster, slots: Int32Array, used: number, layout: Layout) {
    const api = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly; // part of every Node
    const pages = Math.ceil(layout.bytes / PAGE_BYTES);
    const memory = new api.Memory({ initial: pages, maximum: pages });
    compiled ??= new api.Module(Buffer.from(FOREST_KERNEL, 'base64'));
    this.#addLeaves = new api.Instance(compiled, { env: { memory } }).exports.addLeaves as AddLeaves;
    this.blockRows = layout.blockRows;
    this.#slots = slots;
    this.#used = used;
    this.#isFull = new Uint8Array(layout.blockRows);
    this.#groups = booster.groups;
    this.#treesAt = layout.treesAt;
    const cells = (2 * used + 1) * layout.blockRows;
    this.#block = new Float32Array(memory.buffer, layout.blockAt, cells);
    this.#margins = new Float32Array(memory.buffer, layout.marginsAt, layout.blockRows * booster.groups);
    const column = (place: number): number => layout.blockAt + place * layout.blockRows * 4;
    writeTrees(booster, new Int32Array(memory.buffer), layout.treesAt, (node) => {
      const feature = booster.features[node]!;
      return feature < 0 ? column(2 * used) : column(2 * slots[feature]! + booster.defaultLeft[node]!);
    });
    for (let slot = 0; slot < used; slot++) for (let row = 0; row < this.blockRows; row++) this.#setMissing(slot, row);
    this.#block.fill(Number.NEGATIVE_INFINITY, 2 * used * this.blockRows); // leads leaves left
  }

  /** Make every feature of all rows zero. */
  clear(): void {
    this.#block.fill(0, 0, 2 * this.#used * this.blockRows);
    this.#isFull.fill(0);
  }

  /**
   * Put row `from` of a matrix into a row of the block.
   * @param missing  a value that means missing, beside NaN
   */
  fillRow(row: number, x: Csr, from: number, missing: number): void {
    const set = this.#put(row, x, from, missing);
    if (this.#isFull[row] === 1 && set < this.#used) {
      for (let slot = 0; slot < this.#used; slot++) this.#setMissing(slot, row);
      this.#put(row, x, from, missing);
    }
    this.#isFull[row] = set === this.#used ? 1 : 0;
  }

  /** Make missing what fillRow put there. A row without gaps stays: the next one of its kind overwrites all of it. */
  emptyRow(row: number, { indptr, indices }: Csr, from: number): void {
    if (this.#isFull[row] === 1) return;
    for (let e = indptr[from]!, end = indptr[from + 1]!; e < end; e++) {
      const slot = this.#slots[indices[e]!]!;
      if (slot >= 0) this.#setMissing(slot, row);
    }
  }

  /** @returns number of used features that the row holds */
  #put(row: number, { indptr, indices, values }: Csr, from: number, missing: number): number {
    const slots = this.#slots;
    const block = this.#block;
    const { blockRows } = this;
    let set = 0;
    for (let e = indptr[from]!, end = indptr[from + 1]!; e < end; e++) {
      const slot = slots[indices[e]!]!;
      if (slot < 0) continue;
      set++;
      const value = values[e]!;
      if (value === missing || Number.isNaN(value)) {
        this.#setMissing(slot, row);
        continue;
      }
      const at = 2 * slot * blockRows + row;
      block[at] = value;
      block[at + blockRows] = value;
    }
    return set;
  }

  #setMissing(slot: number, row: number): void {
    const at = 2 * slot * this.blockRows + row;
    this.#block[at] = Number.POSITIVE_INFINITY;
    this.#block[at + this.blockRows] = Number.NEGATIVE_INFINITY;
  }

  /**
   * Add the leaves of trees [0, treeEnd) to margins, tree by tree.
   * @param rows  rows of the block that are meant
   * @param out   margins; row r of the block has its groups at from + r · groups
   */
  addLeaves(rows: number, treeEnd: number, out: Float32Array, from: number): void {
    const count = rows * this.#groups;
    const margins = this.#margins;
    margins.set(out.subarray(from, from + count));
    const { byteOffset } = margins;
    const end = this.#treesAt + treeEnd * TREE_WORDS * 4;
    // rows up to a multiple of eight are walked; what they find is not used
    this.#addLeaves(this.#treesAt, end, rows * 4, this.#groups * 4, byteOffset);
    out.set(margins.subarray(0, count), from);
  }
}

function hasOddThreshold({ features, values }: Booster): boolean {
  for (let n = 0; n < features.length; n++) if (features[n]! >= 0 && !Number.isFinite(values[n]!)) return true;
  return false;
}

interface Layout {
  blockRows: number;
  treesAt: number;
  blockAt: number;
  marginsAt: number;
  bytes: number;
}

/** Places in the memory: nodes, trees, block, margins. */
function layoutOf(booster: Booster, used: number): Layout {
  const columns = 2 * used + 1;
  const fitting = Math.floor(BLOCK_FLOATS / columns / ROWS_AT_ONCE) * ROWS_AT_ONCE;
  const blockRows = Math.min(MAX_BLOCK_ROWS, Math.max(ROWS_AT_ONCE, fitting));
  const treesAt = booster.features.length * WORDS * 4;
  const blockAt = Math.ceil((treesAt + booster.roots.length * TREE_WORDS * 4) / 64) * 64;
  const marginsAt = blockAt + columns * blockRows * 4;
  return { blockRows, treesAt, blockAt, marginsAt, bytes: marginsAt + blockRows * booster.groups * 4 };
}

/** Nodes breadth first, tree after tree; nodes without a place (pruned ones) are left out. */
function writeTrees(booster: Booster, words: Int32Array, treesAt: number, columnOf: (node: number) => number): void {
  const values = new Float32Array(words.buffer);
  const size = WORDS * 4;
  let next = 0;
  booster.roots.forEach((root, t) => {
    const tree = treesAt / 4 + t * TREE_WORDS;
    words[tree] = next * size;
    words[tree + 2] = booster.treeGroups[t]! * 4;
    let level = [root];
    let first = next++;
    while (level.length > 0) {
      const children: number[] = [];
      for (let i = 0; i < level.length; i++) {
        const node = level[i]!;
        const at = (first + i) * WORDS;
        words[at] = columnOf(node);
        if (booster.features[node]! < 0) {
          values[at + 1] = Number.POSITIVE_INFINITY;
          words[at + 2] = at * 4;
          values[at + 3] = booster.values[node]! * booster.treeWeights[t]!; // rounded to float32, as in the library
          continue;
        }
        values[at + 1] = booster.values[node]!;
        words[at + 2] = (next + children.length) * size;
        children.push(booster.left[node]!, booster.right[node]!);
      }
      if (children.length > 0) words[tree + 1]!++;
      level = children;
      first = next;
      next += children.length;
    }
  });
}
