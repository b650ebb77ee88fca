// `sluice query`: SQL over the Delta tables.
import { print, printJson, screenWidth } from '../console.ts';
import { lookAtLake } from '../local-app.ts';
import { formatTable } from '../table.ts';

export async function queryCommand(
  sql: string,
  options: { data: string; json: boolean; timeout: number },
): Promise<void> {
  await lookAtLake(options.data, async (app) => {
    const { columns, rows } = await (options.timeout === 0
      ? app.query(sql)
      : app.queryWithin(options.timeout * 1000, sql));
    if (options.json) {
      printJson(rows);
      return;
    }
    const isNumeric = (name: string) =>
      rows.length > 0 && rows.every((row) => row[name] === null || typeof row[name] === 'number');
    print(
      `${formatTable(
        columns.map((title) => ({
          title,
          flexible: true,
          align: isNumeric(title) ? ('right' as const) : ('left' as const),
        })),
        rows.map((row) =>
          columns.map((name) => (row[name] === null || row[name] === undefined ? '∅' : String(row[name]))),
        ),
        screenWidth(160),
      )}\n${rows.length} row(s)`,
    );
  });
}
