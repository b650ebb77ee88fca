// The marks of sheets (sheet-marks.ts) in workbooks of binary records (xls, xlsb): the workbook library keeps none of them.
// Invariant: S1 a damaged record ends the walk; what was found until then counts.
// Source: [MS-XLS] 2.4.28 (BoundSheet8), 2.4.53 (ColInfo), 2.4.127 (Formula), 2.4.136 (Header), 2.4.221 (Row), 2.5.133 (FormulaValue);
// [MS-XLSB] 2.1.4 (records), 2.4.301 (BrtBeginHeaderFooter), 2.4.331 (BrtColInfo), 2.4.313 (BrtBundleSh), 2.4.741 (BrtRowHdr).
import type { PackageParts } from '../package-parts.ts';
import { mainPart, relationsOf } from './office-xml.ts';
import { columnRange, edgeLines, type SheetMarks } from './sheet-marks.ts';

interface Found {
  edges: string[];
  hiddenRows: Set<number>;
  hiddenColumns: string[];
  formulas: number;
  /** Formulas whose result is an empty text. */
  blank: number;
}

const nothing = (): Found => ({ edges: [], hiddenRows: new Set(), hiddenColumns: [], formulas: 0, blank: 0 });

/**
 * An empty text is a result like any other. Programs that calculate nothing store it with every formula: then none has one.
 */
function toMarks(found: ReadonlyMap<string, Found>): Map<string, SheetMarks> {
  const all = [...found.values()];
  const isCalculated = all.some(({ formulas, blank }) => formulas > blank);
  return new Map(
    [...found].map(([name, { formulas, edges, hiddenRows, hiddenColumns }]) => [
      name,
      { edges: edgeLines(edges), hiddenRows, hiddenColumns, uncalculated: isCalculated ? 0 : formulas },
    ]),
  );
}

const RECORD = {
  formula: 0x06,
  header: 0x14,
  footer: 0x15,
  continued: 0x3c,
  columns: 0x7d,
  sheet: 0x85,
  textObject: 0x1b6,
  drawingGroup: 0xeb,
  drawing: 0xec,
  row: 0x208,
  begin: 0x809,
  end: 0x0a,
} as const;
const LOOKED_AT: ReadonlySet<number> = new Set(Object.values(RECORD));
const BIFF8 = 0x600;
const MAX_BOXES = 10_000;

/** @returns marks by sheet name, the drawings of all sheets as one stream, and what text boxes say; nothing for workbooks before Excel 97 */
export function xlsMarks(workbook: Buffer): { marks: Map<string, SheetMarks>; drawings: Buffer; boxes: string[] } {
  const names = new Map<number, string>();
  const found = new Map<string, Found>();
  const drawings: Buffer[] = [];
  const boxes: string[] = [];
  /** Characters of a text object that are due in the record behind it. */
  let due = 0;
  let isText = false;
  let sheet: Found | undefined;
  let depth = 0;
  for (const { at, type, body } of xlsRecords(workbook)) {
    // Behind a text object stand its characters, then how they look.
    if (type === RECORD.continued && isText) {
      if (due > 0 && body.length > 1 && boxes.length < MAX_BOXES) boxes.push(text8(body, Math.min(due, body.length)));
      due = 0;
      continue;
    }
    isText = type === RECORD.textObject;
    due = isText && body.length >= 12 ? body.readUInt16LE(10) : 0;
    if (type === RECORD.begin) {
      if (body.length >= 2 && body.readUInt16LE(0) !== BIFF8) break;
      const name = names.get(at);
      if (depth === 0 && name !== undefined) {
        sheet = nothing();
        found.set(name, sheet);
      }
      depth += 1;
    } else if (type === RECORD.end) {
      depth -= 1;
      if (depth <= 0) sheet = undefined;
    } else if (type === RECORD.sheet && body.length > 8)
      names.set(body.readUInt32LE(0), text8(body.subarray(7), body[6]!)); // longer than 8
    else if (type === RECORD.drawingGroup || type === RECORD.drawing || type === RECORD.continued) drawings.push(body);
    else if (sheet !== undefined && depth === 1) takeRecord(sheet, type, body);
  }
  return { marks: toMarks(found), drawings: Buffer.concat(drawings), boxes };
}

