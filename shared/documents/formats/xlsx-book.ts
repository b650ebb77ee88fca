// Workbooks of XML parts (xlsx, xlsm) read by ourselves, sheet by sheet: names, shared strings, formats, comments.
// What holds other sheets than those of cells (charts, dialogs, macros of Excel 4) is left to the workbook library.
// Source: ECMA-376 part 1, 18.2 (workbook), 18.4 (shared strings), 18.7 (comments), 18.8 (styles).
import type { PackageParts } from '../package-parts.ts';
import { kindOfFormat, ofThread, withSigns } from './cell-text.ts';
import { symbolsIn } from './drawing-text.ts';
import { builtInFormat, NumberFormats } from './number-format.ts';
import { mainPart, relationsOf } from './office-xml.ts';
import { TagScan, toScan } from './tag-scan.ts';
import { isSymbolFont } from './word-styles.ts';
import { type CellTexts, type ReadSheet, readSheet } from './xlsx-sheet.ts';

export interface XlsxSheet extends ReadSheet {
  name: string;
  isHidden: boolean;
}

interface ListedSheet {
  name: string;
  isHidden: boolean;
  part: string;
}

export class XlsxBook {
  readonly #parts: PackageParts;
  readonly #sheets: readonly ListedSheet[];
  readonly #texts: BookTexts;

  private constructor(parts: PackageParts, sheets: readonly ListedSheet[], texts: BookTexts) {
    this.#parts = parts;
    this.#sheets = sheets;
    this.#texts = texts;
  }

  /** Undefined when it is not wholly a workbook of sheets of cells. */
  static async open(parts: PackageParts): Promise<XlsxBook | undefined> {
    const main = await mainPart(parts, 'xl/workbook.xml');
    const content = await parts.utf8(main);
    if (content === undefined || !parts.has('[Content_Types].xml')) return undefined;
    const relations = await relationsOf(parts, main);
    const targets = new Map(relations.map((relation) => [relation.id, relation]));
    const sheets: ListedSheet[] = [];
    let is1904 = false;
    for (const scan = new TagScan(toScan(content)); scan.next(); ) {
      if (scan.isEnd) continue;
      if (scan.is('workbookPr')) is1904 = /^(1|true)$/.test(scan.attribute('date1904') ?? '');
      if (!scan.is('sheet')) continue;
      const relation = targets.get(scan.attribute(':id') ?? '');
      if (relation?.kind !== 'worksheet' || !parts.has(relation.target)) return undefined;
      const isHidden = /^(veryHidden|hidden)$/.test(scan.attribute('state') ?? '');
      sheets.push({ name: scan.attribute('name') ?? '', isHidden, part: relation.target });
    }
    if (sheets.length === 0) return undefined;
    const partOf = (kind: string, usual: string) => relations.find((each) => each.kind === kind)?.target ?? usual;
    const styles = readStyles(await scanned(parts, partOf('styles', 'xl/styles.xml')));
    const strings = readStrings(await scanned(parts, partOf('sharedStrings', 'xl/sharedStrings.xml')));
    return new XlsxBook(parts, sheets, await BookTexts.open(styles, strings, is1904));
  }

