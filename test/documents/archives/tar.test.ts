import { describe, expect, test } from 'vitest';
import { listTar } from '../../../shared/documents/archives/tar.ts';
import { TerminalError } from '../../../shared/errors.ts';
import fc from '../../fakes/property.ts';
import { paxPart, type TarPart, tarOf } from '../tars.ts';

const END = Buffer.alloc(1024);

/** Members as `name=content`, or the code in place of the content; holes as dots. */
async function membersOf(parts: readonly TarPart[], cap = 5000): Promise<string[]> {
  const shown: string[] = [];
  try {
    for await (const { name, read } of listTar(Buffer.concat([tarOf(parts), END])).members()) {
      const content = await Promise.resolve(read(cap)).catch(codeOf);
      shown.push(
        `${name}=${typeof content === 'string' ? content : Buffer.from(content).toString().replaceAll('\0', '.')}`,
      );
    }
  } catch (error) {
    shown.push(codeOf(error));
  }
  return shown;
}

function codeOf(error: unknown): string {
  if (error instanceof TerminalError) return error.code;
  throw error;
}

const octal = (value: number) => `${value.toString(8).padStart(11, '0')}\0`;

/** GNU's form: four regions in the header, 21 in each block behind it. */
function gnuSparse(name: string, realBytes: number, regions: readonly (readonly [number, string])[]): TarPart[] {
  const map = regions.flatMap(([offset, text]) => [octal(offset), octal(text.length)]);
  const blocks: string[] = [];
  for (let at = 8; at < map.length; at += 42)
    blocks.push(
      `${map
        .slice(at, at + 42)
        .join('')
        .padEnd(504, '\0')}${at + 42 < map.length ? '\x01' : '\0'}`.padEnd(512, '\0'),
    );
  const stored = regions.map(([, text]) => text).join('');
  return [
    {
      name,
      type: 'S',
      magic: 'ustar  \0',
      size: octal(stored.length),
      content: blocks.join('') + stored,
      more: [
        [386, map.slice(0, 8).join('')],
        [482, blocks.length > 0 ? '\x01' : '\0'],
        [483, octal(realBytes)],
      ],
    },
  ];
}

const after: TarPart = { name: 'after.txt', content: 'behind it' };

