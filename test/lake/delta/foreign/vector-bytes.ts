// Deletion vectors as other engines write them: https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-format
import { crc32 } from 'node:zlib';
import type { DeletionVector } from '../../../../shared/lake/delta/foreign/deletion-vector.ts';

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
export const encodeZ85 = (bytes: Uint8Array): string => {
  let out = '';
  for (let i = 0; i < bytes.length; i += 4) {
    let value = Buffer.from(bytes).readUInt32BE(i);
    const digits: string[] = [];
    for (let j = 0; j < 5; j++) {
      digits.unshift(Z85[value % 85]!);
      value = Math.floor(value / 85);
    }
    out += digits.join('');
  }
  return out;
};

/** A Roaring bitmap array whose containers are lists, bitmaps or runs. */
export function bitmap(rows: readonly number[], form: 'list' | 'runs' = 'list'): Buffer {
  const containers = [
    ...Map.groupBy(
      [...new Set(rows)].sort((a, b) => a - b),
      (row) => Math.floor(row / 65536),
    ),
  ];
  const u16 = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);
  const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
  const heads = containers.map(([key, own]) => u16(key, own.length - 1));
  const bodies = containers.map(([, own]) => {
    const low = own.map((row) => row % 65536);
    if (form === 'runs') return u16(low.length, ...low.flatMap((value) => [value, 0]));
    if (low.length <= 4096) return u16(...low);
    const bits = Buffer.alloc(8192);
    for (const value of low) bits[value >> 3]! |= 1 << (value & 7);
    return bits;
  });
  const size = containers.length;
  const flags = Buffer.alloc((size + 7) >> 3, 0xff);
  const start = form === 'runs' ? [u32(12347 | ((size - 1) << 16)), flags] : [u32(12346, size)];
  const offsets = form === 'list' || size >= 4 ? [u32(...containers.map(() => 0))] : [];
  const one = Buffer.concat([u32(0), ...start, ...heads, ...offsets, ...bodies]);
  const head = Buffer.alloc(12);
  head.writeInt32LE(1681511377, 0);
  head.writeBigInt64LE(rows.length === 0 ? 0n : 1n, 4);
  return rows.length === 0 ? head : Buffer.concat([head, one]);
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
/** A vector that lies in the log itself. */
export const inline = (rows: number[]): DeletionVector => {
  const bytes = bitmap(rows);
  return {
    storageType: 'i',
    pathOrInlineDv: encodeZ85(padded(bytes)),
    sizeInBytes: bytes.length,
    cardinality: new Set(rows).size,
  };
};
/** Vectors one after the other in one file. */
export function vectorFile(vectors: Buffer[]): { file: Buffer; offsets: number[] } {
  const parts: Buffer[] = [Buffer.from([1])];
  const offsets: number[] = [];
  for (const bytes of vectors) {
    offsets.push(parts.reduce((sum, part) => sum + part.length, 0));
    const size = Buffer.alloc(4);
    size.writeInt32BE(bytes.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(bytes));
    parts.push(size, bytes, sum);
  }
  return { file: Buffer.concat(parts), offsets };
}
