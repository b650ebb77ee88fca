import { expect, test } from 'vitest';
import { encodePng } from '../../../shared/documents/pages/png.ts';
import fc from '../../fakes/property.ts';
import { decodePng } from './decode-png.ts';

const bitmap = (colours: fc.Arbitrary<number>) =>
  fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })).chain(([width, height]) =>
    fc.array(colours, { minLength: width * height, maxLength: width * height }).map((values) => ({
      ...{ width, height },
      pixels: Uint32Array.from(values, (value, i) => (value | (i % 2 === 0 ? 0xff000000 : 0)) >>> 0),
    })),
  );

test('png: a picture of few colours comes back pixel by pixel, whatever stands in the highest byte', () => {
  fc.assert(
    fc.property(bitmap(fc.constantFrom(0, 0xffffff, 0x010203, 0xfefdfc, 0x123456)), (drawn) => {
      const back = decodePng(encodePng(drawn));
      expect([back.width, back.height]).toEqual([drawn.width, drawn.height]);
      expect(back.pixels).toEqual(drawn.pixels.map((pixel) => pixel & 0xffffff));
    }),
  );
});

test('png: a picture of many colours comes back within three steps of each channel, black and white as they are', () => {
  fc.assert(
    fc.property(bitmap(fc.integer({ min: 0, max: 0xffffff })), (drawn) => {
      const back = decodePng(encodePng(drawn));
      const isNear = (a: number, b: number) =>
        [16, 8, 0].every((bits) => Math.abs(((a >> bits) & 255) - ((b >> bits) & 255)) <= 3);
      expect([...drawn.pixels].every((pixel, i) => isNear(pixel, back.pixels[i] ?? -1))).toBe(true);
    }),
  );
  const hues = Uint32Array.from({ length: 300 }, (_, i) =>
    i < 2 ? i * 0xffffff : (i % 150) * 0x010101 + (i < 150 ? 0 : 1),
  );
  const back = decodePng(encodePng({ width: 300, height: 1, pixels: hues }));
  expect([...back.pixels.subarray(0, 2)]).toEqual([0, 0xffffff]);
});
