// Named arrays of numbers in one binary file: the artifacts of models and the checkpoints of training.
// Invariants: T1 decode(encode(x)) equals x bit for bit. T2 a damaged or cut file never decodes.
// Layout, little endian: magic "STNS", u32 version, u32 bytes of the directory, u32 CRC-32 of everything else | directory as JSON
// [[name, type, length], …], spaces up to a multiple of 8 | each array, padded with zeros to a multiple of 8.
import { crc32 } from 'node:zlib';
import { TerminalError } from '../errors.ts';

export type Tensor = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;
export type Tensors = Readonly<Record<string, Tensor>>;

const MAGIC = 0x534e5453; // "STNS"
const VERSION = 1;
const HEADER_BYTES = 16;
const TYPES = { f64: Float64Array, f32: Float32Array, i32: Int32Array, u32: Uint32Array, u8: Uint8Array } as const;
type TypeName = keyof typeof TYPES;

/** CRC-32 of all bytes but the four that hold it. */
const checksum = (bytes: Uint8Array): number => crc32(bytes.subarray(HEADER_BYTES), crc32(bytes.subarray(0, 12)));

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export function encodeTensors(tensors: Tensors): Uint8Array {
  const names = Object.keys(tensors);
  const entries = names.map((name) => [name, typeOf(tensors[name]!), tensors[name]!.length]);
  const json = Buffer.from(JSON.stringify(entries));
  const directory = padded(json.length);
  const size = names.reduce((sum, name) => sum + padded(tensors[name]!.byteLength), HEADER_BYTES + directory);
  const bytes = new Uint8Array(size);
  bytes.fill(0x20, HEADER_BYTES, HEADER_BYTES + directory);
  bytes.set(json, HEADER_BYTES);
  let at = HEADER_BYTES + directory;
  for (const name of names) {
    const tensor = tensors[name]!;
    bytes.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), at);
    at += padded(tensor.byteLength);
  }
  const header = new DataView(bytes.buffer);
  header.setUint32(0, MAGIC, true);
  header.setUint32(4, VERSION, true);
  header.setUint32(8, directory, true);
  header.setUint32(12, checksum(bytes), true);
  return bytes;
}

/** @throws {TerminalError} model.corrupt when the bytes are not a whole, undamaged file */
export function decodeTensors(bytes: Uint8Array): Tensors {
  if (bytes.length < HEADER_BYTES) throw corrupt(`${bytes.length} bytes; a header alone has ${HEADER_BYTES}`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getUint32(0, true) !== MAGIC) throw corrupt('it does not start with STNS');
  const version = header.getUint32(4, true);
  if (version !== VERSION) throw corrupt(`version ${version}; this code reads version ${VERSION}`);
  if (checksum(bytes) !== header.getUint32(12, true)) throw corrupt('its checksum differs; it is damaged or cut');
  const start = HEADER_BYTES + header.getUint32(8, true);
  const directory = JSON.parse(Buffer.from(bytes.subarray(HEADER_BYTES, start)).toString()) as [
    string,
    TypeName,
    number,
  ][];
  const tensors: Record<string, Tensor> = {};
  let at = start;
  for (const [name, type, length] of directory) {
    const byteLength = length * TYPES[type].BYTES_PER_ELEMENT;
    if (at + byteLength > bytes.length) throw corrupt(`array ${name} ends outside the file`);
    // slice() copies into aligned memory: the input may be a view at any offset of a pooled Buffer
    tensors[name] = new TYPES[type](
      bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + byteLength) as ArrayBuffer,
    );
    at += padded(byteLength);
  }
  return tensors;
}

/** An array of the file, of the type it must have. @throws {TerminalError} model.corrupt */
export function takeTensor<T extends Tensor>(
  tensors: Tensors,
  name: string,
  type: new (length: number) => T,
  length?: number,
): T {
  const tensor = tensors[name];
  if (!(tensor instanceof type)) throw corrupt(`it has no array ${name} of type ${type.name}`);
  if (length !== undefined && tensor.length !== length)
    throw corrupt(`array ${name} has ${tensor.length} values; ${length} are needed`);
  return tensor;
}

function typeOf(tensor: Tensor): TypeName {
  for (const [name, type] of Object.entries(TYPES)) if (tensor instanceof type) return name as TypeName;
  throw new TypeError('unknown array type');
}

const corrupt = (why: string): TerminalError => new TerminalError('model.corrupt', `Model file cannot be read: ${why}`);
