// What another model or another bar would have decided: history is scored again from stored texts, nothing is asked or changed.
// Invariants: I1 nothing is written and no LLM is called. I2 every document is scored, or counted as unavailable because its text is no longer kept.
// I3 a document that the LLM or a person has decided keeps that answer where the model would not decide alone: it is known and costs nothing again.
// I4 what a person has decided stays as it is, as a re-run leaves it. I5 nothing is encoded: what the encoder of this model has decided keeps its label
// and confidence, against the bar that is tried; under another model the words alone decide it.

import type { ResultFilter, WhatIfReport, WhatIfRequest } from '../api/decisions.ts';
import { isDoubtful, parseWarnings } from '../documents/doubt.ts';
import { TerminalError } from '../errors.ts';
import type { Csr } from '../features/sparse.ts';
import { sqlText } from '../lake/duckdb.ts';
import { shownPath } from '../lake/shown-path.ts';
import type { Row } from '../lake/tables.ts';
import type { LoadedModel } from '../models/registry.ts';
import { runPaths } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import { type ExtractedRow, readable, readExtracted } from '../pipeline/extracted.ts';
import { contentOf, type FindDecision, peopleDecisions } from '../pipeline/people-decisions.ts';
import { readPlan } from '../pipeline/records.ts';
import { type Route, type RouteLimits, route } from '../pipeline/route.ts';
import { readScores } from '../pipeline/scores.ts';
import type { PipelineServices } from '../pipeline/services.ts';
import { conditionsOf, relationOf, where } from './results.ts';

const MAX_DOCUMENTS = 1_000_000;
/** Documents that are held at a time, whole batches: far less than an answer may be long, and nothing to the memory of the host. */
const PART_DOCUMENTS = 40_000;
const MAX_FLIPS = 1000;

/** @throws {TerminalError} model.not-found, request.invalid (accept below review) */
export async function whatIf(
  lake: DecisionLake,
  request: WhatIfRequest,
  partDocuments = PART_DOCUMENTS,
): Promise<WhatIfReport> {
  const { services } = lake;
  const version = request.modelVersion ?? services.config.MODEL_VERSION ?? (await services.models.championVersion());
  if (version === undefined)
    throw new TerminalError('model.not-found', 'no model is the champion: promote one, or name a version');
  const model = await services.models.load(version);
  const bar = request.accept ?? services.config.ACCEPT_THRESHOLD;
  const limits: RouteLimits = {
    accept: bar ?? model.accept,
    review: request.review ?? services.config.REVIEW_THRESHOLD,
    llm: true,
  };
  const stageLimits = { ...limits, accept: bar ?? model.stage?.description.accept.threshold ?? model.accept };
  if (limits.review > limits.accept)
    throw new TerminalError('request.invalid', `review: ${limits.review} is above accept ${limits.accept}`);
  const tally = new Tally(version, limits, await paidPerDocument(lake));
  for await (const history of readHistory(lake, request.filter, partDocuments)) {
    const decided = await withDecisions(services, history);
    for (const rows of Map.groupBy(decided, (row) => `${row.run_id}\0${row.batch_id}`).values())
      await scoreBatchAgain(services, model, { limits, stageLimits }, rows, tally);
  }
  return tally.report();
}

/** Readable documents of history, some batches at a time. */
async function* readHistory({ query }: DecisionLake, filter: ResultFilter, most: number): AsyncGenerator<Row[]> {
  const conditions = ["status <> 'failed'", "failure_code IS DISTINCT FROM 'document.erased'", ...conditionsOf(filter)];
  const columns =
    'document_id, run_id, batch_id, source_path, source_name, archive_path, status, label, confidence, decided_by, model_version, content_sha256, source_etag, taxonomy_version';
  // In a run a document has its row, and those of what people decided on it later.
  const once = 'QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY processed_at DESC, run_id DESC) = 1';
  const history = `SELECT ${columns} FROM ${relationOf(filter)} ${where(conditions)} ${once}`;
  const inBatch = 'source_path, archive_path, document_id';
  const few = await query(`${history} ORDER BY run_id, batch_id, ${inBatch} LIMIT ${most + 1}`, most + 1);
  if (few.rows.length <= most) return yield few.rows;
  const place = "coalesce(run_id, '') || ' ' || coalesce(batch_id, '')";
  const counted = `SELECT ${place} AS place, count(*) AS documents FROM (${history}) GROUP BY place ORDER BY place`;
  const { rows: batches } = await query(counted, MAX_DOCUMENTS);
  const documents = batches.reduce((sum, batch) => sum + Number(batch.documents), 0);
  if (documents > MAX_DOCUMENTS)
    throw new TerminalError('request.invalid', `filter: fits more than ${MAX_DOCUMENTS} documents; narrow it`);
  for (const part of partsOf(batches, most)) {
    const [first, last] = [part[0], part.at(-1)].map((batch) => sqlText(String(batch?.place)));
    const sql = `SELECT * FROM (${history}) WHERE ${place} BETWEEN ${first} AND ${last} ORDER BY ${place}, ${inBatch}`;
    yield (await query(sql, MAX_DOCUMENTS)).rows;
  }
}

