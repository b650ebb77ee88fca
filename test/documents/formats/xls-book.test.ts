// Workbooks of Excel 97 to 2003, record by record.
import { describe, expect, test } from 'vitest';
import { columnOf, rowOf } from '../../../shared/documents/formats/sheet-cells.ts';
import { xlsSheets } from '../../../shared/documents/formats/xls-book.ts';
import fc from '../../fakes/property.ts';

const record = (type: number, ...bytes: readonly (Buffer | number[])[]) => {
  const body = Buffer.concat(bytes.map((each) => Buffer.from(each)));
  const head = Buffer.alloc(4);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(body.length, 2);
  return Buffer.concat([head, body]);
};
const u16 = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer);
const double = (value: number) => Buffer.from(new Float64Array([value]).buffer);
const wide = (text: string) => Buffer.from(text, 'utf16le');
const [BEGIN, END] = [record(0x809, u16(0x600, 5, 0, 0)), record(0x0a)];

/** Strings, as pieces of one record and those that continue it. */
const strings = (count: number, first: Buffer, ...more: Buffer[]) =>
  Buffer.concat([record(0xfc, u16(count, 0, count, 0), first), ...more.map((piece) => record(0x3c, piece))]);

function workbook(
  globals: readonly Buffer[],
  sheets: readonly { name: string; state?: number; kind?: number; records: Buffer[] }[],
) {
  const listed = (places: readonly number[]) =>
    sheets.map(({ name, state = 0, kind = 0 }, i) =>
      record(
        0x85,
        u16((places[i] ?? 0) & 0xffff, (places[i] ?? 0) >> 16),
        [state, kind, name.length, 0],
        Buffer.from(name),
      ),
    );
  const head = (places: readonly number[]) => Buffer.concat([BEGIN, ...globals, ...listed(places), END]);
  const bodies = sheets.map(({ records }) => Buffer.concat([BEGIN, ...records, END]));
  const start = head([]).length;
  const places = bodies.map((_, i) => bodies.slice(0, i).reduce((sum, body) => sum + body.length, start));
  return Buffer.concat([head(places), ...bodies]);
}

async function read(book: Buffer, maxCells = 1000) {
  const sheets = await xlsSheets(book, maxCells);
  return (
    sheets &&
    [...sheets].map(({ name, isHidden, cells }) => {
      const rows = new Map<number, string[]>();
      const { places, texts } = cells.inOrder();
      for (const [i, place] of places.entries()) {
        const row = rows.get(rowOf(place)) ?? [];
        row[columnOf(place)] = texts[i]!; // i < length
        rows.set(rowOf(place), row);
      }
      return [isHidden ? `${name}*` : name, ...[...rows.values()].map((row) => [...row].join('|'))];
    })
  );
}

const FORMATS = [
  record(0x41e, u16(164), u16(10), [0], Buffer.from('dd.mm.yyyy')),
  ...[0, 164, 4].map((format) => record(0xe0, u16(0, format))),
];
const at = (row: number, column: number, style = 0) => u16(row, column, style);

