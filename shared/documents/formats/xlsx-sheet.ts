// The cells of an xlsx sheet in one pass over its XML, as a person reads them, with what stands beside them: header and footer, hidden rows and columns,
// formulas that nobody has calculated.
// Invariants: X1 one pass, whatever the input; a damaged end ends the sheet. X2 a cell is where its address says, else behind the one before it.
// Source: ECMA-376 part 1, 18.3.1 (worksheets), 18.18.11 (ST_CellType).
import { SheetCells } from './sheet-cells.ts';
import { columnRange, edgeLines, type SheetMarks } from './sheet-marks.ts';
import { decodeText, TagScan } from './tag-scan.ts';

export interface ReadSheet {
  cells: SheetCells;
  marks: SheetMarks;
}

/** What the cells of a workbook refer to. `style`: number of the cell's format, -1 where it has none. */
export interface CellTexts {
  number(value: string, style: number): string;
  date(value: string, style: number): string;
  text(value: string, style: number): string;
  shared(index: number, style: number): string;
  /** @param scan  at an element of rich text; at its end behind it */
  rich(scan: TagScan, style: number): string;
}

const [MAX_ROWS, MAX_COLUMNS] = [1_048_576, 16_384];

/**
 * @param xml       as toScan gives it
 * @param comments  by the address of their cell
 * @param maxCells  more are not read
 */
export function readSheet(
  xml: string,
  texts: CellTexts,
  comments: ReadonlyMap<string, readonly string[]>,
  maxCells: number,
): ReadSheet {
  const scan = new TagScan(xml);
  const hiddenColumns: string[] = [];
  while (scan.next() && !scan.is('sheetData'))
    if (scan.is('col') && !scan.isEnd && isOn(scan.attribute('hidden')))
      hiddenColumns.push(columnRange(Number(scan.attribute('min') ?? 0), Number(scan.attribute('max') ?? 0)));
  const cells = new Cells(scan, texts, maxCells);
  if (!scan.isEmpty) cells.read();
  const edges: string[] = [];
  while (scan.next())
    if (!scan.isEnd && !scan.isEmpty && /^(odd|even|first)(Header|Footer)$/.test(scan.name) && scan.next())
      edges.push(scan.text());
  for (const [address, notes] of comments) {
    const place = placeOf(address, 0, address.length);
    if (place >= 0)
      for (const note of notes) cells.found.comment(Math.floor(place / MAX_COLUMNS), place % MAX_COLUMNS, note);
  }
  return {
    cells: cells.found,
    marks: { edges: edgeLines(edges), hiddenRows: cells.hiddenRows, hiddenColumns, uncalculated: cells.uncalculated },
  };
}

const isOn = (value: string | undefined) => value === '1' || value === 'true';

class Cells {
  readonly found = new SheetCells();
  readonly hiddenRows = new Set<number>();
  /** Formulas without a result; an empty value is one where it is a text (t="str"): the result of a formula that shows nothing. */
  uncalculated = 0;
  readonly #scan: TagScan;
  readonly #texts: CellTexts;
  readonly #maxCells: number;
  #count = 0;
  /** Of the current row and cell, 0-based. */
  #row = -1;
  #column = -1;
  #style = -1;
  #type = '';

  constructor(scan: TagScan, texts: CellTexts, maxCells: number) {
    this.#scan = scan;
    this.#texts = texts;
    this.#maxCells = maxCells;
  }

  /** Up to the end of the data. */
  read(): void {
    const scan = this.#scan;
    let row = -1;
    while (scan.next()) {
      if (scan.isEnd) {
        if (scan.is('sheetData')) return;
      } else if (scan.is('c')) {
        if (this.#count > this.#maxCells) scan.skip();
        else this.#readCell(row);
      } else if (scan.is('row')) {
        const number = Number(scan.attribute('r') ?? 0);
        row = number >= 1 && number <= MAX_ROWS ? Math.floor(number) - 1 : row + 1;
        this.#column = -1;
        if (row < MAX_ROWS && isOn(scan.attribute('hidden'))) this.hiddenRows.add(row);
      }
    }
  }

  #readCell(row: number): void {
    const scan = this.#scan;
    this.#row = row;
    this.#column += 1;
    this.#style = -1;
    this.#type = '';
    this.#readAttributes();
    if (scan.isEmpty) return;
    let value: string | undefined;
    let text = '';
    let isFormula = false;
    let isValue = false;
    while (scan.next() && !(scan.isEnd && scan.is('c'))) {
      if (scan.isEnd) continue;
      if (scan.is('v')) {
        isValue = true;
        if (scan.isEmpty || !scan.next()) continue;
        value = scan.raw();
      } else if (scan.is('is')) {
        isValue = true;
        text = this.#texts.rich(scan, this.#style);
      } else {
        if (scan.is('f')) isFormula = true;
        scan.skip();
      }
    }
    if (isFormula && (!isValue || (this.#type !== 'str' && this.#type !== 'inlineStr' && (value ?? '').trim() === '')))
      this.uncalculated += 1;
    if (this.#type !== 'inlineStr') text = value === undefined ? '' : this.#textOf(value);
    if (text === '') return;
    this.#count += 1;
    this.found.put(this.#row, this.#column, text);
  }

  #textOf(value: string): string {
    const style = this.#style;
    switch (this.#type) {
      case 's':
        return this.#texts.shared(Number(value), style);
      case 'str':
        return this.#texts.text(decodeText(value), style);
      case 'b':
        return this.#texts.text(isOn(value.trim()) ? 'TRUE' : 'FALSE', style);
      case 'e':
        return decodeText(value).trim();
      case 'd':
        return this.#texts.date(decodeText(value).trim(), style);
      default:
        return this.#texts.number(decodeText(value).trim(), style);
    }
  }

  /** Address, format and type: one look at each character, for there may be millions of cells. */
  #readAttributes(): void {
    const { xml, nameEnd, tagEnd } = this.#scan;
    if (tagEnd - nameEnd < 4) return;
    const tag = xml.slice(nameEnd, tagEnd); // a search in the whole would go on behind it, for every cell
    for (let at = 0; ; ) {
      const equals = tag.indexOf('=', at);
      if (equals < 0) return;
      let open = equals + 1;
      while (tag.charCodeAt(open) <= 32) open += 1;
      const close = open < tag.length ? tag.indexOf(tag[open]!, open + 1) : -1; // within the tag
      if (close < 0) return;
      let nameAt = equals - 1;
      while (tag.charCodeAt(nameAt) <= 32) nameAt -= 1;
      if (tag.charCodeAt(nameAt - 1) <= 32) {
        const name = tag[nameAt];
        if (name === 'r') this.#take(tag, open + 1, close);
        else if (name === 's') this.#style = Number(tag.slice(open + 1, close));
        else if (name === 't') this.#type = tag.slice(open + 1, close);
      }
      at = close + 1;
    }
  }

  #take(xml: string, from: number, to: number): void {
    const place = placeOf(xml, from, to);
    if (place < 0) return;
    this.#column = place % MAX_COLUMNS;
    this.#row = Math.floor(place / MAX_COLUMNS);
  }
}

/** Row × 16,384 + column of an address such as B7, both 0-based; -1 where it is none. */
function placeOf(text: string, from: number, to: number): number {
  let [column, row, at] = [0, 0, from];
  for (; at < to; at++) {
    const letter = text.charCodeAt(at) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
  }
  for (; at < to; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    row = row * 10 + digit;
  }
  return column < 1 || column > MAX_COLUMNS || row < 1 || row > MAX_ROWS ? -1 : (row - 1) * MAX_COLUMNS + column - 1;
}