describe('tar: files with holes', () => {
  test("in GNU's form are whole", async () => {
    const parts = [
      ...gnuSparse('a.txt', 12, [
        [0, 'head'],
        [9, 'end'],
      ]),
      after,
    ];
    expect(await membersOf(parts)).toEqual(['a.txt=head.....end', 'after.txt=behind it']);
  });

  test('of more regions than a header holds are whole, and what stands behind them is found', async () => {
    const regions = Array.from({ length: 50 }, (_, i) => [i * 4, `${i % 10}ab`] as const);
    const whole = regions.map(([, text]) => `${text}.`).join('');
    expect(await membersOf([...gnuSparse('a.txt', 200, regions), after])).toEqual([
      `a.txt=${whole}`,
      'after.txt=behind it',
    ]);
  });

  const at = (key: string, value: string): [string, string] => [`GNU.sparse.${key}`, value];
  test.each<[string, TarPart[]]>([
    [
      '0.0',
      [
        paxPart([
          at('size', '9'),
          at('numblocks', '2'),
          at('offset', '1'),
          at('numbytes', '2'),
          at('offset', '6'),
          at('numbytes', '3'),
        ]),
        { name: 'a.txt', content: 'abcde' },
      ],
    ],
    [
      '0.1',
      [
        paxPart([at('size', '9'), at('numblocks', '2'), at('map', '1,2,6,3'), at('name', 'a.txt')]),
        { name: 'GNUSparseFile.7/a.txt', content: 'abcde' },
      ],
    ],
    [
      '1.0',
      [
        paxPart([at('major', '1'), at('minor', '0'), at('name', 'a.txt'), at('realsize', '9')]),
        { name: 'GNUSparseFile.7/a.txt', content: `${'2\n1\n2\n6\n3\n'.padEnd(512, '\0')}abcde` },
      ],
    ],
  ])('in the form %s of PAX are whole, by their own name', async (_form, parts) => {
    expect(await membersOf([...parts, after])).toEqual(['a.txt=.ab...cde', 'after.txt=behind it']);
  });

  test.each<[string, TarPart[], string]>([
    ['larger than is read', gnuSparse('a', 6000, [[0, 'x']]), 'extract.too-large'],
    ['of holes alone, larger than is read', gnuSparse('a', 6000, []), 'extract.too-large'],
    ['with a region behind its end', gnuSparse('a', 12, [[11, 'xy']]), 'extract.corrupt'],
    [
      'with more in its regions than is stored',
      [paxPart([at('size', '9'), at('map', '0,4,4,4')]), { name: 'a', content: 'abcde' }],
      'extract.corrupt',
    ],
    [
      'without digits',
      [paxPart([at('size', '9'), at('map', '-1,4')]), { name: 'a', content: 'abcde' }],
      'extract.corrupt',
    ],
    [
      'with a map of more regions than there are lines',
      [paxPart([at('major', '1'), at('realsize', '9')]), { name: 'a', content: '400000\n1\n' }],
      'extract.corrupt',
    ],
    [
      'with a map that is not believed',
      [paxPart([at('major', '1'), at('realsize', '9')]), { name: 'a', content: '99999999999999999999\n' }],
      'extract.corrupt',
    ],
  ])('%s fail alone', async (_name, parts, code) => {
    expect(await membersOf([...parts, after])).toEqual([`a=${code}`, 'after.txt=behind it']);
  });

  test('that expand more than archives may have packed bytes to say so', async () => {
    const sizes: number[] = [];
    const archive = Buffer.concat([tarOf(gnuSparse('a', 6000, [])), END]);
    for await (const { packedBytes } of listTar(archive).members()) sizes.push(packedBytes);
    expect(sizes).toEqual([1]);
  });

  test('end as what they are or as damaged, whatever their headers say', async () => {
    const whole = tarOf([
      ...gnuSparse('a', 200, [
        [0, 'head'],
        [9, 'end'],
        [20, 'x'],
        [30, 'y'],
        [40, 'z'],
      ]),
      after,
    ]);
    const edit = fc.tuple(fc.integer({ min: 0, max: 1023 }), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async (edits) => {
        const tar = Buffer.from(whole);
        for (const [place, byte] of edits) tar[place] = byte;
        tar.write('        ', 148);
        const sum = tar.subarray(0, 512).reduce((a, b) => a + b, 0);
        tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
        try {
          for await (const { read } of listTar(tar).members()) await Promise.resolve(read(5000)).catch(codeOf);
        } catch (error) {
          codeOf(error);
        }
      }),
    );
  });
});

describe('tar: entries', () => {
  test('by tar of Version 7 are read, its folders are none', async () => {
    const parts = [
      { name: 'd/', type: '\0', magic: '' },
      { name: 'd/a.txt', type: '\0', magic: '', content: 'alpha' },
    ];
    expect(await membersOf(parts)).toEqual(['d/a.txt=alpha']);
  });

  test('behind a folder that says a size are found', async () => {
    expect(await membersOf([{ name: 'd', type: '5', size: octal(9) }, after])).toEqual(['after.txt=behind it']);
  });

  test('have the letters of the machine that wrote them where these are no UTF-8, and names of their own', async () => {
    const parts = ['Größe.txt', 'Ä.txt', 'Ö.txt'].map((name) => ({ name: Buffer.from(name, 'latin1'), content: 'x' }));
    expect(await membersOf([...parts, { name: 'für.txt', content: 'y' }])).toEqual([
      'Größe.txt=x',
      'Ä.txt=x',
      'Ö.txt=x',
      'für.txt=y',
    ]);
  });
});
