// Labels as a spreadsheet saves them: a row for each, with its name, what belongs there, and further names with | between them.
import type { Label } from './taxonomy.ts';

/** First cells that say that the row names columns. */
const HEADS = /^(name|label|category|kategorie|bezeichnung|kategorienname)$/i;
const ALIAS_SEPARATOR = /[|\n]/;

/** Commas, semicolons or tabs, with a row of names of columns or without. */
export function labelsOfTable(text: string): Label[] {
  const rows = parseTable(text.replace(/^\ufeff/, '')).filter((row) => row.some((cell) => cell.trim() !== ''));
  const body = HEADS.test(rows[0]?.[0]?.trim() ?? '') ? rows.slice(1) : rows;
  return body.map(([name = '', description = '', also = '']) => {
    const aliases = also
      .split(ALIAS_SEPARATOR)
      .map((alias) => alias.trim())
      .filter((alias) => alias !== '');
    return {
      name: name.trim(),
      description: description.trim(),
      ...(aliases.length === 0 ? {} : { aliases }),
    };
  });
}

/** RFC 4180, with the separator that the first line has most of. */
export function parseTable(text: string): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at++;
      } else isQuoted = false;
    } else if (char === '"' && cell === '') isQuoted = true;
    else if (char === separator) {
      row.push(cell);
      cell = '';
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[at + 1] === '\n') at++;
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else cell += char;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows;
}

function separatorOf(text: string): string {
  const firstLine = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0].replace(/"(?:[^"]|"")*"/g, '') ?? '';
  const counts = ['\t', ';', ','].map((each) => [each, firstLine.split(each).length] as const);
  return counts.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
