import { describe, expect, test } from 'vitest';
import { isPlainProfile } from '../../../shared/documents/formats/icc-profile.ts';
import { seededRandom } from '../../../shared/ports.ts';
import { COLORANTS, curveTag, parametricTag, profileOf, rgbProfile, xyzTag } from '../icc-profiles.ts';

const grey = (curve: Buffer) => profileOf('GRAY', { kTRC: curve });
const SRGB = parametricTag(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045);

describe('plain colour profiles', () => {
  test.each([
    ['of a gamma', grey(curveTag(0x0233)), 1],
    ['straight', grey(curveTag()), 1],
    ['of a table', grey(curveTag(0, 9000, 25_000, 0xffff)), 1],
    ['of a gamma as parameter', grey(parametricTag(0, 1.8)), 1],
    ['of the curve of sRGB', grey(SRGB), 1],
    ['of sRGB', rgbProfile({ rTRC: SRGB, gTRC: SRGB, bTRC: SRGB }), 3],
  ])('%s', (_name, profile, colours) => {
    expect(isPlainProfile(profile, colours)).toBe(true);
  });

  test.each([
    ['inverted', grey(curveTag(0xffff, 0)), 1],
    ['with a dip', grey(curveTag(0, 20_000, 15_000, 0xffff)), 1],
    ['that shows all but black as white', grey(curveTag(1)), 1],
    ['that shows all but white as black', grey(curveTag(0xffff)), 1],
    ['dark all over', grey(curveTag(0, 0)), 1],
    ['without its curve', profileOf('GRAY', {}), 1],
    ['of curves that are cut off', grey(curveTag(0, 0xffff).subarray(0, 14)), 1],
    ['of a curve nobody knows', grey(parametricTag(9, 1)), 1],
    ['of parameters that are no numbers', grey(parametricTag(1, 1, 0, 0)), 1],
    ['with a table of colours', rgbProfile({ A2B0: Buffer.alloc(40) }), 3],
    ['whose white is none', rgbProfile({ rXYZ: xyzTag(0.2, 0.2, 0.01) }), 3],
    ['whose green gives all', rgbProfile({ rXYZ: xyzTag(0, 0, 0), gXYZ: xyzTag(0.8211, 0.9394, 0.111) }), 3],
    ['without a colour', profileOf('RGB ', COLORANTS), 3],
    ['of a link between devices', profileOf('GRAY', { kTRC: curveTag() }, 'link'), 1],
    ['of four colours', profileOf('CMYK', { A2B0: Buffer.alloc(40) }), 4],
    ['of another number of colours', rgbProfile(), 1],
    ['of nothing', Buffer.alloc(0), 3],
  ])('not one %s', (_name, profile, colours) => {
    expect(isPlainProfile(profile, colours)).toBe(false);
  });

  test('cut off or damaged anywhere, none throws', () => {
    const sound = rgbProfile({ rTRC: SRGB });
    for (let length = 0; length < sound.length; length++) isPlainProfile(sound.subarray(0, length), 3);
    const random = seededRandom(1);
    for (let round = 0; round < 3000; round++) {
      const damaged = Buffer.from(sound);
      for (let i = 0; i < 4; i++) damaged[Math.floor(random.next() * damaged.length)] = Math.floor(random.next() * 256);
      expect(typeof isPlainProfile(damaged, 3)).toBe('boolean');
    }
  });
});
