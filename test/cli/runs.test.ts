import { expect, test } from 'vitest';
import { describeRuns, placeOf } from '../../cli/commands/runs.ts';
import { aRun } from '../dashboard/views/runs/a-run.ts';

test('a run takes its place as the list of runs shows it, or as a path of the container that is named', () => {
  expect(placeOf('imports/letters', undefined)).toEqual({ container: 'imports', path: 'letters' });
  expect(placeOf('landing/a/b', undefined)).toEqual({ container: 'landing', path: 'a/b' });
  expect(placeOf('landing', undefined)).toEqual({ container: 'landing', path: '' });
  expect(placeOf('letters', undefined)).toEqual({ container: 'landing', path: 'letters' });
  expect(placeOf('imports-of-may/x', undefined)).toEqual({ container: 'landing', path: 'imports-of-may/x' });
  expect(placeOf('imports/letters', 'landing')).toEqual({ container: 'landing', path: 'imports/letters' });
});

const run = aRun({
  runId: 'run-44533d0da113f529cf23',
  source: 'imports/letters-2025/some/deep/folder/of/the/tax/department',
  createdAt: '2026-11-30T01:24:12.892Z',
});

test('runs: a run is called by what it is over and when; its id is whole, for other commands take it', () => {
  for (const width of [80, 160]) {
    const [, line = ''] = describeRuns([run], width)
      .split('\n')
      .filter((text) => !/^[-─ ]+$/.test(text));
    expect(line).toMatch(/^imports\/.*department/);
    expect(line).toContain(width >= 120 ? '2026-11-30 01:24' : '11-30 01:24');
    expect(line.trimEnd()).toMatch(/run-44533d0da113f529cf23$/);
    expect(line.length).toBeLessThanOrEqual(width);
  }
});
