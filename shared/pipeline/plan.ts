// The plan of a run: which documents, in which batches, by which model and taxonomy. Written once; later steps only read it.
// Invariants: P1 plan.json is written last and once: when it exists every batch file does. P2 the same listing gives the same batches.
import { TerminalError } from '../errors.ts';
import { batchId } from '../ids.ts';
import { runPaths } from '../paths.ts';
import type { Taxonomy } from '../taxonomy.ts';
import { readDataset } from '../training/dataset.ts';
import { coldAccept } from './cold-threshold.ts';
import { type BatchLimits, cutBatches, MAX_TEXT_BYTES } from './cut-batches.ts';
import { orFailure } from './encoder-stage.ts';
import { llmUse, wishOf } from './llm-use.ts';
import { peopleDecisions } from './people-decisions.ts';
import { statOne } from './read-source.ts';
import {
  createJson,
  type Plan,
  type PlannedBatch,
  type PlannedSource,
  type RunRecord,
  readBatch,
  readJson,
  readPlan,
  requireJson,
  requireStep,
  writeJson,
} from './records.ts';
import { RERUN_FILTER_COLUMNS, wantedRows } from './rerun-filter.ts';
import { sealWindow } from './sealed-window.ts';
import type { PipelineServices } from './services.ts';
import { loadTaxonomy } from './taxonomies.ts';

type BatchDraft = Omit<PlannedBatch, 'batchId'>;

/** Files that are sorted and cut together: equal sizes stand together within it, and about 30 MB hold it. */
export const PLAN_WINDOW = 100_000;
/** Batch files that are written at the same time. */
const WRITES_AT_ONCE = 16;

/** Plan a run, or return the plan that exists. @throws {TerminalError} request.invalid, model.not-found */
export async function planRun(services: PipelineServices, runId: string): Promise<Plan> {
  const existing = await readJson<Plan>(services.lake, runPaths.plan(runId));
  if (existing !== undefined) return existing;
  const run = await requireJson<RunRecord>(services.lake, runPaths.request(runId));
  const { batches, sources } = await writeBatches(services, run);
  const plan = { ...(await pinVersions(services, run)), runId, batches, sources, runDate: run.createdAt.slice(0, 10) };
  await createJson(services.lake, runPaths.plan(runId), plan);
  return readPlan(services.lake, runId); // another attempt may have been first
}

async function writeBatches(services: PipelineServices, run: RunRecord): Promise<{ batches: number; sources: number }> {
  let batches = 0;
  let sources = 0;
  const writing = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const draft of planBatches(services, run)) {
    const id = batchId(batches++);
    sources += draft.dataset?.rows ?? (draft.base === null ? draft.sources.length : draft.base.documentIds.length);
    if (sources > services.config.RUN_MAX_DOCUMENTS)
      throw new TerminalError(
        'request.invalid',
        `source: has more than ${services.config.RUN_MAX_DOCUMENTS} documents (RUN_MAX_DOCUMENTS)`,
        { ids: { runId: run.runId } },
      );
    const batch = { ...draft, batchId: id } satisfies PlannedBatch;
    const written: Promise<void> = writeJson(services.lake, runPaths.planBatch(run.runId, id), batch)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => writing.delete(written));
    writing.add(written);
    if (writing.size >= WRITES_AT_ONCE) await Promise.race(writing);
    if (failures.length > 0) break;
  }
  await Promise.all(writing);
  if (failures.length > 0) throw failures[0]; // P1
  return { batches, sources };
}

async function* planBatches(services: PipelineServices, run: RunRecord): AsyncGenerator<BatchDraft> {
  if (run.rerun !== null) return yield* rerunBatches(services, run.rerun);
  const limits = batchLimits(services);
  if (run.windowId !== null) {
    const sources = await sealWindow(services.lake, run.windowId, services.logger);
    return yield* sourceBatches('landing', cutBatches(sources, limits));
  }
  const source = run.request?.source;
  if (source === undefined) throw new TerminalError('internal', `run ${run.runId} has no source`);
  switch (source.kind) {
    case 'prefix':
      return yield* prefixBatches(services, source, limits);
    case 'paths': {
      const store = services.sources[source.container];
      const unique = [...new Set(source.paths)];
      // A path that is not there stays in the plan and ends as a failed row: asked for, so accounted for.
      const files = await Promise.all(
        unique.map(async (path) => (await statOne(store, path)) ?? { path, etag: '', sizeBytes: 0 }),
      );
      const sources = files.map(({ path, etag, sizeBytes }) => ({ path, etag, sizeBytes }));
      return yield* sourceBatches(source.container, cutBatches(sources, limits));
    }
    case 'dataset':
      return yield* datasetBatches(services, run.runId, source);
  }
}