/** Batches together that have no more than so many documents; a larger one stands alone. */
function* partsOf(batches: readonly Row[], most: number): Generator<Row[]> {
  let part: Row[] = [];
  let documents = 0;
  for (const batch of batches) {
    if (part.length > 0 && documents + Number(batch.documents) > most) {
      yield part;
      [part, documents] = [[], 0];
    }
    part.push(batch);
    documents += Number(batch.documents);
  }
  if (part.length > 0) yield part;
}

/** What a person has decided about a document, in whichever run, is what it is now (I4). */
async function withDecisions(services: PipelineServices, history: readonly Row[]): Promise<Row[]> {
  const said = new Map<string, FindDecision>();
  const rows: Row[] = [];
  for (const row of history) {
    const taxonomy = typeof row.taxonomy_version === 'string' ? row.taxonomy_version : undefined;
    if (taxonomy === undefined) {
      rows.push(row);
      continue;
    }
    const find = said.get(taxonomy) ?? (await peopleDecisions(services, taxonomy));
    said.set(taxonomy, find);
    const decision = find(contentOf(row));
    const isOwn = decision?.documentId === row.document_id;
    rows.push(isOwn ? { ...row, status: 'labelled', label: decision?.label ?? null, decided_by: 'human' } : row);
  }
  return rows;
}

/** What an asked document has cost on average, where it was paid for; null without such history. */
async function paidPerDocument({ query }: DecisionLake): Promise<number | null> {
  const { rows } = await query('SELECT avg(cost_usd) AS paid FROM results WHERE cost_usd > 0');
  return typeof rows[0]?.paid === 'number' ? rows[0].paid : null;
}

async function scoreBatchAgain(
  services: PipelineServices,
  model: LoadedModel,
  { limits, stageLimits }: { limits: RouteLimits; stageLimits: RouteLimits },
  rows: readonly Row[],
  tally: Tally,
): Promise<void> {
  const [{ run_id: run, batch_id: batch } = {}] = rows;
  const found = await scorable(services, model, String(run), String(batch));
  if (found === undefined) return tally.unavailable(rows.length); // I2
  const probabilities = model.score(found.x);
  const at = new Map(found.documents.map((document, index) => [document.document_id, index]));
  const width = model.labels.length;
  for (const row of rows) {
    const index = at.get(String(row.document_id));
    if (index === undefined) {
      tally.unavailable(1);
      continue;
    }
    const p = probabilities.subarray(index * width, (index + 1) * width);
    const confidence = Math.max(...p);
    const label = model.labels[p.indexOf(confidence)] ?? null;
    const isDoubted = found.isForeign(index) || isDoubtful(parseWarnings(found.documents[index]?.warnings_json));
    const isCopy = found.documents[index]?.duplicate_of !== null; // shares the answer of another document
    const staged = stagedBefore(row, model);
    if (staged !== undefined && route(confidence, limits, isDoubted) !== 'accept') {
      tally.add(row, { ...staged, route: route(staged.confidence, stageLimits, isDoubted), isCopy });
      continue;
    }
    tally.add(row, { label, confidence, route: route(confidence, limits, isDoubted), isCopy });
  }
}

/** What the encoder of this very model has decided before (I5). */
function stagedBefore(row: Row, model: LoadedModel): { label: string; confidence: number } | undefined {
  const { decided_by: by, model_version: version, label, confidence } = row;
  if (by !== 'encoder' || version !== model.version) return undefined;
  return typeof label === 'string' && typeof confidence === 'number' ? { label, confidence } : undefined;
}

/** The batch's features under the model. */
interface Scorable {
  documents: ExtractedRow[];
  x: Csr;
  /** Unlike everything the model was taught. */
  isForeign(index: number): boolean;
}

