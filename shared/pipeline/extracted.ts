// One row per document as the extract step leaves it: runs/<run>/extracted/<batch>.parquet.

import type { Column, Row } from '../lake/tables.ts';
import { runPaths } from '../paths.ts';
import type { PipelineServices } from './services.ts';

export const extractedColumns = [
  { name: 'document_id', type: 'string' },
  { name: 'source_path', type: 'string' },
  { name: 'archive_path', type: 'string' },
  { name: 'source_etag', type: 'string' },
  { name: 'content_sha256', type: 'string' },
  { name: 'media_type', type: 'string' },
  { name: 'size_bytes', type: 'long' },
  { name: 'pages', type: 'long' },
  { name: 'chars', type: 'long' },
  { name: 'language', type: 'string' },
  { name: 'status', type: 'string' },
  { name: 'code', type: 'string' },
  { name: 'message', type: 'string' },
  { name: 'duplicate_of', type: 'string' },
  { name: 'warnings_json', type: 'string' },
  { name: 'text', type: 'string' },
] as const satisfies readonly Column[];

export interface ExtractedRow {
  document_id: string;
  source_path: string;
  archive_path: string;
  source_etag: string;
  content_sha256: string | null;
  media_type: string | null;
  size_bytes: number;
  pages: number | null;
  chars: number;
  language: string | null;
  status: 'ok' | 'failed';
  code: string | null;
  message: string | null;
  /** The document of the same batch with the same content that stands for this one. */
  duplicate_of: string | null;
  warnings_json: string;
  text: string;
}

export async function writeExtracted(
  services: PipelineServices,
  runId: string,
  batchId: string,
  rows: readonly ExtractedRow[],
): Promise<void> {
  await services.parquet.write(
    runPaths.extracted(runId, batchId),
    extractedColumns,
    rows.map((row): Row => ({ ...row })),
  );
}

/** All rows; `withText: false` leaves the texts where they are (`text` is ''). */
export async function readExtracted(
  services: PipelineServices,
  runId: string,
  batchId: string,
  options: { withText: boolean },
): Promise<ExtractedRow[]> {
  const columns = extractedColumns.map((c) => c.name).filter((name) => options.withText || name !== 'text');
  const rows = await services.parquet.read(runPaths.extracted(runId, batchId), columns);
  return rows.map((row) => ({ text: '', ...row }) as unknown as ExtractedRow); // written by writeExtracted only
}

/** The documents that have text, in file order: the rows of the batch's feature matrix. */
export const readable = (rows: readonly ExtractedRow[]): ExtractedRow[] => rows.filter((row) => row.status === 'ok');
