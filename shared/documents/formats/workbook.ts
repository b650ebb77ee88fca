// Workbooks (xlsx, xlsm, xlsb, xls, ods, numbers): sheet names, cells as displayed, comments, text boxes.
// Traps: the library opens anything, so the media type comes first; sheet_to_csv walks every empty cell of a sparse sheet, the dense rows do not.
import { TerminalError } from '../../errors.ts';
import { MEDIA } from '../media-type.ts';
import { PackageParts } from '../package-parts.ts';
import { type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { addDrawingText } from './office-xml.ts';
import { checkOle } from './ole-check.ts';

type Library = typeof import('@e965/xlsx');
type WorkBook = ReturnType<Library['read']>;
interface Cell {
  w?: string;
  v?: unknown;
  t?: string;
  c?: { t?: string }[];
}

export async function readWorkbook(bytes: Uint8Array, { limits, mediaType }: ReadContext): Promise<ReadText> {
  // Damaged packages send the library into endless loops.
  if (isOle(bytes)) checkOle(bytes);
  const parts = isOle(bytes) || mediaType === MEDIA.xls ? undefined : await PackageParts.open(bytes, limits);
  await parts?.verify(/\.(xml|rels|bin|iwa)$/i);
  const book = await open(bytes);
  const sink = new TextSink(limits.maxChars);
  const warnings: string[] = [];
  let cells = 0;
  for (const name of book.SheetNames) {
    const rows = denseRows(book, name);
    if (rows.length === 0) continue;
    sink.add(`${name}\n`);
    for (const row of rows) {
      if (row === undefined) continue;
      let isFirst = true;
      // forEach of a sparse array visits only the cells that are there.
      row.forEach((cell) => {
        const text = cellText(cell);
        if (text === '' || ++cells > limits.maxCells) return;
        sink.add(isFirst ? text : `\t${text}`);
        isFirst = false;
      });
      if (!isFirst) sink.add('\n');
      if (cells > limits.maxCells) break;
    }
  }
  if (cells > limits.maxCells) warnings.push(`workbook: only the first ${limits.maxCells} cells were read`);
  const drawn = new TextSink(limits.maxChars - sink.chars);
  for (const name of parts?.names(/^xl\/(drawings\/drawing|diagrams\/data)\d*\.xml$/i) ?? [])
    await addDrawingText(parts!, name, drawn); // names came from it
  return { parts: [...(cells === 0 ? [] : [sink.toString()]), drawn.toString()], pages: null, warnings };
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
      bookVBA: false,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (/password|encrypt/i.test(message))
      throw new TerminalError('extract.encrypted', 'workbook: it needs a password', { cause: error });
    throw new TerminalError('extract.corrupt', 'workbook: it cannot be opened', { cause: error });
  }
}

function denseRows(book: WorkBook, name: string): (Cell[] | undefined)[] {
  const rows = (book.Sheets[name] as { '!data'?: (Cell[] | undefined)[] } | undefined)?.['!data'] ?? [];
  const present: (Cell[] | undefined)[] = [];
  rows.forEach((row) => {
    present.push(row);
  }); // the row index may be a million: visit those that exist
  return present;
}

function cellText(cell: Cell | undefined): string {
  if (cell === undefined || cell === null) return '';
  const shown = cell.w ?? (cell.v === undefined || cell.v === null ? '' : String(cell.v));
  const comments = (cell.c ?? []).map((comment) => comment.t ?? '').filter((text) => text !== '');
  return [shown.replace(/\s+/g, ' ').trim(), ...comments].filter((text) => text !== '').join(' ');
}
