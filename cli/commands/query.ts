// `sluice query`: SQL over the Delta tables.
import type { QueryAnswer } from '../../shared/api/query.ts';
import { answerQuery } from '../../shared/insight/answer-query.ts';
import { type LakeOptions, lookAt } from '../at-lake.ts';
import { answer, note, screenWidth, UsageError, warn } from '../console.ts';
import { formatTable } from '../table.ts';

const MAX_ROWS = 100_000;
/** querySchema's bound. */
const MAX_REMOTE_SECONDS = 200;

export async function queryCommand(sql: string, options: LakeOptions & { timeout: number }): Promise<void> {
  const { timeout, url } = options;
  if (url !== undefined && (timeout === 0 || timeout > MAX_REMOTE_SECONDS))
    throw new UsageError(
      `--url: an app answers within ${MAX_REMOTE_SECONDS} seconds; give --timeout no more than that`,
    );
  const found = await lookAt(options, {
    api: (api) =>
      api.ask<QueryAnswer>('POST', '/api/query', { sql, timeoutSeconds: timeout, maxRows: MAX_ROWS }, timeout * 1000),
    app: (app) => answerQuery(app, sql, { timeoutMs: timeout === 0 ? undefined : timeout * 1000, maxRows: MAX_ROWS }),
  });
  answer(options, found.rows, () => describeRows(found, screenWidth(160)));
  if (found.isCut)
    note(warn(`There are more rows; the first ${MAX_ROWS} are shown. Narrow the statement, or use \`sluice export\`.`));
}

/** Rows as a table, or one below the other where their columns do not fit side by side. */
export function describeRows({ columns, rows }: Pick<QueryAnswer, 'columns' | 'rows'>, width: number): string {
  const cell = (row: QueryAnswer['rows'][number], name: string) =>
    row[name] === null || row[name] === undefined ? '∅' : String(row[name]);
  const isNumeric = (name: string) =>
    rows.length > 0 && rows.every((row) => row[name] === null || typeof row[name] === 'number');
  const table = formatTable(
    columns.map((title) => ({ title, flexible: true, align: isNumeric(title) ? 'right' : 'left' })),
    rows.map((row) => columns.map((name) => cell(row, name))),
    width,
  );
  const [, rule = ''] = table.split('\n', 2); // as wide as the table
  if (rule.length <= width || rows.length === 0) return `${table}\n${rows.length} row(s)`;
  const records = rows.map((row, at) =>
    formatTable(
      [{ title: `row ${at + 1}` }, { title: '', flexible: true }],
      columns.map((name) => [name, cell(row, name)]),
      width,
    ),
  );
  return `${records.join('\n\n')}\n\n${rows.length} row(s)`;
}
