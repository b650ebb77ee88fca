// ZipMap turns a tensor of probabilities into maps from label to probability, which the runtime's binding cannot hand over: here the
// tensor before it becomes the output. The labels of the maps stay known: class-names.ts reads them from the file as it was.
// Invariant: Z1 all else in the file stays as it is, byte for byte.
// Source: onnx.proto3 (ModelProto.graph 7; GraphProto.node 1, output 12; ValueInfoProto, TypeProto.Tensor); ONNX-ML operator ZipMap.

import { fieldsOf, readNode, textOf } from './model-proto.ts';
import { FLOAT } from './runtime.ts';

const GRAPH = 7;
const NODE = 1;
const OUTPUT = 12;

/**
 * The file with the tensors that its ZipMap nodes take as outputs in the place of the maps; the same bytes where there is no such node.
 * @throws {TerminalError} model.corrupt
 */
export function withoutZipMaps(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let isChanged = false;
  for (const field of fieldsOf(bytes)) {
    const graph = field.number === GRAPH && 'bytes' in field ? graphWithout(field.bytes) : undefined;
    parts.push(graph === undefined ? field.raw : message(GRAPH, graph));
    isChanged ||= graph !== undefined;
  }
  return isChanged ? Buffer.concat(parts) : bytes;
}

/** undefined when no output of the graph is that of a ZipMap. */
function graphWithout(graph: Uint8Array): Uint8Array | undefined {
  const fields = [...fieldsOf(graph)];
  const outputs = new Set(
    fields.flatMap((field) => (field.number === OUTPUT && 'bytes' in field ? [textOf(field.bytes, 1)] : [])),
  );
  const tensors = new Map<string, string>();
  const dropped = new Set<Uint8Array>();
  for (const field of fields) {
    if (field.number !== NODE || !('bytes' in field)) continue;
    const { op, inputs, outputs: made } = readNode(field.bytes);
    if (op !== 'ZipMap' || inputs[0] === undefined || made[0] === undefined || !outputs.has(made[0])) continue;
    tensors.set(made[0], inputs[0]);
    dropped.add(field.raw);
  }
  if (tensors.size === 0) return undefined;
  const kept = fields
    .filter(({ raw }) => !dropped.has(raw))
    .flatMap((field) => {
      const tensor = field.number === OUTPUT && 'bytes' in field ? tensors.get(textOf(field.bytes, 1)) : undefined;
      if (tensor === undefined) return [field.raw];
      return outputs.has(tensor) ? [] : [message(OUTPUT, floatTensor(tensor))];
    });
  return Buffer.concat(kept);
}

/** ValueInfo of a tensor of floats whose shape the runtime finds out. */
function floatTensor(name: string): Uint8Array {
  const type = message(1, Buffer.from([1 * 8, FLOAT]));
  return Buffer.concat([message(1, Buffer.from(name, 'utf8')), message(2, type)]);
}

function message(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(content.length)]), content]);
}

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
