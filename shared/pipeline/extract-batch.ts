// Step 1: bytes → text. Every source ends as at least one row, readable or failed with a code; nothing is dropped.
import pLimit from 'p-limit';
import type { SourceDocument } from '../documents/extract.ts';
import type { ExtractedDocument } from '../documents/extracted-document.ts';
import { ERROR_REMEDIES } from '../errors.ts';
import { documentId, sha256Hex } from '../ids.ts';
import { runPaths } from '../paths.ts';
import { BatchData } from './batch-data.ts';
import { type ExtractedRow, readExtracted, writeExtracted } from './extracted.ts';
import type { DatasetRow } from './plan.ts';
import { SourceReader } from './read-source.ts';
import type { Plan, PlannedBatch, PlannedSource } from './records.ts';
import type { PipelineServices, Reader } from './services.ts';
import { runStep, type StepDone, type StepInput, type StepResult } from './step.ts';
import { countBy } from './tally.ts';

// Sources read at the same time; their bytes together stay below this.
const MAX_READS = 16;
const MAX_BYTES_IN_FLIGHT = 256 * 1024 * 1024;

export const extractBatch = (services: PipelineServices, input: StepInput): Promise<StepResult> =>
  runStep(services, 'extract', input, (plan) => extract(services, plan, new BatchData(services, input)));

export async function extract(services: PipelineServices, plan: Plan, data: BatchData): Promise<StepDone> {
  const { runId, batchId } = data.input;
  const batch = await data.batch();
  const all =
    batch.base !== null && plan.from !== 'extract'
      ? await readExtracted(services, batch.base.runId, batch.base.batchId, { withText: true })
      : await readSources(services, plan, batch);
  const wanted = batch.base === null ? undefined : new Set(batch.base.documentIds);
  const rows = markDuplicates(wanted === undefined ? all : all.filter((row) => wanted.has(row.document_id)));
  await writeExtracted(services, runId, batchId, rows);
  data.keepExtracted(rows);
  const failed = rows.filter((row) => row.status === 'failed');
  return {
    documents: rows.length,
    asked: 0,
    costNanoUsd: '0',
    failures: countBy(failed, (row) => row.code ?? 'internal'),
    formats: countBy(rows, (row) => row.media_type ?? 'unknown'),
  };
}

async function readSources(services: PipelineServices, plan: Plan, batch: PlannedBatch): Promise<ExtractedRow[]> {
  if (batch.dataset !== null) return readRows(services, plan.runId, batch, batch.dataset);
  const limit = pLimit(MAX_READS);
  const budget = new ByteBudget(MAX_BYTES_IN_FLIGHT);
  const reader = new OnceReader(services.reader);
  const store = new SourceReader(services, plan, batch);
  const rows = await Promise.all(
    batch.sources.map((source) =>
      limit(() => budget.spend(source.sizeBytes, () => readSource(store, reader, batch.container, source))),
    ),
  );
  return rows.flat();
}

async function readSource(
  store: SourceReader,
  reader: Reader,
  container: 'landing' | 'imports',
  source: PlannedSource,
): Promise<ExtractedRow[]> {
  const id = (archivePath: string) => documentId(container, source.path, archivePath);
  const found = await store.read(source);
  if (found.kind === 'unreadable')
    return [{ ...emptyRow(id(''), source), size_bytes: source.sizeBytes, code: found.code, message: found.message }];
  const name = source.path.split('/').at(-1) ?? source.path;
  const documents = await reader.extract({ name, bytes: found.bytes });
  return documents.map((document) => toRow(id(document.archivePath), { ...source, etag: found.etag }, document));
}

async function readRows(
  services: PipelineServices,
  runId: string,
  batch: PlannedBatch,
  dataset: { path: string; etag: string },
): Promise<ExtractedRow[]> {
  const lines = (await services.lake.read(runPaths.rows(runId, batch.batchId))).toString('utf8').split('\n');
  return Promise.all(
    lines.map(async (line) => {
      const { key, text, problem } = JSON.parse(line) as DatasetRow; // written by the plan
      const source = { path: dataset.path, etag: dataset.etag, sizeBytes: Buffer.byteLength(text ?? '') };
      const row = emptyRow(documentId(batch.container, dataset.path, '', key), source);
      if (text === null) return { ...row, archive_path: `#${key}`, code: 'source.bad-row', message: problem };
      const [document] = await services.reader.extract({ name: 'row.txt', bytes: Buffer.from(text) });
      if (document === undefined) throw new Error('the reader gave no document for a row');
      return { ...toRow(row.document_id, source, document), archive_path: `#${key}` };
    }),
  );
}

const emptyRow = (id: string, source: PlannedSource): ExtractedRow => ({
  document_id: id,
  source_path: source.path,
  archive_path: '',
  source_etag: source.etag,
  content_sha256: null,
  media_type: null,
  size_bytes: source.sizeBytes,
  pages: null,
  chars: 0,
  language: null,
  status: 'failed',
  code: null,
  message: null,
  duplicate_of: null,
  warnings_json: '[]',
  text: '',
});

function toRow(id: string, source: PlannedSource, document: ExtractedDocument): ExtractedRow {
  const isReadable = document.status === 'ok' && document.text.trim() !== '';
  // A reader that succeeds without text has failed: empty text must never look like a document.
  const code = isReadable ? null : (document.code ?? 'extract.empty');
  return {
    ...emptyRow(id, source),
    archive_path: document.archivePath,
    content_sha256: document.contentSha256,
    media_type: document.mediaType,
    size_bytes: document.sizeBytes,
    pages: document.pages,
    chars: document.chars,
    language: document.language,
    status: isReadable ? 'ok' : 'failed',
    code,
    message: code === null ? null : (document.message ?? ERROR_REMEDIES[code]),
    warnings_json: JSON.stringify(document.warnings.slice(0, 20)),
    text: isReadable ? document.text : '',
  };
}

/** Documents with the text of an earlier one point to it; the first of them stands for all. */
function markDuplicates(rows: readonly ExtractedRow[]): ExtractedRow[] {
  const firstOf = new Map<string, string>();
  return rows.map((row) => {
    if (row.status !== 'ok') return row;
    const key = row.content_sha256 ?? sha256Hex(row.text);
    const first = firstOf.get(key);
    if (first === undefined) firstOf.set(key, row.document_id);
    return { ...row, duplicate_of: first ?? null };
  });
}

/** Reads equal content once: the copies of a batch share what the first of them gave. */
class OnceReader implements Reader {
  readonly #reader: Reader;
  readonly #known = new Map<string, Promise<ExtractedDocument[]>>();

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  extract(source: SourceDocument): Promise<ExtractedDocument[]> {
    // The ending is a hint that may decide how plain text is read.
    const key = `${sha256Hex(source.bytes)} ${/\.[^.]*$/.exec(source.name)?.[0].toLowerCase() ?? ''}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const reading = this.#reader.extract(source);
    this.#known.set(key, reading);
    return reading;
  }
}

/** Admits work while the bytes in flight stay within the budget; one item larger than the budget runs alone. */
class ByteBudget {
  readonly #max: number;
  #used = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  async spend<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    while (this.#used > 0 && this.#used + bytes > this.#max)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#used += bytes;
    try {
      return await work();
    } finally {
      this.#used -= bytes;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}
