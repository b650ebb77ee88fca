// What a sheet says beside its cells: header and footer, hidden rows and columns, formulas that nobody has calculated. Here for xlsx; for xls and
// xlsb in sheet-records.ts, for ods in table-marks.ts.
// One pass over the XML as text, no parse: the workbook library has read the cells and keeps none of this.
import type { PackageParts } from '../package-parts.ts';
import { mainPart, relationsOf } from './office-xml.ts';
import { isSymbolFont } from './word-styles.ts';

export interface SheetMarks {
  /** Lines of headers and footers. */
  edges: string[];
  /** 0-based. */
  hiddenRows: ReadonlySet<number>;
  /** Column letters, as ranges. */
  hiddenColumns: string[];
  /** Formulas without a stored result: some programs write none, and the cell shows nothing until Excel opens the file. */
  uncalculated: number;
  /** Where the workbook library does not tell. */
  isHidden?: boolean;
  /** Cells in a symbol font, by their address. */
  symbolFonts?: ReadonlyMap<string, string>;
}

/** By sheet name. */
export async function sheetMarks(parts: PackageParts): Promise<Map<string, SheetMarks>> {
  const main = await mainPart(parts, 'xl/workbook.xml');
  const relations = await relationsOf(parts, main);
  const targets = new Map(relations.map(({ id, target }) => [id, target]));
  const fonts = await symbolFonts(parts, relations.find(({ kind }) => kind === 'styles')?.target);
  const sheets: { name: string; part: string }[] = [];
  await parts.xml(main, {
    open(element, attributes) {
      const id = element === 'sheet' ? Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] : undefined;
      const part = id === undefined ? undefined : targets.get(id);
      if (part !== undefined && attributes.name !== undefined) sheets.push({ name: attributes.name, part });
    },
  });
  const marks = new Map<string, SheetMarks>();
  for (const { name, part } of sheets) {
    const content = await parts.bytes(part);
    if (content === undefined) continue;
    const mark = readMarks(content);
    marks.set(name, fonts.size === 0 ? mark : { ...mark, symbolFonts: cellsIn(content, fonts) });
  }
  return marks;
}

/** Symbol fonts by the number of the cell format that uses them. */
async function symbolFonts(parts: PackageParts, part: string | undefined): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const content = part === undefined ? undefined : await parts.bytes(part);
  if (part === undefined || content === undefined || !/(wing|web)dings/i.test(content.toString('latin1'))) return found;
  const fonts: string[] = [];
  let formats = 0;
  let [isFonts, isFormats] = [false, false];
  await parts.xml(part, {
    open(name, attributes) {
      if (name === 'fonts') isFonts = true;
      else if (name === 'cellXfs') isFormats = true;
      else if (isFonts && name === 'font') fonts.push('');
      else if (isFonts && name === 'name' && fonts.length > 0) fonts[fonts.length - 1] = attributes.val ?? '';
      else if (isFormats && name === 'xf') {
        const font = fonts[Number(attributes.fontId)] ?? '';
        if (isSymbolFont(font)) found.set(String(formats), font);
        formats += 1;
      }
    },
    close(name) {
      if (name === 'fonts') isFonts = false;
      else if (name === 'cellXfs') isFormats = false;
    },
  });
  return found;
}

function cellsIn(content: Buffer, fonts: ReadonlyMap<string, string>): Map<string, string> {
  const cells = new Map<string, string>();
  for (const [element] of content.toString('latin1').matchAll(/<(?:\w+:)?c\b[^>]*\bs="\d+"[^>]*>/g)) {
    const font = fonts.get(/\bs="(\d+)"/.exec(element)![1]!); // matched above
    const address = /\br="([A-Z]{1,3}\d{1,7})"/.exec(element)?.[1];
    if (font !== undefined && address !== undefined) cells.set(address, font);
  }
  return cells;
}

