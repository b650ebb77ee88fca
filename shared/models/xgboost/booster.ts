// An XGBoost model file (JSON or UBJSON, 1.x to 3.x) as flat arrays of nodes.
// Invariants: B1 every walk from a root ends at a leaf inside the arrays: children are checked and cycles refused. B2 thresholds, leaves
// and base scores are float32 as in the library.
// Source: dmlc/xgboost src/tree/tree_model.cc, src/learner.cc, src/gbm/gbtree.cc.
import { TerminalError } from '../../errors.ts';
import { parseLooseJson } from '../../loose-json.ts';
import { numberNames } from '../class-labels.ts';
import { type JsonValue, PackedNumbers, readUbjson } from './ubjson.ts';

/** Nodes of all trees; a tree's nodes are contiguous. */
export interface Booster {
  /** [major, minor, patch] of the library that wrote the file. */
  readonly version: readonly number[];
  readonly objective: string;
  /** Features of the training matrix. */
  readonly width: number;
  /** Margins per row: classes of a multi-class model, otherwise 1 (or the number of targets). */
  readonly groups: number;
  /** Base margin of each group, float32. */
  readonly baseMargins: Float32Array;
  readonly featureNames: readonly string[];
  /** Index of the first node of each tree. */
  readonly roots: Int32Array;
  /** Group of each tree. */
  readonly treeGroups: Int32Array;
  /** Factor of each tree (DART), otherwise 1. */
  readonly treeWeights: Float32Array;
  /** Trees [0, end) belong to the first round, to the first two, … */
  readonly roundEnds: Int32Array;
  /** Rounds up to best_iteration; undefined without early stopping. */
  readonly bestRounds: number | undefined;
  /** Names of the classes, where the scikit-learn wrapper wrote them (up to 1.x). */
  readonly classNames: readonly string[] | undefined;
  /** Split feature; -1 in a leaf. */
  readonly features: Int32Array;
  /** Threshold of a split, value of a leaf. */
  readonly values: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly defaultLeft: Uint8Array;
  /** Weight of the training rows at a node (sum of hessians). */
  readonly covers: Float32Array;
  /** Categories that go right at a categorical split, by node. */
  readonly categories: ReadonlyMap<number, ReadonlySet<number>>;
}

// Arrays of these sizes are made before a row is scored: a damaged number must not ask for gigabytes.
const MAX_FEATURES = 2 ** 28;
const MAX_GROUPS = 2 ** 16;

type JsonObject = Record<string, JsonValue | undefined>;

/**
 * @param bytes  JSON when the first byte that is no white space opens an object in text, UBJSON otherwise
 * @throws {TerminalError} model.corrupt, model.unsupported (gblinear, vector leaves)
 */
export function readBooster(bytes: Uint8Array): Booster {
  const document = asObject(parseDocument(bytes), 'the file');
  const learner = asObject(document.learner, 'learner');
  const booster = asObject(learner.gradient_booster, 'gradient_booster');
  const name = String(booster.name ?? 'gbtree');
  if (name !== 'gbtree' && name !== 'dart')
    throw new TerminalError('model.unsupported', `XGBoost booster "${name}" is not supported; gbtree and dart are`);
  const gbtree = name === 'dart' && booster.gbtree !== undefined ? asObject(booster.gbtree, 'gbtree') : booster;
  const model = asObject(gbtree.model, 'gradient_booster.model');
  const param = asObject(learner.learner_model_param, 'learner_model_param');
  const objective = String(asObject(learner.objective, 'objective').name ?? '');
  const groups = Math.max(count(param.num_class), count(param.num_target ?? '1'), 1);
  const trees = asList(model.trees, 'trees').map((tree, i) => asObject(tree, `tree ${i}`));
  const width = count(param.num_feature);
  if (width > MAX_FEATURES || groups > MAX_GROUPS)
    throw new TerminalError(
      'model.unsupported',
      `XGBoost model has ${width} features and ${groups} classes; at most ${MAX_FEATURES} and ${MAX_GROUPS} are read`,
    );
  const nodes = flattenTrees(trees, width);
  const treeGroups = Int32Array.from(asNumbers(model.tree_info, 'tree_info'));
  if (treeGroups.length !== trees.length || treeGroups.some((group) => group < 0 || group >= groups))
    throw corrupt(`tree_info has ${treeGroups.length} entries for ${trees.length} trees and ${groups} groups`);
  const attributes = learner.attributes === undefined ? {} : asObject(learner.attributes, 'attributes');
  const drop = booster.weight_drop ?? model.weight_drop;
  const weights = drop === undefined ? undefined : asNumbers(drop, 'weight_drop');
  if (weights !== undefined && weights.length !== trees.length)
    throw corrupt(`weight_drop has ${weights.length} entries for ${trees.length} trees`);
  return {
    version: Array.from(asNumbers(document.version ?? [], 'version')),
    objective,
    width,
    groups,
    baseMargins: baseMargins(param.base_score, objective, groups),
    featureNames: Array.isArray(learner.feature_names) ? learner.feature_names.map(String) : [],
    treeGroups,
    treeWeights: weights === undefined ? new Float32Array(trees.length).fill(1) : Float32Array.from(weights),
    roundEnds: roundEnds(model, groups, trees.length),
    bestRounds: attributes.best_iteration === undefined ? undefined : count(attributes.best_iteration) + 1,
    classNames: classNames(attributes.scikit_learn),
    ...nodes,
  };
}

