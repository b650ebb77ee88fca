// Workbooks of Excel 97 to 2003 (BIFF8 records) read by ourselves: names, shared strings, formats, cells, comments.
// Older ones, those with a password, and those with other sheets than of cells are left to the workbook library.
// Invariants: B1 one pass: a sheet ends where the next begins, and is read once; a damaged record ends the walk, what was found until then counts. B2 no count of a record is believed beyond its bytes.
// Source: [MS-XLS] 2.4.28 (BoundSheet8), 2.4.126 (Format), 2.4.127 (Formula), 2.4.149 (LabelSst), 2.4.175 (MulRk), 2.4.179 (Note), 2.4.220 (RK),
// 2.4.268 (String), 2.4.353 (XF), 2.5.122 (RkNumber).
import { TerminalError } from '../../errors.ts';
import { builtInFormat, NumberFormats } from './number-format.ts';
import { SheetCells } from './sheet-cells.ts';
import { characters, continuedText, onOneLine, readStrings, shortText, wideText } from './xls-strings.ts';

const RECORD = {
  formula: 0x06,
  end: 0x0a,
  note: 0x1c,
  dates: 0x22,
  password: 0x2f,
  continued: 0x3c,
  object: 0x5d,
  sheet: 0x85,
  manyNumbers: 0xbd,
  richText: 0xd6,
  cellFormat: 0xe0,
  strings: 0xfc,
  shared: 0xfd,
  textObject: 0x1b6,
  number: 0x203,
  text: 0x204,
  truth: 0x205,
  formulaText: 0x207,
  shortNumber: 0x27e,
  format: 0x41e,
  begin: 0x809,
} as const;
const BIFF8 = 0x600;
const CELLS_SHEET = 0;
const COMMENT_OBJECT = 0x19;

const ERRORS: Readonly<Record<number, string>> = {
  0: '#NULL!',
  7: '#DIV/0!',
  15: '#VALUE!',
  23: '#REF!',
  29: '#NAME?',
  36: '#NUM!',
  42: '#N/A',
  43: '#GETTING_DATA',
};

export interface XlsSheet {
  name: string;
  isHidden: boolean;
  cells: SheetCells;
}

interface ListedSheet {
  name: string;
  isHidden: boolean;
  at: number;
}

interface Globals {
  sheets: ListedSheet[];
  strings: string[];
  /** Number formats by the number of the cell format. */
  formats: string[];
  is1904: boolean;
}

/**
 * Sheets one after another; undefined when the library is to read them.
 * @param maxCells  of a sheet: more are not read
 * @throws {TerminalError} extract.corrupt
 */
export async function xlsSheets(workbook: Buffer, maxCells: number): Promise<Iterable<XlsSheet> | undefined> {
  const globals = readGlobals(workbook);
  if (globals === undefined) return undefined;
  return sheetsOf(workbook, globals, await NumberFormats.open(globals.formats, globals.is1904), maxCells);
}

function* sheetsOf(
  workbook: Buffer,
  { sheets, strings }: Globals,
  formats: NumberFormats,
  maxCells: number,
): Generator<XlsSheet> {
  const starts = [...new Set(sheets.map(({ at }) => at))].sort((a, b) => a - b);
  const ends = new Map(starts.map((at, i) => [at, starts[i + 1] ?? workbook.length]));
  for (const { name, isHidden, at } of sheets) {
    const end = ends.get(at);
    if (end === undefined) continue;
    ends.delete(at);
    yield { name, isHidden, cells: new Cells(workbook, strings, formats, maxCells).read(at, end) };
  }
}

