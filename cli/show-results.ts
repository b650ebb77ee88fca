// Decisions on the screen: a table for people, one JSON document for programs.

import { readFileSync } from 'node:fs';
import type { RunStatus } from '../shared/api/runs.ts';
import type { App } from '../shared/compose.ts';
import { parseWarnings, warningKind } from '../shared/documents/doubt.ts';
import { sqlText } from '../shared/lake/duckdb.ts';
import { shownPath } from '../shared/lake/shown-path.ts';
import type { Row } from '../shared/lake/tables.ts';
import { wholePercent } from '../shared/whole-percent.ts';
import { collect } from './collect.ts';
import { money } from './console.ts';
import { printableJson } from './printable.ts';
import { inOrder, OrderedSpool, type Place, placeOf } from './row-order.ts';
import { formatTable } from './table.ts';

const RUN_ID = /^[A-Za-z0-9_-]+$/;

/** Rows of a run that are held at a time. */
const PAGE_ROWS = 1000;
/** Pages after which what they have left behind is collected. */
const COLLECT_PAGES = 2;

/** What of the run and the lake the decisions are read from. */
export type ReadRun = Pick<RunStatus, 'runId' | 'documents'>;

/**
 * All result rows of a run, some at a time: a folder may have more than an answer of the lake may hold, and than memory should. Pages are in no order,
 * the rows of one in path order. A page is of one batch, whose rows lie together in the table, so that none looks through all of it.
 */
export async function* readResults(app: Pick<App, 'query'>, run: ReadRun, pageRows = PAGE_ROWS): AsyncGenerator<Row[]> {
  if (!RUN_ID.test(run.runId)) throw new Error(`"${run.runId}" is no run id`);
  const ofRun = `run_id = '${run.runId}'`;
  const order = 'order by source_path, archive_path';
  if (run.documents <= pageRows) {
    const { rows } = await app.query(`select * from results where ${ofRun} ${order}`);
    if (rows.length > 0) yield rows;
    return;
  }
  const numbered = `select batch_id, source_path, archive_path, row_number() over (partition by batch_id ${order}) as n from results where ${ofRun}`;
  const { rows: begins } = await app.query(
    `select * from (${numbered}) where n % ${pageRows} = ${1 % pageRows} order by batch_id, n`,
  );
  for (const [at, begin] of begins.entries()) {
    const next = begins[at + 1];
    const until = next !== undefined && next.batch_id === begin.batch_id ? `and not ${isFrom(next)}` : '';
    const ofBatch = `batch_id = ${sqlText(String(begin.batch_id))}`;
    const { rows } = await app.query(
      `select * from results where ${ofRun} and ${ofBatch} and ${isFrom(begin)} ${until} ${order}`,
    );
    if (rows.length > 0) yield rows;
    if (at % COLLECT_PAGES === COLLECT_PAGES - 1) collect();
  }
}

/** Rows at a place and behind it. */
function isFrom(row: Row): string {
  const { path, inside } = placeOf(row);
  return `(source_path > ${sqlText(path)} or (source_path = ${sqlText(path)} and archive_path >= ${sqlText(inside)}))`;
}

/** The one JSON document of `--json` with the rows in path order, piece by piece. @param spool  a file to be made, for rows that wait for their turn */
export async function* jsonOf(
  run: RunStatus,
  pages: AsyncIterable<readonly Row[]>,
  spool: string,
): AsyncGenerator<string> {
  const { runId, documents, labelled, review, failed, costUsd } = run;
  const head = printableJson({ runId, documents, labelled, review, failed, costUsd });
  const rows = new OrderedSpool(spool);
  try {
    for await (const page of pages) for (const row of page) rows.add(placeOf(row), printableJson(row));
    yield `${head.slice(0, -1)},"results":[`;
    let piece = '';
    let count = 0;
    for (const text of rows.texts()) {
      piece += count++ === 0 ? text : `,${text}`;
      if (count % PAGE_ROWS !== 0) continue;
      yield piece;
      piece = '';
      if (count % (8 * PAGE_ROWS) === 0) collect();
    }
    yield `${piece}]}\n`;
  } finally {
    rows.close();
  }
}

/** Decisions on their way to the screen: of each no more is held than its line. */
export class ShownResults {
  readonly #prefix: string;
  readonly #lines: { place: Place; cells: string[] }[] = [];
  readonly #by = new Map<string, number>();

  /** @param prefix  of the import, left out of names */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(results: readonly Row[]): void {
    for (const row of results) {
      const by = String(row.decided_by ?? '');
      this.#by.set(by, (this.#by.get(by) ?? 0) + 1);
      const cells = [
        documentName(row, this.#prefix),
        row.status === 'labelled'
          ? String(row.label)
          : row.status === 'review'
            ? `review? ${row.label ?? ''}`
            : 'failed',
        row.status === 'labelled' && typeof row.confidence === 'number' ? `${wholePercent(row.confidence)} %` : '',
        by,
        [row.failure_code !== null ? String(row.failure_code) : reason(row), warningsOf(row)]
          .filter((part) => part !== '')
          .join(' '),
      ];
      this.#lines.push({ place: placeOf(row), cells });
    }
  }

  /** The decisions as a table, then what they add up to. @param width  columns of the terminal */
  table(run: RunStatus, width: number): string {
    const table = formatTable(
      [
        { title: 'document', flexible: true, cut: 'middle' },
        { title: 'label' },
        { title: 'conf.', align: 'right' },
        { title: 'by' },
        { title: 'why', flexible: true },
      ],
      this.#lines.sort((a, b) => inOrder(a.place, b.place)).map(({ cells }) => cells),
      width,
    );
    return `${table}\n\n${totals(run, (name) => this.#by.get(name) ?? 0)}`;
  }
}

function totals(run: RunStatus, by: (name: string) => number): string {
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
