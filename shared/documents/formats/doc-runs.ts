// Runs of a Word document (doc) whose characters are not what their codes say: deleted and hidden text, signs of symbol fonts, form fields; and the
// paragraphs that end the row of a table.
// Invariant: D1 a damaged table of runs costs the runs it holds, never the text.
// Source: [MS-DOC] 2.8.5 (PlcBteChpx), 2.8.6 (PlcBtePapx), 2.9.33 (ChpxFkp), 2.9.174 (PapxFkp), 2.6.1 (character properties), 2.9.78 (FFData), 2.9.86 (FFN), 2.9.213 (Prm0).
import { checkbox } from './choices.ts';
import type { RowEdges } from './table-grid.ts';

/** Bytes [from, to) of the main stream. */
export interface Run {
  from: number;
  to: number;
  look: Look;
}

export interface Look {
  /** Deleted, or hidden. */
  isGone: boolean;
  /** Symbol font of the characters. */
  font: string | undefined;
  /** A sign that stands in place of the character: font and code. */
  symbol: { font: string; hex: string } | undefined;
  /** What was chosen in the form field that the character holds. */
  choice: string | undefined;
}

interface Streams {
  main: Buffer;
  table: Buffer;
  data: Buffer | undefined;
}

const FC_PLCF_BTE_CHPX = 0xfa;
const FC_PLCF_BTE_PAPX = 0x102;
const FC_STTBF_FFN = 0x112;
const PAGE_BYTES = 512;
const SPRM = {
  deleted: 0x0800,
  hidden: 0x083c,
  data: 0x0806,
  place: 0x6a03,
  symbol: 0x6a09,
  font: 0x4a4f,
  inTable: 0x2416,
  rowEnd: 0x2417,
  innerRowEnd: 0x244c,
  rowCells: 0xd608,
} as const;
/** Properties whose operand is the place of a list of further ones. */
const LISTS: ReadonlySet<number> = new Set([0x6645, 0x6646, 0x646b]);
/** Numbers of Prm0 for the two that hide text. */
const PRM_DELETED = 0x41;
const PRM_HIDDEN = 0x5c;

/** Runs in the order of the stream that are not plain. */
export function runsOf(streams: Streams): Run[] {
  const fonts = fontNames(streams);
  const runs: Run[] = [];
  for (const page of propertyPages(streams, FC_PLCF_BTE_CHPX)) takeRuns(page, fonts, streams, runs);
  return runs;
}

/** The end of a row. */
export interface DocRow {
  /** Byte of the main stream behind its mark. */
  end: number;
  /** Undefined for rows of tables in tables, and damaged ones. */
  edges: RowEdges | undefined;
  /** Does another table stand before it, or none? */
  startsTable: boolean;
}

/** Rows in the order of the stream. */
export function rowsOf(streams: Streams): DocRow[] {
  const rows: DocRow[] = [];
  let startsTable = true;
  for (const page of propertyPages(streams, FC_PLCF_BTE_PAPX)) {
    const count = page[PAGE_BYTES - 1]!; // of 512 bytes
    for (let i = 0; i < Math.min(count, 0x1d); i++) {
      const at = (page[(count + 1) * 4 + i * 13] ?? 0) * 2; // a count that is damaged may lead out of the page
      // A size of 0 says that the size stands behind it and counts pairs of bytes.
      const [from, to] = page[at] === 0 ? [at + 2, at + 2 + page[at + 1]! * 2] : [at + 1, at + page[at]! * 2]; // at ≤ 510
      const look = at === 0 ? undefined : paragraphOf(page, from + 2, Math.min(to, PAGE_BYTES), streams.data);
      const end = page.readUInt32LE(i * 4 + 4);
      if (look?.isInnerRowEnd === true) rows.push({ end, edges: undefined, startsTable: false });
      else if (look?.isRowEnd === true) {
        rows.push({ end, edges: look.edges, startsTable });
        startsTable = false;
      } else if (look?.isInTable !== true) startsTable = true;
    }
  }
  return rows;
}

interface Paragraph {
  isRowEnd: boolean;
  /** Of a table in a table. */
  isInnerRowEnd: boolean;
  isInTable: boolean;
  edges: RowEdges | undefined;
}

