import { utils, write } from '@e965/xlsx';
import { describe, expect, test } from 'vitest';
import { checkOle } from '../../../shared/documents/formats/ole-check.ts';
import { TerminalError } from '../../../shared/errors.ts';
import fc from '../../fakes/property.ts';

function workbook(): Buffer {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet(Array.from({ length: 500 }, (_, i) => [`row ${i}`, i])), 'Sheet');
  return Buffer.from(write(book, { type: 'buffer', bookType: 'biff8' }) as Uint8Array); // type buffer gives bytes
}

describe('checkOle', () => {
  test('passes a sound file', () => {
    expect(() => checkOle(workbook())).not.toThrow();
  });

  test('refuses a chain that runs in a circle', () => {
    const file = workbook();
    const fat = (file.readUInt32LE(76) + 1) * 512;
    const start = file.readUInt32LE(48); // the directory's first sector now follows itself
    file.writeUInt32LE(start, fat + start * 4);
    expect(() => checkOle(file)).toThrow('circle');
  });

  test('refuses a directory that runs in a circle', () => {
    const file = workbook();
    const directory = (file.readUInt32LE(48) + 1) * 512;
    file.writeUInt32LE(0, directory + 76); // the root is its own child
    expect(() => checkOle(file)).toThrow('circle');
  });

  test('ends on any damage, with a code at most', () => {
    const sound = workbook();
    const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(damage, fc.nat(sound.length), (changes, length) => {
        const file = Buffer.from(sound.subarray(0, Math.max(8, length)));
        for (const [at, value] of changes) if (at < file.length) file[at] = value;
        try {
          checkOle(file);
        } catch (error) {
          expect(error).toBeInstanceOf(TerminalError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
