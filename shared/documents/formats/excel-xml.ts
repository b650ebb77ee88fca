// The marks of sheets (sheet-marks.ts) in the XML spreadsheets of Excel 2002 and 2003, and the comments of their cells: one pass over the XML as text.
// Source: "XML Spreadsheet Reference" (Office 2003): ss:Worksheet, ss:Column, ss:Row, x:WorksheetOptions.
import { columnRange, decodeXml, edgeLines, type SheetMarks } from './sheet-marks.ts';

const MAX_REPEATED = 16_384;
const ELEMENT =
  /<(\/?)(?:\w+:)?(Worksheet|Column|Cell|Data|Header|Footer|Visible)(?=[\s/>])((?:[^<>"]|"[^"]*")*)>([^<]*)/g;

export const isExcelXml = (text: string) => text.includes('urn:schemas-microsoft-com:office:spreadsheet');

/** By sheet name. */
export function excelXmlMarks(text: string): Map<string, SheetMarks> {
  const marks = new Map<string, SheetMarks>();
  let sheet: SheetMarks | undefined;
  let edges: string[] = [];
  let column = 0;
  let isUncalculated = false;
  for (const [, end = '', element = '', attributes = '', content = ''] of text.matchAll(ELEMENT)) {
    const value = (name: string) => new RegExp(`\\s(?:\\w+:)?${name}="([^"]*)"`).exec(attributes)?.[1];
    const isEmpty = attributes.endsWith('/');
    if (element === 'Worksheet' && end === '') {
      sheet = { edges: [], hiddenRows: new Set(), hiddenColumns: [], uncalculated: 0 };
      edges = [];
      column = 0;
      marks.set(decodeXml(value('Name') ?? ''), sheet);
    } else if (sheet === undefined) continue;
    else if (element === 'Worksheet') sheet.edges = edgeLines(edges);
    else if (element === 'Column' && end === '') {
      const from = Number(value('Index') ?? column + 1);
      column = from + Math.min(Number(value('Span') ?? 0), MAX_REPEATED);
      if (value('Hidden') === '1') sheet.hiddenColumns.push(columnRange(from, column));
    } else if (element === 'Cell') {
      if (end === '') isUncalculated = value('Formula') !== undefined;
      if ((end !== '' || isEmpty) && isUncalculated) {
        sheet.uncalculated += 1;
        isUncalculated = false;
      }
    } else if (element === 'Data' && end === '')
      isUncalculated = isUncalculated && content.trim() === '' && !isText(value('Type'));
    else if (element === 'Visible' && end === '') sheet.isHidden = content.trim() !== 'SheetVisible';
    else if ((element === 'Header' || element === 'Footer') && value('Data') !== undefined)
      edges.push(decodeXml(value('Data') ?? ''));
  }
  return marks;
}

/** A text of no letters is the result of a formula that shows nothing. */
const isText = (type: string | undefined) => type === 'String';
