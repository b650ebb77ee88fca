// Workbooks (xlsx, xlsm, xlsb, xls, ods, numbers): sheet names, cells as a person reads them in their columns, comments, headers and footers, text
// boxes; files and scans inside. Those of XML parts (xlsx-book.ts) and of the records
// of Excel 97 (xls-book.ts) are read by ourselves, the others by the workbook library.
// Traps: the library opens anything, so the media type comes first; sheet_to_csv walks every empty cell of a sparse sheet, the dense rows do not.
import { TerminalError } from '../../errors.ts';
import { MEDIA } from '../media-type.ts';
import { PackageParts } from '../package-parts.ts';
import type { Picture } from '../pictures.ts';
import { type EmbeddedFile, type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { type Cell, cellText } from './cell-text.ts';
import { symbolsIn } from './drawing-text.ts';
import { excelXmlMarks, isExcelXml } from './excel-xml.ts';
import { artTexts, scannedBlips } from './office-art.ts';
import { hasStorage, openOle } from './ole.ts';
import { checkOle } from './ole-check.ts';
import { documentsIn } from './ole-object.ts';
import { embeddedFiles, scannedPictures } from './package-files.ts';
import { type CellList, columnOf, rowOf, SheetCells } from './sheet-cells.ts';
import { sheetDrawings } from './sheet-drawings.ts';
import { columnName, type SheetMarks, sheetMarks } from './sheet-marks.ts';
import { xlsbMarks, xlsMarks } from './sheet-records.ts';
import { completeSpreadsheet } from './spreadsheet-package.ts';
import { tableMarks, tableMarksIn } from './table-marks.ts';
import { type XlsSheet, xlsSheets } from './xls-book.ts';
import { XlsxBook } from './xlsx-book.ts';

type Library = typeof import('@e965/xlsx');
type WorkBook = ReturnType<Library['read']>;

/** Empty cells told one by one; a wider gap is one gap. */
const MAX_GAP = 32;

export async function readWorkbook(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const { limits, mediaType } = context;
  // Damaged packages send the library into endless loops.
  if (isOle(bytes)) checkOle(bytes);
  const parts = isOle(bytes) || mediaType === MEDIA.xls ? undefined : await PackageParts.open(bytes, limits);
  const around = parts === undefined ? await aroundOle(bytes, context) : await aroundPackage(parts, context);
  const sheets = around.sheets ?? sheetsOf(await openByLibrary(bytes, parts, mediaType), around.marks);
  const sink = new TextSink(limits.maxChars);
  const warnings: string[] = [];
  const { cells, uncalculated } = await addSheets(sheets, sink, limits.maxCells);
  if (cells > limits.maxCells) warnings.push(`workbook: only the first ${limits.maxCells} cells were read`);
  if (uncalculated > 0)
    warnings.push(`formulas: ${uncalculated} formula(s) hold no result, the program that wrote them did not calculate`);
  const text = sink.toString();
  const drawn = parts === undefined ? undefined : await sheetDrawings(parts, text, context);
  return {
    parts: [...(cells === 0 ? [] : [text]), ...(drawn?.texts ?? []), ...untold(around.texts, text)].filter(
      (part) => part !== '',
    ),
    pages: null,
    warnings: [...warnings, ...(drawn?.warnings ?? [])],
    embedded: around.embedded,
    pictures: [...around.pictures, ...(drawn?.pictures ?? [])],
  };
}

/** Comments are text boxes too, and stand with their cells. */
function untold(texts: readonly string[], cells: string): string[] {
  if (texts.length === 0) return [];
  const told = cells.replace(/\s+/g, ' ');
  return texts.filter((text) => !told.includes(text.replace(/\s+/g, ' ').trim()));
}

/** What stands around the cells, and these where we read them ourselves. */
interface Around {
  sheets?: Iterable<Sheet> | AsyncIterable<Sheet>;
  marks: ReadonlyMap<string, SheetMarks>;
  texts: string[];
  embedded: EmbeddedFile[];
  pictures: Picture[];
}

async function aroundPackage(parts: PackageParts, context: ReadContext): Promise<Around> {
  const { mediaType, limits } = context;
  const found: Around = { marks: new Map(), texts: [], embedded: [], pictures: [] };
  if (mediaType === MEDIA.ods) return { ...found, marks: await tableMarks(parts) };
  if (mediaType !== MEDIA.xlsx && mediaType !== MEDIA.xlsb) return found;
  const own = mediaType === MEDIA.xlsx ? await XlsxBook.open(parts) : undefined;
  return {
    ...(own === undefined ? {} : { sheets: own.sheets(limits.maxCells) }),
    marks: own !== undefined ? new Map() : await (mediaType === MEDIA.xlsx ? sheetMarks(parts) : xlsbMarks(parts)),
    texts: [],
    embedded: await embeddedFiles(parts, context),
    pictures: await picturesOf(parts, context),
  };
}

/** Storages of embedded objects; links and pivot caches are called otherwise. */
const OBJECT = /^MBD[0-9A-F]+$/i;

async function aroundOle(bytes: Uint8Array, { limits }: ReadContext): Promise<Around> {
  const found: Around = { marks: new Map(), texts: [], embedded: [], pictures: [] };
  if (!isOle(bytes)) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    // Or records without a file around them.
    if (isExcelXml(text)) return { ...found, marks: excelXmlMarks(text) };
    return text.includes('opendocument') ? { ...found, marks: tableMarksIn(text, text) } : found;
  }
  const file = await openOle(bytes);
  const workbook = file.stream('Workbook') ?? Buffer.alloc(0);
  const { marks, drawings, boxes } = xlsMarks(workbook);
  const sheets = await xlsSheets(workbook, limits.maxCells);
  return {
    ...(sheets === undefined ? {} : { sheets: withMarks(sheets, marks) }),
    marks,
    texts: [...artTexts(drawings), ...boxes],
    embedded: hasStorage(bytes, OBJECT) ? await documentsIn(file.storages(OBJECT), limits.maxArchiveEntries) : [],
    pictures: scannedBlips([drawings], limits),
  };
}

