// Image files: read by OCR or refused as extract.needs-ocr. A TIFF may hold many pages.
import { TerminalError } from '../../errors.ts';
import { MEDIA } from '../media-type.ts';
import type { ReadContext, ReadText } from '../reading.ts';

export async function readImage(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const { localOcr, limits, mediaType, progress } = context;
  const pages = mediaType === MEDIA.tiff ? tiffPages(bytes) : [];
  const count = Math.max(1, pages.length);
  if (count > limits.maxPages)
    throw new TerminalError('extract.too-many-pages', `tiff: at most ${limits.maxPages} pages are read, have ${count}`);
  if (!localOcr) return { parts: [''], pages: count, warnings: [], needsOcr: 'all' };
  const { recognize } = await import('../ocr-local.ts');
  const parts: string[] = [];
  const images =
    pages.length > 1 ? pages.slice(0, limits.maxOcrPages).map((offset) => startingAt(bytes, offset)) : [bytes];
  for (const image of images) {
    parts.push(await recognize(image));
    progress();
  }
  const warnings = [`ocr: ${images.length} page(s) read from images`];
  if (images.length < count) warnings.push(`needs-ocr: ${count - images.length} page(s) not read`);
  return { parts, pages: count, warnings };
}

/** Offsets of the page directories of a TIFF, in their order; [] when the first cannot be found or it is a BigTIFF. */
export function tiffPages(bytes: Uint8Array): number[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 8) return [];
  const isLittle = file[0] === 0x49;
  const short = (at: number) => (isLittle ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const long = (at: number) => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  if (short(2) !== 42) return [];
  const offsets = new Set<number>();
  for (let at = long(4); at >= 8 && at + 2 <= file.length && !offsets.has(at); ) {
    offsets.add(at);
    const next = at + 2 + short(at) * 12;
    at = next + 4 <= file.length ? long(next) : 0;
  }
  return [...offsets];
}

/** The same TIFF with another page first: OCR reads the first one. */
export function startingAt(bytes: Uint8Array, offset: number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy[0] === 0x49) copy.writeUInt32LE(offset, 4);
  else copy.writeUInt32BE(offset, 4);
  return copy;
}
