// Image files: read by OCR or refused as extract.needs-ocr.
import type { ReadContext, ReadText } from '../reading.ts';

export async function readImage(bytes: Uint8Array, { localOcr }: ReadContext): Promise<ReadText> {
  if (!localOcr) return { parts: [''], pages: 1, warnings: [], needsOcr: 'all' };
  const { recognize } = await import('../ocr-local.ts');
  return { parts: [await recognize(bytes)], pages: 1, warnings: ['ocr: 1 page(s) read from images'] };
}
