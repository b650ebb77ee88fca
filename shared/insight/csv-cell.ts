// A cell of a CSV that spreadsheets will open.
import type { Row } from '../lake/tables.ts';

/**
 * What a spreadsheet may take for a formula: a sign at the beginning, as it stands or in full width (which East Asian versions fold), behind
 * blanks, marks without width and quotes that an import strips, or where a line inside the cell begins.
 */
const FORMULA =
  /^[\s\p{Cc}\p{Cf}\p{Z}"'\u2018\u2019\u201C\u201D\uFF02\uFF07]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\u2212\uFE62\uFE63\uFE66\uFE6B]|^[\t\r\n]/u;

/** RFC 4180; a text that a spreadsheet would take for a formula gets an apostrophe in front, for file names are anybody's. */
export function csvCell(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