/** @param from  of the properties in the page @param to  behind them */
function paragraphOf(page: Buffer, from: number, to: number, data: Buffer | undefined): Paragraph {
  const look: Paragraph = { isRowEnd: false, isInnerRowEnd: false, isInTable: false, edges: undefined };
  for (let at = from, size = sprmBytes(page, at, to); size > 0; at += size, size = sprmBytes(page, at, to)) {
    const code = page.readUInt16LE(at);
    takeSprm(look, code, page, at + 2, to);
    // Properties too large for the page stand in the stream Data, and their place in the page.
    if (data !== undefined && LISTS.has(code)) takeList(look, data, page.readUInt32LE(at + 2));
  }
  return look;
}

function takeList(look: Paragraph, data: Buffer, place: number): void {
  if (place + 2 > data.length) return;
  const to = Math.min(data.length, place + 2 + data.readUInt16LE(place));
  for (let at = place + 2, size = sprmBytes(data, at, to); size > 0; at += size, size = sprmBytes(data, at, to))
    takeSprm(look, data.readUInt16LE(at), data, at + 2, to);
}

/** @param at  of the operand @param to  behind the list of properties */
function takeSprm(look: Paragraph, code: number, list: Buffer, at: number, to: number): void {
  if (code === SPRM.rowEnd) look.isRowEnd ||= list[at] === 1;
  else if (code === SPRM.innerRowEnd) look.isInnerRowEnd ||= list[at] === 1;
  else if (code === SPRM.inTable) look.isInTable = list[at] === 1;
  else if (code === SPRM.rowCells) look.edges = edgesIn(list, at, to);
}

/** Left edge of the row and right edges of its cells: size in two bytes, number of cells, one edge more than cells ([MS-DOC] 2.9.321). */
function edgesIn(list: Buffer, at: number, to: number): RowEdges | undefined {
  const cells = at + 2 < to ? list[at + 2]! : 0; // to ≤ length
  if (cells === 0 || at + 5 + cells * 2 > to) return undefined;
  const edges = Array.from({ length: cells + 1 }, (_, i) => list.readInt16LE(at + 3 + i * 2));
  return { left: edges[0]!, ends: edges.slice(1) }; // one at least
}

function* propertyPages({ main, table }: Streams, entry: number): Generator<Buffer> {
  const bins = slice(table, main, entry);
  const count = Math.floor((bins.length - 4) / 8);
  for (let i = 0; i < count; i++) {
    const at = (bins.readUInt32LE((count + 1) * 4 + i * 4) & 0x3fffff) * PAGE_BYTES;
    if (at + PAGE_BYTES <= main.length) yield main.subarray(at, at + PAGE_BYTES);
  }
}

function takeRuns(page: Buffer, fonts: readonly string[], streams: Streams, runs: Run[]): void {
  const count = page[PAGE_BYTES - 1]!; // of 512 bytes
  if (count > 0x65) return;
  for (let i = 0; i < count; i++) {
    const at = page[(count + 1) * 4 + i]! * 2; // within: count is bounded
    const length = at === 0 ? 0 : page[at]!; // at ≤ 510
    if (length === 0) continue;
    const look = lookIn(page, at + 1, Math.min(at + 1 + length, PAGE_BYTES), fonts, streams);
    if (look !== undefined) runs.push({ from: page.readUInt32LE(i * 4), to: page.readUInt32LE(i * 4 + 4), look });
  }
}

/** What a list of properties says of the characters; undefined for those that are what they are. @param to  behind the list */
function lookIn(
  list: Buffer,
  from: number,
  to: number,
  fonts: readonly string[],
  streams: Streams | undefined,
): Look | undefined {
  const look: Look = { isGone: false, font: undefined, symbol: undefined, choice: undefined };
  let isData = false;
  let place: number | undefined;
  for (
    let start = from, size = sprmBytes(list, start, to);
    size > 0;
    start += size, size = sprmBytes(list, start, to)
  ) {
    const [code, at] = [list.readUInt16LE(start), start + 2];
    if (code === SPRM.deleted || code === SPRM.hidden)
      look.isGone = isOn(list[at]!) || look.isGone; // sprmBytes looks that it is there
    else if (code === SPRM.data) isData = list[at] === 1;
    else if (code === SPRM.place) place = list.readUInt32LE(at);
    else if (code === SPRM.font) look.font = fonts[list.readUInt16LE(at)];
    else if (code === SPRM.symbol)
      look.symbol = { font: fonts[list.readUInt16LE(at)] ?? '', hex: list.readUInt16LE(at + 2).toString(16) };
  }
  if (look.font !== undefined && !/^(wingdings|webdings|symbol)/i.test(look.font)) look.font = undefined;
  if (isData && place !== undefined && streams?.data !== undefined) look.choice = choiceAt(streams.data, place);
  return look.isGone || look.font !== undefined || look.symbol !== undefined || look.choice !== undefined
    ? look
    : undefined;
}

