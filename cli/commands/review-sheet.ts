// Documents to decide as a table for a spreadsheet: `sluice review -o review.csv`, the column `label` filled in, `sluice decide --from review.csv`.
import { writeFile } from 'node:fs/promises';
import type { ReviewItem } from '../../shared/api/answers.ts';
import { csvCell } from '../../shared/insight/csv-cell.ts';
import { documentName } from '../document-name.ts';

const COLUMNS = ['document_id', 'label', 'proposed', 'path', 'text'] as const;
/** Characters of a text that a cell shows. */
export const SHEET_TEXT_CHARS = 600;
/** Spreadsheets take a CSV without it for Windows-1252. */
const BYTE_ORDER_MARK = '\ufeff';

/** @param textOf  what was read of a document; null where it is no longer kept */
export async function writeReviewSheet(
  file: string,
  items: readonly ReviewItem[],
  textOf: (documentId: string) => string | null | undefined,
): Promise<void> {
  const rows = items.map(({ documentId, label, path, archivePath }) =>
    [
      documentId,
      '',
      label ?? '',
      documentName(path, archivePath),
      (textOf(documentId) ?? '').replaceAll(/\s+/g, ' ').trim(),
    ]
      .map(csvCell)
      .join(','),
  );
  await writeFile(file, `${BYTE_ORDER_MARK}${[COLUMNS.join(','), ...rows].join('\r\n')}\r\n`);
}
