// The cost table of docs/deploy.md, computed again from the arithmetic it states and the sizes the templates use.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './bicep.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const sizes = JSON.parse(read('infra/sizes.json')) as Record<
  'dev' | 'prod',
  { instanceMemoryMB: number; alwaysReadyInstances: number }
>;

/** Rows of the table by name: [10,000 (dev), 1 million (prod), 10 million (prod)]. */
function table(): Map<string, number[]> {
  const page = read('docs/deploy.md');
  const lines = page.slice(page.indexOf('## What it costs'), page.indexOf('## Teardown')).split('\n');
  const rows = lines.filter((line) => line.startsWith('| ') && !line.startsWith('| |'));
  return new Map(
    rows.map((line) => {
      const [name = '', , ...cells] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.replaceAll('*', '').trim());
      return [name, cells.map((cell) => Number(cell.replaceAll(',', '')))];
    }),
  );
}

const COLUMNS = [
  { documents: 10_000, size: sizes.dev, scannedTb: 0.2 },
  { documents: 1_000_000, size: sizes.prod, scannedTb: 1 },
  { documents: 10_000_000, size: sizes.prod, scannedTb: 5 },
];
const COSTS: Readonly<Record<string, (column: (typeof COLUMNS)[number]) => number>> = {
  LLM: ({ documents }) => (documents * 0.2 * (1650 * 0.75 + 60 * 4.5)) / 1e6,
  'Instances on demand': ({ documents, size }) => documents * 0.5 * (size.instanceMemoryMB / 1024) * 0.000026,
  'Instances always ready': ({ size }) =>
    size.alwaysReadyInstances * (size.instanceMemoryMB / 1024) * 2_628_000 * 0.000004,
  Executions: ({ documents }) => ((documents + (8 * documents) / 250) * 0.4) / 1e6,
  'Storage, first month': ({ documents }) => ((documents * 0.26) / 1000) * 0.02,
  'Storage operations': ({ documents }) => (documents * (3 * 0.065 + 4 * 0.0052)) / 1e4,
  Events: ({ documents }) => (Math.max(0, documents - 100_000) * 0.6) / 1e6,
  Logs: ({ documents }) => ((documents * 4) / 1e6) * 2.76,
  'Synapse serverless': ({ scannedTb }) => scannedTb * 5,
};

test('cost table: every row is what its arithmetic gives, and the sums add up', () => {
  const rows = table();
  expect([...rows.keys()]).toEqual([...Object.keys(COSTS), 'Sum', 'per 1,000 documents']);
  for (const [index, column] of COLUMNS.entries()) {
    let sum = 0;
    for (const [name, cost] of Object.entries(COSTS)) {
      const shown = rows.get(name)?.[index] ?? Number.NaN;
      expect(Math.abs(shown - cost(column)), `${name}, ${column.documents} documents`).toBeLessThan(0.0051);
      sum += shown;
    }
    expect(rows.get('Sum')?.[index]).toBeCloseTo(sum, 5);
    expect(rows.get('per 1,000 documents')?.[index]).toBeCloseTo((sum / column.documents) * 1000, 2);
  }
});

test('cost table: the prices of the model are the defaults of the templates', () => {
  const { parameters } = JSON.parse(read('infra/main.parameters.json')) as {
    parameters: Record<string, { value: string }>;
  };
  expect(parameters.inputUsdPerMtok?.value).toContain('=0.75}');
  expect(parameters.outputUsdPerMtok?.value).toContain('=4.50}');
  expect(read('docs/deploy.md')).toContain('documents × 0.2 × (1650 × 0.75 + 60 × 4.50) / 10⁶');
});