/** Files below a prefix, a window after the other: a listing of millions is never held as a whole (P2: storage lists in one order). */
async function* prefixBatches(
  services: PipelineServices,
  { container, prefix }: { container: 'landing' | 'imports'; prefix: string },
  limits: BatchLimits,
): AsyncGenerator<BatchDraft> {
  let files: PlannedSource[] = [];
  let seen = 0;
  for await (const { path, etag, sizeBytes } of services.sources[container].list(prefix)) {
    files.push({ path, etag, sizeBytes });
    if (++seen > services.config.RUN_MAX_DOCUMENTS) break; // one too many: writeBatches refuses it with the limit's name
    if (files.length < PLAN_WINDOW) continue;
    yield* sourceBatches(container, cutBatches(files, limits));
    files = [];
  }
  yield* sourceBatches(container, cutBatches(files, limits));
}

const batchLimits = ({ config }: PipelineServices): BatchLimits => ({
  maxDocuments: config.BATCH_MAX_DOCUMENTS,
  maxBytes: config.BATCH_MAX_BYTES,
  minBatches: config.BATCH_CONCURRENCY,
});

function* sourceBatches(container: 'landing' | 'imports', groups: PlannedSource[][]): Generator<BatchDraft> {
  for (const sources of groups) yield { container, sources, dataset: null, base: null };
}

/** A data set's row as the extract step reads it. */
export interface DatasetRow {
  key: string;
  text: string | null;
  problem: string | null;
}

async function* datasetBatches(
  services: PipelineServices,
  runId: string,
  source: { container: 'landing' | 'imports'; path: string; textColumn: string; idColumn?: string | undefined },
): AsyncGenerator<BatchDraft> {
  const found = await services.sources[source.container].readIfExists(source.path);
  if (found === undefined)
    throw new TerminalError('request.invalid', `source.path: ${source.path} is not in container ${source.container}`);
  const columns = { text: source.textColumn, ...(source.idColumn === undefined ? {} : { id: source.idColumn }) };
  let lines: string[] = [];
  let bytes = 0;
  let batches = 0;
  const { BATCH_MAX_DOCUMENTS: maxRows, BATCH_MAX_BYTES } = services.config;
  const maxBytes = Math.min(BATCH_MAX_BYTES, MAX_TEXT_BYTES);
  const flush = async (): Promise<BatchDraft> => {
    await services.lake.write(runPaths.rows(runId, batchId(batches++)), lines.join('\n'));
    const rows = lines.length;
    lines = [];
    bytes = 0;
    return {
      container: source.container,
      sources: [],
      dataset: { path: source.path, etag: found.etag, rows },
      base: null,
    };
  };
  for await (const row of readDataset({ name: source.path, bytes: found.bytes }, columns)) {
    const record: DatasetRow =
      'problem' in row
        ? { key: String(row.line), text: null, problem: `line ${row.line}: ${row.problem}` }
        : { key: row.id ?? String(row.line), text: row.text, problem: null };
    const line = JSON.stringify(record);
    lines.push(line);
    bytes += line.length;
    if (lines.length >= maxRows || bytes >= maxBytes) yield await flush();
  }
  if (lines.length > 0) yield await flush();
}

/** One batch per batch of the base run that still has documents of interest. */
async function* rerunBatches(
  services: PipelineServices,
  rerun: NonNullable<RunRecord['rerun']>,
): AsyncGenerator<BatchDraft> {
  const base = await readPlan(services.lake, rerun.runId);
  const said = await peopleDecisions(services, base.taxonomyVersion);
  for (let index = 0; index < base.batches; index++) {
    const id = batchId(index);
    const batch = await readBatch(services.lake, rerun.runId, id);
    const { part } = await requireStep(services.lake, rerun.runId, id, 'decide');
    if (part === null || part === undefined) continue;
    const columns = ['document_id', 'source_path', ...RERUN_FILTER_COLUMNS];
    const committed = await services.tables.readResults(rerun.runId, id, columns);
    // A run that has failed or was cancelled has committed nothing, but its parts are there.
    const rows = committed.length > 0 ? committed : await services.parquet.read(part.path, columns);
    const wanted = wantedRows(rerun, rows, said);
    if (wanted.length === 0) continue;
    const paths = new Set(wanted.map((row) => row.source_path));
    yield {
      ...batch,
      sources: batch.sources.filter((source) => paths.has(source.path)),
      base: { runId: rerun.runId, batchId: id, documentIds: wanted.map((row) => String(row.document_id)) },
    };
  }
}

type Pinned = Pick<
  Plan,
  | 'modelVersion'
  | 'taxonomyVersion'
  | 'accept'
  | 'review'
  | 'llm'
  | 'llmUse'
  | 'encoder'
  | 'cold'
  | 'maxCostUsd'
  | 'from'
>;

