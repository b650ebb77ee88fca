import { describe, expect, test } from 'vitest';
import { Extractor } from '../../../shared/documents/extract.ts';
import { tiffPages } from '../../../shared/documents/formats/image.ts';
import { withPdf } from '../../../shared/documents/formats/pdfium.ts';
import { silentLogger } from '../../../shared/ports.ts';
import fc from '../../fakes/property.ts';
import { pdf } from '../fixtures.ts';

/** An uncompressed grey TIFF with one page per PGM image. */
function tiff(images: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let length = 8;
  let pointer = { buffer: parts[0]!, at: 4 }; // where the offset of the next directory belongs; just put in
  for (const pgm of images) {
    const header = /^P5\n(\d+) (\d+)\n255\n/.exec(pgm.toString('latin1', 0, 40));
    const [width, height] = [Number(header?.[1]), Number(header?.[2])];
    const pixels = pgm.subarray(header?.[0].length ?? 0);
    const padded = Buffer.concat([pixels, Buffer.alloc(pixels.length % 2)]);
    const tags = [
      [256, width],
      [257, height],
      [258, 8],
      [259, 1],
      [262, 1],
      [273, length],
      [277, 1],
      [278, height],
      [279, pixels.length],
    ] as const;
    const directory = Buffer.alloc(2 + tags.length * 12 + 4);
    directory.writeUInt16LE(tags.length, 0);
    for (const [i, [tag, value]] of tags.entries()) {
      directory.writeUInt16LE(tag, 2 + i * 12);
      directory.writeUInt16LE(4, 4 + i * 12);
      directory.writeUInt32LE(1, 6 + i * 12);
      directory.writeUInt32LE(value, 10 + i * 12);
    }
    pointer.buffer.writeUInt32LE(length + padded.length, pointer.at);
    parts.push(padded, directory);
    length += padded.length + directory.length;
    pointer = { buffer: directory, at: directory.length - 4 };
  }
  return Buffer.concat(parts);
}

const draw = async (text: string): Promise<Buffer> => {
  const source = pdf([text], { matrix: (line) => `3 0 0 3 40 ${600 - 60 * line}` });
  return (
    (await withPdf(source, async (document) => document.page(0, (page) => page.render(110, 4_000_000)))) ??
    Buffer.alloc(0)
  );
};

describe('tiff', () => {
  test('every page of a scan is read', async () => {
    const first = 'Notice of assessment\nThe tax for the year is due\nwithin thirty days of receipt';
    const second = 'Payment may be made by\nbank transfer to the account\nnamed on the first page';
    const extractor = new Extractor({ logger: silentLogger, slots: 1, ocr: 'local' });
    const [document] = await extractor.extract({
      name: 'fax.tif',
      bytes: tiff([await draw(first), await draw(second)]),
    });
    await extractor.close();
    expect(document).toMatchObject({ status: 'ok', mediaType: 'image/tiff', pages: 2, text: `${first}\n\n${second}` });
  });

  test('the walk over page directories ends, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom('II*\0', 'MM\0*'), fc.uint8Array({ maxLength: 200 }), (start, rest) => {
        const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
        expect(tiffPages(bytes).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
