// The real Delta tables and SQL over a lake in memory: for tests of what reads and writes decisions.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeltaTable } from '../../shared/lake/delta/table.ts';
import { FileCache } from '../../shared/lake/file-cache.ts';
import { LakeQueries, type QueryLake } from '../../shared/lake/query.ts';
import { lakeTables, type Row } from '../../shared/lake/tables.ts';
import { tablePath } from '../../shared/paths.ts';
import type { ExtractedRow } from '../../shared/pipeline/extracted.ts';
import { type Clock, seededRandom, silentLogger } from '../../shared/ports.ts';
import { MemoryLake } from './memory-lake.ts';

export interface TestTables {
  lake: MemoryLake;
  tables: Map<string, DeltaTable>;
  query: QueryLake;
  /** Append rows under a version of their own. */
  add(table: string, rows: readonly Row[]): Promise<void>;
  close(): void;
}

export const NOON = Date.UTC(2026, 10, 23, 12);

/** Over all openings, so that a second one appends and does not repeat. */
let appends = 0;

export function openTestTables(
  lake: MemoryLake = new MemoryLake('lake', () => NOON),
  clock: Clock = { now: () => NOON, sleep: async () => {} },
): TestTables {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-tables-'));
  const deps = { clock, random: seededRandom(7), logger: silentLogger, cache: new FileCache(folder) };
  const tables = new Map(
    lakeTables.map((schema) => [schema.name, DeltaTable.open(lake, tablePath(schema.name), schema, deps)]),
  );
  const queries = new LakeQueries([...tables.values()]);
  return {
    lake,
    tables,
    query: (sql, maxRows) => queries.query(sql, maxRows),
    async add(table, rows) {
      await tables.get(table)?.append(rows, { appId: `test-${appends++}`, appVersion: 0 });
    },
    close() {
      queries.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A result row: a labelled document of run r1 unless told otherwise. */
export const resultRow = (given: Row): Row => ({
  run_id: 'r1',
  batch_id: 'b00000',
  source_path: 'in/a.txt',
  archive_path: '',
  content_sha256: 'c',
  media_type: 'text/plain',
  status: 'labelled',
  label: 'VAT',
  confidence: 0.9,
  decided_by: 'model',
  top_labels_json: '[]',
  evidence_json: '[]',
  taxonomy_version: 't1',
  model_version: 'v1',
  processed_at: new Date(NOON).toISOString(),
  run_date: '2026-11-23',
  ...given,
});

/** A document id made of one digit. */
export const id = (digit: number | string): string => String(digit).repeat(64).slice(0, 64);

/** What the extract step leaves of a readable document. */
export const extractedRow = (given: Partial<ExtractedRow>): ExtractedRow => ({
  document_id: id(1),
  source_path: 'in/a.txt',
  archive_path: '',
  source_etag: 'e',
  content_sha256: 'c',
  media_type: 'text/plain',
  size_bytes: 1,
  pages: null,
  chars: given.text?.length ?? 0,
  language: 'en',
  status: 'ok',
  code: null,
  message: null,
  duplicate_of: null,
  warnings_json: '[]',
  text: '',
  ...given,
});