describe('cells', () => {
  const one = async (...records: Buffer[]) => (await read(workbook(FORMATS, [{ name: 'S', records }])))?.[0]?.slice(1);
  test.each([
    ['a number', [record(0x203, at(0, 0), double(0.1))], ['0.1']],
    ['a date', [record(0x203, at(0, 0, 1), double(45731))], ['2025-03-15 (15.03.2025)']],
    [
      'short numbers: whole, in hundredths, of a double',
      [record(0xbd, u16(0, 0), u16(0, (1234 << 2) | 2, 0), u16(0, (1234 << 2) | 3, 0), u16(2, 0, 0x4093), u16(2))],
      ['1234|12.34|1,216.00'],
    ],
    ['a negative one', [record(0x27e, at(0, 1), Buffer.from(new Int32Array([(-7 << 2) | 2]).buffer))], ['|-7']],
    ['a formula of a number', [record(0x06, at(0, 0), double(2.5), u16(0))], ['2.5']],
    [
      'a formula of a text, with its code between',
      [
        record(0x06, at(0, 0), [0, 0, 0, 0, 0, 0, 255, 255], u16(0)),
        record(0x4bc, u16(0)),
        record(0x207, u16(2), [1], wide('né')),
      ],
      ['né'],
    ],
    [
      'a long text of a formula, in one and two bytes a character',
      [
        record(0x06, at(0, 0), [0, 0, 0, 0, 0, 0, 255, 255], u16(0)),
        record(0x207, u16(9), [0], Buffer.from('abc')),
        record(0x3c, [1], wide('défg')),
        record(0x3c, [0], Buffer.from('hij')),
        record(0x203, at(0, 1), double(1)),
      ],
      ['abcdéfghi|1'],
    ],
    [
      'formulas of a truth and an error',
      [
        record(0x06, at(0, 0), [1, 0, 1, 0, 0, 0, 255, 255], u16(0)),
        record(0x06, at(0, 1), [2, 0, 7, 0, 0, 0, 255, 255], u16(0)),
      ],
      ['TRUE|#DIV/0!'],
    ],
    ['a formula that shows nothing', [record(0x06, at(0, 0), [3, 0, 0, 0, 0, 0, 255, 255], u16(0))], []],
    ['a truth and an error', [record(0x205, at(0, 0), [0, 0]), record(0x205, at(0, 1), [42, 1])], ['FALSE|#N/A']],
    ['a text of its own', [record(0x204, at(0, 0), u16(3), [0], Buffer.from('a  b'))], ['a']],
    ['rows out of their order', [record(0x203, at(5, 0), double(6)), record(0x203, at(1, 0), double(2))], ['2', '6']],
    [
      'a chart on the sheet is none of its cells',
      [BEGIN, record(0x203, at(0, 0), double(9)), END, record(0x203, at(0, 0), double(1))],
      ['1'],
    ],
  ])('%s', async (_name, records, expected) => {
    expect(await one(...records)).toEqual(expected);
  });

  test('comments stand with their cells, of several pieces too', async () => {
    const object = record(0x5d, u16(0x15, 0x12, 0x19, 7));
    const text = record(0x1b6, u16(0, 0, 0, 0, 0, 6, 0, 0, 0));
    const pieces = [
      record(0x3c, [0], Buffer.from('ask ')),
      record(0x3c, [1], wide('né')),
      record(0x3c, u16(0, 0, 0, 0)),
    ];
    expect(
      await one(record(0x203, at(0, 0), double(1)), object, text, ...pieces, record(0x1c, u16(0, 0, 0, 7))),
    ).toEqual(['1 ask né']);
    const notes = [0, 1].map((row) => record(0x1c, u16(row, 0, 0, 7)));
    expect(await one(object, text, ...pieces, ...notes)).toEqual(['ask né']); // one note's
  });
});

describe('shared strings', () => {
  const cells = [0, 1, 2].map((i) => record(0xfd, at(0, i), u16(i, 0)));
  test('over the borders of records, their width changing there, with runs and phonetic data behind them', async () => {
    const runs = Buffer.concat(
      [u16(5), [9], u16(1), wide('né'), wide('xyz'), u16(0, 1)].map((each) => Buffer.from(each)),
    );
    const first = Buffer.concat([u16(6), Buffer.from([0]), Buffer.from('abc')]);
    const second = Buffer.concat([Buffer.from([1]), wide('déf'), runs]);
    const phonetic = Buffer.concat([u16(2), Buffer.from([4]), u16(6, 0), Buffer.from('ok'), u16(1, 2)]);
    const table = strings(3, first, second, phonetic, u16(3));
    expect(await read(workbook([...FORMATS, table], [{ name: 'S', records: cells }]))).toEqual([
      ['S', 'abcdéf|néxyz|ok'],
    ]);
  });

  test('a count that is larger than the table, a string that is not there', async () => {
    const table = strings(60_000, Buffer.concat([u16(2), Buffer.from([0]), Buffer.from('ok')]));
    expect(await read(workbook([table], [{ name: 'S', records: cells }]))).toEqual([['S', 'ok']]);
  });
});

