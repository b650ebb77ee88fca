// The SQL of infra/synapse against the tables' schemas.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { readSqlFiles } from '../../infra/scripts/sql-files.ts';
import { lakeTables, resultsTable } from '../../shared/lake/tables.ts';

describe('Synapse SQL', () => {
  const sql = readSqlFiles({
    lakeUrl: 'https://stlake.dfs.core.windows.net',
    lakeContainer: 'lake',
    identityName: 'id-x',
  });
  const all = sql.flatMap(({ batches }) => batches);
  const types: Readonly<Record<string, RegExp>> = {
    string: /^varchar\((\d+|max)\)$/,
    long: /^bigint$/,
    integer: /^int$/,
    double: /^float$/,
    boolean: /^bit$/,
    date: /^date$/,
    timestamp: /^datetime2\(6\)$/,
  };

  test.each(lakeTables.map((table) => [table.name, table] as const))(
    'the view %s has the columns of the table',
    (name, table) => {
      const view = all.find((batch) => batch.includes(`CREATE OR ALTER VIEW dbo.${name} AS`)) ?? '';
      expect(view).toContain(`BULK 'tables/${name}/'`);
      const columns = [...view.slice(view.indexOf('WITH (')).matchAll(/^\s+(\w+) (\w+(?:\(\w+\))?),?$/gm)].map((m) => [
        m[1],
        m[2] ?? '',
      ]);
      expect(columns.map(([column]) => column)).toEqual(table.columns.map((column) => column.name));
      for (const [index, { type }] of table.columns.entries())
        expect(columns[index]?.[1]).toMatch(types[type] as RegExp);
    },
  );

  test('latest_results shows every column of results and no other', () => {
    const view = all.find((batch) => batch.includes('VIEW dbo.latest_results')) ?? '';
    const list = view
      .slice(view.indexOf('SELECT') + 6, view.indexOf('FROM ('))
      .split(',')
      .map((name) => name.trim());
    expect(list).toEqual(resultsTable.columns.map((column) => column.name));
    expect(view.replace(/\s+/g, ' ')).toContain('PARTITION BY document_id ORDER BY last_at DESC');
  });

  test('reports use columns that exist', () => {
    const known = new Set(lakeTables.flatMap((table) => table.columns.map((column) => column.name)));
    const report =
      sql
        .find(({ name }) => name.startsWith('04-'))
        ?.batches.join('\n')
        .replace(/--.*$/gm, '')
        .replace(/'[^']*'/g, '') ?? '';
    const made = [...report.matchAll(/AS (\w+)|VIEW dbo\.(\w+)/g)].map((m) => m[1] ?? m[2] ?? '');
    const words = [...report.matchAll(/\b[a-z]+_[a-z_]+\b/g)].map(([word]) => word);
    expect(
      [...new Set(words)].filter(
        (word) => !known.has(word) && !made.includes(word) && !lakeTables.some(({ name }) => name === word),
      ),
    ).toEqual([]);
  });

  test('every statement may run twice, and CREATE VIEW stands alone in its batch', () => {
    for (const batch of all) {
      const code = batch.replace(/--.*$/gm, '').trim();
      const isRepeatable = /^(IF (NOT EXISTS|USER_ID|SCHEMA_ID)|CREATE OR ALTER VIEW|ALTER ROLE|GRANT)\b/.test(code);
      expect(isRepeatable, code.slice(0, 60)).toBe(true);
      if (code.includes('CREATE OR ALTER VIEW')) expect(code.startsWith('CREATE OR ALTER VIEW')).toBe(true);
    }
  });

  const sqlfluff = ['sqlfluff', process.env.SQLFLUFF ?? ''].find(
    (one) => one !== '' && spawnSync(one, ['--version']).status === 0,
  );
  test.skipIf(sqlfluff === undefined)('sqlfluff reads it as T-SQL (skipped where it is not installed)', () => {
    // Its grammar does not know this one statement of serverless SQL.
    const known = all.filter((batch) => !batch.includes('ON DATABASE SCOPED CREDENTIAL::'));
    const run = spawnSync(sqlfluff ?? '', ['parse', '-', '--dialect', 'tsql', '--templater', 'raw'], {
      input: `${known.join('\nGO\n')}\nGO\n`,
    });
    expect(run.stdout.toString()).not.toMatch(/unparsable/i);
    expect(run.status).toBe(0);
  });
});
