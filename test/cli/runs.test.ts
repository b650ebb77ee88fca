import { expect, test } from 'vitest';
import { placeOf } from '../../cli/commands/runs.ts';

test('a run takes its place as the list of runs shows it, or as a path of the container that is named', () => {
  expect(placeOf('imports/letters', undefined)).toEqual({ container: 'imports', path: 'letters' });
  expect(placeOf('landing/a/b', undefined)).toEqual({ container: 'landing', path: 'a/b' });
  expect(placeOf('landing', undefined)).toEqual({ container: 'landing', path: '' });
  expect(placeOf('letters', undefined)).toEqual({ container: 'landing', path: 'letters' });
  expect(placeOf('imports-of-may/x', undefined)).toEqual({ container: 'landing', path: 'imports-of-may/x' });
  expect(placeOf('imports/letters', 'landing')).toEqual({ container: 'landing', path: 'imports/letters' });
});