test('strings behind empty records, however many', async () => {
  const [cell, empty] = [record(0xfd, at(0, 0), u16(0, 0)), record(0x3c)];
  const divided = strings(2, Buffer.concat([u16(4), Buffer.from([0]), Buffer.from('ab')]), Buffer.alloc(0));
  const rest = record(0x3c, [0], Buffer.from('cd'), u16(1), [0], Buffer.from('x'));
  const book = (more: number) => [...Array.from({ length: more }, () => empty), rest];
  const second = record(0xfd, at(0, 1), u16(1, 0));
  expect(await read(workbook([divided, ...book(1)], [{ name: 'S', records: [cell, second] }]))).toEqual([
    ['S', 'abcd|x'],
  ]);
  const table = strings(1, Buffer.alloc(0));
  const one = record(0x3c, u16(2), [0], Buffer.from('ok'));
  const many = [table, ...book(20_000).slice(0, -1), one];
  expect(await read(workbook(many, [{ name: 'S', records: [cell] }]))).toEqual([['S', 'ok']]);
});

test('sheets are read once, each up to the next', async () => {
  const one = record(0x203, at(0, 0), double(1));
  const book = workbook(FORMATS, [
    { name: 'A', records: [one] },
    { name: 'B', records: [one] },
  ]);
  const listed = (name: string) => book.indexOf(Buffer.from([0, 0, 1, 0, name.charCodeAt(0)])) - 4;
  book.writeUInt32LE(book.readUInt32LE(listed('A')), listed('B'));
  expect(await read(book)).toEqual([['A', '1']]);
  const nested = workbook(FORMATS, [
    { name: 'A', records: [BEGIN, one, END, one] },
    { name: 'B', records: [] },
  ]);
  nested.writeUInt32LE(nested.readUInt32LE(listed('A')) + BEGIN.length, listed('B')); // within A
  expect(await read(nested)).toEqual([['A'], ['B', '1']]);
});

test('hidden sheets are told, more cells than are read are not held', async () => {
  const records = [0, 1, 2, 3].map((column) => record(0x203, at(0, column), double(column)));
  const book = workbook(FORMATS, [
    { name: 'A', records },
    { name: 'B', state: 2, records: [] },
  ]);
  expect(await read(book, 2)).toEqual([['A', '0|1|2'], ['B*']]);
});

test.each([
  ['a password', workbook([record(0x2f, u16(1))], [{ name: 'S', records: [] }])],
  ['a sheet of a chart', workbook(FORMATS, [{ name: 'S', kind: 2, records: [] }])],
  ['Excel 95', record(0x809, u16(0x500, 5, 0, 0))],
  ['nothing', Buffer.alloc(0)],
])('%s is left to the library', async (_name, book) => {
  expect(await read(book)).toBeUndefined();
});

test('a file that is damaged before its first sheet is corrupt, and is not left to the library', async () => {
  const book = workbook(FORMATS, [{ name: 'S', records: [] }]);
  const sheet = book.indexOf(record(0x85, u16(0, 0)).subarray(0, 2), BEGIN.length + Buffer.concat([...FORMATS]).length);
  await expect(read(book.subarray(0, sheet))).rejects.toMatchObject({ code: 'extract.corrupt' });
});

test('a file cut off anywhere, or with any bytes in it, ends the walk: it is corrupt before its first sheet, and no error after it', async () => {
  const table = strings(
    1,
    Buffer.concat([u16(9), Buffer.from([1]), wide('ab')]),
    Buffer.concat([Buffer.from([0]), Buffer.from('cdefghi')]),
  );
  const cell = [
    record(0xfd, at(0, 0), u16(0, 0)),
    record(0x06, at(0, 1), double(1), u16(0)),
    record(0x1c, u16(0, 0, 0, 7)),
  ];
  const book = workbook([...FORMATS, table], [{ name: 'S', records: cell }]);
  await fc.assert(
    fc.asyncProperty(fc.nat(book.length), fc.nat(book.length - 1), fc.nat(255), async (end, place, byte) => {
      const damaged = Buffer.from(book.subarray(0, end));
      if (place < end) damaged[place] = byte;
      try {
        await read(damaged);
      } catch (error) {
        expect(error).toMatchObject({ code: 'extract.corrupt' });
      }
    }),
  );
});