async function scorable(
  services: PipelineServices,
  model: LoadedModel,
  run: string,
  batch: string,
): Promise<Scorable | undefined> {
  if ((await services.lake.stat(runPaths.extracted(run, batch))) === undefined) return undefined;
  const documents = readable(await readExtracted(services, run, batch, { withText: true }));
  const x = model.featurize(documents.map((document) => document.text));
  if ((await readPlan(services.lake, run)).modelVersion === model.version) {
    const scores = await readScores(services, { runId: run, batchId: batch });
    const foreign = new Set(scores.filter((score) => score.is_foreign === true).map((score) => score.document_id));
    return {
      documents,
      x,
      isForeign: (index) => foreign.has(documents[index]?.document_id ?? ''),
    };
  }
  return {
    documents,
    x,
    isForeign: (index) => model.isForeign?.(documents[index]?.text ?? '', x, index) === true,
  };
}

interface Rescored {
  label: string | null;
  confidence: number;
  route: Route;
  isCopy: boolean;
}

/** Counts what would change. */
class Tally {
  readonly #report: WhatIfReport;
  readonly #paidPerDocument: number | null;
  readonly #matrix = new Map<string, number>();
  readonly #runs = new Set<string>();
  #asked = 0;

  constructor(modelVersion: string, limits: RouteLimits, paidPerDocument: number | null) {
    this.#paidPerDocument = paidPerDocument;
    this.#report = {
      modelVersion,
      accept: limits.accept,
      review: limits.review,
      documents: 0,
      unavailable: 0,
      coverage: { before: 0, after: 0 },
      flipped: 0,
      newlyAsked: 0,
      extraCostUsd: null,
      againstPeople: { documents: 0, accepted: 0, right: 0 },
      matrix: [],
      flips: [],
      runs: [],
    };
  }

  unavailable(documents: number): void {
    this.#report.unavailable += documents;
  }

  add(row: Row, rescored: Rescored): void {
    const report = this.#report;
    report.documents++;
    const before = row.status === 'labelled' ? String(row.label) : 'review';
    const wasModel = isLocal(row);
    if (wasModel) report.coverage.before++;
    const isLeftAlone = rescored.isCopy || row.decided_by === 'human'; // a copy and a person's decision are no decision of the model, then as now
    if (rescored.route === 'accept' && !isLeftAlone) report.coverage.after++;
    if (row.decided_by === 'human') this.#againstPerson(row, rescored);
    const after = outcomeOf(row, rescored);
    if (after === 'ask') {
      report.newlyAsked++;
      if (!rescored.isCopy) this.#asked++;
    }
    const cell = `${before}\0${after}`;
    this.#matrix.set(cell, (this.#matrix.get(cell) ?? 0) + 1);
    if (after === before) return;
    this.#runs.add(String(row.run_id));
    if (after === 'ask') return; // not known yet
    report.flipped++;
    if (report.flips.length < MAX_FLIPS)
      report.flips.push({
        documentId: String(row.document_id),
        runId: String(row.run_id),
        path: shownPath(row),
        archivePath: String(row.archive_path ?? ''),
        before,
        after,
        confidence: rescored.confidence,
      });
  }

  #againstPerson(row: Row, rescored: Rescored): void {
    const { againstPeople } = this.#report;
    againstPeople.documents++;
    if (rescored.route !== 'accept') return;
    againstPeople.accepted++;
    if (rescored.label === row.label) againstPeople.right++;
  }

  report(): WhatIfReport {
    const share = (count: number) => (this.#report.documents === 0 ? 0 : count / this.#report.documents);
    const { before, after } = this.#report.coverage;
    return {
      ...this.#report,
      coverage: { before: share(before), after: share(after) },
      extraCostUsd: this.#asked === 0 ? 0 : this.#paidPerDocument === null ? null : this.#asked * this.#paidPerDocument,
      matrix: [...this.#matrix]
        .map(([cell, documents]) => {
          const [from = '', to = ''] = cell.split('\0');
          return { from, to, documents };
        })
        .sort((a, b) => b.documents - a.documents || (`${a.from}\0${a.to}` < `${b.from}\0${b.to}` ? -1 : 1)),
      runs: [...this.#runs].sort(),
    };
  }
}

/** Decided by the model, alone or with its encoder. */
const isLocal = ({ decided_by: by }: Row): boolean => by === 'model' || by === 'encoder';

/** A label, `review`, or `ask` where the LLM would be asked for the first time. */
function outcomeOf(row: Row, { route, label }: Rescored): string {
  if (row.decided_by === 'human') return String(row.label); // what a person said stands
  if (route === 'accept') return String(label);
  if (route === 'review') return 'review';
  if (row.status === 'labelled' && !isLocal(row)) return String(row.label); // I3
  return row.status === 'review' ? 'review' : 'ask';
}
