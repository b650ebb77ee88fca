import { crc32, inflateSync } from 'node:zlib';
import { expect } from 'vitest';
import type { Bitmap } from '../../../shared/documents/pages/page.ts';

/** Reads what encodePng writes, by the specification. */
export function decodePng(png: Uint8Array): Bitmap {
  const file = Buffer.from(png);
  expect(file.toString('latin1', 0, 8)).toBe('\x89PNG\r\n\x1a\n');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(file.subarray(at + 4, at + 8 + length)));
    chunks.set(name, file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  expect([...chunks.keys()].at(-1)).toBe('IEND');
  const header = chunks.get('IHDR') ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const palette = chunks.get('PLTE');
  const rows = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  const each = palette === undefined ? 3 : 1;
  const pixels = new Uint32Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    const isSub = rows[at++] === 1;
    for (let x = 0; x < width; x++, at += each) {
      if (isSub && x > 0)
        for (let i = 0; i < each; i++) rows[at + i] = (rows[at + i] ?? 0) + (rows[at + i - each] ?? 0);
      pixels[y * width + x] =
        palette === undefined ? rows.readUIntBE(at, 3) : palette.readUIntBE((rows[at] ?? 0) * 3, 3);
    }
  }
  return { width, height, pixels };
}
