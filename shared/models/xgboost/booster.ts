// An XGBoost model file (JSON or UBJSON, 1.x to 3.x): what the learner says of itself, and its trees as flat arrays of nodes.
// Invariant: B2 thresholds, leaves and base scores are float32 as in the library. B1 is kept by booster-trees.ts.
// Source: dmlc/xgboost src/learner.cc, src/gbm/gbtree.cc.
import { TerminalError } from '../../errors.ts';
import { parseLooseJson } from '../../loose-json.ts';
import { numberNames } from '../class-labels.ts';
import { checkTrees, readTrees, type TreeNodes } from './booster-trees.ts';
import { asList, asNumbers, asObject, corrupt, count, type JsonObject } from './booster-values.ts';
import { readJson } from './json.ts';
import { type JsonValue, readUbjson } from './ubjson.ts';

/** A booster without its nodes. */
export interface BoosterHead {
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
}

export interface Booster extends BoosterHead, TreeNodes {}

// Arrays of these sizes are made before a row is scored: a damaged number must not ask for gigabytes.
const MAX_FEATURES = 2 ** 28;
const MAX_GROUPS = 2 ** 16;

/**
 * @param bytes  JSON when the first byte that is no white space opens an object in text, UBJSON otherwise
 * @throws {TerminalError} model.corrupt, model.unsupported (gblinear, vector leaves)
 */
export function readBooster(bytes: Uint8Array): Booster {
  const { head, trees } = readLearner(bytes);
  return { ...head, ...readTrees(trees, head.width) };
}

/** Refuses what readBooster does, in little more memory than the file's. */
export function inspectBooster(bytes: Uint8Array): BoosterHead {
  const { head, trees } = readLearner(bytes);
  checkTrees(trees, head.width);
  return head;
}

function readLearner(bytes: Uint8Array): { head: BoosterHead; trees: JsonObject[] } {
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
  const treeGroups = Int32Array.from(asNumbers(model.tree_info, 'tree_info'));
  if (treeGroups.length !== trees.length || treeGroups.some((group) => group < 0 || group >= groups))
    throw corrupt(`tree_info has ${treeGroups.length} entries for ${trees.length} trees and ${groups} groups`);
  const attributes = learner.attributes === undefined ? {} : asObject(learner.attributes, 'attributes');
  const drop = booster.weight_drop ?? model.weight_drop;
  const weights = drop === undefined ? undefined : asNumbers(drop, 'weight_drop');
  if (weights !== undefined && weights.length !== trees.length)
    throw corrupt(`weight_drop has ${weights.length} entries for ${trees.length} trees`);
  const head: BoosterHead = {
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
  };
  return { head, trees };
}

function parseDocument(bytes: Uint8Array): JsonValue {
  // both formats start with "{"; in UBJSON an int64 key length ("L") follows, in JSON a quote or white space
  if (bytes[0] === 0x7b && bytes[1] !== undefined && /[iUIlL]/.test(String.fromCharCode(bytes[1])))
    return readUbjson(bytes);
  return readJson(bytes);
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
