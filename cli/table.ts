// Tables for the terminal: columns fit the width, wide characters count as two, control characters never reach the screen.
import stringWidth from 'string-width';
import { printableLine } from './printable.ts';

export interface TableColumn {
  title: string;
  align?: 'left' | 'right';
  /** Columns that may shrink share what is left of the line. */
  flexible?: boolean;
  /** Where a cell that is too long loses text; default its end. Paths tell most at their end. */
  cut?: 'end' | 'middle';
}

/**
 * Lay out rows as text.
 * @param width  columns of the terminal
 */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const cells = rows.map((row) => row.map(printableLine));
  const natural = columns.map((column, i) =>
    Math.max(stringWidth(column.title), ...cells.map((row) => stringWidth(row[i] ?? ''))),
  );
  const widths = fitWidths(columns, natural, width);
  const shown = columns.map((column, i) => {
    const width = widths[i] ?? 0;
    return cutColumn(
      cells.map((row) => row[i] ?? ''),
      width,
      column.cut ?? 'end',
    ).map((cell) => pad(cell, width, column.align ?? 'left'));
  });
  const titles = columns.map((column, i) =>
    pad(cut(column.title, widths[i] ?? 0, 'end'), widths[i] ?? 0, column.align ?? 'left'),
  );
  const line = (row: readonly string[]) => row.join('  ').trimEnd();
  return [
    line(titles),
    widths.map((w) => '─'.repeat(w)).join('  '),
    ...cells.map((_, at) => line(shown.map((column) => column[at] ?? ''))),
  ].join('\n');
}

/** Cells of a column as they fit; names that would look alike and are not are cut around the place where they part. */
function cutColumn(texts: readonly string[], width: number, where: 'end' | 'middle'): string[] {
  const shown = texts.map((text) => cut(text, width, where));
  if (where === 'end') return shown;
  const alike = new Map<string, Set<string>>();
  for (const [at, text] of texts.entries()) {
    const cell = shown[at] ?? '';
    alike.set(cell, (alike.get(cell) ?? new Set()).add(text));
  }
  return shown.map((cell, at) => {
    const text = texts[at] ?? '';
    const others = [...(alike.get(cell) ?? [])].filter((other) => other !== text);
    return others.length === 0 ? cell : cutAround(text, width, Math.max(...others.map((other) => partAt(text, other))));
  });
}

/** Characters that two texts have in common at their beginning. */
function partAt(text: string, other: string): number {
  const [a, b] = [[...text], [...other]];
  const at = a.findIndex((char, i) => char !== b[i]);
  return at < 0 ? a.length : at;
}

/** A text with its beginning, and what stands around one of its characters. */
function cutAround(text: string, width: number, at: number): string {
  const chars = [...text];
  const head = takeColumns(chars, Math.floor((width - 2) / 4));
  const from = Math.max(head.length, at - Math.floor(width / 6));
  const room = width - 2 - stringWidth(head.join(''));
  const window = takeColumns(chars.slice(from), room);
  const isLast = from + window.length >= chars.length;
  return `${head.join('')}…${window.join('')}${isLast ? '' : '…'}`;
}

function fitWidths(columns: readonly TableColumn[], natural: readonly number[], width: number): number[] {
  const gaps = 2 * (columns.length - 1);
  const rigid = natural.reduce((sum, w, i) => sum + (columns[i]?.flexible ? 0 : w), gaps);
  const flexible = natural.map((w, i) => ({ w, i })).filter(({ i }) => columns[i]?.flexible);
  const widths = [...natural];
  let room = Math.max(flexible.length * 8, width - rigid);
  let open = flexible.length;
  for (const { w, i } of flexible.sort((a, b) => a.w - b.w)) {
    const share = Math.floor(room / open--);
    widths[i] = Math.min(w, share);
    room -= widths[i] ?? 0;
  }
  return widths;
}

function cut(text: string, width: number, where: 'end' | 'middle'): string {
  if (stringWidth(text) <= width) return text;
  const tail =
    where === 'end'
      ? ''
      : takeColumns([...text].reverse(), Math.floor(((width - 1) * 2) / 3))
          .reverse()
          .join('');
  const head = takeColumns([...text], width - 1 - stringWidth(tail)).join('');
  return `${head}…${tail}`;
}

/** As many characters as fit the columns. */
function takeColumns(chars: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const char of chars) {
    used += stringWidth(char);
    if (used > width) break;
    taken.push(char);
  }
  return taken;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'right' ? space + text : text + space;
}