function readMarks(content: Buffer): SheetMarks {
  const dataEnd = content.lastIndexOf('sheetData');
  const dataStart = content.indexOf('sheetData');
  const head = content.toString('utf8', 0, Math.max(0, dataStart));
  const tail = dataEnd < 0 ? '' : content.toString('utf8', dataEnd);
  const cells =
    content.includes('hidden="') || content.includes('<f') || content.includes(':f>') || content.includes(':f ');
  // One char per byte: the marks are ASCII.
  const data = cells ? content.toString('latin1', Math.max(0, dataStart), Math.max(0, dataEnd)) : '';
  return {
    edges: edgeLines(
      [...tail.matchAll(/<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)>([^<]{0,4000})</g)].map(([, body = '']) =>
        decodeXml(body),
      ),
    ),
    hiddenRows: hiddenRows(data),
    hiddenColumns: [...head.matchAll(/<(?:\w+:)?col\b[^>]*>/g)]
      .map(([element]) => element)
      .filter((element) => isOn(element))
      .map((element) => columnRange(numberIn(element, 'min'), numberIn(element, 'max'))),
    uncalculated: data.match(UNCALCULATED)?.length ?? 0,
  };
}

/** A cell with a formula and no value; an empty value is one where it is a text (t="str"): the result of a formula that shows nothing. */
const UNCALCULATED =
  /<(?:\w+:)?c\b(?:[^<>]*>\s*<(?:\w+:)?f\b(?:[^<>]*\/>|[^<>]*>[^<]*<\/(?:\w+:)?f>)|(?![^<>]*\bt="str")[^<>]*>\s*<(?:\w+:)?f\b(?:[^<>]*\/>|[^<>]*>[^<]*<\/(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*\/>|<(?:\w+:)?v>\s*<\/(?:\w+:)?v>))\s*<\/(?:\w+:)?c>/g;

const isOn = (element: string) => /\bhidden="(1|true)"/.test(element);
const numberIn = (element: string, name: string) =>
  Number(new RegExp(`\\b${name}="(\\d{1,7})"`).exec(element)?.[1] ?? 0);

function hiddenRows(data: string): Set<number> {
  const rows = new Set<number>();
  if (!data.includes('hidden="')) return rows;
  let row = 0;
  for (const [element] of data.matchAll(/<(?:\w+:)?row\b[^>]*>/g)) {
    row = numberIn(element, 'r') || row + 1;
    if (isOn(element)) rows.add(row - 1);
  }
  return rows;
}

/** 1-based: A, or B–D. */
export function columnRange(min: number, max: number): string {
  const [first, last] = [Math.min(min, MAX_COLUMNS), Math.min(max, MAX_COLUMNS)]; // the file may say anything, endless numbers too
  return first === last ? columnName(first) : `${columnName(first)}–${columnName(last)}`;
}
const MAX_COLUMNS = 16_384;

/** 1 → A, 27 → AA. */
export function columnName(column: number): string {
  let name = '';
  for (let n = column; n > 0; n = Math.floor((n - 1) / 26)) name = String.fromCharCode(65 + ((n - 1) % 26)) + name;
  return name;
}

/** What is left of "Page 1 of 3" without its numbers. */
const PAGE_NUMBER =
  /^(page|seite|página|pagina|sida|side|strona|strana|oldal|sivu)?\s*(of|von|de|di|van|av|af|z|ze|\/)?$/i;

/** Headers and footers without their codes (&L left, &P page, &"Arial,Bold" font). ECMA-376 18.3.1.46. */
export function edgeLines(bodies: readonly string[]): string[] {
  const lines = new Set<string>();
  for (const body of bodies) {
    const text = body
      .slice(0, 4000)
      .replace(/&"[^"]*"|&K[0-9A-F]{6}|&K\d\d[+-]\d{3}|&\d{1,3}/gi, '')
      .replace(/&[PNDTAFZGBIUESXYHO]/gi, '')
      .replace(/&[LCR]/gi, '\t')
      .replaceAll('&&', '&')
      .trim();
    if (/[\p{L}\p{N}]/u.test(text) && !PAGE_NUMBER.test(text)) lines.add(text);
  }
  return [...lines];
}

export const decodeXml = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replace(/&#(x?)([0-9a-f]{1,6});/gi, (whole, hex: string, digits: string) => {
      const code = Number.parseInt(digits, hex === '' ? 10 : 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    })
    .replaceAll('&amp;', '&');