  /** One after another, so that only one is held. @param maxCells  of all sheets */
  async *sheets(maxCells: number): AsyncGenerator<XlsxSheet> {
    for (const { name, isHidden, part } of this.#sheets) {
      const comments = await readComments(this.#parts, part);
      yield { name, isHidden, ...readSheet(await scanned(this.#parts, part), this.#texts, comments, maxCells) };
    }
  }
}

async function scanned(parts: PackageParts, part: string): Promise<string> {
  const content = await parts.utf8(part);
  return content === undefined ? '' : toScan(content);
}

interface Styles {
  /** Number formats by the number of the cell format. */
  formats: string[];
  /** Symbol fonts, likewise. */
  fonts: Map<number, string>;
}

function readStyles(xml: string): Styles {
  const written = new Map<number, string>();
  const fonts: string[] = [];
  const styles: Styles = { formats: [], fonts: new Map() };
  let [isFonts, isFormats] = [false, false];
  for (const scan = new TagScan(xml); scan.next(); ) {
    const isOpen = !scan.isEnd && !scan.isEmpty;
    if (scan.is('fonts')) isFonts = isOpen;
    else if (scan.is('cellXfs')) {
      if (scan.isEnd) break;
      isFormats = isOpen;
    } else if (scan.isEnd) continue;
    else if (scan.is('numFmt')) written.set(Number(scan.attribute('numFmtId')), scan.attribute('formatCode') ?? '');
    else if (isFonts && scan.is('font')) fonts.push('');
    else if (isFonts && scan.is('name')) fonts[fonts.length - 1] = scan.attribute('val') ?? '';
    else if (isFormats && scan.is('xf')) {
      const [format, font] = [Number(scan.attribute('numFmtId') ?? 0), fonts[Number(scan.attribute('fontId') ?? -1)]];
      if (font !== undefined && isSymbolFont(font)) styles.fonts.set(styles.formats.length, font);
      styles.formats.push(written.get(format) || builtInFormat(format));
    }
  }
  return styles;
}

interface Strings {
  texts: string[];
  /** Those with letters that may be signs, as XML. */
  signs: Map<number, string>;
}

/** Runs in a font of signs. */
const SIGNS = /<(?:\w+:)?rFont\b[^<>]{0,200}(wing|web)dings/i;

function readStrings(xml: string): Strings {
  const strings: Strings = { texts: [], signs: new Map() };
  const maySign = SIGNS.test(xml);
  for (const scan = new TagScan(xml); scan.next(); ) {
    if (scan.isEnd || !scan.is('si')) continue;
    const from = scan.at;
    const text = richText(scan, 'si');
    if (maySign) {
      const rich = xml.slice(from, scan.at);
      if (SIGNS.test(rich)) strings.signs.set(strings.texts.length, Buffer.from(rich, 'latin1').toString());
    }
    strings.texts.push(text);
  }
  return strings;
}

/** Texts of the runs; how an East Asian text is read aloud is none of them. @param scan  at the element; behind its end afterwards */
function richText(scan: TagScan, element: string): string {
  let text = '';
  if (scan.isEmpty) return text;
  while (scan.next() && !(scan.isEnd && scan.is(element))) {
    if (scan.isEnd || scan.isEmpty) continue;
    if (scan.is('rPh') || scan.is('rPr')) scan.skip();
    else if (scan.is('t') && scan.next()) text += scan.text();
  }
  return unescaped(text);
}

/** Characters that XML cannot hold. ECMA-376 part 1, 22.9.2.19 (ST_Xstring). */
const unescaped = (text: string) =>
  text.includes('_x')
    ? text.replace(/_x([\da-f]{4})_/gi, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    : text;

const onOneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

class BookTexts implements CellTexts {
  readonly #styles: Styles;
  readonly #strings: Strings;
  readonly #formats: NumberFormats;

  private constructor(styles: Styles, strings: Strings, formats: NumberFormats) {
    this.#styles = styles;
    this.#strings = strings;
    this.#formats = formats;
    for (const [i, text] of strings.texts.entries()) strings.texts[i] = onOneLine(text);
  }

  static async open(styles: Styles, strings: Strings, is1904: boolean): Promise<BookTexts> {
    return new BookTexts(styles, strings, await NumberFormats.open(styles.formats, is1904));
  }

  #signed(text: string, style: number): string {
    const font = this.#styles.fonts.size === 0 ? undefined : this.#styles.fonts.get(style);
    return font === undefined ? text : symbolsIn(font, text).trim();
  }

  number(text: string, style: number): string {
    const value = Number.parseFloat(text);
    if (!Number.isFinite(value)) return text;
    return this.#signed(this.#formats.number(value, style), style);
  }

  date(text: string, style: number): string {
    const serial = this.#formats.serialOf(text);
    return serial === undefined || kindOfFormat(this.#formats.code(style)) === 'number'
      ? text.replace(/T00:00(:00(\.0+)?)?Z?$/, '').replace(/^(\d+-\d+-\d+)T/, '$1 ')
      : this.#formats.number(serial, style);
  }

  text(text: string, style: number): string {
    return this.#signed(onOneLine(this.#formats.text(unescaped(text), style)), style);
  }

  shared(index: number, style: number): string {
    const text = this.#strings.texts[index] ?? '';
    const rich = this.#strings.signs.size === 0 ? undefined : this.#strings.signs.get(index);
    if (rich !== undefined) return this.#signed(onOneLine(withSigns(rich)), style);
    return style < 0 || text === '' ? text : this.#signed(this.#shownText(text, style), style);
  }

  rich(scan: TagScan, style: number): string {
    return this.#signed(this.#shownText(onOneLine(richText(scan, 'is')), style), style);
  }

  #shownText(text: string, style: number): string {
    const shown = this.#formats.text(text, style);
    return shown === text ? text : onOneLine(shown);
  }
}

/** By the address of their cell; those of threads stand for the notes that programs write beside them. */
async function readComments(parts: PackageParts, sheet: string): Promise<Map<string, string[]>> {
  const notes = new Map<string, string[]>();
  const threads = new Map<string, string[]>();
  for (const { kind, target } of await relationsOf(parts, sheet)) {
    if (kind === 'comments') readNotes(await scanned(parts, target), 'comment', notes);
    else if (kind === 'threadedComment') readNotes(await scanned(parts, target), 'threadedComment', threads);
  }
  for (const [address, texts] of threads) notes.set(address, texts);
  return notes;
}

function readNotes(xml: string, element: string, notes: Map<string, string[]>): void {
  let address = '';
  for (const scan = new TagScan(xml); scan.next(); ) {
    if (scan.isEnd) continue;
    if (scan.is(element)) address = scan.attribute('ref') ?? '';
    else if (scan.is('text') && !scan.isEmpty) {
      const text = element === 'comment' ? ofThread(richText(scan, 'text')) : scan.next() ? scan.text() : '';
      const known = notes.get(address);
      if (known === undefined) notes.set(address, [text]);
      else known.push(text);
    }
  }
}
