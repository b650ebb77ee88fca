import { expect, test } from 'vitest';
import { defaultExtractLimits } from '../../shared/documents/limits.ts';
import { PackageParts, pieces } from '../../shared/documents/package-parts.ts';
import fc from '../fakes/property.ts';

const BYTES = [
  0x41, 0x3c, 0x0a, 0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0xff, 0xc0,
];

test('package: a text of bytes of any kind is what a decoder makes of it, wherever it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...BYTES), fc.nat(255)), { maxLength: 30 }),
      fc.constantFrom('utf-8', 'windows-1252', 'utf-16le'),
      fc.integer({ min: 1, max: 9 }),
      (bytes, charset, most) => {
        const content = Buffer.from(bytes);
        const decoded = new TextDecoder(charset).decode(content, { stream: true });
        expect([...pieces(content, charset, most)].join('')).toBe(decoded);
      },
    ),
    { numRuns: 3000 },
  );
});

test('package: parts are found by any spelling of their names, and listed in their natural order', async () => {
  const names = ['/ppt/slides/slide10.xml', 'ppt\\slides\\Slide2.xml', 'ppt/slides/slide1.xml', '[Content_Types].xml'];
  const parts = PackageParts.of(new Map(names.map((name) => [name, Buffer.from(name)])), defaultExtractLimits);
  expect(parts.names(/slides\/slide\d+/i)).toEqual([
    'ppt/slides/slide1.xml',
    'ppt/slides/Slide2.xml',
    'ppt/slides/slide10.xml',
  ]);
  expect((await parts.bytes('PPT/slides/slide2.xml'))?.toString()).toBe('ppt\\slides\\Slide2.xml');
  expect([parts.has('\\ppt\\slides\\SLIDE10.xml'), parts.has('ppt/slides/slide3.xml')]).toEqual([true, false]);
  expect([parts.hasNamed((name) => name.endsWith('e1.xml')), parts.hasNamed((name) => name === '')]).toEqual([
    true,
    false,
  ]);
});
