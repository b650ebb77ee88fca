// Labels as a spreadsheet saves them: a row for each, with its name, what belongs there, and further names with | between them.
import { type CsvRecord, readCsv } from './csv.ts';
import type { Label } from './taxonomy.ts';

/** First cells that say that the row names columns. */
const HEADS = /^(name|label|category|kategorie|bezeichnung|kategorienname)$/i;
const ALIAS_SEPARATOR = /[|\n]/;

export interface LabelTable {
  labels: Label[];
  /** The first record that cannot be read, and why; its labels are not among the others. */
  broken?: { line: number; problem: string };
}

/** Commas, semicolons or tabs, with a row of names of columns or without. */
export function labelsOfTable(text: string): LabelTable {
  const body = text.replace(/^\ufeff/, '');
  const records = [...readCsv(body, separatorOf(body))];
  const wrong = records.find(isBroken);
  const rows = records
    .filter((record) => !isBroken(record))
    .map(({ fields }) => fields)
    .filter((fields) => fields.some((cell) => cell.trim() !== ''));
  const rest = HEADS.test(rows[0]?.[0]?.trim() ?? '') ? rows.slice(1) : rows;
  return { labels: rest.map(labelOf), ...(wrong === undefined ? {} : { broken: wrong }) };
}

const isBroken = (record: CsvRecord): record is CsvRecord & { problem: string } => record.problem !== undefined;

function labelOf([name = '', description = '', also = '']: readonly string[]): Label {
  const aliases = also
    .split(ALIAS_SEPARATOR)
    .map((alias) => alias.trim())
    .filter((alias) => alias !== '');
  return { name: name.trim(), description: description.trim(), ...(aliases.length === 0 ? {} : { aliases }) };
}

/** What the first line has most of, outside of quotes. */
function separatorOf(text: string): string {
  const firstLine = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0].replace(/"(?:[^"]|"")*"/g, '') ?? '';
  const counts = ['\t', ';', ','].map((each) => [each, firstLine.split(each).length] as const);
  return counts.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}