function readGlobals(workbook: Buffer): Globals | undefined {
  if (workbook.length < 8 || workbook.readUInt16LE(0) !== RECORD.begin || workbook.readUInt16LE(4) !== BIFF8)
    return undefined;
  const found: Globals = { sheets: [], strings: [], formats: [], is1904: false };
  const written = new Map<number, string>();
  const cellFormats: number[] = [];
  let strings: Buffer[] = [];
  let isStrings = false;
  let isWhole = false;
  for (let at = 0; at + 4 <= workbook.length; ) {
    const type = workbook.readUInt16LE(at);
    const end = at + 4 + workbook.readUInt16LE(at + 2);
    isWhole = type === RECORD.end;
    if (end > workbook.length || isWhole) break;
    const body = workbook.subarray(at + 4, end);
    at = end;
    if (type === RECORD.continued) {
      if (isStrings) strings.push(body);
      continue;
    }
    isStrings = type === RECORD.strings;
    if (type === RECORD.password) return undefined;
    if (isStrings) strings = [body];
    else if (type === RECORD.dates && body.length >= 2) found.is1904 = body.readUInt16LE(0) === 1;
    else if (type === RECORD.format && body.length >= 5) written.set(body.readUInt16LE(0), wideText(body, 2));
    else if (type === RECORD.cellFormat && body.length >= 4) cellFormats.push(body.readUInt16LE(2));
    else if (type === RECORD.sheet && body.length >= 8) {
      if (body[5] !== CELLS_SHEET) return undefined;
      found.sheets.push({ name: shortText(body, 6), isHidden: (body[4]! & 3) !== 0, at: body.readUInt32LE(0) }); // 8 or longer
    }
  }
  if (found.sheets.length === 0) {
    // The library would look for them in what is left, without an end.
    if (!isWhole) throw new TerminalError('extract.corrupt', 'xls: it is damaged or cut off before its first sheet');
    return undefined;
  }
  found.formats = cellFormats.map((id) => written.get(id) || builtInFormat(id));
  found.strings = readStrings(strings);
  return found;
}

/** The cells of one sheet. */
class Cells {
  readonly #workbook: Buffer;
  readonly #strings: readonly string[];
  readonly #formats: NumberFormats;
  readonly #maxCells: number;
  readonly #found = new SheetCells();
  readonly #comments = new Map<number, string>();
  readonly #notes: { row: number; column: number; object: number }[] = [];
  #count = 0;
  /** A formula whose text stands in a record behind it. */
  #due: { row: number; column: number; style: number } | undefined;
  #object = -1;
  #isComment = false;
  /** Characters of a text object that are due in the record behind it. */
  #chars = 0;

  constructor(workbook: Buffer, strings: readonly string[], formats: NumberFormats, maxCells: number) {
    this.#workbook = workbook;
    this.#strings = strings;
    this.#formats = formats;
    this.#maxCells = maxCells;
  }

  /** @param from  where its records begin */
  read(from: number, until: number): SheetCells {
    const workbook = this.#workbook;
    let depth = 0;
    for (let at = from; at + 4 <= until; ) {
      const type = workbook.readUInt16LE(at);
      const end = at + 4 + workbook.readUInt16LE(at + 2);
      if (end > until) break;
      if (type === RECORD.begin) depth += 1;
      else if (type === RECORD.end) {
        depth -= 1;
        if (depth <= 0) break;
      } else if (depth === 1) this.#take(type, at + 4, end); // deeper are charts
      at = end;
    }
    for (const { row, column, object } of this.#notes) {
      const text = this.#comments.get(object);
      if (text !== undefined) this.#found.comment(row, column, text);
      this.#comments.delete(object); // shown by one note: others would multiply it
    }
    return this.#found;
  }