function parseDocument(bytes: Uint8Array): JsonValue {
  // both formats start with "{"; in UBJSON an int64 key length ("L") follows, in JSON a quote or white space
  if (bytes[0] === 0x7b && bytes[1] !== undefined && /[iUIlL]/.test(String.fromCharCode(bytes[1])))
    return readUbjson(bytes);
  try {
    return parseLooseJson(Buffer.from(bytes).toString('utf8')) as JsonValue;
  } catch (cause) {
    throw corrupt(
      'it is neither JSON nor UBJSON, or it is cut; save a model of the old binary form as .json or .ubj',
      cause,
    );
  }
}

type Nodes = Pick<
  Booster,
  'roots' | 'features' | 'values' | 'left' | 'right' | 'defaultLeft' | 'covers' | 'categories'
>;

function flattenTrees(trees: readonly JsonObject[], width: number): Nodes {
  const sizes = trees.map((tree, i) => numbersIn(tree.left_children, `tree ${i}.left_children`).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const nodes = {
    roots: new Int32Array(trees.length),
    features: new Int32Array(total),
    values: new Float32Array(total),
    left: new Int32Array(total),
    right: new Int32Array(total),
    defaultLeft: new Uint8Array(total),
    covers: new Float32Array(total),
  };
  const categories = new Map<number, ReadonlySet<number>>();
  let at = 0;
  trees.forEach((tree, i) => {
    nodes.roots[i] = at;
    const name = `tree ${i}`;
    const end = at + sizes[i]!;
    readTree(tree, name, nodes, at, end);
    checkWalks(nodes, at, end, name, width);
    for (const [node, set] of readCategories(tree, name)) categories.set(at + node, set);
    at = end;
  });
  return { ...nodes, categories };
}

type NodeArrays = Omit<Nodes, 'categories' | 'roots'>;

/** Decode a tree into the nodes [from, end); its children are counted from its own root so far. */
function readTree(tree: JsonObject, name: string, nodes: NodeArrays, from: number, end: number): void {
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

/** base_score is stored behind the inverse link; a number before 3.1, a bracketed list of numbers since. */
function baseMargins(stored: JsonValue | undefined, objective: string, groups: number): Float32Array {
  const texts = String(stored ?? '0.5')
    .replace(/^[[(]|[\])]$/g, '')
    .split(',');
  const scores = texts.map((text) => Math.fround(Number(text)));
  if (scores.some((score) => !Number.isFinite(score)) || (scores.length !== 1 && scores.length !== groups))
    throw corrupt(`base_score has ${scores.length} values, or none that is a number; need 1 or ${groups}`);
  return Float32Array.from({ length: groups }, (_, k) => link(scores[k] ?? scores[0]!, objective));
}

function link(score: number, objective: string): number {
  if (objective === 'binary:logistic' || objective === 'reg:logistic') {
    const p = Math.min(Math.max(score, Math.fround(1e-6)), 1 - Math.fround(1e-6));
    return -Math.log(Math.fround(Math.fround(1 / p) - 1));
  }
  if (/^(count:poisson|reg:gamma|reg:tweedie)$/.test(objective)) return Math.log(score);
  return score;
}

/** From iteration_indptr (2.0 and later), else by the number of trees that a round has. */
function roundEnds(model: JsonObject, groups: number, trees: number): Int32Array {
  if (model.iteration_indptr !== undefined) {
    const ends = Int32Array.from(asNumbers(model.iteration_indptr, 'iteration_indptr')).subarray(1);
    const isRising = ends.every((end, i) => end >= (ends[i - 1] ?? 0));
    if (!isRising || (ends.at(-1) ?? 0) !== trees) throw corrupt(`iteration_indptr does not end at ${trees} trees`);
    return ends;
  }
  const parallel = count(asObject(model.gbtree_model_param, 'gbtree_model_param').num_parallel_tree ?? '1') || 1;
  const size = parallel * groups;
  return Int32Array.from({ length: Math.ceil(trees / size) }, (_, round) => Math.min(trees, (round + 1) * size));
}

/** `classes_`, or that of the label encoder inside. */
function classNames(stored: JsonValue | undefined): string[] | undefined {
  if (typeof stored !== 'string') return undefined;
  let value: { classes_?: unknown; _le?: { classes_?: unknown } } | null;
  try {
    value = parseLooseJson(stored) as typeof value;
  } catch {
    return undefined; // the wrapper's own notes; nothing depends on them
  }
  const names = value?._le?.classes_ ?? value?.classes_;
  if (!Array.isArray(names) || names.length === 0) return undefined;
  if (names.every((name) => typeof name === 'number')) return numberNames(names);
  return names.every((name) => typeof name === 'string') ? names : undefined;
}

function count(value: JsonValue | undefined): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 0x7fffffff) throw corrupt(`"${String(value)}" is no count`);
  return number;
}

function asObject(value: JsonValue | undefined, name: string): JsonObject {
  if (
    value === undefined ||
    value === null ||
    typeof value !== 'object' ||
    Array.isArray(value) ||
    value instanceof PackedNumbers
  )
    throw corrupt(`${name} is missing`);
  return value;
}

function asList(value: JsonValue | undefined, name: string): JsonValue[] {
  if (!Array.isArray(value)) throw corrupt(`${name} is missing`);
  return value;
}

const numbersIn = (value: JsonValue | undefined, name: string): PackedNumbers | JsonValue[] =>
  value instanceof PackedNumbers ? value : asList(value, name);

function asNumbers(value: JsonValue | undefined, name: string): Float64Array {
  if (value instanceof PackedNumbers) return value.toArray();
  return Float64Array.from(asList(value, name), (item) => (typeof item === 'object' ? Number.NaN : Number(item)));
}

const corrupt = (why: string, cause?: unknown): TerminalError =>
  new TerminalError('model.corrupt', `XGBoost model cannot be read: ${why}`, { cause });
