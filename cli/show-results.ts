// Decisions on the screen: a table for people, one JSON document for programs.

import { readFileSync } from 'node:fs';
import type { RunStatus } from '../shared/api/runs.ts';
import type { App } from '../shared/compose.ts';
import { parseWarnings, warningKind } from '../shared/documents/doubt.ts';
import { shownPath } from '../shared/lake/shown-path.ts';
import type { Row } from '../shared/lake/tables.ts';
import { money } from './console.ts';
import { formatTable } from './table.ts';

const RUN_ID = /^[A-Za-z0-9_-]+$/;

/** All result rows of a run, in path order. */
export async function readResults(app: App, runId: string): Promise<Row[]> {
  if (!RUN_ID.test(runId)) throw new Error(`"${runId}" is no run id`);
  const sql = `select * from results where run_id = '${runId}' order by source_path, archive_path`;
  return (await app.query(sql)).rows;
}

/** The one JSON document of `--json`. */
export const asJson = (run: RunStatus, results: readonly Row[]) => ({
  runId: run.runId,
  documents: run.documents,
  labelled: run.labelled,
  review: run.review,
  failed: run.failed,
  costUsd: run.costUsd,
  results,
});

/** The decisions as a table, then what they add up to. @param width  columns of the terminal */
export function asTable(run: RunStatus, results: readonly Row[], prefix: string, width: number): string {
  const rows = results.map((row) => [
    documentName(row, prefix),
    row.status === 'labelled' ? String(row.label) : row.status === 'review' ? `review? ${row.label ?? ''}` : 'failed',
    row.status === 'labelled' && typeof row.confidence === 'number' ? `${Math.floor(row.confidence * 100)} %` : '',
    String(row.decided_by ?? ''),
    [row.failure_code !== null ? String(row.failure_code) : reason(row), warningsOf(row)]
      .filter((part) => part !== '')
      .join(' '),
  ]);
  const table = formatTable(
    [
      { title: 'document', flexible: true, cut: 'middle' },
      { title: 'label' },
      { title: 'conf.', align: 'right' },
      { title: 'by' },
      { title: 'why', flexible: true },
    ],
    rows,
    width,
  );
  return `${table}\n\n${totals(run, results)}`;
}

function totals(run: RunStatus, results: readonly Row[]): string {
  const by = (name: string) => results.filter((row) => row.decided_by === name).length;
  return [
    `${run.documents} documents = ${run.labelled} labelled + ${run.review} to review + ${run.failed} failed`,
    `labelled by the model ${by('model')}${by('encoder') === 0 ? '' : `, with the encoder ${by('encoder')}`}, by the LLM ${by('llm')}, as duplicates ${by('duplicate')} · ${run.asked} asked to the LLM · ${money(run.costUsd)}`,
    ...(run.quote === null
      ? []
      : [
          `quoted ${money(run.quote.usd)} (${money(run.quote.usdLow)} to ${money(run.quote.usdHigh)}), billed ${money(run.costUsd)}`,
        ]),
  ].join('\n');
}

function documentName(row: Row, prefix: string): string {
  const path = shownPath(row);
  const shown = prefix !== '' && path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : path;
  return row.archive_path ? `${shown} › ${row.archive_path}` : shown;
}

/** What was not read, by the kinds of its warnings. */
function warningsOf(row: Row): string {
  const kinds = new Set(
    parseWarnings(row.warnings_json === null ? null : String(row.warnings_json ?? '')).map(warningKind),
  );
  return kinds.size === 0 ? '' : `(! ${[...kinds].join(', ')})`;
}

/** The terms that spoke for the label, or the LLM's verified quote. */
function reason(row: Row): string {
  if (row.decided_by === 'llm' && row.llm_quote_verified === true && row.llm_quote !== null)
    return `“${row.llm_quote}”`;
  const evidence = JSON.parse(String(row.evidence_json ?? '[]')) as { term: string }[]; // written by the score step
  return evidence
    .slice(0, 4)
    .map((e) => e.term)
    .join(', ');
}

/** How many decisions agree with a truth file (columns path, archive_path, label, expect, code). */
export function compareWithTruth(truthFile: string, results: readonly Row[], prefix: string): string {
  const truth = parseTruth(readFileSync(truthFile, 'utf8'));
  let readable = 0;
  let right = 0;
  let failures = 0;
  let rightFailures = 0;
  for (const row of results) {
    const path = String(row.source_path).slice(prefix.length + 1);
    const expected = truth.get(`${path}\0${row.archive_path ?? ''}`);
    if (expected === undefined) continue;
    if (expected.expect === 'failed') {
      failures++;
      if (row.status === 'failed' && row.failure_code === expected.code) rightFailures++;
    } else {
      readable++;
      if (row.status === 'labelled' && row.label === expected.label) right++;
    }
  }
  const share = readable === 0 ? 0 : Math.round((right / readable) * 100);
  return `checked against truth.csv: ${right} of ${readable} readable documents right (${share} %), ${rightFailures} of ${failures} bad files failed with the right code`;
}

type Truth = Record<'path' | 'archive_path' | 'label' | 'expect' | 'code', string>;

/** RFC 4180 CSV with a header line; quotes as in the samples. */
export function parseTruth(csv: string): Map<string, Truth> {
  const lines = csv.replace(/\r\n/g, '\n').trimEnd().split('\n').map(splitCsvLine);
  const header = lines.shift() ?? [];
  const rows = lines.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])) as Truth); // header names the columns
  return new Map(rows.map((row) => [`${row.path}\0${row.archive_path}`, row]));
}

function splitCsvLine(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    (m) => m[1]?.replaceAll('""', '"') ?? m[2] ?? '',
  );
}