  #take(type: number, at: number, end: number): void {
    const workbook = this.#workbook;
    const size = end - at;
    switch (type) {
      case RECORD.shared:
        if (size >= 10)
          this.#add(at, this.#formats.text(this.#strings[workbook.readUInt32LE(at + 6)] ?? '', this.#style(at)));
        return;
      case RECORD.shortNumber:
        if (size >= 10) this.#add(at, this.#formats.number(shortNumber(workbook, at + 6), this.#style(at)));
        return;
      case RECORD.number:
        if (size >= 14) this.#add(at, this.#formats.number(workbook.readDoubleLE(at + 6), this.#style(at)));
        return;
      case RECORD.manyNumbers:
        this.#addMany(at, end);
        return;
      case RECORD.formula:
        if (size >= 14) this.#addFormula(at);
        return;
      case RECORD.formulaText:
        if (this.#due !== undefined && size >= 3) {
          const { row, column, style } = this.#due;
          const body = workbook.subarray(at, end);
          const text = continuedText(body, continuations(workbook, end));
          this.#put(row, column, onOneLine(this.#formats.text(text, style)));
          this.#due = undefined;
        }
        return;
      case RECORD.text:
      case RECORD.richText:
        if (size >= 9)
          this.#add(at, onOneLine(this.#formats.text(wideText(workbook.subarray(at, end), 6), this.#style(at))));
        return;
      case RECORD.truth:
        if (size >= 8) this.#add(at, this.#truth(workbook[at + 6]!, workbook[at + 7] !== 0, this.#style(at))); // 8 or longer
        return;
      default:
        this.#takeObject(type, workbook.subarray(at, end));
    }
  }

  #truth(value: number, isError: boolean, style: number): string {
    return isError ? (ERRORS[value] ?? '') : this.#formats.text(value === 0 ? 'FALSE' : 'TRUE', style);
  }

  /** Comments: where they are, which object shows them, what the object says. */
  #takeObject(type: number, body: Buffer): void {
    if (type === RECORD.object) {
      this.#isComment = body.length >= 8 && body.readUInt16LE(4) === COMMENT_OBJECT;
      this.#object = body.length >= 8 ? body.readUInt16LE(6) : -1;
    } else if (type === RECORD.textObject)
      this.#chars = this.#isComment && body.length >= 12 ? body.readUInt16LE(10) : 0;
    else if (type === RECORD.continued && this.#chars > 0 && body.length > 1) {
      const known = this.#comments.get(this.#object) ?? '';
      const width = (body[0]! & 1) + 1; // longer than 1
      const taken = Math.min(this.#chars, Math.floor((body.length - 1) / width));
      this.#comments.set(this.#object, known + characters(body, 1, taken, body[0]!)); // longer than 1
      this.#chars -= taken;
    } else if (type === RECORD.note && body.length >= 8)
      this.#notes.push({ row: body.readUInt16LE(0), column: body.readUInt16LE(2), object: body.readUInt16LE(6) });
  }

  #style(at: number): number {
    return this.#workbook.readUInt16LE(at + 4);
  }

  #add(at: number, text: string): void {
    this.#put(this.#workbook.readUInt16LE(at), this.#workbook.readUInt16LE(at + 2), text);
  }

  #addMany(at: number, end: number): void {
    const workbook = this.#workbook;
    if (end - at < 6) return;
    const row = workbook.readUInt16LE(at);
    let column = workbook.readUInt16LE(at + 2);
    for (let each = at + 4; each + 8 <= end; each += 6, column++)
      this.#put(row, column, this.#formats.number(shortNumber(workbook, each + 2), workbook.readUInt16LE(each)));
  }

  /** [MS-XLS] 2.5.133: a number, or what 0xffff tells from one. */
  #addFormula(at: number): void {
    const workbook = this.#workbook;
    const style = this.#style(at);
    this.#due = undefined;
    const kind = workbook.readUInt16LE(at + 12) === 0xffff ? workbook[at + 6] : undefined;
    if (kind === undefined) this.#add(at, this.#formats.number(workbook.readDoubleLE(at + 6), style));
    else if (kind === 0) this.#due = { row: workbook.readUInt16LE(at), column: workbook.readUInt16LE(at + 2), style };
    else if (kind === 1 || kind === 2) this.#add(at, this.#truth(workbook[at + 8]!, kind === 2, style)); // 14 or longer
  }

  #put(row: number, column: number, text: string): void {
    if (text === '' || this.#count > this.#maxCells) return;
    this.#count += 1;
    this.#found.put(row, column, text);
  }
}

/** Bodies of the records that continue the one before them. */
function* continuations(workbook: Buffer, from: number): Generator<Buffer> {
  for (let at = from; at + 4 <= workbook.length && workbook.readUInt16LE(at) === RECORD.continued; ) {
    const end = at + 4 + workbook.readUInt16LE(at + 2);
    if (end > workbook.length) return;
    yield workbook.subarray(at + 4, end);
    at = end;
  }
}

/** [MS-XLS] 2.5.122: 30 bits of a whole number or of a double, maybe in hundredths. */
function shortNumber(bytes: Buffer, at: number): number {
  const bits = bytes.readInt32LE(at);
  let value: number;
  if ((bits & 2) !== 0) value = bits >> 2;
  else {
    DOUBLE.writeInt32LE(bits & ~3, 4);
    value = DOUBLE.readDoubleLE(0);
  }
  return (bits & 1) !== 0 ? value / 100 : value;
}
const DOUBLE = Buffer.alloc(8);
