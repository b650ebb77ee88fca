import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openTestTables, resultRow } from '../fakes/tables.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/lake.md'), 'utf8');
const questions = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
const store = openTestTables();
afterAll(() => store.close());

test('docs/lake.md asks ten questions', () => {
  expect(questions).toHaveLength(10);
});

test.each(questions.map((sql) => [sql]))('docs/lake.md: the tables answer %s', async (sql) => {
  if ((await store.query('SELECT 1 FROM results')).rows.length === 0)
    await store.add('results', [resultRow({ document_id: 'a' }), resultRow({ document_id: 'b', duplicate_of: 'a' })]);
  const { columns } = await store.query(sql);
  expect(columns.length).toBeGreaterThan(1);
});
