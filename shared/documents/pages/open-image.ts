// An image file open for drawing: its pages (a TIFF may have many), made smaller to the width asked for by the mean of what falls together.
import { TerminalError } from '../../errors.ts';
import { startingAt, tiffPages } from '../formats/image.ts';
import { type OpenImage, withImage } from '../formats/leptonica.ts';
import type { ExtractLimits } from '../limits.ts';
import { MEDIA } from '../media-type.ts';
import { MAX_IMAGE_PIXELS, MAX_PICTURE_PIXELS } from './limits.ts';
import type { Bitmap, OpenPages } from './page.ts';

/** Nothing is opened before a page is asked for. @throws {TerminalError} extract.too-many-pages */
export function openImagePages(bytes: Uint8Array, mediaType: string, { maxPages }: ExtractLimits): OpenPages {
  const offsets = mediaType === MEDIA.tiff ? tiffPages(bytes) : [];
  if (offsets.length > maxPages)
    throw new TerminalError(
      'extract.too-many-pages',
      `tiff: at most ${maxPages} pages are shown, have ${offsets.length}`,
    );
  return {
    kind: 'image',
    pages: Math.max(1, offsets.length),
    async draw(index, widthPx) {
      const offset = offsets.length > 1 ? offsets[index] : undefined;
      const page = offset === undefined ? bytes : startingAt(bytes, offset);
      const bitmap = await withImage(page, MAX_IMAGE_PIXELS, (image) => shrink(image, widthPx));
      return { bitmap, words: { text: '', words: [] } };
    },
    close() {},
  };
}

/** Never larger than the image is. */
export function shrink(image: OpenImage, widthPx: number): Bitmap {
  const shape = image.height / image.width;
  const width = Math.max(1, Math.min(image.width, widthPx, Math.floor(Math.sqrt(MAX_PICTURE_PIXELS / shape))));
  const height = Math.max(1, Math.min(image.height, MAX_PICTURE_PIXELS, Math.round(width * shape)));
  const pixels = new Uint32Array(width * height);
  const row = new Uint32Array(image.width);
  if (width === image.width && height === image.height) {
    for (let y = 0; y < height; y++) image.row(y, pixels.subarray(y * width, (y + 1) * width));
    return { width, height, pixels };
  }
  const sums = new Float64Array(width * 4); // red, green, blue, count
  let from = 0;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const to = Math.max(from + 1, Math.round(((y + 1) * image.height) / height));
    for (; from < to; from++) {
      image.row(from, row);
      addRow(row, sums, width);
    }
    for (let x = 0; x < width; x++) pixels[y * width + x] = meanOf(sums, x * 4);
  }
  return { width, height, pixels };
}

function addRow(row: Uint32Array, sums: Float64Array, width: number): void {
  const step = row.length / width;
  for (let x = 0, from = 0; x < width; x++) {
    const to = Math.max(from + 1, Math.round((x + 1) * step));
    let [red, green, blue] = [0, 0, 0];
    const count = to - from;
    for (; from < to; from++) {
      const pixel = row[from]!; // to ends at row.length
      red += (pixel >> 16) & 0xff;
      green += (pixel >> 8) & 0xff;
      blue += pixel & 0xff;
    }
    const at = x * 4;
    sums[at]! += red; // four per pixel
    sums[at + 1]! += green;
    sums[at + 2]! += blue;
    sums[at + 3]! += count;
  }
}

function meanOf(sums: Float64Array, at: number): number {
  const count = Math.max(1, sums[at + 3]!); // four per pixel
  const mean = (channel: number) => Math.round(sums[at + channel]! / count);
  return (mean(0) << 16) | (mean(1) << 8) | mean(2);
}
