import { describe, expect, test } from 'vitest';
import type { ArchiveMember } from '../../../shared/documents/archives/archive.ts';
import { openSevenZip } from '../../../shared/documents/archives/seven-zip.ts';
import { sevenZipNames } from '../../../shared/documents/archives/seven-zip-names.ts';
import { TerminalError } from '../../../shared/errors.ts';
import fc from '../../fakes/property.ts';
import { sevenZip } from '../fixtures.ts';

/** Members as `name=content`, or the code in place of the content. */
async function membersOf(bytes: Uint8Array): Promise<string[]> {
  const shown: string[] = [];
  for await (const member of (await openSevenZip(bytes)).members())
    shown.push(`${member.name}=${await contentOf(member)}`);
  return shown;
}

async function contentOf(member: ArchiveMember): Promise<string> {
  try {
    return Buffer.from(await member.read(1000)).toString();
  } catch (error) {
    if (error instanceof TerminalError) return error.code;
    throw error;
  }
}

/** By 7-Zip 24: a folder, an empty file, and a header packed by LZMA. */
const BY_7ZIP = Buffer.from(
  'N3q8ryccAASXyW8SrAAAAAAAAAAiAAAAAAAAAKCylbQBABJkZWx0YWFscGhhYmV0YWdhbW1hAAAAgTMHrg/Pbu6MB8hDf0Gx+v3nLX3pfQTuS6GTKPdV3olb5uC6KgHPXeqIjRwOB6IfCrXPK/ExA/Q8R+G9pw3It/8Vhbr6f58//a4uwJEvjYI3W7eGX71tmgMBVxd6JP3DCRGjim2HHFY8CnB7H40r6+PWOukg7y32EFBpG6cbYCv67ZWHDIh3O6hppvK3xVtrAAAAFwYXAQmAlQAHCwEAASMDAQEFXQAQAAAMgP4KASoBVsIAAA==',
  'base64',
);

describe('names in 7z', () => {
  test('keep their letters, whatever their script', async () => {
    const files = {
      'Größe.txt': 'a',
      'Ä.txt': 'b',
      'Ö.txt': 'c',
      '日本/語.txt': 'd',
      '😀.txt': 'e',
      'plain*.txt': 'f',
    };
    expect(await membersOf(sevenZip(files))).toEqual(Object.entries(files).map(([name, text]) => `${name}=${text}`));
  });

  test('are read from a packed header, with folders and empty files between them', async () => {
    expect(await membersOf(BY_7ZIP)).toEqual([
      'leer.txt=',
      'Bücher/日本語.txt=delta',
      'Größe.txt=alpha',
      'Ä.txt=beta',
      'Ö.txt=gamma',
    ]);
  });

  test('with accents of their own letters keep them', async () => {
    expect(await membersOf(sevenZip({ 'e\u0301.txt': 'a', 'q\u0303.txt': 'b' }))).toEqual([
      'e\u0301.txt=a',
      'q\u0303.txt=b',
    ]);
  });

  test('that are no Unicode cost their member alone, not those behind it', async () => {
    expect(await membersOf(sevenZip({ '1.txt': 'a', 'x\ud800y.txt': 'b', '3.txt': 'c' }))).toEqual([
      '1.txt=a',
      'x\ud800y.txt=extract.corrupt',
      '3.txt=c',
    ]);
  });
});

test('a 7z whose data are damaged says so behind the members that were listed: it does not end as if it were whole', async () => {
  const archive = Buffer.from(BY_7ZIP);
  archive[32] = 0x7f; // of LZMA2: what follows is packed in no known way
  const names: string[] = [];
  const walk = async () => {
    for await (const member of (await openSevenZip(archive)).members()) {
      names.push(member.name);
      await contentOf(member).catch(() => 'damaged');
    }
  };
  await expect(walk()).rejects.toMatchObject({ code: 'extract.corrupt' });
  expect(names).toEqual(['leer.txt', 'Bücher/日本語.txt']);
});

describe('hostile headers of 7z', () => {
  const packed = () => {
    throw new TerminalError('extract.corrupt', 'not unpacked here');
  };

  test('whose names stand in a stream of their own are damaged', () => {
    const archive = sevenZip({ 'Ä.txt': 'a' });
    archive[archive.indexOf(Buffer.from('Ä.txt', 'utf16le')) - 1] = 1;
    expect(() => [...sevenZipNames(archive, packed)]).toThrow(TerminalError);
  });

  test('end in names or as damaged, and soon', () => {
    const whole = sevenZip({ 'Größe.txt': 'alpha', 'Ä.txt': 'beta', 'Ö.txt': 'gamma' });
    const edit = fc.tuple(fc.nat(whole.length - 33), fc.nat(255));
    fc.assert(
      fc.property(fc.constantFrom(whole, BY_7ZIP), fc.array(edit, { minLength: 1, maxLength: 6 }), (from, edits) => {
        const archive = Buffer.from(from);
        for (const [at, byte] of edits) archive[12 + ((20 + at) % (archive.length - 12))] = byte;
        try {
          for (const name of sevenZipNames(archive, packed)) expect(name.length).toBeLessThan(archive.length);
        } catch (error) {
          if (!(error instanceof TerminalError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  // Numbers of nine bytes: more streams, folders, coders and files than there are bytes.
  test.each(['06 00 N', '06 00 N 0a 00', '07 0b N 00', '07 0b 01 00 N', '07 0b 01 00 01 11 00 N N', '08 0d N 09'])(
    'that count to more than there is are damaged: %s',
    (streams) => {
      const header = Buffer.from(`0104${streams.replaceAll('N', 'ffffffffffffffff7f')}`.replaceAll(' ', ''), 'hex');
      const start = Buffer.alloc(32);
      start.writeBigUInt64LE(BigInt(header.length), 20);
      expect(() => [...sevenZipNames(Buffer.concat([start, header]), packed)]).toThrow(TerminalError);
    },
  );

  test('that unpack to more than a header has are not unpacked', () => {
    const caps: number[] = [];
    const names = sevenZipNames(BY_7ZIP, (_archive, cap) => {
      caps.push(cap);
      return packed();
    });
    expect(() => [...names]).toThrow(TerminalError);
    expect(caps).toEqual([8 * 1024 * 1024]);
  });
});
