// Workbooks (xlsx, xlsm, xlsb, xls, ods, numbers): sheet names, cells as a person reads them in their columns, comments, headers and footers, text
// boxes; files and scans inside.
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
import { sheetDrawings } from './sheet-drawings.ts';
import { columnName, type SheetMarks, sheetMarks } from './sheet-marks.ts';
import { xlsbMarks, xlsMarks } from './sheet-records.ts';
import { completeSpreadsheet } from './spreadsheet-package.ts';
import { tableMarks, tableMarksIn } from './table-marks.ts';

type Library = typeof import('@e965/xlsx');
type WorkBook = ReturnType<Library['read']>;

/** Empty cells told one by one; a wider gap is one gap. */
const MAX_GAP = 32;

export async function readWorkbook(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const { limits, mediaType } = context;
  // Damaged packages send the library into endless loops.
  if (isOle(bytes)) checkOle(bytes);
  const parts = isOle(bytes) || mediaType === MEDIA.xls ? undefined : await PackageParts.open(bytes, limits);
  await parts?.verify(/\.(xml|rels|bin|iwa)$/i);
  const complete = mediaType === MEDIA.ods && parts !== undefined ? await completeSpreadsheet(parts) : undefined;
  const book = await open(complete ?? bytes);
  const around = parts === undefined ? await aroundOle(bytes, context) : await aroundPackage(parts, context);
  const { marks } = around;
  const sink = new TextSink(limits.maxChars);
  const warnings: string[] = [];
  const cells = addSheets(book, marks, sink, limits.maxCells);
  if (cells > limits.maxCells) warnings.push(`workbook: only the first ${limits.maxCells} cells were read`);
  const uncalculated = [...marks.values()].reduce((sum, sheet) => sum + sheet.uncalculated, 0);
  if (uncalculated > 0)
    warnings.push(`formulas: ${uncalculated} formula(s) hold no result, the program that wrote them did not calculate`);
  // Comments are text boxes too, and stand with their cells.
  const told = sink.toString().replace(/\s+/g, ' ');
  const beside = around.texts.filter((text) => !told.includes(text.replace(/\s+/g, ' ').trim()));
  const drawn = parts === undefined ? undefined : await sheetDrawings(parts, sink.toString(), context);
  return {
    parts: [...(cells === 0 ? [] : [sink.toString()]), ...(drawn?.texts ?? []), ...beside],
    pages: null,
    warnings: [...warnings, ...(drawn?.warnings ?? [])],
    embedded: around.embedded,
    pictures: [...around.pictures, ...(drawn?.pictures ?? [])],
  };
}

/** What stands around the cells. */
interface Around {
  marks: ReadonlyMap<string, SheetMarks>;
  texts: string[];
  embedded: EmbeddedFile[];
  pictures: Picture[];
}

async function aroundPackage(parts: PackageParts, context: ReadContext): Promise<Around> {
  const { mediaType } = context;
  const found: Around = { marks: new Map(), texts: [], embedded: [], pictures: [] };
  if (mediaType === MEDIA.ods) return { ...found, marks: await tableMarks(parts) };
  if (mediaType !== MEDIA.xlsx && mediaType !== MEDIA.xlsb) return found;
  return {
    marks: await (mediaType === MEDIA.xlsx ? sheetMarks(parts) : xlsbMarks(parts)),
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
  const { marks, drawings, boxes } = xlsMarks(file.stream('Workbook') ?? Buffer.alloc(0));
  return {
    marks,
    texts: [...artTexts(drawings), ...boxes],
    embedded: hasStorage(bytes, OBJECT) ? await documentsIn(file.storages(OBJECT), limits.maxArchiveEntries) : [],
    pictures: scannedBlips([drawings], limits),
  };
}

/** Cells that show something. */
function addSheets(book: WorkBook, marks: ReadonlyMap<string, SheetMarks>, sink: TextSink, maxCells: number): number {
  const is1904 = book.Workbook?.WBProps?.date1904 === true;
  let cells = 0;
  for (const [i, name] of book.SheetNames.entries()) {
    const rows = denseRows(book, name);
    const mark = marks.get(name);
    if (rows.length === 0 && (mark?.edges.length ?? 0) === 0) continue;
    const isHidden = (book.Workbook?.Sheets?.[i]?.Hidden ?? 0) > 0 || mark?.isHidden === true;
    sink.add(isHidden ? `${name} (hidden)\n` : `${name}\n`);
    for (const line of mark?.edges ?? []) sink.add(`${line}\n`);
    if (mark !== undefined && mark.hiddenColumns.length > 0)
      sink.add(`(hidden columns: ${mark.hiddenColumns.join(', ')})\n`);
    const hiddenRows = mark?.hiddenRows;
    // Excel's XML and older formats: the library tells.
    const rowMarks = (book.Sheets[name] as { '!rows'?: { hidden?: boolean }[] } | undefined)?.['!rows'] ?? [];
    const first = firstColumn(rows);
    for (const { index, cells: row } of rows) {
      let column = first;
      let isFirst = true;
      // forEach of a sparse array visits only the cells that are there.
      row.forEach((cell, at) => {
        const font = mark?.symbolFonts?.get(`${columnName(at + 1)}${index + 1}`);
        const text = font === undefined ? cellText(cell, is1904) : symbolsIn(font, cellText(cell, is1904)).trim();
        if (text === '' || ++cells > maxCells) return;
        sink.add('\t'.repeat(Math.min(at - column, MAX_GAP)));
        sink.add(text);
        column = at;
        isFirst = false;
      });
      if (!isFirst)
        sink.add(hiddenRows?.has(index) === true || rowMarks[index]?.hidden === true ? ' (hidden)\n' : '\n');
      if (cells > maxCells) return cells;
    }
  }
  return cells;
}

/** The leftmost column in use. */
function firstColumn(rows: readonly { cells: readonly Cell[] }[]): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { cells } of rows) {
    if (cells[0] !== undefined) return 0;
    // for … in visits only the cells that are there, the leftmost first.
    for (const column in cells) {
      first = Math.min(first, Number(column));
      break;
    }
  }
  return first;
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

function denseRows(book: WorkBook, name: string): { index: number; cells: Cell[] }[] {
  const rows = (book.Sheets[name] as { '!data'?: (Cell[] | undefined)[] } | undefined)?.['!data'] ?? [];
  const present: { index: number; cells: Cell[] }[] = [];
  rows.forEach((cells, index) => {
    if (cells !== undefined) present.push({ index, cells });
  }); // the row index may be a million: visit those that exist
  return present;
}
