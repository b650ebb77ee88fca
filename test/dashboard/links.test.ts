import { expect, test } from 'vitest';
import { links, queryOf } from '../../dashboard/src/links.ts';
import fc from '../fakes/property.ts';

test('links: any run id comes back from its address as it was, and adds no path segment', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((id) => id.isWellFormed()),
      (runId) => {
        const segments = links.run(runId).split('/');
        expect(segments).toHaveLength(5);
        expect(decodeURIComponent(segments[4] ?? '')).toBe(runId);
      },
    ),
  );
});

test('queryOf: values that are not set are left out, none gives an empty string', () => {
  expect(queryOf({ label: 'VAT & more', run: undefined, path: '', limit: 5 })).toBe('?label=VAT+%26+more&limit=5');
  expect(queryOf({ run: null })).toBe('');
});
