// The few fields of an ONNX file that say what it is: nodes with their attributes, string tensors, metadata. Weights are passed over.
// Invariant: P1 whatever the bytes are, reading ends with a value or with model.corrupt, within memory proportional to the file.
// Source: onnx.proto3 (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, StringStringEntryProto); Protocol Buffers encoding.
import { TerminalError } from '../../errors.ts';

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly strings: ReadonlyMap<string, readonly string[]>;
  readonly ints: ReadonlyMap<string, readonly number[]>;
}

export interface OnnxFile {
  readonly nodes: readonly OnnxNode[];
  /** Constant tensors of strings, by name. */
  readonly stringTensors: ReadonlyMap<string, readonly string[]>;
  /** Constant vectors of at most 65,536 numbers, by name. */
  readonly numberTensors: ReadonlyMap<string, readonly number[]>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A field with its bytes as they stand in the message, key included; those of fixed size have nothing else. */
type Field = { number: number; raw: Uint8Array } & ({ varint: number } | { bytes: Uint8Array } | object);

/** @throws {TerminalError} model.corrupt */
export function readOnnxFile(bytes: Uint8Array): OnnxFile {
  const nodes: OnnxNode[] = [];
  const stringTensors = new Map<string, readonly string[]>();
  const numberTensors = new Map<string, readonly number[]>();
  const metadata = new Map<string, string>();
  for (const field of fieldsOf(bytes)) {
    if (!('bytes' in field)) continue;
    if (field.number === 7) readGraph(field.bytes, nodes, stringTensors, numberTensors);
    if (field.number === 14) metadata.set(textOf(field.bytes, 1), textOf(field.bytes, 2));
  }
  return { nodes, stringTensors, numberTensors, metadata };
}

function readGraph(
  bytes: Uint8Array,
  nodes: OnnxNode[],
  strings: Map<string, readonly string[]>,
  numbers: Map<string, readonly number[]>,
): void {
  for (const field of fieldsOf(bytes)) {
    if (!('bytes' in field)) continue;
    if (field.number === 1) nodes.push(readNode(field.bytes));
    if (field.number === 5) {
      const texts = textsOf(field.bytes, 6);
      if (texts.length > 0) strings.set(textOf(field.bytes, 8), texts);
      const vector = vectorOf(field.bytes);
      if (vector.length > 0) numbers.set(textOf(field.bytes, 8), vector);
    }
  }
}

/** @throws {TerminalError} model.corrupt */
export function readNode(bytes: Uint8Array): OnnxNode {
  const strings = new Map<string, readonly string[]>();
  const ints = new Map<string, readonly number[]>();
  for (const field of fieldsOf(bytes)) {
    if (field.number !== 5 || !('bytes' in field)) continue;
    const name = textOf(field.bytes, 1);
    const texts = textsOf(field.bytes, 9);
    const numbers = intsOf(field.bytes, 8);
    const single = textsOf(field.bytes, 4);
    if (texts.length > 0 || single.length > 0) strings.set(name, texts.length > 0 ? texts : single);
    if (numbers.length > 0) ints.set(name, numbers);
  }
  return { op: textOf(bytes, 4), inputs: textsOf(bytes, 1), outputs: textsOf(bytes, 2), strings, ints };
}

const textsOf = (bytes: Uint8Array, number: number): string[] => {
  const found: string[] = [];
  for (const field of fieldsOf(bytes))
    if (field.number === number && 'bytes' in field) found.push(Buffer.from(field.bytes).toString('utf8'));
  return found;
};

/** The first text of a field. */
export const textOf = (bytes: Uint8Array, number: number): string => textsOf(bytes, number)[0] ?? '';

/** Repeated integers, packed or not. */
function intsOf(bytes: Uint8Array, number: number): number[] {
  const found: number[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number !== number) continue;
    if ('varint' in field) found.push(field.varint);
    else if ('bytes' in field)
      for (let at = 0; at < field.bytes.length; ) {
        const { value, next } = varint(field.bytes, at);
        found.push(value);
        at = next;
      }
  }
  return found;
}

const MOST_CLASSES = 2 ** 16;
/** Element types of a tensor whose numbers stand in `raw_data`, and how they are read. */
const RAW: Readonly<Record<number, { size: number; read: (view: DataView, at: number) => number }>> = {
  1: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  6: { size: 4, read: (view, at) => view.getInt32(at, true) },
  7: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  11: { size: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** Numbers of a tensor of one dimension, or of one row; empty for any other. */
function vectorOf(tensor: Uint8Array): number[] {
  const sizes = intsOf(tensor, 1).filter((size) => size !== 1);
  const [count = 0] = sizes;
  const [type = 0] = intsOf(tensor, 2);
  const raw = RAW[type];
  if (sizes.length !== 1 || count > MOST_CLASSES || raw === undefined) return [];
  for (const field of fieldsOf(tensor)) {
    if (!('bytes' in field)) continue;
    const { bytes } = field;
    const isFloats = (field.number === 4 && type === 1) || (field.number === 10 && type === 11);
    if ((field.number === 9 || isFloats) && bytes.length === count * raw.size) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return Array.from({ length: count }, (_, i) => raw.read(view, i * raw.size));
    }
  }
  const ints = type === 6 ? intsOf(tensor, 5) : type === 7 ? intsOf(tensor, 7) : [];
  return ints.length === count ? ints : [];
}

/** @throws {TerminalError} model.corrupt */
export function* fieldsOf(bytes: Uint8Array): Iterable<Field> {
  let at = 0;
  while (at < bytes.length) {
    const from = at;
    const key = varint(bytes, at);
    const number = Math.floor(key.value / 8);
    const end = (size: number): Uint8Array => {
      at = key.next + size;
      if (size < 0 || at > bytes.length) throw corrupt();
      return bytes.subarray(from, at);
    };
    switch (key.value & 7) {
      case 0: {
        const { value, next } = varint(bytes, key.next);
        yield { number, raw: end(next - key.next), varint: value };
        break;
      }
      case 1:
        yield { number, raw: end(8) };
        break;
      case 2: {
        const { value: length, next } = varint(bytes, key.next);
        if (length < 0) throw corrupt();
        const raw = end(next - key.next + length);
        yield { number, raw, bytes: bytes.subarray(next, at) };
        break;
      }
      case 5:
        yield { number, raw: end(4) };
        break;
      default:
        throw corrupt();
    }
  }
}

/** Negative numbers take ten bytes, in two's complement. */
function varint(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) throw corrupt();
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: Number(BigInt.asIntN(64, value)), next: from + i + 1 };
  }
  throw corrupt();
}

const corrupt = (): TerminalError =>
  new TerminalError('model.corrupt', 'The ONNX model cannot be read: it is no protocol buffer, or it is cut');