function* withMarks(sheets: Iterable<XlsSheet>, marks: ReadonlyMap<string, SheetMarks>): Generator<Sheet> {
  for (const sheet of sheets) yield { ...sheet, marks: marks.get(sheet.name) };
}

/** A sheet whose cells can be told one by one. */
interface Sheet {
  name: string;
  isHidden: boolean;
  marks: SheetMarks | undefined;
  cells: SheetCells;
}

/** Cells that show something. @returns how many, one more than the limit where more are left, and formulas without a result */
async function addSheets(
  sheets: Iterable<Sheet> | AsyncIterable<Sheet>,
  sink: TextSink,
  maxCells: number,
): Promise<{ cells: number; uncalculated: number }> {
  let [told, uncalculated] = [0, 0];
  for await (const { name, isHidden, marks, cells } of sheets) {
    uncalculated += marks?.uncalculated ?? 0;
    const found = cells.inOrder();
    if (found.places.length === 0 && (marks?.edges.length ?? 0) === 0) continue;
    sink.add(isHidden ? `${name} (hidden)\n` : `${name}\n`);
    for (const line of marks?.edges ?? []) sink.add(`${line}\n`);
    if (marks !== undefined && marks.hiddenColumns.length > 0)
      sink.add(`(hidden columns: ${marks.hiddenColumns.join(', ')})\n`);
    addRows(found, maxCells - told, marks?.hiddenRows, sink);
    told += found.places.length;
    if (told > maxCells) break; // what follows is not even read
  }
  return { cells: told, uncalculated };
}

/** Of a row held before they are told. */
const MAX_LINE_CHARS = 65_536;