async function pinVersions(services: PipelineServices, run: RunRecord): Promise<Pinned> {
  const { config } = services;
  const wish = await wishOf(services, run);
  const asking = ({ labels }: Taxonomy) => {
    const use = llmUse(services, wish, labels.length);
    return { llm: use === 'asked', llmUse: use };
  };
  const maySend = llmUse(services, wish) !== 'off';
  if (run.rerun !== null) {
    const base = await readPlan(services.lake, run.rerun.runId);
    const labels = await loadTaxonomy(services.lake, base.taxonomyVersion);
    // Without a limit of its own a re-run may spend as much again.
    const pinned = {
      ...base,
      ...asking(labels),
      from: run.rerun.from,
      maxCostUsd: run.rerun.maxCostUsd ?? base.maxCostUsd,
    };
    if (run.rerun.from === 'classify') return pinned;
    const model = await pinModel(services, base.taxonomyVersion, maySend, run.rerun.modelVersion);
    return { ...pinned, ...model, accept: run.rerun.acceptThreshold ?? model.accept };
  }
  const request = run.request;
  const taxonomy = await loadTaxonomy(services.lake, request?.taxonomyVersion ?? config.TAXONOMY_VERSION);
  const model = await pinModel(services, taxonomy.version, maySend, request?.modelVersion ?? config.MODEL_VERSION);
  return {
    modelVersion: model.modelVersion,
    taxonomyVersion: taxonomy.version,
    encoder: model.encoder,
    cold: model.cold,
    accept: request?.acceptThreshold ?? model.accept,
    review: request?.reviewThreshold ?? config.REVIEW_THRESHOLD,
    ...asking(taxonomy),
    maxCostUsd: request?.maxCostUsd ?? config.LLM_MAX_COST_USD_PER_RUN ?? null,
    from: 'extract',
  };
}

/**
 * The model for a taxonomy: the one asked for; else the champion if it speaks the taxonomy's labels; else the newest that was trained for
 * the taxonomy; else none, and every document is asked.
 * @param maySend  texts of the run may leave the house
 */
async function pinModel(
  services: PipelineServices,
  taxonomyVersion: string,
  maySend: boolean,
  asked?: string,
): Promise<Required<Pick<Plan, 'modelVersion' | 'accept' | 'encoder' | 'cold'>>> {
  const taxonomy = await loadTaxonomy(services.lake, taxonomyVersion);
  const modelVersion = await chooseModel(services, taxonomy, asked);
  const accept = modelVersion === null ? null : (services.config.ACCEPT_THRESHOLD ?? null);
  const encoder = await chooseEncoder(services, modelVersion, maySend);
  const isCold = modelVersion === null && encoder !== null;
  const cold = isCold
    ? await coldAccept(services, { modelVersion, taxonomyVersion, encoder }, taxonomy.labels.length)
    : null;
  return { modelVersion, accept, encoder, cold };
}

/** The encoder that the model was trained with; without a model the one in use, which decides by label descriptions; none where that cannot be told. */
async function chooseEncoder(
  services: PipelineServices,
  modelVersion: string | null,
  maySend: boolean,
): Promise<string | null> {
  if (services.encoders === undefined) return null;
  const { encoders } = services;
  const current = async () => {
    const found = await orFailure(services.logger, {}, async () => ({ version: await encoders.current() }));
    return 'failure' in found ? null : (found.version ?? null);
  };
  const chosen =
    modelVersion === null
      ? await current()
      : ((await services.models.load(modelVersion)).stage?.description.encoder ?? null);
  if (chosen === null || maySend) return chosen;
  const remote = await orFailure(services.logger, { encoder: chosen }, async () => ({
    is: (await encoders.isDeployment?.(chosen)) === true,
  }));
  return 'failure' in remote || !remote.is ? chosen : null; // one that cannot be opened is told where it is needed
}

/** What a choice looks at: of a model its labels. */
export interface ChoosableModels extends Pick<PipelineServices['models'], 'championVersion' | 'newestFor'> {
  load(version: string): Promise<{ readonly labels: readonly string[] }>;
}

/** See `pinModel`. @throws {TerminalError} request.invalid when the model asked for does not speak the labels */
export async function chooseModel(
  services: { models: ChoosableModels },
  taxonomy: Taxonomy,
  asked?: string,
): Promise<string | null> {
  const names = new Set(taxonomy.labels.map((label) => label.name));
  const strangers = async (version: string) =>
    (await services.models.load(version)).labels.filter((label) => !names.has(label));
  if (asked !== undefined) {
    const unknown = await strangers(asked);
    if (unknown.length === 0) return asked;
    throw new TerminalError(
      'request.invalid',
      `modelVersion: ${asked} knows labels that taxonomy ${taxonomy.version} does not: ${unknown.slice(0, 5).join(', ')}`,
    );
  }
  const champion = await services.models.championVersion();
  if (champion !== undefined && (await strangers(champion)).length === 0) return champion;
  return (await services.models.newestFor(taxonomy)) ?? null;
}