function takeRecord(sheet: Found, type: number, body: Buffer): void {
  if (type === RECORD.row && body.length >= 14 && (body[12]! & 0x20) !== 0)
    sheet.hiddenRows.add(body.readUInt16LE(0)); // length ≥ 14
  else if (type === RECORD.columns && body.length >= 10 && (body[8]! & 1) !== 0)
    // length ≥ 10
    sheet.hiddenColumns.push(columnRange(body.readUInt16LE(0) + 1, body.readUInt16LE(2) + 1));
  else if ((type === RECORD.header || type === RECORD.footer) && body.length > 3)
    sheet.edges.push(text8(body.subarray(2), body.readUInt16LE(0)));
  else if (type === RECORD.formula && body.length >= 14) {
    sheet.formulas += 1;
    if (body[6] === 3 && body.readUInt16LE(12) === 0xffff) sheet.blank += 1;
  }
}

/** A string behind its count: a flag, then one or two bytes a character. */
function text8(bytes: Buffer, count: number): string {
  return (bytes[0]! & 1) === 0 ? bytes.toString('latin1', 1, 1 + count) : bytes.toString('utf16le', 1, 1 + count * 2); // not empty: the callers look
}

/** Cells are most of the records: a view of each would cost more than all the rest. A continuation belongs to the record before it. */
function* xlsRecords(workbook: Buffer): Generator<{ at: number; type: number; body: Buffer }> {
  let isContinued = false;
  for (let at = 0; at + 4 <= workbook.length; ) {
    const type = workbook.readUInt16LE(at);
    const end = at + 4 + workbook.readUInt16LE(at + 2);
    if (end > workbook.length) return;
    const isWanted = type === RECORD.continued ? isContinued : LOOKED_AT.has(type);
    if (isWanted) yield { at, type, body: workbook.subarray(at + 4, end) };
    if (type !== RECORD.continued)
      isContinued = type === RECORD.drawingGroup || type === RECORD.drawing || type === RECORD.textObject;
    at = end;
  }
}

const BRT = { row: 0, formulaText: 8, formulaLast: 11, columns: 60, sheet: 156, edges: 479 } as const;

/** Marks of an xlsb by sheet name. */
export async function xlsbMarks(parts: PackageParts): Promise<Map<string, SheetMarks>> {
  const main = await mainPart(parts, 'xl/workbook.bin');
  const targets = new Map((await relationsOf(parts, main)).map(({ id, target }) => [id, target]));
  const found = new Map<string, Found>();
  for (const { type, body } of xlsbRecords(await parts.bytes(main))) {
    if (type !== BRT.sheet) continue;
    const [id, name] = wideStrings(body.subarray(8), 2);
    const content = await parts.bytes(targets.get(id ?? '') ?? '');
    if (content !== undefined && name !== undefined) found.set(name, readSheet(content));
  }
  return toMarks(found);
}

function readSheet(content: Buffer): Found {
  const sheet = nothing();
  for (const { type, body } of xlsbRecords(content)) {
    if (type === BRT.row && body.length >= 12 && (body[11]! & 0x10) !== 0)
      sheet.hiddenRows.add(body.readUInt32LE(0)); // length ≥ 12
    else if (type === BRT.columns && body.length >= 18 && (body[16]! & 1) !== 0)
      // length ≥ 18
      sheet.hiddenColumns.push(columnRange(body.readUInt32LE(0) + 1, body.readUInt32LE(4) + 1));
    else if (type === BRT.edges) sheet.edges.push(...wideStrings(body.subarray(2), 6));
    else if (type >= BRT.formulaText && type <= BRT.formulaLast) {
      sheet.formulas += 1;
      if (type === BRT.formulaText && body.length >= 12 && body.readUInt32LE(8) === 0) sheet.blank += 1;
    }
  }
  return sheet;
}

/** Counted UTF-16 strings; one that is absent is ''. */
function wideStrings(bytes: Buffer, count: number): string[] {
  const texts: string[] = [];
  for (let at = 0; texts.length < count && at + 4 <= bytes.length; ) {
    const chars = bytes.readUInt32LE(at);
    const isAbsent = chars === 0xffffffff;
    texts.push(isAbsent ? '' : bytes.toString('utf16le', at + 4, at + 4 + chars * 2));
    at += 4 + (isAbsent ? 0 : chars * 2);
  }
  return texts;
}

/** Types have up to two bytes, sizes up to four, seven bits each. */
function* xlsbRecords(content: Buffer | undefined): Generator<{ type: number; body: Buffer }> {
  if (content === undefined) return;
  let at = 0;
  const number = (maxBytes: number) => {
    let value = 0;
    for (let i = 0; i < maxBytes; i++) {
      const byte = content[at++] ?? 0;
      value |= (i === 1 && maxBytes === 2 ? byte : byte & 0x7f) << (7 * i);
      if ((byte & 0x80) === 0) break;
    }
    return value;
  };
  while (at < content.length) {
    const type = number(2);
    const size = number(4);
    if (at + size > content.length) return;
    yield { type, body: content.subarray(at, at + size) };
    at += size;
  }
}
