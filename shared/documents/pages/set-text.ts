// A text as lines on pages: broken between words, cells of a table at stops, each word with its place. Pure; the typeface's widths come from outside.
// Invariants: L1 no line is wider than the column, whatever the text. L2 places of words point into the page's text.
// Limit: letters of right-to-left scripts are turned around word group by word group and not joined; the text beside the picture is whole.
import { type PageWords, UNITS_ACROSS, type WordBox } from './page.ts';

/** Points; A4. */
export const SHEET = { width: 595, height: 842, margin: 48, size: 9.5, lineHeight: 13.5, tab: 54 } as const;
const COLUMN = SHEET.width - 2 * SHEET.margin;
const LINES_PER_PAGE = Math.floor((SHEET.height - 2 * SHEET.margin) / SHEET.lineHeight);
/** Between a cell and the stop after it. */
const GAP = 6;

interface Word {
  text: string;
  /** Points from the left of the column. */
  x: number;
  width: number;
  /** What stands before it in the text of the page. */
  before: string;
}
export type Line = Word[];

/** Width of a character, em. */
type WidthOf = (char: string) => number;

/** Lines of a text, at most `maxPages` full of them. */
export function breakLines(text: string, widthOf: WidthOf, maxPages: number): Line[] {
  const lines: Line[] = [];
  const most = maxPages * LINES_PER_PAGE;
  for (const paragraph of text.split(/\r\n|[\n\r\f]/)) {
    if (lines.length >= most) break;
    const room = most - lines.length;
    lines.push(...breakParagraph(paragraph, widthOf, room).slice(0, room));
  }
  return lines;
}

function breakParagraph(paragraph: string, widthOf: WidthOf, room: number): Line[] {
  const lines: Line[] = [[]];
  let x = 0;
  for (const [, white = '', letters = ''] of paragraph.matchAll(/(\s*)(\S+)/gu)) {
    if (lines.length > room) break;
    let before = white;
    x = afterWhite(x, white, widthOf);
    for (const text of pieces(letters, widthOf)) {
      const width = widthIn(text, widthOf);
      if (x + width > COLUMN && x > 0) {
        lines.push([]);
        x = 0;
      }
      lines.at(-1)?.push({ text, x, width, before }); // there is one
      x += width;
      before = '';
    }
  }
  return lines;
}

function afterWhite(x: number, white: string, widthOf: WidthOf): number {
  let at = x;
  for (const char of white)
    at = char === '\t' ? Math.ceil((at + GAP) / SHEET.tab) * SHEET.tab : at + widthOf(' ') * SHEET.size;
  return at; // beyond the column the next word begins a line
}

/** A word in pieces that fit the column (L1). */
function pieces(letters: string, widthOf: WidthOf): string[] {
  const found: string[] = [];
  let [piece, width] = ['', 0];
  for (const char of letters) {
    const more = widthOf(char) * SHEET.size;
    if (width + more > COLUMN && piece !== '') {
      found.push(piece);
      [piece, width] = ['', 0];
    }
    piece += char;
    width += more;
  }
  found.push(piece);
  return found;
}

function widthIn(text: string, widthOf: WidthOf): number {
  let width = 0;
  for (const char of text) width += widthOf(char);
  return width * SHEET.size;
}

export const pagesOf = (lines: readonly Line[]): number => Math.max(1, Math.ceil(lines.length / LINES_PER_PAGE));

/** Runs to be drawn on a page (from 0), and the page's text with the boxes of its words. */
export function setPage(
  lines: readonly Line[],
  index: number,
): { runs: { text: string; x: number; y: number }[]; words: PageWords } {
  const scale = UNITS_ACROSS / SHEET.width;
  const runs: { text: string; x: number; y: number }[] = [];
  const words: WordBox[] = [];
  let text = '';
  const mine = lines.slice(index * LINES_PER_PAGE, (index + 1) * LINES_PER_PAGE);
  for (const [row, line] of mine.entries()) {
    if (row > 0) text += '\n';
    const top = SHEET.margin + row * SHEET.lineHeight;
    for (const word of turned(line)) {
      text += word.before;
      const [x, width] = [SHEET.margin + word.x, word.width];
      const box = [x, top, width, SHEET.lineHeight].map((points) => Math.round(points * scale));
      const [left = 0, up = 0, across = 0, down = 0] = box;
      words.push([text.length, text.length + word.text.length, left, up, Math.max(1, across), down]);
      text += word.text;
      const visible = RIGHT_TO_LEFT.test(word.text) ? [...word.text].reverse().join('') : word.text;
      runs.push({ text: visible, x, y: SHEET.height - top - SHEET.size - 1 });
    }
  }
  return { runs, words: { text, words } };
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** Words of a right-to-left script that follow one another change their places; their order in the text stays. */
function turned(line: Line): Line {
  const result = [...line];
  for (let from = 0; from < line.length; ) {
    let to = from;
    while (to < line.length && RIGHT_TO_LEFT.test(line[to]?.text ?? '')) to++;
    const [first, last] = [line[from], line[to - 1]];
    if (to - from > 1 && first !== undefined && last !== undefined)
      for (let i = from; i < to; i++) {
        const word = line[i]!; // below to
        result[i] = { ...word, x: first.x + (last.x + last.width - word.x - word.width) };
      }
    from = Math.max(to, from + 1);
  }
  return result;
}
