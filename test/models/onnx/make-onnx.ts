// Small ONNX files, written field by field: just what the tests need of onnx.proto3.

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
const field = (number: number, content: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(content as Uint8Array);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
};
const int = (number: number, value: number): Buffer => Buffer.from([...varint(number * 8), ...varint(value)]);

export interface NodeDraft {
  op: string;
  inputs: string[];
  outputs: string[];
  domain?: string;
  strings?: Record<string, string[]>;
  ints?: Record<string, number[]>;
  floats?: Record<string, number[]>;
  int?: Record<string, number>;
}

/** Element type, then sizes; a string is a free size. A list of maps has the element type of its keys. */
export type ValueDraft = { name: string; type: number; shape: (number | string)[]; isListOfMaps?: boolean };

function node(draft: NodeDraft): Buffer {
  const attributes = [
    ...Object.entries(draft.strings ?? {}).map(([name, texts]) => [
      field(1, name),
      ...texts.map((text) => field(9, text)),
      int(20, 8),
    ]),
    ...Object.entries(draft.ints ?? {}).map(([name, values]) => [
      field(1, name),
      ...values.map((v) => int(8, v)),
      int(20, 7),
    ]),
    ...Object.entries(draft.int ?? {}).map(([name, value]) => [field(1, name), int(3, value), int(20, 2)]),
    ...Object.entries(draft.floats ?? {}).map(([name, values]) => [
      field(1, name),
      field(7, new Uint8Array(Float32Array.from(values).buffer)),
      int(20, 6),
    ]),
  ];
  return Buffer.concat([
    ...draft.inputs.map((name) => field(1, name)),
    ...draft.outputs.map((name) => field(2, name)),
    field(4, draft.op),
    ...attributes.map((parts) => field(5, Buffer.concat(parts))),
    ...(draft.domain === undefined ? [] : [field(7, draft.domain)]),
  ]);
}

function value({ name, type, shape, isListOfMaps }: ValueDraft): Buffer {
  const tensorOf = (content: Buffer) => field(1, content);
  if (isListOfMaps === true) {
    const map = Buffer.concat([int(1, type), field(2, tensorOf(int(1, 1)))]);
    return Buffer.concat([field(1, name), field(2, field(4, field(1, field(5, map))))]);
  }
  const dims = shape.map((size) => field(1, typeof size === 'number' ? int(1, size) : field(2, size)));
  const tensor = Buffer.concat([int(1, type), field(2, Buffer.concat(dims))]);
  return Buffer.concat([field(1, name), field(2, tensorOf(tensor))]);
}

export function makeOnnx(model: {
  nodes: NodeDraft[];
  inputs: ValueDraft[];
  outputs: ValueDraft[];
  /** Constant tensors of strings. */
  strings?: Record<string, string[]>;
  /** Constant tensors of float32. */
  floats?: Record<string, { dims: number[]; values: Float32Array }>;
  /** Constant tensors of other numbers, as raw bytes or as int32 one by one. */
  numbers?: Record<string, { type: number; dims: number[]; raw?: Uint8Array; ints?: number[] }>;
  metadata?: Record<string, string>;
}): Uint8Array {
  const graph = Buffer.concat([
    ...model.nodes.map((draft) => field(1, node(draft))),
    field(2, 'graph'),
    ...Object.entries(model.strings ?? {}).map(([name, texts]) =>
      field(
        5,
        Buffer.concat([int(1, texts.length), int(2, 8), ...texts.map((text) => field(6, text)), field(8, name)]),
      ),
    ),
    ...Object.entries(model.floats ?? {}).map(([name, { dims, values }]) =>
      field(
        5,
        Buffer.concat([
          ...dims.map((size) => int(1, size)),
          int(2, 1),
          field(8, name),
          field(9, new Uint8Array(values.buffer)),
        ]),
      ),
    ),
    ...Object.entries(model.numbers ?? {}).map(([name, { type, dims, raw, ints }]) =>
      field(
        5,
        Buffer.concat([
          ...dims.map((size) => int(1, size)),
          int(2, type),
          ...(ints ?? []).map((value) => int(5, value)),
          field(8, name),
          ...(raw === undefined ? [] : [field(9, raw)]),
        ]),
      ),
    ),
    ...model.inputs.map((draft) => field(11, value(draft))),
    ...model.outputs.map((draft) => field(12, value(draft))),
  ]);
  return Buffer.concat([
    int(1, 8),
    field(7, graph),
    field(8, Buffer.concat([field(1, ''), int(2, 17)])),
    field(8, Buffer.concat([field(1, 'ai.onnx.ml'), int(2, 3)])),
    ...Object.entries(model.metadata ?? {}).map(([key, text]) =>
      field(14, Buffer.concat([field(1, key), field(2, text)])),
    ),
  ]);
}
