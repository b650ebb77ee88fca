// Tables for the terminal: columns fit the width, wide characters count as two, control characters never reach the screen.
import stringWidth from 'string-width';

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
  const cells = rows.map((row) => row.map(printable));
  const natural = columns.map((column, i) =>
    Math.max(stringWidth(column.title), ...cells.map((row) => stringWidth(row[i] ?? ''))),
  );
  const widths = fitWidths(columns, natural, width);
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) =>
        pad(cut(cell, widths[i] ?? 0, columns[i]?.cut ?? 'end'), widths[i] ?? 0, columns[i]?.align ?? 'left'),
      )
      .join('  ')
      .trimEnd();
  return [line(columns.map((c) => c.title)), widths.map((w) => '─'.repeat(w)).join('  '), ...cells.map(line)].join(
    '\n',
  );
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

/** Names and terms come from documents: escape sequences in them must not act on the terminal. */
const printable = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, '�');
