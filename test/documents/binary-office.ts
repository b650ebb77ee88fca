// Word and Excel files of 97 to 2003 made in memory for the tests: as little of each format as a reader needs.
import { ole } from './ole.ts';

/** A part of the text with its character properties. */
export interface DocRun {
  text: string;
  /** Property and operand, one after the other ([MS-DOC] 2.6.1). */
  properties?: Buffer;
  /** Does its last character end the row of a table? */
  endsRow?: boolean;
  /** Of the paragraph, beside its being the end of a row. */
  paragraph?: Buffer;
}

/** A character property: its number, then its operand byte by byte. */
export function property(number: number, ...operand: number[]): Buffer {
  return Buffer.from([number & 255, number >> 8, ...operand]);
}
export const DELETED = property(0x0800, 1);
export const HIDDEN = property(0x083c, 1);
export const symbol = (font: number, code: number) => property(0x6a09, font, 0, code & 255, code >> 8);
export const formField = (place: number) => Buffer.concat([property(0x6a03, place, 0, 0, 0), property(0x0806, 1)]);

export const IN_TABLE = property(0x2416, 1);
/** Edges of the cells of a row, its left one first. */
export function rowCells(...edges: number[]): Buffer {
  const cells = Buffer.concat([
    Buffer.from([edges.length - 1]),
    ...edges.map(short),
    Buffer.alloc(20 * (edges.length - 1)),
  ]);
  return property(0xd608, ...short(cells.length + 1), ...cells);
}
/** The properties stand in the stream Data at its beginning. */
export const ELSEWHERE = property(0x646b, 0, 0, 0, 0);
export const listOf = (properties: Buffer) => Buffer.concat([short(properties.length), properties]);

/** Style and properties, their size in pairs of bytes before them ([MS-DOC] 2.9.175). */
function paragraphEntry(properties: Buffer): Buffer {
  const content = Buffer.concat([Buffer.alloc(2), properties]);
  return content.length % 2 === 1
    ? Buffer.concat([Buffer.from([(content.length + 1) / 2]), content])
    : Buffer.concat([Buffer.from([0, content.length / 2]), content]);
}

const PAGE = 512;
const TEXT_AT = 2 * PAGE;

/** @param modifier  of the piece that holds all text; 0 for none */
export function doc(
  runs: readonly DocRun[],
  {
    fonts = [],
    data,
    streams = {},
    art,
    modifier = 0,
  }: {
    fonts?: readonly string[];
    data?: Buffer;
    streams?: Readonly<Record<string, Uint8Array>>;
    art?: Buffer;
    modifier?: number;
  } = {},
): Buffer {
  const text = runs.map((run) => run.text).join('');
  const textBytes = Buffer.from(text, 'utf16le');
  const pages = TEXT_AT + Math.ceil(textBytes.length / PAGE) * PAGE;
  const main = Buffer.alloc(pages + 2 * PAGE);
  main.writeUInt16LE(0xa5ec, 0);
  main.writeUInt16LE(0xc1, 2);
  textBytes.copy(main, TEXT_AT);
  let at = TEXT_AT;
  const places = runs.map((run) => {
    const from = at;
    at += run.text.length * 2;
    return { from, to: at, ...run };
  });
  propertyPage(main, pages, places, 1, ({ properties }) =>
    properties === undefined ? undefined : Buffer.concat([Buffer.from([properties.length]), properties]),
  );
  propertyPage(main, pages + PAGE, places, 13, ({ endsRow, paragraph = Buffer.alloc(0) }) => {
    const own = Buffer.concat([endsRow === true ? property(0x2417, 1) : Buffer.alloc(0), paragraph]);
    return own.length === 0 ? undefined : paragraphEntry(own);
  });
  const table: Buffer[] = [Buffer.alloc(8)];
  const entry = (offset: number, content: Buffer) => {
    main.writeUInt32LE(
      table.reduce((sum, part) => sum + part.length, 0),
      offset,
    );
    main.writeUInt32LE(content.length, offset + 4);
    table.push(content);
  };
  const bins = (page: number) => numbers(TEXT_AT, at, page / PAGE);
  entry(0xfa, bins(pages));
  entry(0x102, bins(pages + PAGE));
  entry(0x112, Buffer.concat([numbers(fonts.length), ...fonts.map(fontEntry)]));
  const piece = Buffer.alloc(8);
  piece.writeUInt32LE(TEXT_AT, 2);
  piece.writeUInt16LE(modifier, 6);
  const pieces = Buffer.concat([numbers(0, text.length), piece]);
  entry(0x1a2, Buffer.concat([Buffer.from([2]), numbers(pieces.length), pieces]));
  if (art !== undefined) table.push(art);
  return ole({
    WordDocument: main,
    '0Table': Buffer.concat(table),
    ...(data === undefined ? {} : { Data: data }),
    ...streams,
  });
}

/** A page of properties: bounds of the runs first, the properties from the end. */
function propertyPage<R extends { from: number; to: number }>(
  main: Buffer,
  page: number,
  runs: readonly R[],
  entryBytes: number,
  propertiesOf: (run: R) => Buffer | undefined,
): void {
  main.writeUInt8(runs.length, page + PAGE - 1);
  let free = PAGE - 2;
  for (const [i, run] of runs.entries()) {
    main.writeUInt32LE(run.from, page + i * 4);
    main.writeUInt32LE(run.to, page + i * 4 + 4);
    const properties = propertiesOf(run);
    if (properties === undefined) continue;
    free = (free - properties.length) & ~1;
    properties.copy(main, page + free);
    main.writeUInt8(free / 2, page + (runs.length + 1) * 4 + i * entryBytes);
  }
}

