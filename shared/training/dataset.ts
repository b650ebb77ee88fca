// Rows of a labelled data set: jsonl, csv or parquet (jsonl and csv also gzipped). Columns are chosen by name.
// Invariants: D1 a bad row is reported with its line and never ends the reading. D2 line is 1-based: of the file for jsonl and csv (the
// header of a csv is line 1), of the table for parquet.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readCsv } from '../csv.ts';
import { TerminalError } from '../errors.ts';
import { readParquet } from '../lake/parquet.ts';
import { textOfTable } from '../table-text.ts';
import { withTemporaryFolder } from '../temporary-folder.ts';

export interface DatasetColumns {
  text: string;
  label?: string;
  id?: string;
}

export type DatasetRow =
  | { line: number; text: string; label: string | null; id: string | null }
  | { line: number; problem: string };

/** A file in memory; only the ending of its name matters. */
export interface DatasetFile {
  name: string;
  bytes: Uint8Array;
}

type Fields = Readonly<Record<string, unknown>>;
type Parsed = { line: number; fields: Fields } | { line: number; problem: string };

/**
 * @throws {TerminalError} request.invalid for an unknown ending, a csv without the text column, or a damaged file
 */
export async function* readDataset(file: DatasetFile, columns: DatasetColumns): AsyncIterable<DatasetRow> {
  for await (const row of parseFile(file, columns)) yield 'problem' in row ? row : pickColumns(row, columns);
}

async function* parseFile(file: DatasetFile, columns: DatasetColumns): AsyncIterable<Parsed> {
  const isGzip = /\.gz$/i.test(file.name);
  const ending = /\.([a-z]+)$/i.exec(file.name.replace(/\.gz$/i, ''))?.[1]?.toLowerCase();
  switch (ending) {
    case 'jsonl':
    case 'ndjson':
      return yield* parseJsonLines(isGzip ? inflate(file) : file.bytes);
    case 'csv':
    case 'tsv':
      return yield* parseCsv(textOfTable(isGzip ? inflate(file) : file.bytes), ending === 'tsv' ? '\t' : ',', columns);
    case 'parquet':
      return yield* parseParquet(file.bytes, columns);
    default:
      throw new TerminalError(
        'request.invalid',
        'The data set must be a .jsonl, .csv, .tsv or .parquet file (.gz allowed for text)',
      );
  }
}

/** Line by line from bytes: the whole file as one string would need its size again, and at most 512 MB would fit. */
function* parseJsonLines(bytes: Uint8Array): Iterable<Parsed> {
  let line = 0;
  for (const content of lines(bytes)) {
    line++;
    if (content.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch {
      yield { line, problem: 'is no JSON' }; // D1; the parser's message would quote content
      continue;
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      yield { line, problem: 'is no JSON object' };
    else yield { line, fields: value as Fields };
  }
}

/** @param usual  separator, unless only another makes the header hold the text column: where a comma is the decimal sign, spreadsheets save with semicolons */
function* parseCsv(text: string, usual: string, columns: DatasetColumns): Iterable<Parsed> {
  const hasColumn = (separator: string): boolean => {
    for (const { fields } of readCsv(text, separator)) return fields.some((name) => name.trim() === columns.text);
    return false;
  };
  const separator = [usual, ';', '\t'].find(hasColumn) ?? usual;
  let header: string[] | undefined;
  for (const record of readCsv(text, separator)) {
    if (header === undefined) {
      header = record.fields.map((name) => name.trim());
      for (const name of [columns.text, columns.label])
        if (name !== undefined && !header.includes(name))
          throw new TerminalError(
            'request.invalid',
            `The data set has no column "${name}"; its columns are ${header.slice(0, 20).join(', ')}`,
          );
      continue;
    }
    if (record.problem !== undefined) yield { line: record.line, problem: record.problem };
    else if (record.fields.length !== header.length)
      yield { line: record.line, problem: `has ${record.fields.length} fields; the header has ${header.length}` };
    else yield { line: record.line, fields: Object.fromEntries(header.map((name, i) => [name, record.fields[i]])) };
  }
}

async function* parseParquet(bytes: Uint8Array, columns: DatasetColumns): AsyncIterable<Parsed> {
  const names = [...new Set([columns.text, columns.label, columns.id].filter((name) => name !== undefined))];
  const rows = await withTemporaryFolder(async (folder): Promise<Fields[]> => {
    const local = join(folder, 'rows.parquet');
    await writeFile(local, bytes);
    try {
      return await readParquet(local, names);
    } catch (cause) {
      const need = names.map((name) => `"${name}"`).join(', ');
      throw new TerminalError('request.invalid', `The Parquet file cannot be read, or lacks one of ${need}`, { cause });
    }
  });
  let line = 0;
  for (const fields of rows) yield { line: ++line, fields };
}

function pickColumns({ line, fields }: { line: number; fields: Fields }, columns: DatasetColumns): DatasetRow {
  const text = fields[columns.text];
  if (text === undefined || text === null) return { line, problem: `has no "${columns.text}"` };
  if (typeof text !== 'string') return { line, problem: `"${columns.text}" is no text` };
  if (text.trim() === '') return { line, problem: `"${columns.text}" is empty` };
  const label = columns.label === undefined ? null : scalar(fields[columns.label]);
  if (label === undefined) return { line, problem: `"${columns.label}" is neither text nor number` };
  const id = columns.id === undefined ? null : scalar(fields[columns.id]);
  if (id === undefined) return { line, problem: `"${columns.id}" is neither text nor number` };
  return { line, text, label, id };
}

/** Text of a scalar; null when absent or blank; undefined for anything else. */
function scalar(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim();
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return undefined;
}

function* lines(bytes: Uint8Array): Iterable<string> {
  const decoder = new TextDecoder(); // drops a byte order mark, which only the first line can have
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    yield decoder.decode(bytes.subarray(from, end < 0 ? bytes.length : end));
    if (end < 0) return;
    from = end + 1;
  }
}

function inflate(file: DatasetFile): Uint8Array {
  try {
    return gunzipSync(file.bytes, { maxOutputLength: 2 ** 29 });
  } catch (cause) {
    throw new TerminalError('request.invalid', 'The data set is no gzip file, or expands to more than 512 MB', {
      cause,
    });
  }
}
