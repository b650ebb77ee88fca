// The trees of a booster's document as flat arrays of nodes, decoded once, from the file's bytes into their last place.
// Invariant: B1 every walk from a root ends at a leaf inside the arrays: children are checked and cycles refused.
// Source: dmlc/xgboost src/tree/tree_model.cc.
import { TerminalError } from '../../errors.ts';
import { asNumbers, asObject, corrupt, count, type JsonObject, numbersIn } from './booster-values.ts';
import { PackedNumbers } from './packed-numbers.ts';
import type { JsonValue } from './ubjson.ts';

/** Nodes of all trees; a tree's nodes are contiguous. */
export interface TreeNodes {
  /** Index of the first node of each tree. */
  readonly roots: Int32Array;
  /** Split feature; -1 in a leaf. */
  readonly features: Int32Array;
  /** Threshold of a split, value of a leaf; float32 as in the library. */
  readonly values: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly defaultLeft: Uint8Array;
  /** Weight of the training rows at a node (sum of hessians). */
  readonly covers: Float32Array;
  /** Categories that go right at a categorical split, by node. */
  readonly categories: ReadonlyMap<number, ReadonlySet<number>>;
}

type NodeArrays = Omit<TreeNodes, 'categories' | 'roots'>;

/** @throws {TerminalError} model.corrupt, model.unsupported (vector leaves) */
export function readTrees(trees: readonly JsonObject[], width: number): TreeNodes {
  const sizes = trees.map(nodesOf);
  const nodes = newNodes(sizes.reduce((sum, size) => sum + size, 0));
  const roots = new Int32Array(trees.length);
  const categories = new Map<number, ReadonlySet<number>>();
  let at = 0;
  trees.forEach((tree, i) => {
    roots[i] = at;
    const end = at + sizes[i]!;
    readTree(tree, `tree ${i}`, nodes, at, end, width);
    for (const [node, set] of readCategories(tree, `tree ${i}`)) categories.set(at + node, set);
    at = end;
  });
  return { ...nodes, roots, categories };
}

/** What readTrees would refuse is refused, in the memory of the largest tree. */
export function checkTrees(trees: readonly JsonObject[], width: number): void {
  const sizes = trees.map(nodesOf);
  const nodes = newNodes(sizes.reduce((largest, size) => Math.max(largest, size), 0));
  trees.forEach((tree, i) => {
    readTree(tree, `tree ${i}`, nodes, 0, sizes[i]!, width);
    readCategories(tree, `tree ${i}`);
  });
}

const nodesOf = (tree: JsonObject, i: number): number =>
  numbersIn(tree.left_children, `tree ${i}.left_children`).length;

const newNodes = (total: number): NodeArrays => ({
  features: new Int32Array(total),
  values: new Float32Array(total),
  left: new Int32Array(total),
  right: new Int32Array(total),
  defaultLeft: new Uint8Array(total),
  covers: new Float32Array(total),
});

/** Decode a tree into the nodes [from, end) and check it. */
function readTree(tree: JsonObject, name: string, nodes: NodeArrays, from: number, end: number, width: number): void {
  const param = asObject(tree.tree_param, `${name}.tree_param`);
  if (count(param.size_leaf_vector ?? '0') > 1)
    throw new TerminalError('model.unsupported', 'XGBoost trees with vector leaves are not supported');
  const take = (key: string) => {
    const numbers = numbersIn(tree[key], `${name}.${key}`);
    if (numbers.length !== end - from)
      throw corrupt(`${name}: ${key} has ${numbers.length} values; left_children has ${end - from}`);
    return numbers;
  };
  copyIntegers(take('left_children'), nodes.left, from);
  copyIntegers(take('right_children'), nodes.right, from);
  copyIntegers(take('split_indices'), nodes.features, from);
  copyNumbers(take('split_conditions'), nodes.values, from);
  copyFlags(take('default_left'), nodes.defaultLeft, from, end);
  copyNumbers(take('sum_hessian'), nodes.covers, from);
  checkWalks(nodes, from, end, name, width);
}

/** B1: each reachable node is reached once, and has both children or none. Places become those of the whole array. */
function checkWalks({ left, right, features }: NodeArrays, from: number, end: number, name: string, width: number) {
  const size = end - from;
  const seen = new Uint8Array(size);
  const open = [0];
  if (size === 0) throw corrupt(`${name} has no node`);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!(node >= 0 && node < size) || seen[node] === 1) throw corrupt(`${name}: node ${node} is out of place`);
    seen[node] = 1;
    const at = from + node;
    if (left[at] === LEAF) continue;
    if (!(features[at]! >= 0 && features[at]! < width))
      throw corrupt(`${name}: node ${node} splits on feature ${features[at]}; there are ${width}`);
    open.push(left[at]!, right[at]!);
  }
  for (let at = from; at < end; at++) {
    const isLeaf = left[at] === LEAF;
    features[at] = isLeaf ? -1 : features[at]!;
    left[at] = isLeaf ? -1 : from + left[at]!;
    right[at] = isLeaf ? -1 : from + right[at]!;
  }
}

const LEAF = -1;
/** No node, no feature: stands for numbers that are no int32. */
const NOWHERE = -2;

function copyIntegers(numbers: PackedNumbers | JsonValue[], target: Int32Array, at: number): void {
  if (numbers instanceof PackedNumbers && numbers.isInt32) {
    numbers.copyTo(target, at);
    return;
  }
  const doubles = asNumbers(numbers, '');
  for (let i = 0; i < doubles.length; i++) {
    const value = doubles[i]!;
    target[at + i] = value === (value | 0) ? value : NOWHERE;
  }
}

function copyFlags(numbers: PackedNumbers | JsonValue[], flags: Uint8Array, from: number, end: number): void {
  if (numbers instanceof PackedNumbers && numbers.isByte) {
    numbers.copyTo(flags, from);
    for (let n = from; n < end; n++) flags[n] = flags[n] === 0 ? 0 : 1;
    return;
  }
  const doubles = asNumbers(numbers, '');
  for (let n = from; n < end; n++) flags[n] = doubles[n - from] === 0 ? 0 : 1;
}

function copyNumbers(numbers: PackedNumbers | JsonValue[], target: Float32Array, at: number): void {
  if (numbers instanceof PackedNumbers) numbers.copyTo(target, at);
  else target.set(asNumbers(numbers, ''), at);
}

function readCategories(tree: JsonObject, name: string): Map<number, Set<number>> {
  const sets = new Map<number, Set<number>>();
  if (tree.categories_nodes === undefined) return sets;
  const values = asNumbers(tree.categories ?? [], `${name}.categories`);
  const segments = asNumbers(tree.categories_segments ?? [], `${name}.categories_segments`);
  const sizes = asNumbers(tree.categories_sizes ?? [], `${name}.categories_sizes`);
  Array.from(asNumbers(tree.categories_nodes, `${name}.categories_nodes`)).forEach((node, i) => {
    const from = segments[i]!;
    const to = from + sizes[i]!;
    if (!(from >= 0 && to >= from && to <= values.length)) throw corrupt(`${name}: categories of node ${node} are cut`);
    sets.set(node, new Set(Array.from({ length: to - from }, (_, k) => values[from + k]!)));
  });
  return sets;
}
