// A run explained: what became of its documents and why, what was paid, how the quota was used. Made of the tables and the run's files.
// Invariants: E1 each document counts once, with its latest decision in the run, so that what people decided since shows. E2 a run that has not
// ended has no decisions yet: its lists are empty. E3 values enter SQL as quoted literals only.

import type { ExampleDocument, RunReport } from '../api/insights.ts';

import { parseWarnings, warningKind } from '../documents/doubt.ts';
import { ERROR_REMEDIES, isErrorCode, TerminalError } from '../errors.ts';
import { sqlText } from '../lake/duckdb.ts';
import type { QueryLake } from '../lake/query.ts';
import { shownPath } from '../lake/shown-path.ts';
import type { Row } from '../lake/tables.ts';
import { runPaths } from '../paths.ts';
import type { DecisionLake } from '../pipeline/decision-lake.ts';
import type { LineageEvent } from '../pipeline/lineage.ts';
import { type RunRecord, readJson } from '../pipeline/records.ts';

const BINS = 20;
const MAX_EXAMPLES = 5;
const MAX_SLICES = 120;
/** Paths of the lake hold only these; anything else is no run of ours. */
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._=-]{0,199}$/;

/** @throws {TerminalError} run.not-found */
export async function runReport({ services, query }: DecisionLake, runId: string): Promise<RunReport> {
  const { lake, llm } = services;
  const run = RUN_ID.test(runId) ? await readJson<RunRecord>(lake, runPaths.request(runId)) : undefined;
  if (run === undefined) throw new TerminalError('run.not-found', `run ${runId.slice(0, 200)} is not known`);
  const groups = await readGroups(query, runId);
  const { ledger, firstMs, lastMs } = await readLedger(query, runId);
  return {
    runId,
    request: run.request ?? run.rerun,
    rerunOf: run.rerun?.runId ?? null,
    labels: labelsOf(groups),
    codes: codesOf(groups, await readExamples(query, runId)),
    warnings: await readWarnings(query, runId),
    decidedBy: decidedByOf(groups),
    confidence: {
      labelled: binsOf(groups.filter(({ status }) => status === 'labelled')),
      review: binsOf(groups.filter(({ status }) => status === 'review')),
    },
    ledger,
    quota: {
      tokensPerMinuteLimit: quotaOf(llm?.deployments),
      ...(await readSlices(query, runId, firstMs, lastMs)),
    },
    lineage: lineageOf(await readJson<LineageEvent>(lake, runPaths.lineage(runId))),
  };
}

/** Documents that are alike in all that is counted. `bin` is null without a confidence. */
interface Group {
  status: string;
  label: string | null;
  decidedBy: string | null;
  code: string | null;
  bin: number | null;
  documents: number;
}

/** E1, E3. */
const latestOf = (runId: string): string =>
  `SELECT * FROM results WHERE run_id = ${sqlText(runId)}
    QUALIFY row_number() OVER (PARTITION BY document_id ORDER BY processed_at DESC, decided_by = 'human' DESC) = 1`;

async function readGroups(query: QueryLake, runId: string): Promise<Group[]> {
  // least() passes over nulls, which would count them in the last bin.
  const bin = `CASE WHEN confidence IS NOT NULL THEN least(floor(confidence * ${BINS}), ${BINS - 1})::INTEGER END`;
  const { rows } = await query(
    `SELECT status, label, decided_by, failure_code, ${bin} AS bin, count(*) AS documents
      FROM (${latestOf(runId)}) GROUP BY ALL`,
  );
  return rows.map((row) => ({
    status: String(row.status),
    label: textOrNull(row.label),
    decidedBy: textOrNull(row.decided_by),
    code: textOrNull(row.failure_code),
    bin: typeof row.bin === 'number' ? row.bin : null,
    documents: Number(row.documents),
  }));
}

/** Up to 5 documents of each status and code, in path order; erased ones have no name to show. */
async function readExamples(query: QueryLake, runId: string): Promise<Row[]> {
  const { rows } = await query(
    `SELECT document_id, source_path, source_name, archive_path, status, failure_code, failure_message FROM (${latestOf(runId)})
      WHERE status <> 'labelled' AND failure_code <> 'document.erased'
      QUALIFY row_number() OVER (PARTITION BY status, failure_code ORDER BY source_path, archive_path, document_id) <= ${MAX_EXAMPLES}
      ORDER BY source_path, archive_path, document_id`,
  );
  return rows;
}

