// Tables for the terminal: columns fit the width, wide characters count as two, control characters never reach the screen.
import stringWidth from 'string-width';

export interface TableColumn {
  title: string;
  align?: 'left' | 'right';
  /** Columns that may shrink share what is left of the line. */
  flexible?: boolean;
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
      .map((cell, i) => pad(cut(cell, widths[i] ?? 0), widths[i] ?? 0, columns[i]?.align ?? 'left'))
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

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const char of text) {
    const w = stringWidth(char);
    if (used + w > width - 1) break;
    out += char;
    used += w;
  }
  return `${out}…`;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'right' ? space + text : text + space;
}

/** Names and terms come from documents: escape sequences in them must not act on the terminal. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu, '�');