/** Cells of a row between tabs, from the leftmost column in use on. */
function addRows(
  { places, texts }: CellList,
  maxCells: number,
  hiddenRows: ReadonlySet<number> | undefined,
  sink: TextSink,
): void {
  const endOf = (row: number) => (hiddenRows?.has(row) === true ? ' (hidden)\n' : '\n');
  const count = Math.min(places.length, maxCells);
  const first = places.reduce((least, place) => Math.min(least, columnOf(place)), Number.POSITIVE_INFINITY);
  let [row, column, line] = [-1, first, ''];
  for (let i = 0; i < count; i++) {
    const place = places[i]!; // i < length
    const at = columnOf(place);
    if (rowOf(place) !== row) {
      if (i > 0) sink.add(line + endOf(row));
      [row, column, line] = [rowOf(place), first, ''];
    } else if (line.length > MAX_LINE_CHARS) {
      sink.add(line);
      line = '';
    }
    if (at > column) line += at === column + 1 ? '\t' : '\t'.repeat(Math.min(at - column, MAX_GAP));
    line += texts[i]!; // i < length
    column = at;
  }
  if (count > 0) sink.add(line + endOf(row));
}

/** Pictures of the drawings; sheets do not tell their size plainly. */
async function picturesOf(parts: PackageParts, context: ReadContext): Promise<Picture[]> {
  const media = parts.names(/^xl\/media\/[^/]+$/i);
  return await scannedPictures(
    parts,
    media.map((part) => ({ part, widthEmu: undefined, heightEmu: undefined })),
    context,
  );
}

const isOle = (bytes: Uint8Array) => bytes[0] === 0xd0 && bytes[1] === 0xcf;

/** What we do not read ourselves. */
async function openByLibrary(bytes: Uint8Array, parts: PackageParts | undefined, mediaType: string): Promise<WorkBook> {
  await parts?.verify(/\.(xml|rels|bin|iwa)$/i);
  const complete = mediaType === MEDIA.ods && parts !== undefined ? await completeSpreadsheet(parts) : undefined;
  return await open(complete ?? bytes);
}

async function open(bytes: Uint8Array): Promise<WorkBook> {
  const library = await import('@e965/xlsx');
  const codepages = await import('@e965/xlsx/dist/cpexcel.full.mjs');
  library.set_cptable(codepages);
  try {
    return library.read(bytes, {
      type: 'buffer',
      dense: true,
      cellFormula: false,
      cellHTML: false,
      cellStyles: false,
      cellNF: true,
      bookVBA: false,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (/password|encrypt/i.test(message))
      throw new TerminalError('extract.encrypted', 'workbook: it needs a password', { cause: error });
    throw new TerminalError('extract.corrupt', 'workbook: it cannot be opened', { cause: error });
  }
}

/** Sheets of the library's workbook as those we read ourselves. */
function* sheetsOf(book: WorkBook, marks: ReadonlyMap<string, SheetMarks>): Generator<Sheet> {
  const is1904 = book.Workbook?.WBProps?.date1904 === true;
  for (const [i, name] of book.SheetNames.entries()) {
    const mark = marks.get(name);
    const isHidden = (book.Workbook?.Sheets?.[i]?.Hidden ?? 0) > 0 || mark?.isHidden === true;
    // Excel's XML and older formats: the library tells of hidden rows.
    const sheet = book.Sheets[name] as LibrarySheet | undefined;
    const hiddenRows = new Set(mark?.hiddenRows);
    sheet?.['!rows']?.forEach((row, index) => {
      if (row?.hidden === true) hiddenRows.add(index);
    });
    const textOf = (cell: Cell, row: number, column: number) => {
      const font = mark?.symbolFonts?.get(`${columnName(column + 1)}${row + 1}`);
      const text = cellText(cell, is1904);
      return font === undefined ? text : symbolsIn(font, text).trim();
    };
    const found = new SheetCells();
    sheet?.['!data']?.forEach((cells, row) => {
      // for … in visits only the cells that are there, forEach looks at all places before them.
      for (const column in cells) {
        const text = textOf(cells[Number(column)]!, row, Number(column)); // there
        if (text !== '') found.put(row, Number(column), text);
      }
    });
    const known = mark ?? { edges: [], hiddenColumns: [], uncalculated: 0 };
    yield { name, isHidden, cells: found, marks: { ...known, hiddenRows } };
  }
}

interface LibrarySheet {
  '!data'?: (Cell[] | undefined)[];
  '!rows'?: ({ hidden?: boolean } | undefined)[];
}