/** Documents by kind of warning; a document counts once per kind. */
async function readWarnings(query: QueryLake, runId: string): Promise<RunReport['warnings']> {
  const { rows } = await query(
    `SELECT warnings_json, count(*) AS documents FROM (${latestOf(runId)})
      WHERE warnings_json IS NOT NULL AND warnings_json <> '[]' GROUP BY 1 ORDER BY 1`,
  );
  const kinds = new Map<string, RunReport['warnings'][number]>();
  for (const row of rows) {
    const seen = new Set<string>();
    for (const example of parseWarnings(String(row.warnings_json))) {
      const warning = warningKind(example);
      const entry = kinds.get(warning) ?? { warning, documents: 0, example };
      if (!seen.has(warning)) entry.documents += Number(row.documents);
      seen.add(warning);
      kinds.set(warning, entry);
    }
  }
  return [...kinds.values()].sort((a, b) => b.documents - a.documents || (a.warning < b.warning ? -1 : 1));
}

function labelsOf(groups: readonly Group[]): RunReport['labels'] {
  const labels = new Map<string, RunReport['labels'][number]>();
  for (const { status, label, decidedBy, documents } of groups) {
    if (status !== 'labelled' || label === null) continue;
    const entry = labels.get(label) ?? {
      label,
      documents: 0,
      byModel: 0,
      byEncoder: 0,
      byLlm: 0,
      byDuplicate: 0,
      byHuman: 0,
    };
    labels.set(label, entry);
    entry.documents += documents;
    if (decidedBy === 'model') entry.byModel += documents;
    if (decidedBy === 'encoder') entry.byEncoder += documents;
    if (decidedBy === 'llm') entry.byLlm += documents;
    if (decidedBy === 'duplicate') entry.byDuplicate += documents;
    if (decidedBy === 'human') entry.byHuman += documents;
  }
  return [...labels.values()].sort((a, b) => b.documents - a.documents || (a.label < b.label ? -1 : 1));
}

function codesOf(groups: readonly Group[], examples: readonly Row[]): RunReport['codes'] {
  const codes = new Map<string, RunReport['codes'][number]>();
  for (const { status, code, documents } of groups) {
    if ((status !== 'review' && status !== 'failed') || code === null) continue;
    const key = `${status} ${code}`;
    const entry = codes.get(key) ?? {
      status,
      code,
      documents: 0,
      advice: isErrorCode(code) ? ERROR_REMEDIES[code] : '',
      examples: examples.filter((row) => row.status === status && row.failure_code === code).map(toExample),
    };
    codes.set(key, entry);
    entry.documents += documents;
  }
  return [...codes.values()].sort((a, b) => b.documents - a.documents || (a.code < b.code ? -1 : 1));
}

const toExample = (row: Row): ExampleDocument => ({
  documentId: String(row.document_id),
  path: shownPath(row),
  archivePath: String(row.archive_path ?? ''),
  message: textOrNull(row.failure_message),
});

function decidedByOf(groups: readonly Group[]): RunReport['decidedBy'] {
  const count = (who: string) => sum(groups.filter(({ decidedBy }) => decidedBy === who));
  return {
    model: count('model'),
    encoder: count('encoder'),
    llm: count('llm'),
    duplicate: count('duplicate'),
    human: count('human'),
  };
}

function binsOf(groups: readonly Group[]): number[] {
  return Array.from({ length: BINS }, (_, bin) => sum(groups.filter((group) => group.bin === bin)));
}

const sum = (groups: readonly Group[]): number => groups.reduce((total, { documents }) => total + documents, 0);