const numbers = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, i * 4);
  return bytes;
};

function fontEntry(name: string): Buffer {
  const entry = Buffer.concat([Buffer.alloc(40), Buffer.from(`${name}\0`, 'utf16le')]);
  entry.writeUInt8(entry.length - 1, 0);
  return entry;
}

/** A form field's data as the stream Data holds it. `kind` 1: check box, 2: list. */
export function formData(kind: 1 | 2, result: number, atFirst: number, entries: readonly string[] = []): Buffer {
  const counted = (text: string) => Buffer.concat([short(text.length), Buffer.from(text, 'utf16le'), short(0)]);
  const field = Buffer.concat([
    numbers(0xffffffff),
    short(kind | (result << 2)),
    short(0),
    short(20),
    counted('Field1'),
    short(atFirst),
    ...['', '', '', '', ''].map(counted),
    ...(kind === 2
      ? [
          short(0xffff),
          short(entries.length),
          short(0),
          ...entries.map((e) => Buffer.concat([short(e.length), Buffer.from(e, 'utf16le')])),
        ]
      : []),
  ]);
  const head = Buffer.alloc(68);
  head.writeUInt32LE(68 + field.length, 0);
  head.writeUInt16LE(68, 4);
  return Buffer.concat([head, field]);
}

const short = (value: number) => Buffer.from([value & 255, value >> 8]);

/** A record of OfficeArt: a picture of 24-bit formats, or properties. */
export function artRecord(type: number, instance: number, content: Uint8Array, version = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE((instance << 4) | version, 0);
  head.writeUInt16LE(type, 2);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}
export const pngBlip = (png: Uint8Array) => artRecord(0xf01e, 0x6e0, Buffer.concat([Buffer.alloc(17), png]));
export function artText(words: string): Buffer {
  const text = Buffer.from(`${words}\0`, 'utf16le');
  const row = Buffer.alloc(12);
  row.writeUInt16LE(0x0180, 0);
  row.writeUInt16LE(0xc0c0, 6);
  row.writeUInt32LE(text.length, 8);
  return artRecord(0xf00b, 2, Buffer.concat([row, text]), 3);
}

/** A record of an xls. */
export const biff = (type: number, content: Uint8Array = Buffer.alloc(0)) =>
  Buffer.concat([short(type), short(content.length), content]);

const text8 = (text: string, countBytes: 1 | 2) =>
  Buffer.concat([
    countBytes === 1 ? Buffer.from([text.length]) : short(text.length),
    Buffer.from([0]),
    Buffer.from(text, 'latin1'),
  ]);

/** An xls of one sheet with these records, and others of the workbook before it. */
export function xls(
  name: string,
  records: readonly Buffer[],
  { globals = [], streams = {} }: { globals?: readonly Buffer[]; streams?: Readonly<Record<string, Uint8Array>> } = {},
): Buffer {
  const begin = (kind: number) => biff(0x809, Buffer.concat([short(0x600), short(kind), Buffer.alloc(12)]));
  const sheetAt = (place: number) => biff(0x85, Buffer.concat([numbers(place), Buffer.from([0, 0]), text8(name, 1)]));
  const head = (place: number) => Buffer.concat([begin(5), sheetAt(place), ...globals, biff(0x0a)]);
  return ole({
    Workbook: Buffer.concat([head(head(0).length), begin(0x10), ...records, biff(0x0a)]),
    ...streams,
  });
}
export const label = (row: number, column: number, text: string) =>
  biff(0x204, Buffer.concat([short(row), short(column), short(0), text8(text, 2)]));
export const hiddenRow = (row: number) => {
  const content = Buffer.alloc(16);
  content.writeUInt16LE(row, 0);
  content.writeUInt8(0x20, 12);
  return biff(0x208, content);
};
export const hiddenColumns = (from: number, to: number) =>
  biff(0x7d, Buffer.concat([short(from), short(to), short(0), short(0), short(1), short(0)]));
export const sheetHeader = (text: string) => biff(0x14, text8(text, 2));
/** A formula whose result is an empty text. */
export const blankFormula = (row: number, column: number) =>
  biff(
    0x06,
    Buffer.concat([
      short(row),
      short(column),
      short(0),
      Buffer.from([3, 0, 0, 0, 0, 0, 255, 255]),
      Buffer.alloc(6),
      short(3),
      Buffer.from([0x1e, 1, 0]),
    ]),
  );

/** A text box of a sheet: the object, its characters, how they look. */
export function textBox(text: string): Buffer {
  const object = Buffer.alloc(18);
  object.writeUInt16LE(text.length, 10);
  object.writeUInt16LE(16, 12);
  const characters = Buffer.concat([Buffer.from([1]), Buffer.from(text, 'utf16le')]);
  const TEXT_BOX = 6;
  const common = Buffer.concat([
    short(0x15),
    short(0x12),
    short(TEXT_BOX),
    short(1),
    Buffer.alloc(14),
    Buffer.alloc(4),
  ]);
  return Buffer.concat([biff(0x5d, common), biff(0x1b6, object), biff(0x3c, characters), biff(0x3c, Buffer.alloc(16))]);
}
