import { expect, test } from 'vitest';
import { runRequestSchema } from '../../shared/api/runs.ts';
import { runSource } from '../../shared/pipeline/run-source.ts';

const over = (source: object) => runSource({ request: runRequestSchema.parse({ source }), rerun: null });

test('a run is known by the folder, file or data set it is over', () => {
  expect(over({ kind: 'prefix', container: 'landing', prefix: 'letters/2025/' })).toBe('landing/letters/2025');
  expect(over({ kind: 'prefix', container: 'landing', prefix: '' })).toBe('landing');
  expect(over({ kind: 'paths', container: 'landing', paths: ['a/b.pdf', 'c.pdf', 'd.pdf'] })).toBe(
    'landing/a/b.pdf +2',
  );
  expect(over({ kind: 'dataset', container: 'imports', path: 'rows.csv', textColumn: 'text' })).toBe(
    'imports/rows.csv',
  );
});

test('the hash of an import is no part of what people call it', () => {
  expect(over({ kind: 'prefix', container: 'imports', prefix: 'Letters-0123456789ab' })).toBe('imports/Letters');
  expect(over({ kind: 'prefix', container: 'imports', prefix: 'letters-2025' })).toBe('imports/letters-2025');
});

test('uploads are over landing, a re-run is over what the run before is over', () => {
  expect(runSource({ request: null, rerun: null })).toBe('landing');
  const rerun = { runId: 'run-1', only: 'all', from: 'extract' } as const;
  expect(runSource({ request: null, rerun, over: 'imports/letters' })).toBe('imports/letters');
  expect(runSource({ request: null, rerun })).toBe('run-1'); // a record of an earlier version
});
