// The marks of sheets (sheet-marks.ts) in OpenDocument spreadsheets: one pass over the XML as text, no parse.
import type { PackageParts } from '../package-parts.ts';
import { columnRange, decodeXml, edgeLines, type SheetMarks } from './sheet-marks.ts';

/** More rows in one element are the empty rest of the sheet. */
const MAX_REPEATED = 10_000;
const ELEMENT =
  /<(table:(?:table|table-row|table-column|table-cell)|style:style|style:table-properties)(?=[\s/>])((?:[^<>"]|"[^"]*")*)>/g;

/** By sheet name. */
export async function tableMarks(parts: PackageParts): Promise<Map<string, SheetMarks>> {
  const text = async (part: string) => (await parts.bytes(part))?.toString('utf8') ?? '';
  return tableMarksIn(await text('content.xml'), await text('styles.xml'));
}

/** @param styles  the same text where one file holds the whole document */
export function tableMarksIn(content: string, styles: string): Map<string, SheetMarks> {
  const edges = headersOf(styles);
  const marks = new Map<string, SheetMarks>();
  if (edges.size === 0 && !/table:(visibility|formula|display)="/.test(content)) return marks;
  const hiddenStyles = new Set<string>();
  let style = '';
  /** Master page by the style of a table. */
  const pages = new Map<string, string>();
  let [row, column] = [0, 0];
  let sheet: { marks: SheetMarks; rows: Set<number> } | undefined;
  for (const [, element = '', attributes = ''] of content.matchAll(ELEMENT)) {
    const value = (name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1];
    if (element === 'style:style') {
      const page = value('style:master-page-name');
      style = value('style:name') ?? '';
      if (page !== undefined && page !== '') pages.set(style, page);
    } else if (element === 'style:table-properties') {
      if (value('table:display') === 'false') hiddenStyles.add(style);
    } else if (element === 'table:table') {
      const rows = new Set<number>();
      const own = value('table:style-name') ?? '';
      sheet = {
        marks: {
          edges: edges.get(pages.get(own) ?? 'Default') ?? [],
          hiddenRows: rows,
          hiddenColumns: [],
          uncalculated: 0,
          isHidden: hiddenStyles.has(own),
        },
        rows,
      };
      marks.set(decodeXml(value('table:name') ?? ''), sheet.marks);
      [row, column] = [0, 0];
    } else if (sheet === undefined) continue;
    else if (element === 'table:table-row') {
      const repeated = Number(value('table:number-rows-repeated') ?? 1);
      if (isHidden(value('table:visibility')) && repeated <= MAX_REPEATED)
        for (let i = 0; i < repeated; i++) sheet.rows.add(row + i);
      row += repeated;
    } else if (element === 'table:table-column') {
      const repeated = Number(value('table:number-columns-repeated') ?? 1);
      if (isHidden(value('table:visibility')))
        sheet.marks.hiddenColumns.push(columnRange(column + 1, column + repeated));
      column += repeated;
    } else if (
      attributes.includes('table:formula=') &&
      !/\soffice:(value|string-value|boolean-value|date-value|time-value)(-type)?="/.test(attributes)
    )
      sheet.marks.uncalculated += 1;
  }
  return marks;
}

const isHidden = (visibility: string | undefined) => visibility === 'collapse' || visibility === 'filter';

/** Fields that every page fills in: their stored text is a sample. */
const FIELDS =
  /<text:(sheet-name|title|date|time|page-number|page-count|file-name|author-name)\b[^<>]*(?:\/>|>[^<]*<\/text:\1>)/g;

/** Lines of the headers and footers that are shown, by master page. */
function headersOf(styles: string): Map<string, string[]> {
  const pages = new Map<string, string[]>();
  for (const [, head = '', body = ''] of styles.matchAll(
    /<style:master-page\b([^<>]*)>([\s\S]*?)<\/style:master-page>/g,
  )) {
    const name = /\sstyle:name="([^"]*)"/.exec(head)?.[1] ?? '';
    const edges: string[] = [];
    for (const [, hidden = '', edge = ''] of body.matchAll(
      /<style:(?:header|footer)(?:-left|-first)?(\s[^<>]*)?>([\s\S]*?)<\/style:(?:header|footer)/g,
    ))
      if (!hidden.includes('style:display="false"'))
        edges.push(
          decodeXml(
            edge
              .replace(FIELDS, '')
              .replace(/<\/text:p>|<style:region/g, '\t$&')
              .replace(/<[^<>]*>/g, ''),
          ).replace(/\s*\t\s*/g, '\t'),
        );
    // An ampersand is a code in the headers of Excel only.
    const lines = edgeLines(edges.map((edge) => edge.replaceAll('&', '&&')));
    if (lines.length > 0) pages.set(name, lines);
  }
  return pages;
}
