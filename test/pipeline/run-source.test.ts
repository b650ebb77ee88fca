import { expect, test } from 'vitest';
import { runRequestSchema } from '../../shared/api/runs.ts';
import { importDonePath } from '../../shared/paths.ts';
import { meantSource, runSource } from '../../shared/pipeline/run-source.ts';
import { createRun } from '../../shared/pipeline/start-run.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';
import { fakeWorld } from '../fakes/pipeline.ts';

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

test('a run over what the list of runs shows is a run over that import', async () => {
  const { services, imports, lake } = await fakeWorld();
  await imports.write('letters-0123456789ab/a.txt', 'sure');
  await lake.write(importDonePath('letters-0123456789ab'), '{"files":1}');
  const source = { kind: 'prefix', container: 'imports', prefix: 'letters' } as const;
  expect(over(source)).toBe('imports/letters');
  const byName = await createRun(services, { source });
  const byHash = await createRun(services, { source: { ...source, prefix: 'letters-0123456789ab' } });
  expect(byName.runId).toBe(byHash.runId);
});

test('of several imports of a name the newest is meant; what is there under its own name is meant itself', async () => {
  let now = 0;
  const lake = new MemoryLake('lake', () => now++);
  const imports = new MemoryLake('imports');
  const stores = { lake, sources: { imports, landing: new MemoryLake('landing') } };
  for (const name of ['letters-fedcba987654', 'letters-0123456789ab', 'letters-2-0123456789ab', 'rows'])
    await lake.write(importDonePath(name), '{"files":1}');
  const source = { kind: 'prefix', container: 'imports', prefix: 'letters' } as const;
  expect(await meantSource(stores, source)).toEqual({ ...source, prefix: 'letters-0123456789ab' });
  for (const other of [
    { ...source, prefix: 'nowhere' },
    { ...source, container: 'landing' as const },
  ])
    expect(await meantSource(stores, other)).toEqual(other);
  await imports.write('letters/b.txt', 'sure');
  expect(await meantSource(stores, source)).toEqual(source);
});
