// What an ONNX file says the classes of an output are called: label lists of classifier and ZipMap nodes, constant lists that labels are
// picked from, metadata.
// Source: ONNX-ML operators (classlabels_strings, classlabels_int64s, classlabels_ints); metadata_props of exporters.
import { numberNames } from '../class-labels.ts';
import type { OnnxFile, OnnxNode } from './model-proto.ts';

const METADATA_KEYS = ['class_names', 'classes', 'labels', 'id2label', 'names'];

/**
 * Names of the classes, in the order of the output's columns; undefined when the file names none, or more than one list could be meant.
 * @param output   the tensor of probabilities
 * @param columns  of that tensor; -1 when the file does not say
 */
export function classNamesOf(file: OnnxFile, output: string, columns = -1): string[] | undefined {
  const above = nodesAbove(file, output);
  const made = new Set([output, ...above.flatMap((node) => node.outputs)]);
  const beside = file.nodes.filter((node) => node.op === 'ZipMap' && node.inputs.some((name) => made.has(name)));
  const mapped = only(beside.flatMap(labelsOf));
  const computed = only(above.flatMap(labelsOf));
  if (mapped !== undefined && computed !== undefined && only([mapped, computed]) === undefined) return undefined;
  const picked = file.nodes.flatMap((node) => pickedFrom(file, node));
  return mapped ?? computed ?? only(picked) ?? inMetadata(file) ?? only(pickedNumbers(file, columns));
}

/** Nodes that the output is computed from. */
function nodesAbove(file: OnnxFile, output: string): OnnxNode[] {
  const makers = new Map(file.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const found = new Set<OnnxNode>();
  const open = [output];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = makers.get(name);
    if (node === undefined || found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs);
  }
  return [...found];
}

function labelsOf(node: OnnxNode): string[][] {
  const strings = node.strings.get('classlabels_strings');
  if (strings !== undefined) return [[...strings]];
  const ints = node.ints.get('classlabels_int64s') ?? node.ints.get('classlabels_ints');
  const names = numberNames(ints ?? []);
  return names === undefined ? [] : [names];
}

/** The list that a label is picked from by its index. */
function pickedFrom(file: OnnxFile, node: OnnxNode): string[][] {
  if (node.op !== 'ArrayFeatureExtractor' && node.op !== 'Gather') return [];
  const list = file.stringTensors.get(node.inputs[0] ?? '');
  return list === undefined ? [] : [[...list]];
}

/** Numbers that a label is picked from: `classes` of converted scikit-learn models without a ZipMap. Of other lists of numbers only their size tells. */
function pickedNumbers({ nodes, numberTensors }: OnnxFile, columns: number): string[][] {
  return nodes.flatMap(({ op, inputs }) => {
    const list = op === 'ArrayFeatureExtractor' ? (numberTensors.get(inputs[0] ?? '') ?? []) : [];
    const isOfClasses = columns < 1 || list.length === columns;
    const names = isOfClasses && new Set(list).size === list.length ? numberNames(list) : undefined;
    return names === undefined ? [] : [names];
  });
}

/** The one list there is, however often it occurs. */
function only(lists: readonly string[][]): string[] | undefined {
  const [first, ...others] = lists;
  return others.every((list) => list.join('\0') === first?.join('\0')) ? first : undefined;
}

/** A JSON list, or numbers with names as JSON or Python write them: {0: 'a', 1: 'b'}. */
function inMetadata({ metadata }: OnnxFile): string[] | undefined {
  for (const key of METADATA_KEYS) {
    const text = metadata.get(key);
    if (text === undefined) continue;
    const names = listOf(text) ?? numberedOf(text);
    if (names !== undefined) return names;
  }
  return undefined;
}

function listOf(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return undefined;
    if (value.length > 0 && value.every((name) => typeof name === 'number')) return numberNames(value);
    return value.every((name) => typeof name === 'string') ? value : undefined;
  } catch {
    return undefined; // not JSON: perhaps Python's form
  }
}

function numberedOf(text: string): string[] | undefined {
  const pairs = [...text.matchAll(/["']?(\d+)["']?\s*:\s*(?:"([^"\\]*)"|'([^'\\]*)')/g)];
  const names = pairs.map(([, , double, single]) => double ?? single ?? '');
  return pairs.length > 0 && pairs.every(([, number], i) => Number(number) === i) ? names : undefined;
}