/** 81h: the opposite of what the style says, which is visible. */
const isOn = (toggle: number) => toggle === 1 || toggle === 0x81;

/** Does the modifier of a piece hide it? @param lists  property lists of the table of pieces */
export function isPieceGone(modifier: number, lists: readonly Buffer[]): boolean {
  if ((modifier & 1) === 0) {
    const number = (modifier >> 1) & 0x7f;
    return (number === PRM_DELETED || number === PRM_HIDDEN) && isOn(modifier >> 8);
  }
  const list = lists[modifier >> 1];
  return list !== undefined && lookIn(list, 0, list.length, [], undefined)?.isGone === true;
}

const OPERAND_BYTES = [1, 1, 2, 4, 2, 2, 0, 3];

/** Bytes of the property that stands there, its code included; 0 where none ends before the list does. @param to  behind the list */
function sprmBytes(list: Buffer, at: number, to: number): number {
  if (at + 3 > to) return 0;
  const code = list.readUInt16LE(at);
  const kind = code >> 13;
  const size = 2 + (kind === 6 ? variableBytes(list, code, at + 2, to) : OPERAND_BYTES[kind]!); // kind < 8
  return at + size > to ? 0 : size;
}

/** Size of an operand that tells it itself, its count included; that of a row of cells takes two bytes and counts one of them. */
function variableBytes(list: Buffer, code: number, at: number, to: number): number {
  if (code === SPRM.rowCells && at + 2 <= to) return list.readUInt16LE(at) + 1;
  return list[at]! + 1; // the caller has looked
}

/** A part of the table stream that the header names by offset and size. */
function slice(table: Buffer, main: Buffer, entry: number): Buffer {
  if (entry + 8 > main.length) return Buffer.alloc(0);
  const from = main.readUInt32LE(entry);
  return table.subarray(from, from + main.readUInt32LE(entry + 4));
}

function fontNames({ main, table }: Streams): string[] {
  const list = slice(table, main, FC_STTBF_FFN);
  const names: string[] = [];
  for (let at = 4; at < list.length && names.length < 1000; at += 1 + list[at]!)
    // A size and 39 bytes of properties stand before the name.
    names.push(list.toString('utf16le', at + 40, at + 1 + list[at]!).replace(/\0[\s\S]*$/, '')); // at < length
  return names;
}

const CHECK_BOX = 1;
const LIST = 2;
/** Result that says: as at first. */
const AS_AT_FIRST = 25;

/** State of a check box, entry of a list; undefined for text fields, whose result stands in the text. */
function choiceAt(data: Buffer, place: number): string | undefined {
  if (place + 6 > data.length) return undefined;
  const field = data.subarray(place + data.readUInt16LE(place + 4), place + data.readUInt32LE(place));
  if (field.length < 10 || field.readUInt32LE(0) !== 0xffffffff) return undefined;
  const bits = field.readUInt16LE(4);
  const kind = bits & 3;
  if (kind !== CHECK_BOX && kind !== LIST) return undefined;
  const result = (bits >> 2) & 0x1f;
  let at = afterString(field, 10); // name
  if (at + 2 > field.length) return undefined;
  const chosen = result === AS_AT_FIRST ? field.readUInt16LE(at) : result;
  if (kind === CHECK_BOX) return `${checkbox(chosen === 1)} `;
  at += 2;
  for (let strings = 0; strings < 5; strings++) at = afterString(field, at); // format, help, status, macros
  if (at + 6 > field.length || field.readUInt16LE(at) !== 0xffff) return undefined;
  at += 6;
  for (let skipped = 0; skipped < chosen && at + 2 <= field.length; skipped++) at += 2 + field.readUInt16LE(at) * 2;
  return at + 2 > field.length ? undefined : field.toString('utf16le', at + 2, at + 2 + field.readUInt16LE(at) * 2);
}

/** Behind a counted string with a terminating NUL. */
const afterString = (field: Buffer, at: number) =>
  at + 2 > field.length ? field.length : at + 4 + field.readUInt16LE(at) * 2;