async function readLedger(
  query: QueryLake,
  runId: string,
): Promise<{ ledger: RunReport['ledger']; firstMs: number | null; lastMs: number | null }> {
  const calls = `FROM llm_calls WHERE run_id = ${sqlText(runId)}`;
  const { rows: groups } = await query(
    `SELECT deployment, outcome, count(*) AS attempts, count(*) FILTER (WHERE http_status = 429) AS throttled,
      sum(tokens_prompt)::BIGINT AS prompt, sum(tokens_cached)::BIGINT AS cached, sum(tokens_completion)::BIGINT AS completion,
      sum(cost_nano_usd)::BIGINT AS nano_usd ${calls} GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  // Batch jobs answer when they like and use no quota of calls: neither latency nor quota is theirs.
  const seconds = 'epoch_ms(ended_at) - epoch_ms(started_at)';
  const isLive = "service_tier IS DISTINCT FROM 'batch'";
  const isAnswered = `${isLive} AND http_status = 200`;
  const { rows: whole } = await query(
    `SELECT count(DISTINCT (batch_id, call_key)) AS calls,
      quantile_cont(${seconds}, 0.5) FILTER (WHERE ${isAnswered}) / 1000 AS p50,
      quantile_cont(${seconds}, 0.95) FILTER (WHERE ${isAnswered}) / 1000 AS p95,
      min(epoch_ms(started_at)) FILTER (WHERE ${isLive}) AS first_ms,
      max(epoch_ms(started_at)) FILTER (WHERE ${isLive}) AS last_ms ${calls}`,
  );
  const { calls: distinct, p50, p95, first_ms: firstMs, last_ms: lastMs } = whole[0] ?? {};
  const total = (column: string, of: readonly Row[] = groups) =>
    of.reduce((amount, row) => amount + Number(row[column] ?? 0), 0);
  const usd = (of: readonly Row[]) => total('nano_usd', of) / 1e9;
  const by = (column: string) => [...Map.groupBy(groups, (row) => String(row[column]))];
  const ledger: RunReport['ledger'] = {
    calls: Number(distinct ?? 0),
    attempts: total('attempts'),
    throttled: total('throttled'),
    byOutcome: by('outcome')
      .map(([outcome, of]) => ({ outcome, attempts: total('attempts', of), costUsd: usd(of) }))
      .sort((a, b) => b.attempts - a.attempts || (a.outcome < b.outcome ? -1 : 1)),
    tokens: { prompt: total('prompt'), cached: total('cached'), completion: total('completion') },
    costUsd: usd(groups),
    latency: typeof p50 === 'number' && typeof p95 === 'number' ? { p50, p95 } : null,
    deployments: by('deployment')
      .map(([deployment, of]) => ({
        deployment,
        attempts: total('attempts', of),
        tokens: total('prompt', of) + total('completion', of),
        costUsd: usd(of),
        throttled: total('throttled', of),
      }))
      .sort((a, b) => b.attempts - a.attempts || (a.deployment < b.deployment ? -1 : 1)),
  };
  const numberOrNull = (value: unknown) => (typeof value === 'number' ? value : null);
  return { ledger, firstMs: numberOrNull(firstMs), lastMs: numberOrNull(lastMs) };
}

/** What calls charged the quota, by the time they were sent; refused ones charge nothing. Slices without calls are there too. */
async function readSlices(
  query: QueryLake,
  runId: string,
  firstMs: number | null,
  lastMs: number | null,
): Promise<Omit<RunReport['quota'], 'tokensPerMinuteLimit'>> {
  if (firstMs === null || lastMs === null) return { sliceSeconds: 1, slices: [] };
  const sliceSeconds = Math.max(1, Math.ceil((lastMs - firstMs + 1) / MAX_SLICES / 1000));
  const sliceMs = sliceSeconds * 1000;
  const { rows } = await query(
    `SELECT (epoch_ms(started_at) - ${firstMs}) // ${sliceMs} AS slice, count(*) AS calls,
      count(*) FILTER (WHERE http_status = 429) AS throttled,
      coalesce(sum(charge_estimate) FILTER (WHERE http_status IS DISTINCT FROM 429), 0)::BIGINT AS tokens
      FROM llm_calls WHERE run_id = ${sqlText(runId)} AND service_tier IS DISTINCT FROM 'batch' GROUP BY 1`,
  );
  const bySlice = new Map(rows.map((row) => [Number(row.slice), row]));
  const slices = Array.from({ length: Math.floor((lastMs - firstMs) / sliceMs) + 1 }, (_, slice) => {
    const row = bySlice.get(slice);
    const count = (column: string) => Number(row?.[column] ?? 0);
    const at = new Date(firstMs + slice * sliceMs).toISOString();
    return { at, tokens: count('tokens'), calls: count('calls'), throttled: count('throttled') };
  });
  return { sliceSeconds, slices };
}

function quotaOf(deployments: readonly { tokensPerMinute: number }[] | undefined): number | null {
  if (deployments === undefined || deployments.length === 0) return null;
  return deployments.reduce((total, { tokensPerMinute }) => total + tokensPerMinute, 0);
}

function lineageOf(event: LineageEvent | undefined): RunReport['lineage'] {
  if (event === undefined) return null;
  const names = (datasets: LineageEvent['inputs']) =>
    datasets.map(({ namespace, name }) => `${namespace}/${name.replace(/^\/+/, '')}`);
  return {
    inputs: names(event.inputs),
    outputs: names(event.outputs),
    job: `${event.job.namespace}/${event.job.name}`,
    eventTime: event.eventTime,
  };
}

const textOrNull = (value: Row[string] | undefined): string | null => (typeof value === 'string' ? value : null);
